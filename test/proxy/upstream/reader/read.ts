/** What a client makes of a response's bytes: ours, and Node's. */
import { request } from "node:http";
import { Duplex } from "node:stream";
import { ResponseReader } from "../../../../src/proxy/upstream/reader.js";
import type { Canned } from "./responses.js";

export interface Read {
  readonly status: number;
  readonly reason: string;
  readonly version: string;
  readonly headers: readonly string[];
  readonly body: string;
  readonly trailers: readonly string[];
  readonly informational: readonly number[];
}

/** The response, or why there is none. */
export type Outcome = Read | { readonly error: string };

/** Reads with our reader what comes in these pieces, then the end of the connection. */
export function readOurs(pieces: readonly Buffer[], method = "GET"): Outcome {
  const read = {
    status: 0,
    reason: "",
    version: "",
    headers: [] as string[],
    trailers: [] as string[],
  };
  const informational: number[] = [];
  const body: Buffer[] = [];
  let complete = false;
  const reader = new ResponseReader({
    onInformation: ({ status }) => informational.push(status),
    onHead: (head) => Object.assign(read, head),
    onBody: (chunk) => body.push(Buffer.from(chunk)),
    onComplete: (trailers) => {
      complete = true;
      read.trailers = trailers;
    },
    onUpgrade: () => undefined,
  });
  reader.begin(method, false);
  try {
    for (const piece of pieces) {
      // What follows a complete response finds the connection closed.
      if (complete) break;
      // It takes over what it is fed, as it comes from a socket.
      reader.feed(Buffer.from(piece));
    }
    const missing = complete ? undefined : reader.finish();
    if (missing !== undefined) return { error: missing };
  } catch (error) {
    return { error: (error as Error).message };
  }
  return { ...read, body: Buffer.concat(body).toString("latin1"), informational };
}

/** Reads with Node's own client what comes at once. */
export function readNodes({ bytes, method }: Canned): Promise<Outcome> {
  return new Promise((resolve) => {
    const informational: number[] = [];
    const socket = new Duplex({
      read: () => undefined,
      write: (_chunk, _encoding, done) => done(),
      final(done) {
        done();
      },
    });
    // The limit of ours, or every long head would be a difference.
    const ask = request({
      method: method ?? "GET",
      maxHeaderSize: 64 * 1024,
      createConnection: () => socket as never,
    });
    const fail = (error: Error): void => resolve({ error: error.message });
    ask.on("error", fail);
    ask.on("information", ({ statusCode }) => informational.push(statusCode));
    ask.on("upgrade", () => resolve({ error: "upgraded" }));
    ask.on("response", (response) => {
      const body: Buffer[] = [];
      response.on("data", (chunk: Buffer) => body.push(chunk));
      response.on("error", fail);
      response.on("end", () => {
        if (!response.complete) return resolve({ error: "incomplete" });
        resolve({
          status: response.statusCode as number,
          reason: response.statusMessage as string,
          version: response.httpVersion,
          headers: response.rawHeaders,
          body: Buffer.concat(body).toString("latin1"),
          trailers: response.rawTrailers,
          informational,
        });
      });
    });
    ask.on("close", () => resolve({ error: "closed" }));
    ask.end();
    setImmediate(() => {
      socket.push(Buffer.from(bytes, "latin1"));
      socket.push(null);
    });
  });
}
