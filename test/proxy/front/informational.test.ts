/** Responses before the final one: 100 (RFC 9110 15.2.1) and 103 (RFC 8297). */
import { describe, expect, it } from "vitest";
import { startBoth } from "../../support/wire-front.js";
import { request } from "../../support/wire-http2.js";
import { headerOf, headersOf } from "../../support/wire-peer.js";

const LINKS = ["</a.css>; rel=preload; as=style", "</b.js>; rel=preload; as=script"];
const EARLY_HINTS = `HTTP/1.1 103 Early Hints\r\n${LINKS.map((link) => `Link: ${link}\r\n`).join("")}\r\n`;
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

describe("over HTTP/1.1", () => {
  const post = (host: string): string =>
    `POST /up HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n`;

  it("asks the target before the body when the client expects 100", async () => {
    const { target, front } = await startBoth();
    const client = await front.connect();
    client.send(post(front.authority));
    const app = await target.accept();
    const asked = await app.head();
    expect(headerOf(asked, "expect")).toBe("100-continue");
    expect(client.received).toHaveLength(0);
    app.send("HTTP/1.1 100 Continue\r\n\r\n");
    expect((await client.head()).line).toBe("HTTP/1.1 100 Continue");
    client.send("body");
    expect(String(await app.take(4))).toBe("body");
    app.send(OK);
    expect(await client.message()).toMatchObject({ status: 200, body: "ok" });
  });

  it("passes a final status instead of 100 on, and no body follows", async () => {
    const { target, front } = await startBoth();
    const client = await front.connect();
    client.send(post(front.authority));
    const app = await target.accept();
    await app.head();
    app.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig");
    expect(await client.message()).toMatchObject({ status: 413, body: "big" });
    // What the client sends now is the body or nothing; devtls cannot know and ends both sides.
    expect(await app.ended()).toBe("fin");
    expect(await client.ended()).toBe("fin");
    expect(app.received).toHaveLength(0);
  });

  it("keeps the connection after an expectation that was met", async () => {
    const { target, front } = await startBoth();
    const client = await front.connect();
    client.send(post(front.authority));
    const app = await target.accept();
    await app.head();
    app.send("HTTP/1.1 100 Continue\r\n\r\n");
    await client.head();
    client.send("body");
    await app.take(4);
    app.send(OK);
    expect(headerOf(await client.message(), "connection")).not.toBe("close");
    client.send(`GET /next HTTP/1.1\r\nHost: ${front.authority}\r\n\r\n`);
    expect((await app.head()).line).toBe("GET /next HTTP/1.1");
    app.send(OK);
    expect(await client.message()).toMatchObject({ status: 200 });
  });

  it("passes every 103 on as it comes, with all its Link lines", async () => {
    const { target, front } = await startBoth();
    const client = await front.connect();
    client.send(`GET / HTTP/1.1\r\nHost: ${front.authority}\r\n\r\n`);
    const app = await target.accept();
    await app.head();
    for (let turn = 0; turn < 2; turn++) {
      app.send(EARLY_HINTS);
      const early = await client.head();
      expect(early.line).toBe("HTTP/1.1 103 Early Hints");
      expect(headersOf(early, "link")).toEqual(LINKS);
    }
    app.send(OK);
    expect(await client.message()).toMatchObject({ status: 200, body: "ok" });
  });

  it("does not show a 103 to an HTTP/1.0 client, which would take it for the answer", async () => {
    const { target, front } = await startBoth();
    const client = await front.connect();
    client.send("GET / HTTP/1.0\r\n\r\n");
    const app = await target.accept();
    await app.head();
    app.send(EARLY_HINTS + OK);
    const { text } = await client.rest();
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  });

  it("leaves hop-by-hop lines of a 103 behind", async () => {
    const { target, front } = await startBoth();
    const client = await front.connect();
    client.send(`GET / HTTP/1.1\r\nHost: ${front.authority}\r\n\r\n`);
    const app = await target.accept();
    await app.head();
    app.send(
      `HTTP/1.1 103 Early Hints\r\nConnection: X-Own\r\nX-Own: 1\r\nLink: ${LINKS[0]}\r\n\r\n`,
    );
    expect((await client.head()).headers).toEqual([["link", LINKS[0]]]);
    app.send(OK);
    await client.message();
  });
});

describe("over HTTP/2", () => {
  it("asks the target before the body when the client expects 100", async () => {
    const { target, front } = await startBoth();
    const session = await front.session();
    const headers = { ":method": "POST", ":path": "/up", expect: "100-continue" };
    const client = request(session, headers, { endStream: false });
    const app = await target.accept();
    expect(headerOf(await app.head(), "expect")).toBe("100-continue");
    app.send("HTTP/1.1 100 Continue\r\n\r\n");
    await client.until(() => client.informational.length === 1, "100");
    expect(client.informational[0]).toMatchObject({ ":status": 100 });
    client.stream.end("body");
    expect(await app.chunk()).toBe("body");
    app.send(OK);
    expect(await client.head()).toMatchObject({ ":status": 200 });
  });

  it("passes a final status instead of 100 on, and ends the stream", async () => {
    const { target, front } = await startBoth();
    const session = await front.session();
    const headers = { ":method": "POST", ":path": "/up", expect: "100-continue" };
    const client = request(session, headers, { endStream: false });
    const app = await target.accept();
    await app.head();
    app.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig");
    await client.until(() => client.ended, "the end of the response");
    expect(client).toMatchObject({ status: 413, body: "big" });
    // RFC 9113 8.1: a server that wants no more of the request says so without an error.
    expect(await client.closed()).toBe(0);
    expect(await app.ended()).toBe("fin");
  });

  it("passes every 103 on as it comes, with all its Link lines", async () => {
    const { target, front } = await startBoth();
    const client = request(await front.session());
    const app = await target.accept();
    await app.head();
    for (let turn = 1; turn <= 2; turn++) {
      app.send(EARLY_HINTS);
      await client.until(() => client.informational.length === turn, "103");
      expect(client.informational[turn - 1]).toMatchObject({
        ":status": 103,
        link: LINKS.join(", "),
      });
    }
    expect(client.headers).toBeUndefined();
    app.send(OK);
    await client.closed();
    expect(client).toMatchObject({ status: 200, body: "ok" });
  });

  it("leaves hop-by-hop lines of a 103 behind, which HTTP/2 forbids", async () => {
    const { target, front } = await startBoth();
    const client = request(await front.session());
    const app = await target.accept();
    await app.head();
    app.send(
      `HTTP/1.1 103 Early Hints\r\nConnection: close\r\nKeep-Alive: 5\r\nLink: ${LINKS[0]}\r\n\r\n`,
    );
    await client.until(() => client.informational.length === 1, "103");
    expect(Object.keys(client.informational[0] ?? {})).toEqual([":status", "link"]);
    app.send(OK);
    await client.closed();
    expect(client.status).toBe(200);
  });
});
