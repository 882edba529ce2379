/** Trailers (RFC 9110 6.5), both ways and in both versions of HTTP. */
import { describe, expect, it } from "vitest";
import { startBoth } from "../../support/wire-front.js";
import { request } from "../../support/wire-http2.js";
import { headerOf } from "../../support/wire-peer.js";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/** A chunked response with a body and trailers. */
function chunked(head: string, trailers: string): string {
  return `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n${head}\r\n4\r\nbody\r\n0\r\n${trailers}\r\n`;
}

const SUM = "X-Sum: abc\r\nX-Sum: def\r\nX-Count: 4\r\n";

describe("over HTTP/1.1", () => {
  it("reach the client with every line, in order", async () => {
    const { target, front } = await startBoth();
    const client = await front.connect();
    client.send(`GET / HTTP/1.1\r\nHost: ${front.authority}\r\nTE: trailers\r\n\r\n`);
    const app = await target.accept();
    await app.head();
    app.send(chunked("Trailer: X-Sum, X-Count\r\n", SUM));
    const answer = await client.message();
    expect(answer.body).toBe("body");
    expect(headerOf(answer, "trailer")).toBe("X-Sum, X-Count");
    expect(answer.trailers).toEqual([
      ["x-sum", "abc"],
      ["x-sum", "def"],
      ["x-count", "4"],
    ]);
  });

  it("reach the client although nobody announced them", async () => {
    const { target, front } = await startBoth();
    const client = await front.connect();
    client.send(`GET / HTTP/1.1\r\nHost: ${front.authority}\r\nTE: trailers\r\n\r\n`);
    const app = await target.accept();
    await app.head();
    app.send(chunked("", SUM));
    expect((await client.message()).trailers).toHaveLength(3);
  });

  it("reach the target", async () => {
    const { target, front } = await startBoth();
    const client = await front.connect();
    client.send(
      `POST / HTTP/1.1\r\nHost: ${front.authority}\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n` +
        `4\r\nbody\r\n0\r\n${SUM}\r\n`,
    );
    const app = await target.accept();
    const asked = await app.message();
    expect(asked.body).toBe("body");
    expect(asked.trailers).toEqual([
      ["x-sum", "abc"],
      ["x-sum", "def"],
      ["x-count", "4"],
    ]);
    app.send(OK);
    await client.message();
  });

  it.each(["trailers", "gzip;q=0.5, trailers"])(
    "are asked for when the client says TE: %s",
    async (te) => {
      const { target, front } = await startBoth();
      const client = await front.connect();
      client.send(
        `GET / HTTP/1.1\r\nHost: ${front.authority}\r\nTE: ${te}\r\nConnection: TE\r\n\r\n`,
      );
      const app = await target.accept();
      const asked = await app.head();
      expect(headerOf(asked, "te")).toBe("trailers");
      // RFC 9110 10.1.4: TE is hop-by-hop, and Connection has to say so.
      expect(headerOf(asked, "connection")?.toLowerCase()).toContain("te");
      app.send(OK);
      await client.message();
    },
  );

  it("are not asked for when the client does not ask for them", async () => {
    const { target, front } = await startBoth();
    const client = await front.connect();
    client.send(`GET / HTTP/1.1\r\nHost: ${front.authority}\r\nTE: gzip\r\n\r\n`);
    const app = await target.accept();
    expect(headerOf(await app.head(), "te")).toBeUndefined();
    app.send(OK);
    await client.message();
  });

  it.each([
    ["HEAD", "HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n", 200],
    ["GET", "HTTP/1.1 304 Not Modified\r\nTrailer: X-Sum\r\n\r\n", 304],
    ["GET", "HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nContent-Length: 0\r\n\r\n", 200],
  ])("that are announced for a %s without body do no harm", async (method, response, status) => {
    const { target, front } = await startBoth();
    const client = await front.connect();
    client.send(`${method} / HTTP/1.1\r\nHost: ${front.authority}\r\n\r\n`);
    const app = await target.accept();
    await app.head();
    app.send(response);
    expect((await client.head()).status).toBe(status);
  });

  it("never change where a message ends or where it goes", async () => {
    const { target, front } = await startBoth();
    const client = await front.connect();
    const hostile = "Host: evil.example\r\nConnection: X-B\r\nX-B: 1\r\nX-C: 2\r\n";
    client.send(
      `POST / HTTP/1.1\r\nHost: ${front.authority}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n${hostile}\r\n`,
    );
    const app = await target.accept();
    expect((await app.message()).trailers).toEqual([["x-c", "2"]]);
    app.send(chunked("", `Content-Length: 9\r\nTransfer-Encoding: chunked\r\n${hostile}`));
    expect((await client.message()).trailers).toEqual([["x-c", "2"]]);
  });

  it("never speak for the edge, nor let anybody in, of an app that merges them into the head", async () => {
    const { target, front } = await startBoth();
    const client = await front.connect();
    const hostile = [
      ...["X-Forwarded-For: 6.6.6.6", "X_Forwarded_Proto: https", "Forwarded: for=6.6.6.6"],
      ...["X-Real-IP: 6.6.6.6", "Authorization: Basic eA==", "Cookie: a=b", "Range: bytes=0-1"],
      ...["Expect: 100-continue", "If-None-Match: x", "Content-Type: text/x", "X-Sum: 1"],
    ];
    client.send(
      `POST / HTTP/1.1\r\nHost: ${front.authority}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n${hostile.join("\r\n")}\r\n\r\n`,
    );
    const app = await target.accept();
    expect((await app.message()).trailers).toEqual([["x-sum", "1"]]);
    app.send(chunked("", "Set-Cookie: a=b\r\nLocation: /x\r\nWWW-Authenticate: x\r\nX-Sum: 1\r\n"));
    expect((await client.message()).trailers).toEqual([["x-sum", "1"]]);
  });

  it("are left out for an HTTP/1.0 client, which has no place for them", async () => {
    const { target, front } = await startBoth();
    const client = await front.connect();
    client.send("GET / HTTP/1.0\r\n\r\n");
    const app = await target.accept();
    await app.head();
    app.send(chunked("Trailer: X-Sum\r\n", SUM));
    const { text } = await client.rest();
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nbody$/);
  });
});

