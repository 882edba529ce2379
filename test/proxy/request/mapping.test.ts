/** Which header lines cross, and how a request over HTTP/2 becomes one of HTTP/1.1. */
import { beforeAll, describe, expect, it } from "vitest";
import { findProfile } from "../../../src/edge/profiles/index.js";
import { FLAG, FRAME, fields, frame, PREFACE, readFrames } from "../../support/http2-frames.js";
import { type Front, startFront } from "../../support/wire-front.js";
import type { Peer } from "../../support/wire-peer.js";
import { type Recorder, startRecorder } from "./recorder.js";

type Field = readonly [name: string, value: string];

let target: Recorder;
let front: Front;

beforeAll(async () => {
  target = await startRecorder();
  // It adds nothing by itself, so that every line the app gets is the client's.
  front = await startFront(`127.0.0.1:${target.port}`, { edge: findProfile("none") as never });
});

/** The head that the target has received last. */
function toldHead(): string[] {
  const text = target.take();
  const [line = ""] = [...text.matchAll(/[A-Z]+ \S+ HTTP\/1\.1\r\n/g)].at(-1) ?? [];
  const head = text.slice(text.lastIndexOf(line));
  return head.slice(0, head.indexOf("\r\n\r\n")).split("\r\n");
}

/** The lines of that head, without the first one. */
const told = (): string[] => toldHead().slice(1);

async function tellHttp1(lines: readonly string[], body = ""): Promise<string[]> {
  const client = await front.connect();
  const method = body === "" ? "GET" : "POST";
  client.send([`${method} / HTTP/1.1`, "Host: localhost", ...lines, "", body].join("\r\n"));
  await client.untilText("\r\n\r\nok");
  client.destroy();
  return told();
}

const isEnd = (bytes: Buffer): boolean =>
  readFrames(bytes).some(
    ({ type, flags, stream }) =>
      type === FRAME.goAway || type === FRAME.reset || (stream === 1 && flags & FLAG.endStream),
  );

async function askHttp2(pairs: readonly Field[], body?: string): Promise<void> {
  const client: Peer = await front.connectHttp2();
  const flags = FLAG.endHeaders | (body === undefined ? FLAG.endStream : 0);
  const pieces = [
    PREFACE,
    frame(FRAME.settings, 0, 0),
    frame(FRAME.headers, flags, 1, fields(pairs)),
  ];
  if (body !== undefined) {
    pieces.push(frame(FRAME.data, FLAG.endStream, 1, Buffer.from(body, "latin1")));
  }
  client.send(Buffer.concat(pieces));
  await client.untilBytes(isEnd, "the answer");
  client.destroy();
}

async function tellHttp2(pairs: readonly Field[], body?: string): Promise<string[]> {
  await askHttp2(pairs, body);
  return told();
}

describe("Header lines of HTTP/1.1", () => {
  it.each<[string, string[], string[]]>([
    ["what one Connection names", ["Connection: X-A", "X-A: 1", "X-B: 2"], ["X-B: 2"]],
    ["what a list names", ["X-A: 1", "X-B: 2", "Connection: x-a, ,X-b,", "X-C: 3"], ["X-C: 3"]],
    ["what two lines name", ["Connection: X-A", "X-A: 1", "Connection: X-B", "X-B: 2"], []],
    ["every line of the name", ["X-A: 1", "x-a: 2", "Connection: X-A", "X-A: 3"], []],
    ["names behind a tab", ["Connection: close,\tX-A", "X-A: 1"], []],
    ["Keep-Alive", ["Connection: keep-alive", "Keep-Alive: timeout=5"], []],
    ["Keep-Alive that nobody names", ["Keep-Alive: timeout=5"], []],
    ["Proxy-Connection", ["Proxy-Connection: keep-alive"], []],
    ["TE without trailers", ["TE: gzip"], []],
    ["Upgrade that Connection does not name", ["Upgrade: h2c", "X-A: 1"], ["X-A: 1"]],
    ["HTTP2-Settings", ["HTTP2-Settings: AAMAAABkAAQAAP__"], []],
  ])("that stay with the connection: %s", async (_, lines, expected) => {
    const own = (line: string): boolean => /^(?:host|connection): /i.test(line);
    const received = await tellHttp1(lines);
    expect(received.filter((line) => !own(line))).toEqual(expected);
    expect(received.filter((line) => /^connection: /i.test(line)).join()).not.toMatch(/x-/i);
  });

  it.each(["Content-Length", "content-length, X-A", "Host", "Transfer-Encoding"])(
    "that say where the message ends or goes cross whatever Connection names: %s",
    async (named) => {
      const received = await tellHttp1([`Connection: ${named}`, "Content-Length: 5"], "hello");
      expect(received).toContain("Host: localhost");
      expect(received).toContain("Content-Length: 5");
    },
  );

  it("cross with their case, order, duplicates and octets", async () => {
    const lines = [
      "x-lower: 1",
      "X-UPPER: 2",
      "X-A: a",
      "X-B: caf\xe9 \xff",
      "X-A: b",
      "x-a:",
      "X_U: 1",
    ];
    expect(await tellHttp1(lines)).toEqual(
      ["Host: localhost", ...lines].map((line) => line.replace(/:$/, ": ")),
    );
  });
});

