/**
 * Content-Security-Policy as the Observatory reads it: several policies become the one that all of
 * them leave, by its own rules, which are coarser than a browser's (CSP3 6.7).
 */

/** Directives in lower case with their sources. */
export interface Policy {
  readonly directives: Map<string, Set<string>>;
  /** A directive that may come twice did. */
  readonly reportsTwice: boolean;
}

/** Shorter than any directive that says something. */
const SHORTEST = 6;

const MAY_REPEAT = ["report-uri", "report-to"];

/** A meta element cannot say these (HTML 4.2.5.3). */
const NOT_IN_META = ["frame-ancestors", "report-uri", "sandbox"];

const compare = new Intl.Collator("en").compare;

interface Source {
  readonly text: string;
  readonly policy: number;
  isKept: boolean;
}

/** The policies of header lines: a comma begins the next one (CSP3 2.2). */
export function policiesIn(values: readonly string[]): string[] {
  return values.flatMap((value) => value.split(",").map((text) => text.trim()));
}

/** What policies leave together, or undefined where one of them cannot be read. */
export function readPolicies(texts: readonly string[]): Policy | undefined {
  const policies = texts.map((text) => text.replace(/[\r\n]/g, "").trim());
  if (policies.some(({ length }) => length < SHORTEST)) return undefined;
  const joined = new Map<string, Source[]>();
  let reportsTwice = false;
  for (const [index, policy] of policies.entries()) {
    const seen = new Set<string>();
    for (const directive of policy.split(";")) {
      const [word = "", ...values] = directive.trim().split(/\s+/);
      if (word === "") continue;
      const name = word.toLowerCase();
      if (seen.has(name)) {
        if (!MAY_REPEAT.includes(name)) return undefined;
        reportsTwice = true;
      }
      seen.add(name);
      const sources = sourcesOf(name, values, index);
      const all = index === 0 ? sources : [...(joined.get(name) ?? []), ...sources];
      const kept = narrowed(all);
      if (!kept) return undefined;
      // With more policies to come, a source of the first one has to be found in them, too.
      if (index === 0 && policies.length > 1) for (const source of kept) source.isKept = false;
      joined.set(name, kept);
    }
  }
  const directives = new Map(
    [...joined].map(([name, sources]) => [
      name,
      new Set(sources.length > 0 ? sources.map(({ text }) => text) : ["'none'"]),
    ]),
  );
  return { directives, reportsTwice };
}

/** The same for meta elements, without what they cannot say. */
export function readMetaPolicies(texts: readonly string[]): Policy | undefined {
  const policy = readPolicies(texts);
  for (const name of NOT_IN_META) policy?.directives.delete(name);
  return policy;
}

/** A list of sources without any is one of nothing. */
function sourcesOf(name: string, values: readonly string[], policy: number): Source[] {
  const texts = values.length === 0 && name.endsWith("-src") ? ["'none'"] : values;
  return texts.map((text) => ({ text: text.toLowerCase(), policy, isKept: policy === 0 }));
}

/** In order, what a shorter neighbour covers goes, and what two policies name stays. */
function narrowed(sources: Source[]): Source[] | undefined {
  sources.sort((a, b) => compare(a.text, b.text));
  for (let index = 1; index < sources.length; index++) {
    const [before, source] = [sources[index - 1] as Source, sources[index] as Source];
    if (source.policy === before.policy) {
      if (source.text.startsWith(before.text)) source.isKept = false;
      continue;
    }
    const isCovered = covers(before.text, source.text);
    if (isCovered === undefined) return undefined;
    if (isCovered) source.isKept = true;
  }
  return sources.filter(({ isKept }) => isKept);
}

/** Path matching (CSP3 6.7.2.11) over whole sources; undefined for a broken percent-encoding. */
function covers(one: string, other: string): boolean | undefined {
  if (one === "" || (one === "/" && other === "")) return true;
  const [pieces, others] = [one.split("/"), other.split("/")];
  if (pieces.length > others.length) return false;
  if (one.endsWith("/")) pieces.pop();
  else if (pieces.length !== others.length) return false;
  try {
    return pieces.every(
      (piece, at) => decodeURIComponent(piece) === decodeURIComponent(others[at] ?? ""),
    );
  } catch {
    return undefined;
  }
}
