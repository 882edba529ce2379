/** HTTP/1.1 upgrades (RFC 9110 7.8, RFC 6455): whatever the two ends do, as without a proxy. */
import { describe, expect, it } from "vitest";
import { startBoth } from "../../support/wire-front.js";
import { headerOf, headersOf, type Peer } from "../../support/wire-peer.js";

const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

const ask = (authority: string, token = "websocket", more = ""): string =>
  `GET /chat?a=b HTTP/1.1\r\nHost: ${authority}\r\nConnection: keep-alive, Upgrade\r\n` +
  `Upgrade: ${token}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${KEY}\r\n${more}\r\n`;

const agree = (token = "websocket"): string =>
  `HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${token}\r\nConnection: Upgrade\r\n` +
  `Sec-WebSocket-Accept: ${ACCEPT}\r\nSet-Cookie: a=b\r\n\r\n`;

interface Ends {
  readonly client: Peer;
  readonly app: Peer;
}

/** Both ends of an upgraded connection. */
async function upgraded(token?: string): Promise<Ends> {
  const { target, front } = await startBoth();
  const client = await front.connect();
  client.send(ask(front.authority, token));
  const app = await target.accept();
  await app.head();
  app.send(agree(token));
  await client.head();
  return { client, app };
}

describe("An upgrade", () => {
  it("reaches the app with what it needs, and the client with the app's answer", async () => {
    const { target, front } = await startBoth();
    const client = await front.connect();
    client.send(ask(front.authority, "websocket", "Sec-WebSocket-Protocol: a, b\r\n"));
    const app = await target.accept();
    const asked = await app.head();
    expect(asked.line).toBe("GET /chat?a=b HTTP/1.1");
    expect(headersOf(asked, "upgrade")).toEqual(["websocket"]);
    expect(headersOf(asked, "connection")).toEqual(["Upgrade"]);
    expect(headerOf(asked, "sec-websocket-key")).toBe(KEY);
    expect(headerOf(asked, "sec-websocket-protocol")).toBe("a, b");
    app.send(agree());
    const answer = await client.head();
    expect(answer.line).toBe("HTTP/1.1 101 Switching Protocols");
    expect(headerOf(answer, "sec-websocket-accept")).toBe(ACCEPT);
    expect(headerOf(answer, "set-cookie")).toBe("a=b");
  });

  it.each(["websocket", "WebSocket", "tcp", "h2c-like/1.0", "x-anything"])(
    "to %s carries bytes both ways",
    async (token) => {
      const { client, app } = await upgraded(token);
      client.send("\x81\x85mask\0\xff");
      expect((await app.take(8)).toString("latin1")).toBe("\x81\x85mask\0\xff");
      app.send("\x82\x03abc");
      expect((await client.take(5)).toString("latin1")).toBe("\x82\x03abc");
    },
  );

  it("loses no byte behind either head", async () => {
    const { target, front } = await startBoth();
    const client = await front.connect();
    client.send(`${ask(front.authority)}early client`);
    const app = await target.accept();
    await app.head();
    app.send(`${agree()}early app`);
    expect((await app.take(12)).toString()).toBe("early client");
    await client.head();
    expect((await client.take(9)).toString()).toBe("early app");
  });

  it("carries 8 MiB both ways against readers that pause", async () => {
    const { client, app } = await upgraded();
    const piece = Buffer.alloc(1024 * 1024, "x");
    for (const [from, to] of [
      [client, app],
      [app, client],
    ] as const) {
      to.socket.pause();
      for (let sent = 0; sent < 8; sent++) from.send(piece);
      to.socket.resume();
      expect((await to.take(8 * piece.length)).length).toBe(8 * piece.length);
    }
  });

  it("ends each direction by itself", async () => {
    const { client, app } = await upgraded();
    client.finish("last words");
    expect((await app.rest()).text).toBe("last words");
    app.send("one more thing");
    expect((await client.take(14)).toString()).toBe("one more thing");
    app.finish();
    expect(await client.ended()).toBe("fin");
  });

  it("ends when the app ends it", async () => {
    const { client, app } = await upgraded();
    app.finish("bye");
    expect(await client.rest()).toEqual({ text: "bye", ending: "fin" });
    client.finish();
    expect(await app.ended()).toBe("fin");
  });

  it.each(["client", "app"] as const)("breaks when the %s breaks it", async (who) => {
    const ends = await upgraded();
    const [one, other] = who === "client" ? [ends.client, ends.app] : [ends.app, ends.client];
    one.reset();
    expect(["reset", "fin"]).toContain(await other.ended(1_000));
  });

  it.each([
    ["403 Forbidden", "Content-Length: 6\r\n\r\nno way", "no way"],
    ["426 Upgrade Required", "Upgrade: h3\r\nConnection: Upgrade\r\nContent-Length: 0\r\n\r\n", ""],
    ["200 OK", "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", "ok"],
    ["503 Busy", "\r\nuntil the end", "until the end"],
  ])("that the app answers with %s is an ordinary exchange", async (line, rest, body) => {
    const { target, front } = await startBoth();
    const client = await front.connect();
    client.send(ask(front.authority));
    const app = await target.accept();
    await app.head();
    app.finish(`HTTP/1.1 ${line}\r\n${rest}`);
    const answer = await client.message();
    expect(answer.line).toBe(`HTTP/1.1 ${line}`);
    expect(answer.body).toBe(body);
    expect(await client.rest()).toEqual({ text: "", ending: "fin" });
  });

  it("with a wrong Sec-WebSocket-Accept is the client's to refuse", async () => {
    const { target, front } = await startBoth();
    const client = await front.connect();
    client.send(ask(front.authority));
    const app = await target.accept();
    await app.head();
    app.send(agree().replace(ACCEPT, "d3Jvbmc="));
    expect(headerOf(await client.head(), "sec-websocket-accept")).toBe("d3Jvbmc=");
  });

  it("is refused with a page when nothing listens", async () => {
    const { target, front } = await startBoth();
    target.refuse();
    const client = await front.connect();
    client.send(ask(front.authority));
    expect((await client.head()).status).toBe(502);
  });

  it("is told of when it is over", async () => {
    const { target, front } = await startBoth();
    const client = await front.connect();
    client.send(ask(front.authority));
    const app = await target.accept();
    await app.head();
    app.send(`${agree()}four`);
    await client.head();
    await client.take(4);
    client.finish();
    app.finish();
    expect(await front.exchange(1)).toMatchObject({ status: 101, brokenBy: undefined });
    expect(front.defects).toEqual([]);
  });
});
