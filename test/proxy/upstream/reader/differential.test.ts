/** Our reader of responses beside Node's client, and cut at every byte. */
import { isDeepStrictEqual } from "node:util";
import { describe, expect, it } from "vitest";
import { MILDER, STRICTER } from "./differences.js";
import { type Outcome, readNodes, readOurs } from "./read.js";
import { type Canned, RESPONSES } from "./responses.js";

const whole = ({ bytes, method }: Canned): Outcome =>
  readOurs([Buffer.from(bytes, "latin1")], method);

const failed = (outcome: Outcome): boolean => "error" in outcome;

describe("The canned responses", () => {
  it("are many, and each is there once", () => {
    expect(RESPONSES.length).toBeGreaterThanOrEqual(300);
    expect(new Set(RESPONSES.map(({ name }) => name)).size).toBe(RESPONSES.length);
  });

  it("have every listed difference among them", () => {
    const names = RESPONSES.map(({ name }) => name);
    const listed = [...Object.keys(STRICTER), ...Object.keys(MILDER)];
    expect(listed.filter((name) => !names.includes(name))).toEqual([]);
  });
});

describe("Our reader and Node's client", () => {
  it.each(RESPONSES)("agree, or the reason is listed: $name", async (canned) => {
    const [ours, nodes] = [whole(canned), await readNodes(canned)];
    if (canned.name in STRICTER) {
      expect([failed(ours), failed(nodes)]).toEqual([true, false]);
    } else if (canned.name in MILDER) {
      expect([failed(ours), failed(nodes)]).toEqual([false, true]);
    } else if (failed(nodes)) {
      expect(ours).toEqual({ error: expect.stringMatching(/\S/) });
    } else {
      expect(ours).toEqual(nodes);
    }
  });
});

describe("A response that comes in two pieces", () => {
  /** Every boundary; of a long response, those near its ends and some between. */
  function boundaries(length: number): number[] {
    const all = Array.from({ length: length + 1 }, (_, index) => index);
    return length <= 1500
      ? all
      : all.filter((at) => at <= 400 || at >= length - 400 || at % 1009 === 0);
  }

  it.each(RESPONSES)("is read as in one: $name", (canned) => {
    const bytes = Buffer.from(canned.bytes, "latin1");
    const expected = whole(canned);
    const wrong = boundaries(bytes.length).filter((at) => {
      const pieces = [bytes.subarray(0, at), bytes.subarray(at)].filter(({ length }) => length > 0);
      return !agrees(readOurs(pieces, canned.method), expected);
    });
    expect(wrong).toEqual([]);
  });
});

describe("A response that comes octet by octet", () => {
  it.each(RESPONSES.filter(({ bytes }) => bytes.length <= 1500))(
    "is read as in one: $name",
    (canned) => {
      const octets = [...Buffer.from(canned.bytes, "latin1")].map((octet) => Buffer.from([octet]));
      expect(agrees(readOurs(octets, canned.method), whole(canned))).toBe(true);
    },
  );
});

/** A malformed head may be found out earlier or later, and then has another name. */
function agrees(read: Outcome, expected: Outcome): boolean {
  return failed(expected) ? failed(read) : isDeepStrictEqual(read, expected);
}
