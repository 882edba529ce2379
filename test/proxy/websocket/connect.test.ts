/** WebSocket over HTTP/2 (RFC 8441), translated to an HTTP/1.1 upgrade for the app. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type Front, startBoth } from "../../support/wire-front.js";
import { type Http2Peer, openWebSocket, request } from "../../support/wire-http2.js";
import { type Head, headerOf, headersOf, type Peer } from "../../support/wire-peer.js";

function agree(asked: Head, more = ""): string {
  const key = headerOf(asked, "sec-websocket-key") ?? "";
  const accept = createHash("sha1")
    .update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest("base64");
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n${more}\r\n`;
}

interface Ends {
  readonly client: Http2Peer;
  readonly app: Peer;
  readonly front: Front;
}

async function opened(): Promise<Ends> {
  const { target, front } = await startBoth();
  const client = openWebSocket(await front.session());
  const app = await target.accept();
  app.send(agree(await app.head()));
  await client.head();
  return { client, app, front };
}

describe("Extended CONNECT", () => {
  it("is announced in the settings", async () => {
    const { front } = await startBoth();
    const session = await front.session();
    expect(session.remoteSettings.enableConnectProtocol).toBe(true);
  });

  it("reaches the app as a GET that asks for an upgrade", async () => {
    const { target, front } = await startBoth();
    const client = openWebSocket(await front.session(), {
      ":path": "/chat",
      "sec-websocket-protocol": "a, b",
      origin: "https://localhost",
    });
    const app = await target.accept();
    const asked = await app.head();
    expect(asked.line).toBe("GET /chat HTTP/1.1");
    expect(headerOf(asked, "host")).toBe(front.authority);
    expect(headersOf(asked, "upgrade")).toEqual(["websocket"]);
    expect(headersOf(asked, "connection")).toEqual(["Upgrade"]);
    expect(headerOf(asked, "sec-websocket-version")).toBe("13");
    expect(headerOf(asked, "sec-websocket-key")).toMatch(/^[A-Za-z0-9+/]{22}==$/);
    expect(headerOf(asked, "sec-websocket-protocol")).toBe("a, b");
    app.send(agree(asked, "Sec-WebSocket-Protocol: b\r\nSet-Cookie: a=b\r\n"));
    const answer = await client.head();
    expect(answer).toMatchObject({ ":status": 200, "sec-websocket-protocol": "b" });
    expect(answer["set-cookie"]).toEqual(["a=b"]);
    for (const name of ["connection", "upgrade", "sec-websocket-accept"]) {
      expect(answer).not.toHaveProperty(name);
    }
  });

  it("carries bytes both ways, beside other streams", async () => {
    const { client, app, front } = await opened();
    const other = openWebSocket(await front.session());
    client.send("\x81\x85mask\0");
    expect((await app.take(7)).toString("latin1")).toBe("\x81\x85mask\0");
    app.send("\x82\x03abc");
    expect(await client.bodyOf(5)).toBe("\x82\x03abc");
    other.stream.close();
  });

  it("carries 4 MiB both ways", async () => {
    const { client, app } = await opened();
    const size = 4 * 1024 * 1024;
    client.send("c".repeat(size));
    expect((await app.take(size)).length).toBe(size);
    app.send("a".repeat(size));
    expect((await client.bodyOf(size)).length).toBe(size);
  });

  it("ends the stream when the app ends the connection", async () => {
    const { client, app } = await opened();
    app.finish("bye");
    expect(await client.bodyOf(3)).toBe("bye");
    await client.until(() => client.ended, "END_STREAM");
  });

  it("ends the connection to the app when the client ends the stream", async () => {
    const { client, app } = await opened();
    client.stream.end("bye");
    expect(await app.rest()).toEqual({ text: "bye", ending: "fin" });
  });

  it("breaks the connection to the app when the client resets the stream", async () => {
    const { client, app } = await opened();
    client.stream.close(8);
    expect(["fin", "reset"]).toContain(await app.ended(1_000));
  });

  it("resets the stream when the app breaks the connection", async () => {
    const { client, app } = await opened();
    app.reset();
    await client.closed(1_000);
    expect(client.ended).toBe(false);
  });

  it("is refused as the app refuses it", async () => {
    const { target, front } = await startBoth();
    const client = openWebSocket(await front.session());
    const app = await target.accept();
    await app.head();
    app.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
    expect((await client.head())[":status"]).toBe(403);
    expect(await client.bodyOf(2)).toBe("no");
  });

  it("is answered with 502 when the app's Sec-WebSocket-Accept is wrong", async () => {
    const { target, front } = await startBoth();
    const client = openWebSocket(await front.session());
    const app = await target.accept();
    const asked = await app.head();
    app.send(agree(asked).replace(/Accept: .*\r/, "Accept: d3Jvbmc=\r"));
    expect((await client.head())[":status"]).toBe(502);
    await client.closed();
    expect(client.body).toContain("Sec-WebSocket-Accept");
    await app.ended();
  });

  it("for another protocol is answered with 501", async () => {
    const { target, front } = await startBoth();
    const session = await front.session();
    const client = request(
      session,
      { ":method": "CONNECT", ":protocol": "connect-udp" },
      { endStream: false },
    );
    expect((await client.head())[":status"]).toBe(501);
    expect(target.connections).toHaveLength(0);
  });

  it("to a host that is not served is answered with 421", async () => {
    const { front } = await startBoth();
    const client = openWebSocket(await front.session(), { ":authority": "other.test" });
    expect((await client.head())[":status"]).toBe(421);
  });
});
