/** Header lines that somebody gave for one request, in a navigation that may lead elsewhere. */
import { eachLine, type HeaderLines, isNamed, without } from "../lines.js";

/** What says nothing that another origin may not know. */
const HARMLESS =
  /^(?:accept(?:-.*)?|user-agent|cache-control|pragma|dnt|upgrade-insecure-requests|x-forwarded-.*)$/i;

/**
 * Authorization, Cookie and everything else that may be a secret stay with the origin that they
 * were given for: the first one that is asked.
 */
export class GivenHeaders {
  readonly #lines: readonly string[];
  #origin: string | undefined;

  constructor(lines: readonly string[]) {
    this.#lines = lines;
  }

  /** The browser's lines with those given in their place, and the names of those held back. */
  apply(
    lines: HeaderLines,
    { origin }: URL,
  ): { readonly headers: HeaderLines; readonly withheld: readonly string[] } {
    if (this.#lines.length === 0) return { headers: lines, withheld: [] };
    this.#origin ??= origin;
    const given: HeaderLines = [];
    const withheld: string[] = [];
    eachLine(this.#lines, (name, value) => {
      if (origin === this.#origin || HARMLESS.test(name)) given.push(name, value);
      else withheld.push(name);
    });
    const names: string[] = [];
    eachLine(given, (name) => names.push(name.toLowerCase()));
    const own = names.includes("cookie") ? joined(lines, given) : given;
    return { headers: [...without(lines, names), ...own], withheld };
  }
}

/** The cookies of the jar behind those that were given, which the server has not set anew. */
function joined(lines: HeaderLines, given: HeaderLines): HeaderLines {
  let jar = "";
  eachLine(lines, (name, value) => {
    if (isNamed(name, "cookie")) jar = value;
  });
  const pairsIn = (text: string): string[] => text.split(/;\s*/).filter(Boolean);
  const nameOf = (pair: string): string => pair.split("=")[0] ?? "";
  const set = new Set(pairsIn(jar).map(nameOf));
  const result: HeaderLines = [];
  eachLine(given, (name, value) => {
    const kept = pairsIn(value).filter((pair) => !set.has(nameOf(pair)));
    result.push(name, isNamed(name, "cookie") ? [...kept, ...pairsIn(jar)].join("; ") : value);
  });
  return result;
}
