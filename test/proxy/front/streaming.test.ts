/** Responses and requests piece by piece: nothing is held back, nothing is added. */
import { describe, expect, it } from "vitest";
import { startBoth } from "../../support/wire-front.js";
import { request } from "../../support/wire-http2.js";
import { headerOf } from "../../support/wire-peer.js";

const SSE = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n";
const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;

describe("Server-sent events", () => {
  it("arrive one by one over HTTP/1.1", async () => {
    const { target, front } = await startBoth();
    const client = await front.connect();
    client.send(`GET /events HTTP/1.1\r\nHost: ${front.authority}\r\n\r\n`);
    const app = await target.accept();
    await app.head();
    app.send(`${SSE}Transfer-Encoding: chunked\r\n\r\n`);
    expect(headerOf(await client.head(), "content-type")).toBe("text/event-stream");
    for (const event of ["data: 1\n\n", ": comment\n\n", "data: \xe9\n\n"]) {
      app.send(chunk(event));
      expect(await client.chunk()).toBe(event);
    }
  });

  it("arrive one by one over HTTP/2", async () => {
    const { target, front } = await startBoth();
    const client = request(await front.session());
    const app = await target.accept();
    await app.head();
    app.send(`${SSE}\r\n`);
    expect((await client.head())["content-type"]).toBe("text/event-stream");
    let sent = "";
    for (const event of ["data: 1\n\n", "data: 2\n\n", "x"]) {
      app.send(event);
      sent += event;
      expect(await client.bodyOf(sent.length)).toBe(sent);
    }
  });
});

describe("A response head", () => {
  it("arrives before its body does", async () => {
    const { target, front } = await startBoth();
    const client = await front.connect();
    client.send(`GET / HTTP/1.1\r\nHost: ${front.authority}\r\n\r\n`);
    const app = await target.accept();
    await app.head();
    app.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
    expect((await client.head()).status).toBe(200);
    app.send("hello");
    expect((await client.take(5)).toString()).toBe("hello");
  });
});

describe("A request body", () => {
  it("arrives chunk by chunk, while the response is on its way", async () => {
    const { target, front } = await startBoth();
    const client = await front.connect();
    client.send(
      `POST / HTTP/1.1\r\nHost: ${front.authority}\r\nTransfer-Encoding: chunked\r\n\r\n`,
    );
    client.send(chunk("one"));
    const app = await target.accept();
    await app.head();
    expect(await app.chunk()).toBe("one");
    app.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    await client.head();
    client.send(chunk("two"));
    expect(await app.chunk()).toBe("two");
    app.send(chunk("heard two"));
    expect(await client.chunk()).toBe("heard two");
    client.send("0\r\n\r\n");
    expect(await app.chunk()).toBe("");
    app.send("0\r\n\r\n");
    expect(await client.chunk()).toBe("");
  });

  it("streams both ways over HTTP/2", async () => {
    const { target, front } = await startBoth();
    const client = request(await front.session(), { ":method": "POST" }, { endStream: false });
    client.send("one");
    const app = await target.accept();
    await app.head();
    expect(await app.chunk()).toBe("one");
    app.send("HTTP/1.1 200 OK\r\n\r\nheard one");
    expect(await client.bodyOf(9)).toBe("heard one");
    client.stream.end("two");
    expect(await app.chunk()).toBe("two");
    expect(await app.chunk()).toBe("");
    app.finish();
    await client.until(() => client.ended, "the end");
  });
});

describe.each([
  ["204", "HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n"],
  [
    "304 with the length that a 200 has",
    "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\nETag: a\r\n\r\n",
  ],
  ["a length of 0", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"],
  ["an empty chunked body", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
])("A response without a body: %s", (_what, bytes) => {
  it("ends by itself over HTTP/1.1, and the connection goes on", async () => {
    const { target, front } = await startBoth();
    const client = await front.connect();
    for (let round = 0; round < 2; round++) {
      client.send(`GET /${round} HTTP/1.1\r\nHost: ${front.authority}\r\n\r\n`);
      const app =
        round === 0
          ? await target.accept()
          : (target.connections[0] as never as Awaited<ReturnType<typeof target.accept>>);
      expect((await app.head()).line).toBe(`GET /${round} HTTP/1.1`);
      app.send(bytes);
      const answer = await client.head();
      if (headerOf(answer, "transfer-encoding")) await client.until("0\r\n\r\n");
      expect(client.received.toString()).toBe("");
    }
  });

  it("ends by itself over HTTP/2", async () => {
    const { target, front } = await startBoth();
    const client = request(await front.session());
    const app = await target.accept();
    await app.head();
    app.send(bytes);
    await client.head();
    await client.until(() => client.ended, "the end");
    expect(client.body).toBe("");
  });
});

describe("HEAD", () => {
  it.each(["Content-Length: 1234", "Transfer-Encoding: chunked"])(
    "keeps the app's %s",
    async (line) => {
      const { target, front } = await startBoth();
      const client = await front.connect();
      client.send(`HEAD / HTTP/1.1\r\nHost: ${front.authority}\r\n\r\n`);
      const app = await target.accept();
      await app.head();
      app.send(`HTTP/1.1 200 OK\r\n${line}\r\n\r\n`);
      const answer = await client.head();
      const [name = "", value] = line.toLowerCase().split(": ");
      if (name === "content-length") expect(headerOf(answer, name)).toBe(value);
      client.send(`HEAD /2 HTTP/1.1\r\nHost: ${front.authority}\r\n\r\n`);
      expect((await app.head()).line).toBe("HEAD /2 HTTP/1.1");
    },
  );
});

describe("Range", () => {
  it("and its answer pass as they are", async () => {
    const { target, front } = await startBoth();
    const client = await front.connect();
    client.send(`GET / HTTP/1.1\r\nHost: ${front.authority}\r\nRange: bytes=2-4\r\n\r\n`);
    const app = await target.accept();
    expect(headerOf(await app.head(), "range")).toBe("bytes=2-4");
    app.send(
      "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 2-4/9\r\nContent-Length: 3\r\n\r\nllo",
    );
    const answer = await client.message();
    expect([answer.status, headerOf(answer, "content-range"), answer.body]).toEqual([
      206,
      "bytes 2-4/9",
      "llo",
    ]);
  });
});
