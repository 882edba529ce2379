/** Every canned response through the whole of devtls, over real sockets. */
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { type ClientHttp2Session, connect } from "node:http2";
import { beforeAll, describe, expect, it } from "vitest";
import { atEnd } from "../../../support/programs.js";
import { type Front, startFront } from "../../../support/wire-front.js";
import { startTarget, type WireTarget } from "../../../support/wire-target.js";
import { readOurs } from "./read.js";
import { RESPONSES } from "./responses.js";

let target: WireTarget;
let front: Front;
let session: ClientHttp2Session;

beforeAll(async () => {
  target = await startTarget({
    onConnection: (connection) => void answer(connection),
  });
  front = await startFront(`127.0.0.1:${target.port}`);
  session = connect(`https://localhost:${front.port}`, {
    ca: front.root,
    maxHeaderListPairs: 2000,
  });
  atEnd(() => session.destroy());
});

/** Sends the response whose number is the path, and says no more. */
async function answer({ socket }: WireTarget["connections"][number]): Promise<void> {
  let text = "";
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
    const number = /^\w+ \/(\d+) [\s\S]*\r\n\r\n$/.exec(text)?.[1];
    if (number === undefined) return;
    text = "";
    socket.end(Buffer.from(RESPONSES[Number(number)]?.bytes ?? "", "latin1"));
  });
}

interface Received {
  readonly status: number | undefined;
  readonly body: string;
  /** The whole of it came. */
  readonly complete: boolean;
}

async function ask(number: number, method: string): Promise<Received> {
  const options = { host: "127.0.0.1", port: front.plainPort, path: `/${number}`, method };
  const sent = request({
    ...options,
    agent: false,
    maxHeaderSize: 64 * 1024,
    headers: { Host: "localhost" },
  });
  sent.end();
  const response = await once(sent, "response").then(
    ([first]) => first as IncomingMessage,
    () => undefined,
  );
  if (!response) return { status: undefined, body: "", complete: false };
  const body: Buffer[] = [];
  response.on("data", (chunk: Buffer) => body.push(chunk));
  response.on("error", () => undefined);
  await new Promise((resolve) => response.on("close", resolve));
  return {
    status: response.statusCode,
    body: Buffer.concat(body).toString("latin1"),
    complete: response.complete,
  };
}

async function askHttp2(number: number, method: string): Promise<Received> {
  const stream = session.request({ ":method": method, ":path": `/${number}` });
  let status: number | undefined;
  const body: Buffer[] = [];
  stream.on("response", (headers) => {
    status = Number(headers[":status"]);
  });
  stream.on("data", (chunk: Buffer) => body.push(chunk));
  stream.on("error", () => undefined);
  await new Promise((resolve) => stream.on("close", resolve));
  return {
    status,
    body: Buffer.concat(body).toString("latin1"),
    complete: stream.rstCode === 0 && !stream.aborted,
  };
}

const CASES = RESPONSES.map((canned, number) => ({ ...canned, number }));

describe.each([
  ["HTTP/1.1", ask],
  ["HTTP/2", askHttp2],
])("Over %s", (version, askOver) => {
  it.each(CASES)("$name", async (canned) => {
    const { bytes, method = "GET", number } = canned;
    const expected = readOurs([Buffer.from(bytes, "latin1")], method);
    const received = await askOver(number, method);
    if (version === "HTTP/2" && "status" in expected && expected.status > 599) {
      expect(received).toMatchObject({ status: 502, complete: true });
      return;
    }
    if (!("error" in expected)) {
      expect(received).toEqual({ status: expected.status, body: expected.body, complete: true });
    } else if (received.status === 502) {
      expect(received.body).toMatch(/\S/);
    } else {
      // The head was good, and perhaps on its way before the body turned out bad.
      expect([200, undefined]).toContain(received.status);
      expect(received.complete).toBe(false);
    }
  });
});

it("nothing broke inside", () => {
  expect(front.defects).toEqual([]);
});
