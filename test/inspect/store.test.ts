/** The store is a ring by octets: nothing is lost for who follows, and nothing grows past the bound. */
import { describe, expect, it } from "vitest";
import { pack } from "../../src/inspect/packing.js";
import { DEFAULT_OCTETS, Store } from "../../src/inspect/store.js";
import { heapUsed } from "../support/heap.js";
import { draft } from "./records.js";

/** How many to add in the test of the bound: the 300,000 take a while. */
const MANY = Number(process.env.DEVTLS_INSPECT_RECORDS ?? 20_000);
/** Milliseconds; a busy machine makes and collects some thousand records a second. */
const LONG = 30_000 + MANY;

/** What a browser and an app say to each other, no string of it shared with another record. */
function browsed(count: number) {
  const lines = (name: string, length: number): string[] =>
    Array.from({ length }, (_, at) => [`${name}-${at}-${count}`, `value ${count} of ${at}`]).flat();
  const answered = lines("Answered", 10);
  const target = `/orders/${count}?page=${count}`;
  return draft({
    asked: { target, headers: lines("Asked", 14) },
    told: lines("Told", 20),
    answered,
    sent: answered,
  });
}

describe("The store", () => {
  it(
    "never holds more than its bound, however much comes",
    () => {
      const limit = 200_000;
      const store = new Store(limit);
      for (let count = 0; count < MANY; count++) {
        store.add(draft({ asked: { target: `/${count}` } }));
        if (store.octets > limit) throw new Error(`${store.octets} octets after ${count}`);
      }
      const last = draft({ asked: { target: `/${MANY}` } });
      const { octets } = pack(last, { id: 1, chain: 1, version: 1 });
      expect(store.size).toBe(Math.floor(limit / octets));
      expect(store.dropped).toBe(MANY - store.size);
      expect(store.all().at(-1)?.asked.target).toBe(`/${MANY - 1}`);
    },
    LONG,
  );

  it(
    "takes no more memory than it counts",
    () => {
      const store = new Store();
      const before = heapUsed();
      for (let count = 0; count < MANY; count++) store.add(browsed(count));
      const taken = heapUsed() - before;
      expect(store.size).toBeGreaterThan(1_000);
      expect(taken / store.octets).toBeLessThan(1);
      expect(store.octets).toBeLessThanOrEqual(DEFAULT_OCTETS);
    },
    LONG,
  );

  it("tells who follows every record once, in order, in pieces", () => {
    const store = new Store();
    let known = 0;
    const seen: number[] = [];
    for (let count = 1; count <= 1_000; count++) {
      store.add(draft());
      if (count % 7 > 0) continue;
      for (const { id, version } of store.since(known, 5)) {
        seen.push(id);
        known = version;
      }
    }
    for (let rest = store.since(known, 50); rest.length > 0; rest = store.since(known, 50)) {
      for (const { id } of rest) seen.push(id);
      known = rest.at(-1)?.version ?? 0;
    }
    expect(seen).toEqual(Array.from({ length: 1_000 }, (_, index) => index + 1));
  });

  it("shows a record again when it changes, in its old place", () => {
    const store = new Store();
    for (let count = 0; count < 3; count++) store.add(draft());
    const { version } = store;
    store.mark(1, 7);
    store.replace(2, draft({ status: 101 }));
    expect(store.since(version, 10).map(({ id }) => id)).toEqual([1, 2]);
    expect(store.all().map(({ id, status, findings }) => [id, status, findings])).toEqual([
      [1, 200, [7]],
      [2, 101, []],
      [3, 200, []],
    ]);
  });

  it("takes no record that would empty it", () => {
    const store = new Store(10_000);
    store.add(draft());
    const large = draft({ answered: ["X", "x".repeat(10_000)] });
    expect(store.add(large)).toBeUndefined();
    expect(store.size).toBe(1);
  });

  it("keeps what was imported apart from what is live", () => {
    const store = new Store();
    const sent = ["Location", "/"];
    for (const source of ["live", "har", "har", "live"] as const) {
      store.add(draft({ source, status: 302, sent }));
    }
    expect(store.all().map(({ chain }) => chain)).toEqual([1, 2, 2, 1]);
  });

  it("joins what a redirect leads to, by client and URL", () => {
    const store = new Store();
    const to = (location: string) => ["Location", location];
    store.add(draft({ status: 302, sent: to("/b#x") }));
    store.add(draft({ asked: { target: "/other" } }));
    store.add(draft({ status: 302, asked: { target: "/b" }, sent: to("https://localhost:8443/") }));
    store.add(draft());
    store.add(draft());
    expect(store.all().map(({ chain }) => chain)).toEqual([1, 2, 1, 1, 5]);
  });
});
