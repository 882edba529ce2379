/** HTTP/2 requests that would be others once they are HTTP/1.1: the target sees none of them. */
import { beforeAll, describe, expect, it } from "vitest";
import { FLAG, FRAME, fields, frame, PREFACE, readFrames } from "../../support/http2-frames.js";
import type { RawConnection } from "../../support/raw-client.js";
import { type RawFront, startRawFront } from "../../support/raw-front.js";
import { type Recorder, startRecorder } from "./recorder.js";

type Field = readonly [name: string, value: string];

const METHOD: Field = [":method", "GET"];
const SCHEME: Field = [":scheme", "https"];
const PATH: Field = [":path", "/bad"];
const AUTHORITY: Field = [":authority", "localhost"];
const GOOD: readonly Field[] = [METHOD, SCHEME, AUTHORITY, PATH];

/** A request of these fields, its body in these pieces. */
interface Attack {
  readonly fields: readonly Field[];
  readonly body?: readonly string[];
}

const without = (...names: string[]): Field[] => GOOD.filter(([name]) => !names.includes(name));

const ATTACKS: Readonly<Record<string, Attack>> = {
  "a name in upper case": { fields: [...GOOD, ["X-Upper", "1"]] },
  "a name in mixed case": { fields: [...GOOD, ["x-Upper", "1"]] },
  "a request within the path": {
    fields: [...without(":path"), [":path", "/ HTTP/1.1\r\nHost: evil\r\n\r\nGET /bad"]],
  },
  "a blank in the path": { fields: [...without(":path"), [":path", "/a b"]] },
  "a path that is none": { fields: [...without(":path"), [":path", "bad"]] },
  "an empty path": { fields: [...without(":path"), [":path", ""]] },
  "an absolute URL as path": { fields: [...without(":path"), [":path", "http://evil.test/"]] },
  "no path": { fields: without(":path") },
  "no method": { fields: without(":method") },
  "no scheme": { fields: without(":scheme") },
  "two methods": { fields: [METHOD, ...GOOD] },
  "two paths": { fields: [PATH, ...GOOD] },
  "two authorities": { fields: [AUTHORITY, ...GOOD] },
  "a line break in the method": {
    fields: [[":method", "GET / HTTP/1.1\r\nX: y\r\n\r\nGET"], ...without(":method")],
  },
  "a method that is no token": { fields: [[":method", "GE T"], ...without(":method")] },
  "a line break in the authority": {
    fields: [[":authority", "localhost\r\nx-evil: 1"], ...without(":authority")],
  },
  "a user in the authority": {
    fields: [[":authority", "evil@localhost"], ...without(":authority")],
  },
  "a path in the authority": {
    fields: [[":authority", "localhost/evil"], ...without(":authority")],
  },
  "a Host beside another authority": { fields: [...GOOD, ["host", "evil.test"]] },
  "two Hosts": { fields: [...without(":authority"), ["host", "localhost"], ["host", "evil.test"]] },
  "neither authority nor Host": { fields: without(":authority") },
  "an unknown pseudo field": { fields: [...GOOD, [":evil", "1"]] },
  "a pseudo field behind others": { fields: [...without(":path"), ["x-a", "b"], PATH] },
  "the pseudo field of responses": { fields: [...GOOD, [":status", "200"]] },
  "Transfer-Encoding": { fields: [...GOOD, ["transfer-encoding", "chunked"]] },
  "Transfer-Encoding on a POST": {
    fields: [[":method", "POST"], ...without(":method"), ["transfer-encoding", "chunked"]],
    body: ["0\r\n\r\nGET /evil HTTP/1.1\r\nHost: localhost\r\n\r\n"],
  },
  Connection: { fields: [...GOOD, ["connection", "close"]] },
  "Connection that names a field": { fields: [...GOOD, ["connection", "x-a"], ["x-a", "b"]] },
  "Keep-Alive": { fields: [...GOOD, ["keep-alive", "timeout=5"]] },
  "Proxy-Connection": { fields: [...GOOD, ["proxy-connection", "close"]] },
  Upgrade: { fields: [...GOOD, ["upgrade", "websocket"]] },
  "TE with a coding": { fields: [...GOOD, ["te", "gzip"]] },
  "TE with trailers and a coding": { fields: [...GOOD, ["te", "trailers, gzip"]] },
  "a length that is no number": { fields: [...GOOD, ["content-length", "+5"]] },
  "a length with a blank": { fields: [...GOOD, ["content-length", "5 5"]] },
  "two lengths": { fields: [...GOOD, ["content-length", "0"], ["content-length", "5"]] },
  "a length and no body": {
    fields: [[":method", "POST"], ...without(":method"), ["content-length", "5"]],
  },
  "CONNECT with a path": { fields: [[":method", "CONNECT"], ...without(":method")] },
  "CONNECT to another port": {
    fields: [
      [":method", "CONNECT"],
      [":authority", "localhost:22"],
    ],
  },
};

