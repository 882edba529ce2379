/**
 * A copy of an encoded body without its content coding (RFC 9110 8.4.1), for those who only look on.
 * The body itself goes its way as it came.
 */
import type { Transform } from "node:stream";
import { constants, createBrotliDecompress, createGunzip, createInflate } from "node:zlib";

/** What is decoded of a body, in octets of its coded form: a page of 1 MiB takes about 200 KiB. */
export const MAX_CODED = 256 * 1024;

/** A few octets can stand for very many ("zip bomb"). */
const MAX_DECODED = 4 * 1024 * 1024;

/** Bodies that are decoded at the same time; each has a window of 32 KiB to some MiB. */
const MAX_AT_ONCE = 4;

/** What a body ends with that was cut off counts as far as it goes. */
const LENIENT = { finishFlush: constants.Z_SYNC_FLUSH, chunkSize: 64 * 1024 };

const DECODERS: Readonly<Record<string, () => Transform>> = {
  gzip: () => createGunzip(LENIENT),
  "x-gzip": () => createGunzip(LENIENT),
  deflate: () => createInflate(LENIENT),
  br: () =>
    createBrotliDecompress({
      finishFlush: constants.BROTLI_OPERATION_FLUSH,
      chunkSize: 64 * 1024,
    }),
};

let atWork = 0;

export interface DecodedCopy {
  /** Takes a copy of the octets: whoever calls may use the buffer again. */
  push(chunk: Buffer): void;
  /** Fulfilled when `see` has had all that could be decoded; an error in the body is an end. */
  finish(): Promise<void>;
}

/**
 * Begins to decode; undefined for codings that are not known and while many bodies are at it. zlib
 * works in threads of its own.
 * @param coding the value of Content-Encoding, in lower case
 * @param see gets the decoded octets, {@link MAX_DECODED} at most; what it throws ends the copy
 */
export function decodedCopy(
  coding: string,
  see: (chunk: Buffer) => void,
  onDefect: (error: unknown) => void = () => undefined,
): DecodedCopy | undefined {
  const make = Object.hasOwn(DECODERS, coding) ? DECODERS[coding] : undefined;
  if (!make || atWork >= MAX_AT_ONCE) return undefined;
  const stream = make();
  atWork++;
  let coded = 0;
  let decoded = 0;
  let isOver = false;
  const over = new Promise<void>((resolve) => {
    const end = (): void => {
      if (isOver) return;
      isOver = true;
      atWork--;
      stream.destroy();
      resolve();
    };
    stream.on("data", (chunk: Buffer) => {
      if (isOver) return;
      decoded += chunk.length;
      try {
        see(chunk);
      } catch (error) {
        onDefect(error);
        end();
      }
      if (decoded >= MAX_DECODED) end();
    });
    for (const event of ["end", "error", "close"]) stream.on(event, end);
  });
  const finish = (): Promise<void> => {
    if (!stream.writableEnded) stream.end();
    return over;
  };
  return {
    push: (chunk) => {
      if (isOver || stream.writableEnded) return;
      const rest = MAX_CODED - coded;
      coded += chunk.length;
      stream.write(Buffer.from(chunk.subarray(0, rest)));
      if (coded >= MAX_CODED) stream.end();
    },
    finish,
  };
}
