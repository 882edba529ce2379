/** HTTP/2 that breaks its own rules: no request comes of it, or none that looks complete. */
import { describe, expect, it } from "vitest";
import { FLAG, FRAME, fields, frame, PREFACE, readFrames } from "../../support/http2-frames.js";
import { startBoth } from "../../support/wire-front.js";
import type { Peer } from "../../support/wire-peer.js";
import { GOOD, without } from "./hostile-streams.js";

const { headers, data, continuation, settings } = FRAME;
const { endHeaders, endStream } = FLAG;
const PADDED = 8;
const PRIORITY = 0x20;
const HELLO = Buffer.concat([PREFACE, frame(settings, 0, 0)]);

const block = fields(GOOD);
const bytes = (...octets: number[]): Buffer => Buffer.from(octets);
const head = (payload: Buffer, flags: number = endHeaders | endStream): Buffer =>
  frame(headers, flags, 1, payload);

/** Frames from which no request comes. */
const BROKEN: readonly (readonly [string, readonly Buffer[]])[] = [
  ["a head without its end, then data", [head(block, 0), frame(data, endStream, 1)]],
  ["a head without its end, then another", [head(block, endStream), frame(headers, 5, 3, block)]],
  [
    "a head without its end, then a ping",
    [head(block, endStream), frame(FRAME.ping, 0, 0, Buffer.alloc(8))],
  ],
  [
    "a continuation of another stream",
    [head(block, endStream), frame(continuation, endHeaders, 3)],
  ],
  ["a continuation of nothing", [frame(continuation, endHeaders, 1, block)]],
  ["a head on stream 0", [frame(headers, endHeaders | endStream, 0, block)]],
  ["a head on an even stream", [frame(headers, endHeaders | endStream, 2, block)]],
  ["data on a stream that is idle", [frame(data, endStream, 1, bytes(1, 2, 3))]],
  ["data on stream 0", [frame(data, endStream, 0, bytes(1, 2, 3))]],
  [
    "a promise from a client",
    [frame(FRAME.push, endHeaders, 1, Buffer.concat([bytes(0, 0, 0, 2), block]))],
  ],
  ["padding longer than the head", [head(Buffer.concat([bytes(255), block]), 5 | PADDED)]],
  ["a priority of five octets in a head of two", [head(bytes(0, 0), 5 | PRIORITY)]],
  ["field number 0", [head(Buffer.concat([block, bytes(0x80)]))]],
  ["a field beyond the table", [head(Buffer.concat([block, bytes(0xff, 0xff, 0x01)]))]],
  ["a name beyond the table", [head(Buffer.concat([block, bytes(0x0f, 0xff, 0x01, 1, 97)]))]],
  ["an integer without end", [head(Buffer.concat([block, bytes(...Array(20).fill(0xff))]))]],
  ["a string longer than the head", [head(Buffer.concat([block, bytes(0, 1, 97, 127, 98)]))]],
  [
    "a string that is not Huffman code",
    [head(Buffer.concat([block, bytes(0, 1, 97, 0x84, 255, 255, 255, 255)]))],
  ],
  ["a table larger than allowed", [head(Buffer.concat([bytes(0x3f, 0xe1, 0xff, 0x03), block]))]],
  ["a change of the table within a head", [head(Buffer.concat([block, bytes(0x20)]))]],
  ["settings of five octets", [frame(settings, 0, 0, Buffer.alloc(5)), head(block)]],
  ["a frame larger than allowed", [frame(data, 0, 1, Buffer.alloc(20_000)), head(block)]],
  [
    "a head of more than 64 KiB",
    [
      head(block, endStream),
      ...Array.from({ length: 9 }, (_, at) =>
        frame(continuation, 0, 1, fields([[`x-${at}`, "v".repeat(8_000)]])),
      ),
      frame(continuation, endHeaders, 1),
    ],
  ],
  ["the preface twice", [PREFACE, head(block)]],
  ["HTTP/1.1 behind the preface", [Buffer.from("GET /bad HTTP/1.1\r\nHost: localhost\r\n\r\n")]],
];

