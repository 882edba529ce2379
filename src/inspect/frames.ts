/** The frames of a WebSocket connection, read beside it (RFC 6455 5.2). */
import type { Frame } from "./record.js";

/** Of a text frame. */
const MAX_TEXT = 4 * 1024;
/** Of one connection; the oldest go. */
const MAX_FRAMES = 500;
/** A header with the longest length and a mask. */
const MAX_HEADER = 14;

const KINDS: Readonly<Record<number, Frame["kind"]>> = {
  1: "text",
  2: "binary",
  8: "close",
  9: "ping",
  10: "pong",
};

type See = (frame: Omit<Frame, "from" | "after">) => void;

/** One direction of a connection. */
class FrameReader {
  readonly #see: See;
  readonly #header = Buffer.alloc(MAX_HEADER);
  #filled = 0;
  #rest = -1;
  #length = 0;
  #opcode = 0;
  #compressed = false;
  #mask: Buffer | undefined;
  #position = 0;
  #text: Buffer[] = [];

  constructor(see: See) {
    this.#see = see;
  }

  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#rest < 0) {
        this.#header[this.#filled++] = chunk[at++] as number;
        this.#begin();
      } else {
        const part = chunk.subarray(at, at + this.#rest);
        at += part.length;
        this.#rest -= part.length;
        this.#keep(part);
      }
      if (this.#rest === 0) this.#end();
    }
  }

  #begin(): void {
    const header = this.#header;
    const filled = this.#filled;
    if (filled < 2) return;
    const short = (header[1] as number) & 0x7f;
    const lengthOctets = short === 127 ? 8 : short === 126 ? 2 : 0;
    const masked = ((header[1] as number) & 0x80) !== 0;
    const needed = 2 + lengthOctets + (masked ? 4 : 0);
    if (filled < needed) return;
    this.#length =
      lengthOctets === 8
        ? Number(header.readBigUInt64BE(2))
        : lengthOctets === 2
          ? header.readUInt16BE(2)
          : short;
    this.#opcode = (header[0] as number) & 0x0f;
    this.#compressed = ((header[0] as number) & 0x40) !== 0;
    this.#mask = masked ? Buffer.from(header.subarray(needed - 4, needed)) : undefined;
    this.#rest = this.#length;
    this.#position = 0;
    this.#text = [];
    this.#filled = 0;
  }

  #keep(part: Buffer): void {
    const wanted = MAX_TEXT - this.#position;
    if ((this.#opcode === 1 || this.#opcode === 0) && !this.#compressed && wanted > 0) {
      const copy = Buffer.from(part.subarray(0, wanted));
      const mask = this.#mask;
      if (mask) {
        for (let index = 0; index < copy.length; index++) {
          copy[index] = (copy[index] as number) ^ (mask[(this.#position + index) % 4] as number);
        }
      }
      this.#text.push(copy);
    }
    this.#position += part.length;
  }

  #end(): void {
    const kind = KINDS[this.#opcode] ?? "binary";
    const readable = this.#opcode === 1 && !this.#compressed;
    const text = readable ? Buffer.concat(this.#text).toString("utf8") : undefined;
    this.#rest = -1;
    this.#text = [];
    this.#see({ kind, length: this.#length, ...(text !== undefined && { text }) });
  }
}

/** The frames of both directions. */
export class FrameLog {
  readonly frames: Frame[] = [];
  leftOut = 0;
  readonly #readers: Readonly<Record<Frame["from"], FrameReader>>;

  /** @param started `performance.now()` of the request */
  constructor(started: number) {
    const see =
      (from: Frame["from"]): See =>
      (frame) => {
        this.frames.push({ from, after: performance.now() - started, ...frame });
        if (this.frames.length <= MAX_FRAMES) return;
        this.frames.shift();
        this.leftOut++;
      };
    this.#readers = { client: new FrameReader(see("client")), app: new FrameReader(see("app")) };
  }

  push(from: Frame["from"], chunk: Buffer): void {
    this.#readers[from].push(chunk);
  }
}
