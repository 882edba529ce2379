/** What two parties frame differently becomes a request of another client's: it must not come to that. */
import { describe, expect, it } from "vitest";
import type { EdgeProfile } from "../../../src/edge/profile.js";
import { findProfile, PROFILES } from "../../../src/edge/profiles/index.js";
import { startBoth } from "../../support/wire-front.js";
import { openWebSocket, request } from "../../support/wire-http2.js";
import { headerOf, headersOf } from "../../support/wire-peer.js";

const PASSING = PROFILES.filter(({ toApp }) => toApp.passesUpgrade).map(({ name }) => name);
const edgeOf = (name: string): EdgeProfile => findProfile(name) as EdgeProfile;

const UPGRADE = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";

describe.each(PASSING)("Under %s", (name) => {
  it("an extended CONNECT takes no length to the app, and its connection no other request", async () => {
    const { target, front } = await startBoth({ edge: edgeOf(name), probe: false });
    const session = await front.session();
    const first = openWebSocket(session, { "content-length": "44" });
    const app = await target.accept();
    const asked = await app.head();
    expect(headersOf(asked, "content-length")).toEqual([]);
    expect(headersOf(asked, "transfer-encoding")).toEqual([]);
    app.send("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno");
    expect((await first.head())[":status"]).toBe(404);
    expect(await app.ended()).not.toBe("open");
    const second = request(session, { ":path": "/second" });
    const other = await target.accept();
    expect((await other.head()).line).toMatch(/^GET \/second HTTP\/1\.[01]$/);
    other.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    expect((await second.head())[":status"]).toBe(200);
  });
});

it("the connection of a refused HTTP/1.1 upgrade carries no other request", async () => {
  const { target, front } = await startBoth({ edge: edgeOf("devtls"), probe: false });
  const client = await front.connect();
  client.send(
    `GET /ws HTTP/1.1\r\nHost: ${front.authority}\r\n${UPGRADE}Content-Length: 0\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
  );
  const app = await target.accept();
  expect(headersOf(await app.head(), "content-length")).toEqual([]);
  app.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
  expect((await client.message()).status).toBe(403);
  await app.ended();
});

it("one Sec-WebSocket-Key of a CONNECT reaches the app, and it is devtls's", async () => {
  const { target, front } = await startBoth();
  openWebSocket(await front.session(), { "sec-websocket-key": "Y2xpZW50J3Mga2V5IGhlcmU=" });
  const keys = headersOf(await (await target.accept()).head(), "sec-websocket-key");
  expect(keys).toHaveLength(1);
  expect(keys[0]).not.toBe("Y2xpZW50J3Mga2V5IGhlcmU=");
  expect(Buffer.from(keys[0] ?? "", "base64")).toHaveLength(16);
});

describe("h2c", () => {
  const ask = (authority: string, token: string): string =>
    `GET /h2c HTTP/1.1\r\nHost: ${authority}\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: ${token}\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\n`;

  it.each(PASSING)("never reaches the app under %s", async (name) => {
    const { target, front } = await startBoth({ edge: edgeOf(name), probe: false });
    const client = await front.connect();
    client.send(ask(front.authority, "h2c"));
    const app = await target.accept();
    const asked = await app.head();
    expect(headerOf(asked, "upgrade")).toBeUndefined();
    expect(headerOf(asked, "http2-settings")).toBeUndefined();
    app.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    expect(await client.message()).toMatchObject({ status: 200, body: "ok" });
  });

  it("is taken out of a list of protocols", async () => {
    const { target, front } = await startBoth();
    const client = await front.connect();
    client.send(ask(front.authority, "H2C, websocket"));
    expect(headersOf(await (await target.accept()).head(), "upgrade")).toEqual(["websocket"]);
  });
});

it("a length of HTTP/2 goes on as devtls counts it", async () => {
  const { target, front } = await startBoth({ edge: edgeOf("devtls"), probe: false });
  const post = request(
    await front.session(),
    { ":method": "POST", "content-length": "0005" },
    {
      endStream: false,
    },
  );
  post.stream.end("hello");
  const app = await target.accept();
  expect(headersOf(await app.head(), "content-length")).toEqual(["5"]);
  expect((await app.take(5)).toString()).toBe("hello");
});
