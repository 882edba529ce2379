/** A leaf that nears its end while it is being served. */
import { describe, expect, it } from "vitest";
import { type ServeIdentity, type ServeLeaf, serveNames } from "../../src/ca/leaves.js";
import { type Clock, keepFresh } from "../../src/ca/refresh.js";
import { DAY_MS } from "../../src/x509/validity.js";
import { makeLeaf, makeRoot } from "../x509/fixtures.js";

const HOUR_MS = 3_600_000;
const START = Date.parse("2026-03-04T00:00:00Z");
const ROOT = makeRoot({ now: new Date(START) });

function leafFrom(start: number): ServeLeaf {
  const names = serveNames([]).map(({ value }) => value);
  const leaf = makeLeaf(ROOT, names, { notBefore: new Date(start), days: 397 });
  return { certificate: leaf.certificate, chainPem: leaf.pem, keyPem: leaf.keyPem };
}

/** A server with a leaf of 397 days, and a clock that the test turns. */
function serving() {
  let now = START;
  let look: (() => void) | undefined;
  const clock: Clock = {
    now: () => now,
    every: (milliseconds, callback) => {
      expect(milliseconds).toBe(HOUR_MS);
      look = callback;
      return () => {
        look = undefined;
      };
    },
  };
  const used: ServeLeaf[] = [];
  const errors: unknown[] = [];
  const issuing: { resolve(leaf: ServeLeaf): void; reject(error: Error): void }[] = [];
  const identity: ServeIdentity = {
    leaf: leafFrom(START),
    root: ROOT.certificate,
    created: false,
    issueAgain: () => new Promise((resolve, reject) => issuing.push({ resolve, reject })),
  };
  const stop = keepFresh(
    identity,
    (leaf) => used.push(leaf),
    (error) => errors.push(error),
    clock,
  );
  /** Looks at this time, then lets promises that are settled take effect. */
  const at = async (time: number): Promise<void> => {
    now = time;
    look?.();
    await settled();
  };
  return { at, stop, used, errors, issuing };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const NEAR_END = START + 367 * DAY_MS;

describe("the leaf that is served", () => {
  it("stays while it has more than 30 days left", async () => {
    const { at, issuing } = serving();
    await at(START + HOUR_MS);
    await at(NEAR_END - 1);
    expect(issuing).toHaveLength(0);
  });

  it("gives way to a new one from then on", async () => {
    const { at, issuing, used, errors } = serving();
    await at(NEAR_END);
    const fresh = leafFrom(NEAR_END);
    issuing[0]?.resolve(fresh);
    await settled();
    expect(used).toEqual([fresh]);
    await at(NEAR_END + HOUR_MS);
    expect(issuing).toHaveLength(1);
    expect(errors).toEqual([]);
  });

  it("gives way again when the new one nears its end", async () => {
    const { at, issuing, used } = serving();
    await at(NEAR_END);
    issuing[0]?.resolve(leafFrom(NEAR_END));
    await settled();
    await at(NEAR_END + 367 * DAY_MS);
    issuing[1]?.resolve(leafFrom(NEAR_END + 367 * DAY_MS));
    await settled();
    expect(used).toHaveLength(2);
  });

  it("is issued once, however long that takes", async () => {
    const { at, issuing } = serving();
    await at(NEAR_END);
    await at(NEAR_END + HOUR_MS);
    expect(issuing).toHaveLength(1);
  });

  it("stays when it cannot be issued again, which is reported and tried again", async () => {
    const { at, issuing, used, errors } = serving();
    const error = new Error("could not load the authority");
    await at(NEAR_END);
    issuing[0]?.reject(error);
    await settled();
    expect([used, errors]).toEqual([[], [error]]);
    await at(NEAR_END + HOUR_MS);
    issuing[1]?.resolve(leafFrom(NEAR_END));
    await settled();
    expect(used).toHaveLength(1);
  });

  it("is not looked at any more after the end", async () => {
    const { at, stop, issuing } = serving();
    stop();
    await at(NEAR_END);
    expect(issuing).toHaveLength(0);
  });
});
