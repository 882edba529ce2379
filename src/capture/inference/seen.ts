/** A request as text, as far as a runtime shows it, so that two of them can be compared. */
import { eachLine } from "../../lines.js";
import type { Arrived, Shows } from "../question.js";

/** The form of mod_unique_id's: 27 characters, of which some are digits and some of each case. */
export const UNIQUE_ID = "(?=[\\w@-]*\\d)(?=[\\w@-]*[a-z])(?=[\\w@-]*[A-Z])[\\w@-]{27}(?![\\w@-])";

/** What is random or of the moment, and what stands for it. */
const VOLATILE: readonly (readonly [RegExp, string])[] = [
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, "{uuid}"],
  [/\b[0-9a-f]{32}\b/g, "{hex32}"],
  [/\b[0-9a-f]{24}\b/g, "{hex24}"],
  [/\b[0-9a-f]{16}\b/g, "{hex16}"],
  [new RegExp(`(?<![\\w@-])${UNIQUE_ID}`, "g"), "{unique-id}"],
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d/g, "{iso8601}"],
  [/\b1\d{9}\.\d{3}\b/g, "{unix-s.ms}"],
  [/\b1\d{15}\b/g, "{unix-us}"],
  [/\b1\d{12}\b/g, "{unix-ms}"],
  [/\b1\d{9}\b/g, "{unix-s}"],
];

/** Characters of the shortest form. */
const SHORTEST = 10;

/** A value with placeholders for what is random or of the moment. */
export function masked(value: string): string {
  // None of the forms is shorter, and most values are.
  if (value.length < SHORTEST) return value;
  let text = value;
  for (const [pattern, name] of VOLATILE) text = text.replace(pattern, name);
  return text;
}

/**
 * Where the two sides of a comparison are not the same by nature: texts and what stands for them.
 * Longer ones come first.
 */
export type Aliases = readonly (readonly [text: string, name: string])[];

/** The lines of a request as an app behind this runtime can tell them apart. */
export function seen(arrived: Arrived, shows: Shows, aliases: Aliases = []): string[] {
  const { method, target, version, octets, trailers = [] } = arrived;
  const first = [method, shows.target ? target : "", shows.version ? version : ""].join(" ");
  const named = aliasing(aliases);
  const lines = shownLines(arrived.lines, shows).map(
    ([name, value]) => `${name}: ${named(masked(value))}`,
  );
  const body = [`${octets} octets`];
  if (shows.trailers) eachLine(trailers, (name, value) => body.push(`trailer ${name}: ${value}`));
  return [first, ...(shows.order ? lines : lines.sort()), ...body];
}

/**
 * Replaces each alias where it stands, in one pass: a port of one side may be another of the other.
 * @returns a text with all of them replaced
 */
export function aliasing(aliases: Aliases): (text: string) => string {
  if (aliases.length === 0) return (text) => text;
  const names = new Map([...aliases].reverse());
  const texts = aliases.map(([text]) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  // Neither a part of a longer number nor of a longer address.
  const pattern = new RegExp(`(?<![\\w.])(?:${texts.join("|")})(?![\\w]|\\.\\d)`, "g");
  return (text) => text.replace(pattern, (found) => names.get(found) ?? found);
}

/** Name and value pairs, merged and renamed as the runtime does it. */
export function shownLines(lines: readonly string[], shows: Shows): [string, string][] {
  const pairs: [string, string][] = [];
  const places = new Map<string, number>();
  eachLine(lines, (name, value) => {
    const shown = shows.case ? name : name.toLowerCase().replaceAll("_", "-");
    if (shows.hidden.includes(name.toLowerCase())) return;
    if (shows.duplicates) {
      pairs.push([shown, value]);
      return;
    }
    const key = shown.toLowerCase();
    const place = places.get(key);
    if (place === undefined) {
      places.set(key, pairs.length);
      pairs.push([shown, listed(key, value)]);
    } else {
      const pair = pairs[place] as [string, string];
      pair[1] = listed(key, `${pair[1]},${value}`);
    }
  });
  return pairs;
}

/** A list in one form: of several lines, runtimes make one with ",", ", " or "; " in between. */
function listed(key: string, value: string): string {
  return key === "cookie" ? value.replace(/[;,] */g, "; ") : value.replace(/ *, */g, ", ");
}

/** How much of `b` is as in `a`, 0 to 1. */
export function likeness(a: readonly string[], b: readonly string[]): number {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  return (start + end) / Math.max(a.length, b.length, 1);
}