/**
 * Fields that nghttp2 takes out of a request before Node or anybody else can see them; it goes on
 * without them.
 */
const REMOVED: Readonly<Record<string, Field>> = {
  "a line break in a value": ["x-a", "b\r\nx-evil: 1"],
  "a line feed in a value": ["x-a", "b\nx-evil: 1"],
  "a carriage return in a value": ["x-a", "b\rc"],
  "a NUL in a value": ["x-a", "b\0c"],
  "a line break in a name": ["x-a\r\nx-evil", "1"],
  "a colon in a name": ["x:a", "1"],
  "a blank in a name": ["x a", "1"],
  "an empty name": ["", "1"],
};

let target: Recorder;
let front: RawFront;

beforeAll(async () => {
  target = await startRecorder();
  front = await startRawFront(`127.0.0.1:${target.port}`);
});

async function open(): Promise<RawConnection> {
  const client = await front.secure("h2");
  client.send(Buffer.concat([PREFACE, frame(FRAME.settings, 0, 0)]));
  return client;
}

function requestOf({ fields: pairs, body = [] }: Attack, stream: number): Buffer {
  const head = fields(pairs);
  if (body.length === 0) {
    return frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, stream, head);
  }
  const pieces = body.map((text, index) =>
    frame(
      FRAME.data,
      index === body.length - 1 ? FLAG.endStream : 0,
      stream,
      Buffer.from(text, "latin1"),
    ),
  );
  return Buffer.concat([frame(FRAME.headers, FLAG.endHeaders, stream, head), ...pieces]);
}

/** Whether a stream is over: reset, answered, or the whole connection with it. */
function isOver(bytes: Buffer, stream: number): boolean {
  return readFrames(bytes).some(
    (one) =>
      one.type === FRAME.goAway ||
      (one.stream === stream && (one.type === FRAME.reset || (one.flags & FLAG.endStream) !== 0)),
  );
}

/** Sends a good request on a connection of its own. @returns what the target has received since */
async function askProperly(): Promise<string> {
  const client = await front.plain();
  client.send("GET /good HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await client.untilText("\r\n\r\nok");
  client.destroy();
  return target.take();
}

describe("over HTTP/2", () => {
  // It leaves a connection that is open for the next request.
  beforeAll(askProperly);

  it.each(Object.entries(ATTACKS))(
    "%s is refused before the target hears of it",
    async (_name, attack) => {
      const client = await open();
      client.send(requestOf(attack, 1));
      await client
        .until((bytes) => isOver(bytes, 1), "end of the stream")
        .catch(() => client.closed());
      const received = await askProperly();
      expect(received).toMatch(/^GET \/good HTTP\/1\.1\r\n/);
      expect(received.indexOf("\r\n\r\n")).toBe(received.length - 4);
      client.destroy();
    },
  );

  it.each(Object.entries(REMOVED))(
    "%s is taken out, and nothing of it reaches the target",
    async (_name, field) => {
      const client = await open();
      client.send(requestOf({ fields: [...GOOD, field] }, 1));
      await client.until((bytes) => isOver(bytes, 1), "the answer");
      const received = target.take();
      expect(received).toMatch(/^GET \/bad HTTP\/1\.1\r\nHost: localhost\r\n/);
      expect(received).not.toMatch(/evil|x-a|x:a|x a|^:/im);
      expect(received.indexOf("\r\n\r\n")).toBe(received.length - 4);
      client.destroy();
    },
  );

  it("a good request among them reaches the target", async () => {
    const client = await open();
    client.send(
      requestOf({ fields: [...GOOD, ["te", "trailers"], ["cookie", "a=b"], ["cookie", "c=d"]] }, 1),
    );
    await client.until((bytes) => isOver(bytes, 1), "the answer");
    const received = target.take();
    expect(received).toMatch(/^GET \/bad HTTP\/1\.1\r\n/);
    expect(received).toMatch(/^Cookie: a=b; c=d\r$/im);
    expect(received).toMatch(/^Host: localhost\r$/m);
    client.destroy();
  });

  it("a body longer than its length never becomes another request", async () => {
    const client = await open();
    const evil = "GET /evil HTTP/1.1\r\nHost: localhost\r\n\r\n";
    const post: Attack = {
      fields: [[":method", "POST"], ...without(":method"), ["content-length", "4"]],
      body: ["four", evil],
    };
    client.send(requestOf(post, 1));
    await client
      .until((bytes) => isOver(bytes, 1), "end of the stream")
      .catch(() => client.closed());
    client.destroy();
    expect(await askProperly()).not.toContain("/evil");
  });
});
