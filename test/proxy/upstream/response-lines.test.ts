/** What of a response's head reaches the client, over both versions of HTTP. */

import { type ClientHttp2Session, connect } from "node:http2";
import { beforeAll, describe, expect, it } from "vitest";
import { findProfile } from "../../../src/edge/profiles/index.js";
import { atEnd } from "../../support/programs.js";
import { type Front, startFront } from "../../support/wire-front.js";
import type { Peer } from "../../support/wire-peer.js";
import { startTarget } from "../../support/wire-target.js";

let answer = "";
let front: Front;
let session: ClientHttp2Session;

beforeAll(async () => {
  const target = await startTarget({
    onConnection: ({ socket }) =>
      socket.on("data", () => socket.end(Buffer.from(answer, "latin1"))),
  });
  front = await startFront(`127.0.0.1:${target.port}`, {
    edge: findProfile("none") as never,
    hsts: "pass",
  });
  session = connect(`https://localhost:${front.port}`, { ca: front.root });
  atEnd(() => session.destroy());
});

interface Received {
  readonly status: number;
  /** Names in lower case. */
  readonly lines: readonly string[];
  readonly body: string;
}

async function overHttp1(method: string): Promise<Received> {
  const client: Peer = await front.connect();
  client.send(`${method} / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  const text = await client.closed();
  const end = text.indexOf("\r\n\r\n");
  const [first = "", ...lines] = text.slice(0, end).split("\r\n");
  const own = /^(?:connection|transfer-encoding|date):/i;
  return {
    status: Number(first.split(" ")[1]),
    lines: lines
      .filter((line) => !own.test(line))
      .map((line) => line.replace(/^[^:]+/, (name) => name.toLowerCase())),
    body: text.slice(end + 4).replace(/^[0-9a-f]+\r\n([\s\S]*)\r\n0\r\n\r\n$/, "$1"),
  };
}

async function overHttp2(method: string): Promise<Received> {
  const stream = session.request({ ":method": method, ":path": "/" });
  let status = 0;
  let lines: string[] = [];
  const body: Buffer[] = [];
  stream.on("response", (headers, _flags, raw?: string[]) => {
    status = Number(headers[":status"]);
    lines = (raw ?? []).flatMap((name, index, all) =>
      index % 2 || name.startsWith(":") ? [] : [`${name}: ${all[index + 1]}`],
    );
  });
  stream.on("data", (chunk: Buffer) => body.push(chunk));
  stream.on("error", () => undefined);
  await new Promise((resolve) => stream.on("close", resolve));
  expect(stream.rstCode).toBe(0);
  return { status, lines, body: Buffer.concat(body).toString("latin1") };
}

describe.each([
  ["HTTP/1.1", overHttp1],
  ["HTTP/2", overHttp2],
])("Over %s", (version, receive) => {
  const LENGTH = "content-length: 2";

  it.each<[string, string[], string[]]>([
    ["what Connection names", ["Connection: X-A, close", "X-A: 1", "X-B: 2"], ["x-b: 2"]],
    ["Keep-Alive", ["Connection: keep-alive", "Keep-Alive: timeout=5, max=9"], []],
    ["Keep-Alive that nobody names", ["Keep-Alive: timeout=5"], []],
    ["Proxy-Connection", ["Proxy-Connection: keep-alive"], []],
    ["the offer of Apache to upgrade", ["Upgrade: h2,h2c", "Connection: Upgrade"], []],
    ["Upgrade that nobody names", ["Upgrade: h2c"], []],
    ["TE and HTTP2-Settings", ["TE: trailers", "HTTP2-Settings: AA"], []],
  ])("%s does not reach the client", async (_, lines, expected) => {
    answer = ["HTTP/1.1 200 OK", ...lines, "Content-Length: 2", "", "ok"].join("\r\n");
    const received = await receive("GET");
    expect(received).toMatchObject({ status: 200, body: "ok" });
    expect([...received.lines].sort()).toEqual([...expected, LENGTH].sort());
  });

  it.each([
    ["several cookies", ["Set-Cookie: a=1", "Set-Cookie: b=2; Path=/", "Set-Cookie: a=3"]],
    ["several lines of one name", ["Link: </a>", "Link: </b>", "Vary: a", "Vary: b"]],
    ["octets beyond ASCII", ["X-Latin: caf\xe9 \xff\x80", "X-Utf8: \xc3\xa9"]],
    ["an empty value", ["X-Empty: "]],
    ["names of objects' own properties", ["__proto__: 1", "constructor: 2", "toString: 3"]],
    ["a long value", [`X-Long: ${"v".repeat(30_000)}`]],
    ["names of every kind of character", ["!#$%&'*+.^_`|~09az-: x"]],
    ["a name with an underscore", ["X_Under: 1"]],
    ["HSTS and the like", ["Strict-Transport-Security: max-age=1", 'Alt-Svc: h3=":443"']],
    ["names of other lengths", ["A: 1", "Proxy-Authenticate: Basic"]],
  ])("%s reach the client", async (_, lines) => {
    answer = ["HTTP/1.1 200 OK", ...lines, "Content-Length: 2", "", "ok"].join("\r\n");
    const received = await receive("GET");
    expect(received).toMatchObject({ status: 200, body: "ok" });
    const expected = lines.map((line) => line.replace(/^[^:]+/, (name) => name.toLowerCase()));
    expect([...received.lines].sort()).toEqual([...expected, LENGTH].sort());
  });

  it("of a line that HTTP/2 has once only, the last one reaches the client", async () => {
    const lines = ["Content-Type: text/plain", "Content-Type: text/html"];
    answer = ["HTTP/1.1 200 OK", ...lines, "Content-Length: 2", "", "ok"].join("\r\n");
    const received = (await receive("GET")).lines.filter((line) => line !== LENGTH);
    const both = ["content-type: text/plain", "content-type: text/html"];
    expect(received).toEqual(version === "HTTP/2" ? both.slice(1) : both);
  });

  it.each<[string, string, string, Partial<Received>]>([
    ["205 with a body", "GET", "205 Reset Content\r\nContent-Length: 2\r\n\r\nok", { status: 205 }],
    [
      "205 in chunks",
      "GET",
      "205 Reset\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
      { status: 205 },
    ],
    ["205 until the end", "GET", "205 Reset\r\n\r\nok", { status: 205 }],
    [
      "205 without a body",
      "GET",
      "205 Reset Content\r\nContent-Length: 0\r\n\r\n",
      { status: 205, body: "" },
    ],
    [
      "304 with a length",
      "GET",
      "304 Not Modified\r\nContent-Length: 9\r\n\r\n",
      { status: 304, body: "", lines: ["content-length: 9"] },
    ],
    [
      "204 with a length",
      "GET",
      "204 No Content\r\nContent-Length: 9\r\n\r\n",
      { status: 204, body: "", lines: [] },
    ],
    [
      "HEAD with a length",
      "HEAD",
      "200 OK\r\nContent-Length: 9\r\n\r\n",
      { status: 200, body: "", lines: ["content-length: 9"] },
    ],
    [
      "HEAD of chunks",
      "HEAD",
      "200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
      { status: 200, body: "" },
    ],
    [
      "HEAD of 404",
      "HEAD",
      "404 Not Found\r\nContent-Length: 9\r\n\r\n",
      { status: 404, body: "" },
    ],
    [
      "a final status after 103",
      "GET",
      "103 Early\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
      {},
    ],
    [
      "an empty body in chunks",
      "GET",
      "200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      { status: 200 },
    ],
    ["an empty body until the end", "GET", "200 OK\r\n\r\n", { status: 200 }],
    ["no reason", "GET", "200\r\nContent-Length: 2\r\n\r\nok", { status: 200, body: "ok" }],
  ])("%s is passed on", async (_, method, rest, expected) => {
    answer = `HTTP/1.1 ${rest}`;
    const received = await receive(method);
    expect(received).toMatchObject(expected);
    expect(front.defects).toEqual([]);
  });
});
