/** What an app says beyond its response never becomes part of another one. */

import type { Socket } from "node:net";
import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { Connection, type ConnectionUser } from "../../../src/proxy/upstream/connection.js";
import { startFront } from "../../support/wire-front.js";
import { startTarget } from "../../support/wire-target.js";

const EVIL = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil";
const FINE = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine";

const RESPONSES: readonly [what: string, method: string, bytes: string][] = [
  ["a length", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"],
  ["an empty body", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"],
  ["chunks", "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"],
  [
    "trailers",
    "GET",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n",
  ],
  ["204", "GET", "HTTP/1.1 204 No Content\r\n\r\n"],
  ["204 with a length", "GET", "HTTP/1.1 204 No Content\r\nContent-Length: 45\r\n\r\n"],
  ["304", "GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 45\r\n\r\n"],
  ["HEAD", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 45\r\n\r\n"],
  ["HEAD in chunks", "HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"],
  [
    "HTTP/1.0 that keeps alive",
    "GET",
    "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok",
  ],
];

const EXCESS: readonly [what: string, bytes: string][] = [
  ["a response", EVIL],
  ["an informational response", "HTTP/1.1 103 Early Hints\r\nX-Evil: evil\r\n\r\n"],
  ["the rest of a body", "evil"],
  ["one octet", "\n"],
];

const CASES = RESPONSES.flatMap(([what, method, bytes]) =>
  EXCESS.map(([excess, more]) => ({ what, method, bytes, excess, more })),
);

/** Asks with two requests; the app's first connection answers with `answer`, others are fine. */
async function askTwice(
  method: string,
  answer: (socket: Socket, first: Promise<void>) => void,
): Promise<{ second: string; connections: number }> {
  let gotFirst = (): void => undefined;
  const first = new Promise<void>((resolve) => {
    gotFirst = resolve;
  });
  const target = await startTarget({
    onConnection: ({ socket }, number) => {
      if (number === 0) socket.once("data", () => answer(socket, first));
      else socket.on("data", () => socket.write(FINE));
    },
  });
  const front = await startFront(`127.0.0.1:${target.port}`);
  const client = await front.connectPlain();
  client.send(`${method} /1 HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  await client.untilText("\r\n\r\n");
  gotFirst();
  // The first connection must not be used again: the app sees its end.
  await (await target.connection(0)).closed();
  const other = await front.connectPlain();
  other.send("GET /2 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const second = await other.untilText("fine");
  // On the first client's connection, neither.
  client.send("GET /3 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  expect(await client.untilText("fine")).not.toContain("evil");
  await front.close();
  await target.stop();
  return { second, connections: target.connections.length };
}

describe.each(CASES)("$excess behind a response with $what", ({ method, bytes, more }) => {
  it("is dropped with the connection when it comes at once", async () => {
    const { second } = await askTwice(method, (socket) => socket.write(bytes + more, "latin1"));
    expect(second).not.toContain("evil");
  });

  it("is dropped with the connection when it comes later", async () => {
    const { second } = await askTwice(method, (socket, first) => {
      socket.write(bytes, "latin1");
      void first.then(() => socket.write(more, "latin1"));
    });
    expect(second).not.toContain("evil");
  });
});

describe("A request that is answered before its end", () => {
  it.each([
    ["a length", "Content-Length: 40", "hello", "GET /evil HTTP/1.1\r\nHost: evil\r\n\r\n"],
    ["chunks", "Transfer-Encoding: chunked", "5\r\nhello\r\n", "3\r\n\r\n\r\r\n0\r\n\r\n"],
  ])("with %s leaves nothing on its connection for another", async (_, framing, begin, rest) => {
    const target = await startTarget({
      onConnection: ({ socket }) => socket.once("data", () => socket.write(FINE)),
    });
    const front = await startFront(`127.0.0.1:${target.port}`);
    const client = await front.connectPlain();
    client.send(`POST /1 HTTP/1.1\r\nHost: localhost\r\n${framing}\r\n\r\n${begin}`);
    await client.untilText("fine");
    const app = await target.connection(0);
    await app.closed();
    client.send(rest);
    const other = await front.connectPlain();
    other.send("GET /2 HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await other.untilText("fine");
    expect((await target.connection(1)).text).toMatch(/^GET \/2 HTTP\/1\.1\r\n/);
    expect(app.text).not.toContain("evil");
  });
});

describe("What comes before the first request is sent", () => {
  it("is not taken for the response to a later one", async () => {
    const user = (method: string) => {
      const seen: string[] = [];
      const events: ConnectionUser = {
        sent: true,
        closes: false,
        onInformation: () => undefined,
        onHead: (head) => seen.push(`${method} ${head.status}`),
        onBody: () => true,
        onComplete: () => seen.push("complete"),
        onUpgrade: () => undefined,
        onFailure: (error) => seen.push(error.message),
        onDrain: () => undefined,
        onPause: () => undefined,
      };
      return { seen, events };
    };
    const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    const connection = new Connection({ released: () => undefined, takenUp: () => undefined });
    connection.receive(Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    connection.attach(new PassThrough() as unknown as Socket, false);
    const first = user("first");
    connection.begin(first.events, "GET", false);
    await turn();
    expect(first.seen).toEqual(["first 200", "complete"]);
    const second = user("second");
    connection.begin(second.events, "GET", false);
    await turn();
    await turn();
    expect(second.seen).toEqual([]);
  });
});
