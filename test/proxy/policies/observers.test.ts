/** The policies change what the client gets; observers see both that and what the app sent. */
import { once } from "node:events";
import { expect, it } from "vitest";
import { pathFor, startHeaderApp } from "../../support/header-app.js";
import { startFront } from "../../support/wire-front.js";
import { startTarget } from "../../support/wire-target.js";

function valuesIn(lines: readonly string[], name: string): string[] {
  return lines.filter((_, index) => index % 2 === 1 && lines[index - 1]?.toLowerCase() === name);
}

it("observers see what the app sent and what the client was sent", async () => {
  const app = await startHeaderApp();
  const front = await startFront(String(app.port), { cookies: "strict" });
  const client = await front.connect();
  const path = pathFor([
    ...["Set-Cookie: a=1", "Set-Cookie: b=2; SameSite=None"],
    "Strict-Transport-Security: max-age=9; includeSubDomains",
  ]);
  const over = once(front.serving, "request");
  client.send(`GET ${path} HTTP/1.1\r\nHost: ${front.authority}\r\n\r\n`);
  await over;
  const [finished] = front.finished;
  expect(valuesIn(finished?.answered ?? [], "set-cookie")).toEqual(["a=1", "b=2; SameSite=None"]);
  expect(valuesIn(finished?.responseHeaders ?? [], "set-cookie")).toEqual(["a=1"]);
  const hsts = "strict-transport-security";
  expect(valuesIn(finished?.answered ?? [], hsts)).toEqual(["max-age=9; includeSubDomains"]);
  expect(valuesIn(finished?.responseHeaders ?? [], hsts)).toEqual([]);
});

it("an answer of devtls's own has no lines of the app", async () => {
  const front = await startFront("1");
  const client = await front.connect();
  const over = once(front.serving, "request");
  client.send(`GET / HTTP/1.1\r\nHost: ${front.authority}\r\n\r\n`);
  await over;
  expect(front.finished[0]).toMatchObject({ own: true, answered: [] });
});

it("the policies hold for the response that opens a WebSocket", async () => {
  const head = [
    ...["HTTP/1.1 101 Switching Protocols", "Connection: Upgrade", "Upgrade: websocket"],
    ...["Set-Cookie: a=1; Secure", "Set-Cookie: b=2", "Strict-Transport-Security: max-age=9"],
  ];
  const target = await startTarget({
    onConnection: (connection) => {
      void connection
        .untilText("\r\n\r\n")
        .then(() => connection.send(`${head.join("\r\n")}\r\n\r\n`));
    },
  });
  const front = await startFront(String(target.port), { cookies: "strict" });
  const client = await front.connectPlain();
  const ask = ["GET /ws HTTP/1.1", `Host: localhost:${front.plainPort}`];
  const rest = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"];
  client.send(
    `${[...ask, ...rest, "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="].join("\r\n")}\r\n\r\n`,
  );
  const answer = await client.untilText("\r\n\r\n");
  expect(answer).toContain("Set-Cookie: b=2\r\n");
  expect(answer).not.toMatch(/Secure|Strict-Transport/);
  expect(answer).toContain("Upgrade: websocket\r\n");
});

it("several Cookie lines are each held to the mode", async () => {
  const target = await startTarget();
  const front = await startFront(String(target.port), { cookies: "strict" });
  const client = await front.connectPlain();
  const lines = ["Cookie: __Host-a=1; b=2", "Cookie: __Secure-c=3", "X-Other: 1", "Cookie: d=4"];
  client.send(
    `GET / HTTP/1.1\r\nHost: localhost:${front.plainPort}\r\n${lines.join("\r\n")}\r\n\r\n`,
  );
  const app = await target.connection(0);
  const told = await app.untilText("\r\n\r\n");
  expect(told.match(/^Cookie: .*(?=\r$)/gim)).toEqual(["Cookie: b=2", "Cookie: d=4"]);
  expect(told).toContain("X-Other: 1");
});
