/**
 * The records of a run: a ring by octets. Whoever follows it remembers the version up to which he
 * knows it, and asks for what came after; so nobody who reads slowly makes it grow.
 */

import { RedirectChains } from "./chains.js";
import { type Packed, pack, unpack } from "./packing.js";
import type { Draft, Recorded } from "./record.js";

export const DEFAULT_OCTETS = 32 * 1024 * 1024;

/** A record that takes more than this part of the store is not kept: it would empty it. */
const LARGEST_PART = 1 / 4;

type Loose<T> = { -readonly [Key in keyof T]: T[Key] };

/** What can be looked for. */
type Facts = Pick<Recorded, "source" | "url" | "target" | "findings">;

export class Store {
  readonly #limit: number;
  /** By version, from `#start` on; what lies before is gone. */
  #entries: Packed[] = [];
  #start = 0;
  readonly #byId = new Map<number, Packed>();
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
   * @returns its number; undefined for one that is too large to be kept
   */
  add(draft: Draft): number | undefined {
    const id = this.#nextId;
    const chain = draft.chain ?? this.#chains.place(id, draft);
    const packed = pack(draft, { id, chain, version: this.#version + 1 });
    if (packed.octets > this.#limit * LARGEST_PART) {
      this.#dropped++;
      return undefined;
    }
    this.#nextId++;
    this.#version++;
    this.#append(packed);
    return id;
  }

  /** Puts what is known now in the place of what was known before. */
  replace(id: number, draft: Draft): number | undefined {
    const before = this.#byId.get(id);
    if (!before) return undefined;
    this.#remove(before);
    const { chain, findings } = before;
    this.#append(pack({ ...draft, findings }, { id, chain, version: ++this.#version }));
    return id;
  }

  /** Says that a finding was seen on it. */
  mark(id: number, finding: number): void {
    const entry: Loose<Packed> | undefined = this.#byId.get(id);
    if (!entry || entry.findings.includes(finding)) return;
    this.#remove(entry);
    entry.findings = [...entry.findings, finding];
    entry.version = ++this.#version;
    this.#append(entry);
  }

  get(id: number): Recorded | undefined {
    const packed = this.#byId.get(id);
    return packed && unpack(packed);
  }

  /** All that is kept, by id. */
  all(): Recorded[] {
    return this.#live()
      .sort((a, b) => a.id - b.id)
      .map(unpack);
  }

  /** What changed after a version, at most `most` of it, in the order in which it changed. */
  since(version: number, most: number): Recorded[] {
    const found: Recorded[] = [];
    for (let at = this.#indexAfter(version); at < this.#entries.length; at++) {
      if (found.length === most) break;
      found.push(unpack(this.#entries[at] as Packed));
    }
    return found;
  }

  /** The record that changed last of those that fit. */
  latest(fits: (record: Facts) => boolean): Recorded | undefined {
    for (let at = this.#entries.length - 1; at >= this.#start; at--) {
      const packed = this.#entries[at] as Packed;
      if (fits(packed)) return unpack(packed);
    }
    return undefined;
  }

  /** The records of a chain of redirects, by id. */
  chain(id: number): Recorded[] {
    return this.#live()
      .filter(({ chain }) => chain === id)
      .sort((a, b) => a.id - b.id)
      .map(unpack);
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

  #live(): Packed[] {
    return this.#entries.slice(this.#start);
  }

  #append(entry: Packed): void {
    this.#entries.push(entry);
    this.#byId.set(entry.id, entry);
    this.#octets += entry.octets;
    while (this.#octets > this.#limit && this.#start < this.#entries.length - 1) {
      const oldest = this.#entries[this.#start] as Packed;
      // The list is cut now and then; until then it must not hold what is gone.
      this.#entries[this.#start++] = EMPTY;
      this.#byId.delete(oldest.id);
      this.#octets -= oldest.octets;
      this.#dropped++;
    }
    if (this.#start > 1024 && this.#start * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#start);
      this.#start = 0;
    }
    this.#tell();
  }

  #remove(entry: Packed): void {
    const at = this.#indexAfter(entry.version - 1);
    this.#entries.splice(at, 1);
    this.#byId.delete(entry.id);
    this.#octets -= entry.octets;
  }

  /** Where the first entry stands whose version is above this one. */
  #indexAfter(version: number): number {
    let low = this.#start;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#entries[middle] as Packed).version <= version) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const EMPTY = {} as unknown as Packed;
