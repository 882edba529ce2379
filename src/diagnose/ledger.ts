/** What was found: once a cause and route, how often, and whether it is still so. */
import type { BodyObservation, Detector, Sighting } from "./detector.js";
import type { Finding, FindingCode, Observation } from "./finding.js";
import { routeOf } from "./routes.js";

export interface Counted {
  readonly finding: Finding;
  /** How many exchanges showed it. */
  readonly count: number;
}

export interface Entry {
  readonly key: string;
  /** undefined while the app is being asked, and for good when there was nothing in it. */
  finding: Finding | undefined;
  count: number;
  fixed: boolean;
}

/** Where it was seen, and by whom: whoever saw it tells whether it is mended. */
interface Watched {
  readonly entry: Entry;
  readonly detector: Detector;
  readonly seen: unknown;
}

/** Routes that are remembered; a crawler must not make this grow without bound. */
const MAX_ENTRIES = 1000;

/** Requests of one route by which it is noticed that it is mended. */
const MAX_PLACES = 2000;

/** What was looked into so often without a finding is not asked about any more. */
const MAX_TRIES = 3;

export class Ledger {
  readonly #entries = new Map<string, Entry>();
  /** How often there was nothing in it, by key. */
  readonly #vain = new Map<string, number>();
  /** By method, target and URL. */
  readonly #places = new Map<string, Watched[]>();

  /** What was found and is still so, in the order in which it was found. */
  get open(): readonly Counted[] {
    return [...this.#entries.values()].flatMap(({ finding, count, fixed }) =>
      finding && !fixed ? [{ finding, count }] : [],
    );
  }

  /** Whether something was found at this very request that may be mended by now. */
  isWatched(method: string, target: string, url: string): boolean {
    return this.#places.size > 0 && this.#places.has(placeOf(method, target, url));
  }

  /** Anything was found at all. */
  get isEmpty(): boolean {
    return this.#places.size === 0;
  }

  /** The entry of a cause and route that is new, or was taken for fixed; undefined for known ones. */
  enter(
    detector: Detector,
    sighting: Sighting<unknown>,
    observation: Observation,
  ): Entry | undefined {
    const { target, method } = observation;
    const { url = observation.url, key: more = "", once, seen } = sighting;
    const { code } = detector;
    const key = once === undefined ? keyOf(code, target, url, more) : `${code} ${target} ${once}`;
    const known = this.#entries.get(key);
    if (!known && this.#entries.size >= MAX_ENTRIES) return undefined;
    if (!known && (this.#vain.get(key) ?? 0) >= MAX_TRIES) return undefined;
    const entry = known ?? { key, finding: undefined, count: 0, fixed: false };
    entry.count++;
    this.#watch(placeOf(sighting.method ?? method, target, url), { entry, detector, seen });
    if (!known) {
      this.#entries.set(key, entry);
      return entry;
    }
    if (!known.fixed) return undefined;
    known.fixed = false;
    return known;
  }

  /** There was nothing in it. */
  forget(entry: Entry): void {
    this.#entries.delete(entry.key);
    if (this.#vain.size >= MAX_ENTRIES) this.#vain.clear();
    this.#vain.set(entry.key, (this.#vain.get(entry.key) ?? 0) + 1);
    for (const [place, watched] of this.#places) {
      this.#keep(
        place,
        watched.filter((each) => each.entry !== entry),
      );
    }
  }

  /** Looks whether a request that failed before is answered as it should be. */
  mend(observation: BodyObservation): void {
    const { method, target, url } = observation;
    if (this.#places.size === 0) return;
    const place = placeOf(method, target, url);
    const watched = this.#places.get(place);
    if (!watched) return;
    const rest = watched.filter(({ entry, detector, seen }) => {
      if (detector.stillSo(seen, observation) !== false) return true;
      entry.fixed = true;
      return false;
    });
    this.#keep(place, rest);
  }

  #watch(place: string, watched: Watched): void {
    const before = this.#places.get(place) ?? [];
    if (before.length === 0 && this.#places.size >= MAX_PLACES) return;
    const others = before.filter(({ entry }) => entry !== watched.entry);
    this.#places.set(place, [...others, watched]);
  }

  #keep(place: string, watched: Watched[]): void {
    if (watched.length === 0) this.#places.delete(place);
    else this.#places.set(place, watched);
  }
}

function placeOf(method: string, target: string, url: string): string {
  return `${method} ${target} ${url}`;
}

/** One key for all pages of a kind: numbers and ids in the path make no difference. */
function keyOf(code: FindingCode, target: string, url: string, more: string): string {
  const { protocol, host, pathname } = new URL(url);
  const route = routeOf(pathname);
  return `${code} ${target} ${protocol}//${host}${route} ${more}`;
}
