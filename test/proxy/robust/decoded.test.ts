/** Copies of encoded bodies for those who look on. */
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { decodedCopy, MAX_CODED } from "../../../src/serving/decoded.js";

const TEXT = Buffer.from("lorem ipsum dolor sit amet, ".repeat(5_000));

async function decode(coding: string, chunks: readonly Buffer[]): Promise<Buffer | undefined> {
  const seen: Buffer[] = [];
  const copy = decodedCopy(coding, (chunk) => void seen.push(Buffer.from(chunk)));
  for (const chunk of chunks) copy?.push(chunk);
  await copy?.finish();
  return copy && Buffer.concat(seen);
}

const CODED: readonly (readonly [coding: string, octets: Buffer])[] = [
  ["gzip", gzipSync(TEXT)],
  ["x-gzip", gzipSync(TEXT)],
  ["deflate", deflateSync(TEXT)],
  ["br", brotliCompressSync(TEXT)],
];

describe("a copy of a body", () => {
  it.each(CODED)("in %s is decoded, however it is cut", async (coding, octets) => {
    expect((await decode(coding, [octets]))?.equals(TEXT)).toBe(true);
    const single = Array.from(octets, (octet) => Buffer.of(octet));
    expect((await decode(coding, single))?.equals(TEXT)).toBe(true);
  });

  it.each(CODED)("in %s keeps its octets when the buffer is used again", async (coding, octets) => {
    const buffer = Buffer.alloc(16);
    const seen: Buffer[] = [];
    const copy = decodedCopy(coding, (chunk) => void seen.push(Buffer.from(chunk)));
    for (let at = 0; at < octets.length; at += 16) {
      const size = octets.copy(buffer, 0, at, at + 16);
      copy?.push(buffer.subarray(0, size));
    }
    buffer.fill(0);
    await copy?.finish();
    expect(Buffer.concat(seen).equals(TEXT)).toBe(true);
  });

  it.each(CODED)("in %s that is broken off counts as far as it goes", async (coding, octets) => {
    const part = await decode(coding, [octets.subarray(0, octets.length - 4)]);
    expect(part?.equals(TEXT.subarray(0, part.length))).toBe(true);
  });

  it.each(CODED)("that is not in %s at all is an empty one", async (coding) => {
    expect(await decode(coding, [Buffer.from("<!doctype html>")])).toEqual(Buffer.alloc(0));
  });

  it.each(["", "zstd", "gzip, br", "constructor"])("in %j is not made", (coding) => {
    expect(decodedCopy(coding, () => undefined)).toBeUndefined();
  });

  it("of nothing is nothing", async () => {
    expect(await decode("gzip", [])).toEqual(Buffer.alloc(0));
  });

  it("ends when very much comes out of it", async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    const size = (await decode("gzip", [bomb]))?.length ?? 0;
    expect(size).toBeGreaterThanOrEqual(4 * 1024 * 1024);
    expect(size).toBeLessThan(5 * 1024 * 1024);
  });

  it("ends when very much goes into it", async () => {
    const noise = Buffer.from(
      Array.from({ length: 2 * MAX_CODED }, (_, i) => (i * i * 31 + (i >> 3) * 7) & 255),
    );
    const stored = gzipSync(noise, { level: 0 });
    const size = (await decode("gzip", [stored]))?.length ?? 0;
    expect(size).toBeGreaterThan(MAX_CODED / 2);
    expect(size).toBeLessThanOrEqual(MAX_CODED);
  });

  it("ends when the one who looks on fails, and makes room for another", async () => {
    const defects: unknown[] = [];
    for (let round = 0; round < 8; round++) {
      const copy = decodedCopy(
        "gzip",
        () => {
          throw new Error("no");
        },
        (error) => void defects.push(error),
      );
      copy?.push(gzipSync(TEXT));
      await copy?.finish();
    }
    expect(defects).toHaveLength(8);
  });

  it("is not made while four others are", async () => {
    const others = Array.from({ length: 4 }, () => decodedCopy("gzip", () => undefined));
    expect(others.every(Boolean)).toBe(true);
    expect(decodedCopy("gzip", () => undefined)).toBeUndefined();
    await Promise.all(others.map((copy) => copy?.finish()));
    const next = decodedCopy("gzip", () => undefined);
    expect(next).toBeDefined();
    await next?.finish();
  });
});