describe("over HTTP/2", () => {
  it.each([
    ["announced", "Trailer: X-Sum, X-Count\r\n"],
    ["not announced", ""],
  ])("reach the client when they are %s", async (_, announcement) => {
    const { target, front } = await startBoth();
    const client = request(await front.session(), { te: "trailers" });
    const app = await target.accept();
    const asked = await app.head();
    expect(headerOf(asked, "te")).toBe("trailers");
    app.send(chunked(announcement, SUM));
    expect(await client.closed()).toBe(0);
    expect(client).toMatchObject({ body: "body", ended: true });
    expect(client.trailers).toMatchObject({ "x-sum": "abc, def", "x-count": "4" });
  });

  it("end the stream without a frame of their own when there are none", async () => {
    const { target, front } = await startBoth();
    const client = request(await front.session(), { te: "trailers" });
    const app = await target.accept();
    await app.head();
    app.send(chunked("Trailer: X-Sum\r\n", ""));
    expect(await client.closed()).toBe(0);
    expect(client).toMatchObject({ body: "body", ended: true, trailers: undefined });
  });

  it("never carry what HTTP/2 forbids", async () => {
    const { target, front } = await startBoth();
    const client = request(await front.session());
    const app = await target.accept();
    await app.head();
    app.send(
      chunked("", "Connection: close\r\nKeep-Alive: 5\r\nTransfer-Encoding: gzip\r\nX-C: 2\r\n"),
    );
    expect(await client.closed()).toBe(0);
    expect(Object.entries(client.trailers ?? {})).toEqual([["x-c", "2"]]);
  });

  it("reach the target", async () => {
    const { target, front } = await startBoth();
    const session = await front.session();
    const client = request(
      session,
      { ":method": "POST", trailer: "x-sum" },
      {
        endStream: false,
        waitForTrailers: true,
      },
    );
    client.stream.on("wantTrailers", () => client.stream.sendTrailers({ "x-sum": ["abc", "def"] }));
    client.stream.end("body");
    const app = await target.accept();
    const asked = await app.message();
    expect(asked).toMatchObject({
      body: "body",
      trailers: [
        ["x-sum", "abc"],
        ["x-sum", "def"],
      ],
    });
    app.send(OK);
    expect(await client.closed()).toBe(0);
  });
});

/** gRPC carries its status in trailers and does not announce them. */
describe("of gRPC over HTTP/2", () => {
  const call = {
    ":method": "POST",
    ":path": "/pkg.Service/Call",
    "content-type": "application/grpc",
    te: "trailers",
  };
  const GRPC =
    "HTTP/1.1 200 OK\r\nContent-Type: application/grpc\r\nTransfer-Encoding: chunked\r\n\r\n";

  it("come behind messages in both directions at once", async () => {
    const { target, front } = await startBoth();
    const client = request(await front.session(), call, { endStream: false });
    client.send("ping-1");
    const app = await target.accept();
    await app.head();
    expect(await app.chunk()).toBe("ping-1");
    app.send(`${GRPC}6\r\npong-1\r\n`);
    expect(await client.bodyOf(6)).toBe("pong-1");
    client.stream.end("ping-2");
    expect(await app.chunk()).toBe("ping-2");
    expect(await app.chunk()).toBe("");
    app.send("6\r\npong-2\r\n0\r\ngrpc-status: 0\r\ngrpc-message: fine\r\n\r\n");
    expect(await client.closed()).toBe(0);
    expect(client.body).toBe("pong-1pong-2");
    expect(client.trailers).toMatchObject({ "grpc-status": "0", "grpc-message": "fine" });
  });

  it("come alone when the call fails without a message", async () => {
    const { target, front } = await startBoth();
    const client = request(await front.session(), call, { endStream: false });
    client.stream.end("ping");
    const app = await target.accept();
    await app.message();
    app.send(`${GRPC}0\r\ngrpc-status: 5\r\n\r\n`);
    expect(await client.closed()).toBe(0);
    expect(client.body).toBe("");
    expect(client.trailers).toMatchObject({ "grpc-status": "5" });
  });

  it("come while the client still has messages to send", async () => {
    const { target, front } = await startBoth();
    const client = request(await front.session(), call, { endStream: false });
    client.send("ping");
    const app = await target.accept();
    await app.head();
    expect(await app.chunk()).toBe("ping");
    app.send(`${GRPC}0\r\ngrpc-status: 8\r\n\r\n`);
    expect(await client.closed()).toBe(0);
    expect(client.trailers).toMatchObject({ "grpc-status": "8" });
    expect(await app.ended()).toBe("fin");
  });
});
