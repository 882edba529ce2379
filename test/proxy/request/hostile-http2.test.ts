/** HTTP/2 requests that would be others once they are HTTP/1.1: the target sees none of them. */
import { beforeAll, describe, expect, it } from "vitest";
import { FLAG, FRAME, fields, frame, PREFACE, readFrames } from "../../support/http2-frames.js";
import { type Front, startFront } from "../../support/wire-front.js";
import type { Peer } from "../../support/wire-peer.js";
import { ATTACKS, type Attack, GOOD, REMOVED, without } from "./hostile-streams.js";
import { type Recorder, startRecorder } from "./recorder.js";

let target: Recorder;
let front: Front;

beforeAll(async () => {
  target = await startRecorder();
  front = await startFront(`127.0.0.1:${target.port}`);
});

async function open(): Promise<Peer> {
  const client = await front.connectHttp2();
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

/** Whether a stream was answered to its end. */
function isAnswered(bytes: Buffer, stream: number): boolean {
  return readFrames(bytes).some(
    (one) =>
      one.stream === stream && one.type !== FRAME.reset && (one.flags & FLAG.endStream) !== 0,
  );
}

/** Sends a good request on a connection of its own. @returns what the target has received since */
async function askProperly(): Promise<string> {
  const client = await front.connectPlain();
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
      await client.untilBytes((bytes) => isOver(bytes, 1), "end of the stream");
      const received = await askProperly();
      expect(received).toMatch(/^GET \/good HTTP\/1\.1\r\n/);
      expect(received.indexOf("\r\n\r\n")).toBe(received.length - 4);
      // The other streams of the connection go on.
      client.send(requestOf({ fields: GOOD }, 3));
      await client.untilBytes((bytes) => isAnswered(bytes, 3), "answer on another stream");
      expect(target.take()).toMatch(/^GET \/bad HTTP\/1\.1\r\n/);
      client.destroy();
    },
  );

  it.each(Object.entries(REMOVED))(
    "%s is taken out, and nothing of it reaches the target",
    async (_name, field) => {
      const client = await open();
      client.send(requestOf({ fields: [...GOOD, field] }, 1));
      await client.untilBytes((bytes) => isOver(bytes, 1), "the answer");
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
    await client.untilBytes((bytes) => isOver(bytes, 1), "the answer");
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
      .untilBytes((bytes) => isOver(bytes, 1), "end of the stream")
      .catch(() => client.closed());
    client.destroy();
    expect(await askProperly()).not.toContain("/evil");
  });
});
