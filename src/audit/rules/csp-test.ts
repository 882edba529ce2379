/** The test of the Content-Security-Policy, and what it says of framing. */
import { policiesIn, readMetaPolicies, readPolicies } from "./csp.js";
import { metaOf } from "./markup.js";
import type { OutcomeId } from "./outcomes.js";
import { field, judgedWay, type Site } from "./site.js";

/** They leave a directive as good as open. */
const BROAD = new Set([
  ...["ftp:", "http:", "https:", "*"],
  ...["http://*", "http://*.*", "https://*", "https://*.*"],
]);
const INLINE = ["'unsafe-inline'", "data:"];
const LOOSE = new Set([...BROAD, ...INLINE]);
const PASSIVE = ["img-src", "media-src"];
const TOKENS = ["'sha256-", "'sha384-", "'sha512-", "'nonce-"];

const hasToken = (sources: ReadonlySet<string>): boolean =>
  [...sources].some((source) => TOKENS.some((token) => source.startsWith(token)));

const hasAny = (sources: Iterable<string>, of: ReadonlySet<string>): boolean =>
  [...sources].some((source) => of.has(source));

const hasPlain = (sources: readonly string[]): boolean =>
  sources.some((source) => /^(?:http|ftp):/.test(source));

export interface CspVerdict {
  readonly outcome: OutcomeId;
  /** The policy says who may frame the page. */
  readonly namesFrames: boolean;
}

export function testCsp(site: Site): CspVerdict {
  const way = judgedWay(site);
  const of = (outcome: OutcomeId): CspVerdict => ({ outcome, namesFrames: false });
  if (!way.answer) return of("csp-not-implemented");
  const value = field(way.answer, "content-security-policy");
  const inHeader = policiesIn(value === undefined ? [] : [value]);
  const inMeta = policiesIn(metaOf(way.answer).policies);
  const all = readPolicies([...inHeader, ...inMeta]);
  if (!all) return of("csp-header-invalid");
  const counted =
    (readPolicies(inHeader)?.directives.size ?? 0) +
    (readMetaPolicies(inMeta)?.directives.size ?? 0);
  if (counted === 0) {
    const reports = field(way.answer, "content-security-policy-report-only");
    return of(reports ? "csp-not-implemented-but-reporting-enabled" : "csp-not-implemented");
  }
  const { directives, reportsTwice } = all;
  const found = judge(directives, way.start.protocol === "https:");
  const isFine =
    reportsTwice &&
    (/^csp-implemented-with-no-unsafe/.test(found) ||
      found === "csp-implemented-with-unsafe-inline-in-style-src-only" ||
      found === "csp-implemented-with-insecure-scheme-in-passive-content-only");
  return {
    outcome: isFine ? "csp-implemented-but-duplicate-directives" : found,
    namesFrames: directives.has("frame-ancestors"),
  };
}

/**
 * In this order, the first that fits. A directive that is missing is default-src itself: what a nonce
 * takes out of the one is out of the other.
 */
function judge(directives: ReadonlyMap<string, Set<string>>, isSecure: boolean): OutcomeId {
  const fallback = directives.get("default-src");
  const sourcesOf = (name: string): Set<string> =>
    directives.get(name) ?? fallback ?? new Set(["*"]);
  const [objects, scripts, styles] = [
    sourcesOf("object-src"),
    sourcesOf("script-src"),
    sourcesOf("style-src"),
  ];
  for (const sources of [scripts, styles]) {
    if (hasToken(sources)) sources.delete("'unsafe-inline'");
  }
  if (scripts.has("'strict-dynamic'")) {
    // Without a nonce or a hash it lets nothing run at all.
    if (!hasToken(scripts)) return "csp-header-invalid";
    for (const source of [...scripts]) {
      const isIgnored = [...BROAD].some((broad) => source.startsWith(broad));
      if (isIgnored || source === "'self'" || source === "'unsafe-inline'") scripts.delete(source);
    }
  }
  const active = [...directives]
    .filter(([name]) => !PASSIVE.includes(name) && name !== "script-src")
    .flatMap(([, sources]) => [...sources])
    .concat([...scripts]);
  const passive = PASSIVE.flatMap((name) => [...(directives.get(name) ?? fallback ?? [])]);
  if (hasAny(scripts, LOOSE) || hasAny(objects, BROAD)) return "csp-implemented-with-unsafe-inline";
  if (isSecure && hasPlain(active)) return "csp-implemented-with-insecure-scheme";
  if (scripts.has("'unsafe-eval'") || styles.has("'unsafe-eval'")) {
    return "csp-implemented-with-unsafe-eval";
  }
  if (isSecure && hasPlain(passive)) {
    return "csp-implemented-with-insecure-scheme-in-passive-content-only";
  }
  if (hasAny(styles, LOOSE)) return "csp-implemented-with-unsafe-inline-in-style-src-only";
  return fallback?.size === 1 && fallback.has("'none'")
    ? "csp-implemented-with-no-unsafe-default-src-none"
    : "csp-implemented-with-no-unsafe";
}
