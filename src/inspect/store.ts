/**
 * The records of a run: a ring by octets. Whoever follows it remembers the version up to which he
 * knows it, and asks for what came after; so nobody who reads slowly makes it grow.
 */

import { RedirectChains } from "./chains.js";
import { type Draft, octetsOf, type Recorded } from "./record.js";

export const DEFAULT_OCTETS = 32 * 1024 * 1024;

/** A record that takes more than this part of the store is not kept: it would empty it. */
const LARGEST_PART = 1 / 4;

interface Entry {
  readonly record: Recorded;
  readonly octets: number;
}

export class Store {
  readonly #limit: number;
  /** By version, from `#start` on; what lies before is gone. */
  #entries: Entry[] = [];
  #start = 0;
  readonly #byId = new Map<number, Entry>();
  readonly #listeners = new Set<() => void>();
  readonly #chains = new RedirectChains();
  #octets = 0;
  #nextId = 1;
  #version = 0;
  #dropped = 0;

  /** @param limit octets of memory */
  constructor(limit = DEFAULT_OCTETS) {
    this.#limit = limit;
  }

  get octets(): number {
    return this.#octets;
  }

  get size(): number {
    return this.#byId.size;
  }

  /** How many records were thrown out. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Grows with every change. */
  get version(): number {
    return this.#version;
  }

  /**
   * Takes a draft over: whoever made it does not use it any more.
   * @returns the record, in its place; undefined for one that is too large to be kept
   */
  add(draft: Draft): Recorded | undefined {
    const octets = octetsOf(draft);
    if (octets > this.#limit * LARGEST_PART) {
      this.#dropped++;
      return undefined;
    }
    const id = this.#nextId++;
    const chain = draft.chain ?? this.#chains.place(id, draft);
    const record = placed(draft, id, chain, ++this.#version);
    this.#append({ record, octets });
    return record;
  }

  /** Puts what is known now in the place of what was known before. */
  replace(id: number, draft: Draft): Recorded | undefined {
    const before = this.#byId.get(id);
    if (!before) return undefined;
    this.#remove(before);
    const { chain, findings } = before.record;
    const record: Recorded = { ...draft, id, chain, findings, version: ++this.#version };
    this.#append({ record, octets: octetsOf(draft) });
    return record;
  }

  /** Says that a finding was seen on it. */
  mark(id: number, finding: number): void {
    const entry = this.#byId.get(id);
    if (!entry || entry.record.findings.includes(finding)) return;
    this.#remove(entry);
    entry.record.findings = [...entry.record.findings, finding];
    entry.record.version = ++this.#version;
    this.#append(entry);
  }

  get(id: number): Recorded | undefined {
    return this.#byId.get(id)?.record;
  }

  /** All that is kept, by id. */
  all(): Recorded[] {
    return [...this.#live()].map(({ record }) => record).sort((a, b) => a.id - b.id);
  }

  /** What changed after a version, at most `most` of it, in the order in which it changed. */
  since(version: number, most: number): Recorded[] {
    const found: Recorded[] = [];
    for (let at = this.#indexAfter(version); at < this.#entries.length; at++) {
      if (found.length === most) break;
      found.push((this.#entries[at] as Entry).record);
    }
    return found;
  }

  /** The newest record that fits. */
  latest(fits: (record: Recorded) => boolean): Recorded | undefined {
    for (let at = this.#entries.length - 1; at >= this.#start; at--) {
      const { record } = this.#entries[at] as Entry;
      if (fits(record)) return record;
    }
    return undefined;
  }

  /** The records of a chain of redirects, by id. */
  chain(id: number): Recorded[] {
    return this.all().filter((record) => record.chain === id);
  }

  clear(): void {
    this.#entries = [];
    this.#start = 0;
    this.#byId.clear();
    this.#octets = 0;
    this.#version++;
    this.#tell();
  }

  /** Calls back on every change. @returns how to stop it */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }

  *#live(): Iterable<Entry> {
    for (let at = this.#start; at < this.#entries.length; at++) yield this.#entries[at] as Entry;
  }

  #append(entry: Entry): void {
    this.#entries.push(entry);
    this.#byId.set(entry.record.id, entry);
    this.#octets += entry.octets;
    while (this.#octets > this.#limit && this.#start < this.#entries.length - 1) {
      const oldest = this.#entries[this.#start] as Entry;
      // The list is cut now and then; until then it must not hold what is gone.
      this.#entries[this.#start++] = EMPTY;
      this.#byId.delete(oldest.record.id);
      this.#octets -= oldest.octets;
      this.#dropped++;
    }
    if (this.#start > 1024 && this.#start * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#start);
      this.#start = 0;
    }
    this.#tell();
  }

  #remove(entry: Entry): void {
    const at = this.#indexAfter(entry.record.version - 1);
    this.#entries.splice(at, 1);
    this.#byId.delete(entry.record.id);
    this.#octets -= entry.octets;
  }

  /** Where the first entry stands whose version is above this one. */
  #indexAfter(version: number): number {
    let low = this.#start;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#entries[middle] as Entry).record.version <= version) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** A copy of everything would cost more than the rest of the store. */
function placed(draft: Draft, id: number, chain: number, version: number): Recorded {
  const record = draft as { -readonly [Key in keyof Recorded]: Recorded[Key] };
  record.id = id;
  record.chain = chain;
  record.version = version;
  return record;
}

const EMPTY = { record: undefined, octets: 0 } as unknown as Entry;
