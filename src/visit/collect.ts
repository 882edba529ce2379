/** The body of a response: read to its end or its bounds, decoded, and kept as far as it is wanted. */
import {
  brotliDecompressSync,
  constants,
  gunzipSync,
  inflateRawSync,
  inflateSync,
} from "node:zlib";
import { first } from "../lines.js";
import type { Bounds } from "./carrier.js";

/** What {@link decoded} undoes; without zstd, which not every Node knows. */
export const ACCEPT_ENCODING = "gzip, deflate, br";

export class BodyCollector {
  readonly #bounds: Bounds;
  readonly #chunks: Buffer[] = [];
  #read = 0;
  #kept = 0;

  constructor(bounds: Bounds) {
    this.#bounds = bounds;
  }

  /** @returns false when no more is to be read */
  push(chunk: Buffer): boolean {
    this.#read += chunk.length;
    const room = this.#bounds.keptOctets - this.#kept;
    if (room > 0) {
      const piece = Buffer.from(chunk.subarray(0, room));
      this.#chunks.push(piece);
      this.#kept += piece.length;
    }
    return this.#read <= this.#bounds.readOctets;
  }

  get isCut(): boolean {
    return this.#read > this.#kept;
  }

  finish(headers: readonly string[]): Buffer {
    const body = Buffer.concat(this.#chunks);
    return decoded(body, first(headers, "content-encoding") ?? "", this.#bounds.keptOctets);
  }
}

/** The body without its codings (RFC 9110 8.4.1), or as it is where one is unknown or broken. */
function decoded(body: Buffer, codings: string, maxOutputLength: number): Buffer {
  const names = codings
    .toLowerCase()
    .split(",")
    .map((name) => name.trim())
    .filter(Boolean);
  let result = body;
  try {
    for (const name of names.reverse()) result = decodeOne(result, name, maxOutputLength);
  } catch {
    return body;
  }
  return result;
}

function decodeOne(body: Buffer, coding: string, maxOutputLength: number): Buffer {
  // A body that was cut off, or is served without its end, is decoded as far as it goes.
  const options = { maxOutputLength, finishFlush: constants.Z_SYNC_FLUSH };
  switch (coding) {
    case "gzip":
    case "x-gzip":
      return gunzipSync(body, options);
    case "deflate":
      // Some servers leave out zlib's own head.
      return ((body[0] ?? 0) & 0x0f) === 8
        ? inflateSync(body, options)
        : inflateRawSync(body, options);
    case "br":
      return brotliDecompressSync(body, {
        maxOutputLength,
        finishFlush: constants.BROTLI_OPERATION_FLUSH,
      });
    default:
      return body;
  }
}