/** Waits until a stream, or the connection, is over. */
async function over(client: Peer, stream: number): Promise<void> {
  for (let all = Buffer.alloc(0); ; ) {
    const isOver = readFrames(all).some(
      (one) => one.type === FRAME.goAway || (one.type === FRAME.reset && one.stream === stream),
    );
    if (isOver || client.ending !== "open") return;
    all = Buffer.concat([all, await client.take(1).catch(() => Buffer.alloc(0))]);
  }
}

describe("From", () => {
  it.each(BROKEN)("%s comes no request, and others are served", async (_, frames) => {
    const { target, front } = await startBoth();
    const before = await front.session();
    const client = await front.connectHttp2();
    client.send(Buffer.concat([HELLO, ...frames]));
    await over(client, 1);
    const stream = before.request({ ":path": "/good" });
    const app = await target.accept();
    expect((await app.head()).line).toBe("GET /good HTTP/1.1");
    app.send("HTTP/1.1 204 No Content\r\n\r\n");
    await new Promise((resolve) => stream.once("response", resolve));
    expect(target.connections).toHaveLength(1);
    expect(front.defects).toEqual([]);
  });
});

const post = (...extra: (readonly [string, string])[]): Buffer =>
  head(fields([[":method", "POST"], ...without(":method"), ...extra]), endHeaders);
const body = (text: string, flags = 0): Buffer =>
  frame(data, flags, 1, Buffer.from(text, "latin1"));
const trailers = (...pairs: (readonly [string, string])[]): Buffer =>
  frame(headers, endHeaders | endStream, 1, fields(pairs));
const EVIL = "GET /evil HTTP/1.1\r\nHost: localhost\r\n\r\n";

describe("A body that", () => {
  it.each<[string, readonly Buffer[], string]>([
    ["is shorter than its length", [post(["content-length", "5"]), body("hel", endStream)], "hel"],
    [
      "never comes",
      [post(["content-length", "5"]), frame(FRAME.reset, 0, 1, bytes(0, 0, 0, 8))],
      "",
    ],
    [
      "ends with the connection",
      [post(), body("hel"), frame(FRAME.goAway, 0, 0, bytes(0, 0, 0, 0, 0, 0, 0, 1))],
      "3\r\nhel\r\n",
    ],
    [
      "ends with pseudo fields",
      [post(), body("hel"), trailers([":path", "/evil"])],
      "3\r\nhel\r\n",
    ],
    ["ends with upper case", [post(), body("hel"), trailers(["X-Evil", "1"])], "3\r\nhel\r\n"],
    [
      "ends with Connection",
      [post(), body("hel"), trailers(["connection", "close"])],
      "3\r\nhel\r\n",
    ],
    [
      "ends with Transfer-Encoding",
      [post(), body("hel"), trailers(["transfer-encoding", "gzip"])],
      "3\r\nhel\r\n",
    ],
    [
      "has a head in its middle",
      [post(), body("hel"), head(fields([["x-a", "1"]]), endHeaders), body("lo", endStream)],
      "3\r\nhel\r\n",
    ],
  ])("%s is not complete for the app", async (_, frames, expected) => {
    const { target, front } = await startBoth();
    const client = await front.connectHttp2();
    const [first, ...rest] = frames;
    client.send(Buffer.concat([HELLO, first as Buffer]));
    const app = await target.accept();
    expect((await app.head()).line).toBe("POST /bad HTTP/1.1");
    client.send(Buffer.concat(rest));
    client.finish();
    const { text } = await app.rest();
    expect(expected.startsWith(text)).toBe(true);
    expect(front.defects).toEqual([]);
  });

  it.each<[string, readonly Buffer[]]>([
    ["in one frame", [body(`four${EVIL}`, endStream)]],
    ["in frames", [body("four"), body(EVIL, endStream)]],
    ["when it should have ended", [body("four"), body(""), body(EVIL)]],
  ])("is longer than its length says gives the app no more than that, %s", async (_, frames) => {
    const { target, front } = await startBoth();
    const client = await front.connectHttp2();
    client.send(Buffer.concat([HELLO, post(["content-length", "4"])]));
    const app = await target.accept();
    expect((await app.head()).line).toBe("POST /bad HTTP/1.1");
    client.send(Buffer.concat(frames));
    await over(client, 1);
    const { text } = await app.rest();
    expect("four".startsWith(text)).toBe(true);
    expect(target.connections).toHaveLength(1);
  });
});
