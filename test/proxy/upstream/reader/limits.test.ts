/** Bounds of the reader: the same wherever the bytes are cut. */
import { describe, expect, it } from "vitest";
import { MAX_HEAD_BYTES } from "../../../../src/proxy/upstream/reader.js";
import { type Outcome, readOurs } from "./read.js";

const CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const MAX_CHUNK_LINE = 16 * 1024;

/** Text that begins and ends so, of this many octets. */
function filled(begin: string, end: string, octets: number): string {
  return begin + "v".repeat(octets - begin.length - end.length) + end;
}

interface Bound {
  readonly what: string;
  /** The most octets that are taken. */
  readonly most: number;
  readonly reason: RegExp;
  /** A response with so many octets of it, and where these end. */
  make(octets: number): { readonly text: string; readonly end: number };
}

const BOUNDS: readonly Bound[] = [
  {
    what: "head, without its empty line",
    most: MAX_HEAD_BYTES,
    reason: /head of more than 64 KiB/,
    make: (octets) => {
      const head = filled("HTTP/1.1 200 OK\r\nX-A: ", "\r\nContent-Length: 2", octets);
      return { text: `${head}\r\n\r\nok`, end: octets };
    },
  },
  {
    what: "trailers, without their empty line",
    most: MAX_HEAD_BYTES,
    reason: /trailers of more than 64 KiB/,
    make: (octets) => {
      const before = `${CHUNKED}2\r\nok\r\n0\r\n`;
      return {
        text: `${before}${filled("X-A: ", "", octets)}\r\n\r\n`,
        end: before.length + octets,
      };
    },
  },
  {
    what: "chunk size with its extensions",
    most: MAX_CHUNK_LINE - 1,
    reason: /chunk size without end/,
    make: (octets) => ({
      text: `${CHUNKED}${filled("2;a=", "", octets)}\r\nok\r\n0\r\n\r\n`,
      end: CHUNKED.length + octets,
    }),
  },
];

/** Reads it whole, and cut at each place near `end`. @returns the outcomes, each once */
function outcomes({ text, end }: ReturnType<Bound["make"]>): Outcome[] {
  const bytes = Buffer.from(text, "latin1");
  const cuts = Array.from({ length: 13 }, (_, index) => end - 6 + index);
  const all = cuts
    .filter((at) => at < bytes.length)
    .map((at) => readOurs([bytes.subarray(0, at), bytes.subarray(at)]));
  return [readOurs([bytes]), ...all];
}

describe.each(BOUNDS)("A $what", ({ most, reason, make }) => {
  it("of as many octets as are allowed is read, wherever it is cut", () => {
    for (const octets of [most - 1, most]) {
      for (const outcome of outcomes(make(octets))) {
        expect(outcome).toMatchObject({ status: 200, body: "ok" });
      }
    }
  });

  it.each([1, 2, 3, 4, 5, 1000])("of %i more is refused, wherever it is cut", (more) => {
    for (const outcome of outcomes(make(most + more))) {
      expect(outcome).toEqual({ error: expect.stringMatching(reason) });
    }
  });
});

describe("Bytes without end", () => {
  it.each([
    ["a head", "HTTP/1.1 200 OK\r\nX-A: ", "v"],
    ["a head of many lines", "HTTP/1.1 200 OK\r\n", "X-A: b\r\n"],
    ["trailers", `${CHUNKED}0\r\n`, "X-A: b\r\n"],
    ["a chunk size", CHUNKED, "0"],
    ["an extension", `${CHUNKED}2;`, "a"],
  ])("are given up in %s", (_, begin, more) => {
    const pieces = [begin, ...Array.from({ length: 200 }, () => more.repeat(500 / more.length))];
    const outcome = readOurs(pieces.map((piece) => Buffer.from(piece, "latin1")));
    expect(outcome).toEqual({ error: expect.stringMatching(/more than 64 KiB|without end/) });
  });
});
