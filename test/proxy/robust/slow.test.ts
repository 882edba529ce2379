/** Clients that are slow on purpose hold nobody else up, and give way in time. */
import { expect, it } from "vitest";
import { type Front, startBoth } from "../../support/wire-front.js";
import { request } from "../../support/wire-http2.js";
import type { WireTarget } from "../../support/wire-target.js";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/** Somebody else is served meanwhile. */
async function expectService(front: Front, target: WireTarget): Promise<void> {
  const other = await front.connect();
  other.send(`GET /other HTTP/1.1\r\nHost: ${front.authority}\r\n\r\n`);
  const app = await target.accept();
  expect((await app.head()).line).toBe("GET /other HTTP/1.1");
  app.send(OK);
  expect((await other.message()).body).toBe("ok");
}

it("a head that never ends occupies a connection and nothing of the target's", async () => {
  const { front, target } = await startBoth();
  for (let count = 0; count < 50; count++) {
    const slow = await front.connect();
    slow.send(`GET / HTTP/1.1\r\nHost: ${front.authority}\r\nX-Slow: `);
  }
  await expectService(front, target);
  expect(target.connections).toHaveLength(1);
});

it("a head of more than 64 KiB is answered with 431", async () => {
  const { front, target } = await startBoth();
  const client = await front.connect();
  client.send(`GET / HTTP/1.1\r\nHost: ${front.authority}\r\nX-Long: ${"x".repeat(70_000)}`);
  expect((await client.head()).status).toBe(431);
  expect(target.connections).toHaveLength(0);
});

it("a handshake that never ends holds nobody up", async () => {
  const { front, target } = await startBoth({
    plain: { port: 0, rule: { mode: "proxy" }, forcePaths: [] },
  });
  for (let count = 0; count < 50; count++) {
    const silent = await front.connectPlain();
    if (count % 2) silent.send("\x16\x03\x01");
  }
  await expectService(front, target);
});

it("a body that dribbles over HTTP/2 leaves the others of its connection alone", async () => {
  const { front, target } = await startBoth();
  const session = await front.session();
  for (let count = 0; count < 20; count++) {
    request(session, { ":method": "POST", ":path": "/slow" }, { endStream: false }).send("x");
    await (await target.accept()).head();
  }
  const quick = request(session, { ":path": "/quick" });
  const app = await target.accept();
  await app.head();
  app.send(OK);
  expect(await quick.bodyOf(2)).toBe("ok");
});

it("a client that reads nothing of HTTP/2 does not hold up another stream", async () => {
  const { front, target } = await startBoth();
  const session = await front.session();
  const stuck = request(session, { ":path": "/stuck" });
  stuck.stream.pause();
  const big = await target.accept();
  await big.head();
  big.send("HTTP/1.1 200 OK\r\n\r\n");
  big.send(Buffer.alloc(8 * 1024 * 1024));
  const quick = request(session, { ":path": "/quick" });
  const app = await target.accept();
  await app.head();
  app.send(OK);
  expect(await quick.bodyOf(2)).toBe("ok");
});