const HEAD: readonly Field[] = [
  [":method", "GET"],
  [":scheme", "https"],
  [":path", "/"],
];
const AUTHORITY: Field = [":authority", "localhost"];
const GET: readonly Field[] = [...HEAD, AUTHORITY];
const POST: readonly Field[] = [[":method", "POST"], ...GET.slice(1)];

describe("A request over HTTP/2", () => {
  it.each<[string, Field[], string[]]>([
    ["its authority", [AUTHORITY], ["Host: localhost"]],
    ["its authority with a port", [[":authority", "localhost:8443"]], ["Host: localhost:8443"]],
    ["Host, when there is no authority", [["host", "localhost"]], ["Host: localhost"]],
    ["both, when they are equal", [AUTHORITY, ["host", "localhost"]], ["Host: localhost"]],
    ["both, when only their case differs", [AUTHORITY, ["host", "LOCALHOST"]], ["Host: localhost"]],
  ])("has Host from %s", async (_, pairs, expected) => {
    expect(await tellHttp2([...HEAD, ...pairs])).toEqual(expected);
  });

  it.each<[string, string[], string]>([
    ["one", ["a=1"], "a=1"],
    ["three", ["a=1", "b=2", "c=3"], "a=1; b=2; c=3"],
    ["two that were joined before", ["a=1; b=2", "c=3"], "a=1; b=2; c=3"],
    ["two of one name", ["a=1", "a=2"], "a=1; a=2"],
    ["one with octets beyond ASCII", ["a=\xe9", "b=2"], "a=\xe9; b=2"],
    ["a hundred", Array.from({ length: 100 }, (_, i) => `c${i}=v`), ""],
  ])("has one Cookie from %s", async (_, crumbs, expected) => {
    const mixed = crumbs.flatMap((crumb, index): Field[] => [
      ["cookie", crumb],
      [`x-${index}`, "between"],
    ]);
    const lines = await tellHttp2([...GET, ...mixed]);
    expect(lines[1]).toBe(`cookie: ${expected || crumbs.join("; ")}`);
    expect(lines.filter((line) => /^cookie/i.test(line))).toHaveLength(1);
    expect(lines).toHaveLength(2 + crumbs.length);
  });

  it("keeps the order, duplicates and octets of other fields", async () => {
    const pairs: Field[] = [
      ["x-a", "1"],
      ["accept", "text/html"],
      ["x-a", "2"],
      ["user-agent", "a"],
      ["x-empty", ""],
      ["x-latin", "caf\xe9 \xff"],
      ["accept", "*/*"],
    ];
    expect(await tellHttp2([...GET, ...pairs])).toEqual([
      "Host: localhost",
      ...pairs.map(([name, value]) => `${name}: ${value}`),
    ]);
  });

  it("keeps TE: trailers, which its connection to the app then names", async () => {
    const lines = await tellHttp2([...GET, ["te", "trailers"]]);
    expect(lines.map((line) => line.toLowerCase())).toEqual(
      expect.arrayContaining(["te: trailers", "connection: te"]),
    );
  });

  it("has no framing when it has no body, its length, or chunks", async () => {
    expect(await tellHttp2(GET)).toEqual(["Host: localhost"]);
    expect(await tellHttp2([...POST, ["content-length", "2"]], "hi")).toEqual([
      "Host: localhost",
      "content-length: 2",
    ]);
    const lines = await tellHttp2(POST, "hi");
    expect(lines[0]).toBe("Host: localhost");
    expect(lines.slice(1).join().toLowerCase()).toBe("transfer-encoding: chunked");
  });

  it("has nothing of its pseudo fields among its lines", async () => {
    const lines = await tellHttp2([...GET, ["x-method", ":method"]]);
    expect(lines).toEqual(["Host: localhost", "x-method: :method"]);
  });

  it.each([
    ["OPTIONS", "*"],
    ["OPTIONS", "/a"],
    ["PROPFIND", "/a?b=c&d"],
    ["GET", "/a//b/../c;p=1?q=/?&%00"],
    ["get", "/"],
  ])("keeps its method and path: %s %s", async (method, path) => {
    await askHttp2([[":method", method], [":scheme", "https"], [":path", path], AUTHORITY]);
    const text = target.take();
    expect(text.slice(0, text.indexOf("\r\n"))).toBe(`${method} ${path} HTTP/1.1`);
  });
});
