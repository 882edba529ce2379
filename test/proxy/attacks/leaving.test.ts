/** Clients that leave are noticed whatever devtls waits for, and what was held for them is let go. */
import { once } from "node:events";
import { connect, constants } from "node:http2";
import { type AddressInfo, createServer } from "node:net";
import type { Readable } from "node:stream";
import type { TLSSocket } from "node:tls";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Exchange } from "../../../src/proxy/exchange.js";
import { serveHttp2 } from "../../../src/proxy/front/http2.js";
import { startBoth } from "../../support/wire-front.js";
import { headersOf } from "../../support/wire-peer.js";

const ask = (authority: string): string =>
  `GET /ws HTTP/1.1\r\nHost: ${authority}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

describe("A client of an upgrade that waits for the app", () => {
  it.each(["in order", "by a reset"])("is noticed when it leaves %s", async (how) => {
    const { target, front } = await startBoth();
    const client = await front.connect();
    client.send(ask(front.authority));
    const app = await target.accept();
    await app.head();
    if (how === "in order") client.finish();
    else client.reset();
    expect(await app.ended()).not.toBe("open");
    expect(await front.exchange(1)).toMatchObject({ brokenBy: "client", status: 0 });
  });

  it("may speak early, and what it said reaches the app", async () => {
    const { target, front } = await startBoth();
    const client = await front.connect();
    client.send(`${ask(front.authority)}early`);
    const app = await target.accept();
    await app.head();
    client.send(" words");
    app.send(
      "HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
    );
    await client.head();
    client.send("!");
    expect((await app.take(12)).toString()).toBe("early words!");
  });

  it("is cut off when it says more than is held for it", async () => {
    const { target, front } = await startBoth();
    const client = await front.connect();
    client.send(ask(front.authority));
    const app = await target.accept();
    await app.head();
    client.send("x".repeat(1024 * 1024));
    expect(await client.ended()).not.toBe("open");
    expect(await app.ended()).not.toBe("open");
  });
});

it("a client whose upgrade was refused is let go, though it never closes its side", async () => {
  const { target, front } = await startBoth();
  const client = await front.connect();
  client.send(ask(front.authority));
  const app = await target.accept();
  await app.head();
  app.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
  expect((await client.message()).status).toBe(403);
  expect(await client.ended()).toBe("fin");
  expect(await front.exchange(1)).toMatchObject({ status: 403, brokenBy: undefined });
});

describe("Pipelined requests", () => {
  const get = (authority: string, path: string): string =>
    `GET ${path} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`;

  it("reach the app one after the other, and are answered in order", async () => {
    const { target, front } = await startBoth();
    const client = await front.connect();
    client.send(["/1", "/2", "/3"].map((path) => get(front.authority, path)).join(""));
    const app = await target.accept();
    for (const path of ["/1", "/2", "/3"]) {
      expect((await app.head()).line).toBe(`GET ${path} HTTP/1.1`);
      expect(app.received.length).toBe(0);
      app.send(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n${path}`);
      expect((await client.message()).body).toBe(path);
    }
    expect(target.connections).toHaveLength(1);
  });

  it("that wait are dropped when their client leaves", async () => {
    const { target, front } = await startBoth();
    const client = await front.connect();
    client.send(get(front.authority, "/").repeat(500));
    const app = await target.accept();
    await app.head();
    client.reset();
    await app.ended();
    await front.exchange(1);
    expect(target.connections).toHaveLength(1);
  });

  it("do not keep devtls from stopping", async () => {
    const { target, front } = await startBoth();
    const client = await front.connect();
    client.send(get(front.authority, "/").repeat(2));
    const app = await target.accept();
    await app.head();
    await front.serving.close(50);
    expect(await app.ended()).not.toBe("open");
    expect(await client.ended()).not.toBe("open");
  });
});

it("the head of an answer of devtls is what watchers are told", async () => {
  const { front } = await startBoth();
  const client = await front.connect();
  client.send("GET / HTTP/1.1\r\nHost: elsewhere.test\r\n\r\n");
  const answer = await client.message();
  const finished = await front.exchange(1);
  expect(finished).toMatchObject({ status: 421, own: true, told: [], answered: [] });
  for (const name of ["content-security-policy", "cache-control", "x-content-type-options"]) {
    const told = finished.responseHeaders.filter(
      (_, index) => index % 2 === 1 && finished.responseHeaders[index - 1]?.toLowerCase() === name,
    );
    expect(headersOf(answer, name)).toEqual(told);
  }
});

describe("A client of HTTP/2 that resets its upload", () => {
  it.each([
    ["without an error", constants.NGHTTP2_NO_ERROR],
    ["as cancelled", constants.NGHTTP2_CANCEL],
  ])("%s is noticed while nothing of it is read", async (_, code) => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const accepted = once(server, "connection");
    const { port } = server.address() as AddressInfo;
    const session = connect(`http://127.0.0.1:${port}`);
    session.on("error", () => undefined);
    onTestFinished(() => {
      session.destroy();
      server.close();
    });
    const [socket] = (await accepted) as [TLSSocket];
    const exchange = new Promise<Exchange>((resolve) => {
      serveHttp2(socket, {
        connectionOf: () => ({ scheme: "https", address: "", clientPort: 0, port }),
        nextId: () => 1,
        attempt: (_stream, step) => step(),
        onExchange: resolve,
      });
    });
    const stream = session.request({ ":method": "POST" }, { endStream: false });
    stream.on("error", () => undefined);
    // More than is read ahead: what devtls does not read waits in the stream.
    stream.write(Buffer.alloc(100_000));
    const { reply, body } = await exchange;
    const closed = new Promise<boolean>((resolve) => reply.onClose(resolve));
    if (!body?.stream.readableLength) await once(body?.stream as Readable, "readable");
    stream.close(code);
    expect(await closed).toBe(false);
  });
});
