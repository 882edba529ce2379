/** The tests of the fields that are one word, or nearly so. */
import { metaOf } from "./markup.js";
import { type OutcomeId, passes } from "./outcomes.js";
import { field, judgedWay, type Site } from "./site.js";
import { tokenItem } from "./structured-field.js";

/** Longer values are cut before they are looked at. */
const SHORT = 256;
const LONG = 1_024;

/** Six months, as many sites count them: 180 days in seconds. */
const SIX_MONTHS = 15_552_000;

/** RFC 6797 6.1, read as leniently as the Observatory does: what is no number counts as a long time. */
export function testHsts(site: Site): OutcomeId {
  const { answer, isVerified } = site.https;
  if (!answer) return "hsts-not-implemented-no-https";
  if (site.isPreloaded(site.hostname)) return "hsts-preloaded";
  if (!isVerified) return "hsts-invalid-cert";
  const value = field(answer, "strict-transport-security")?.slice(0, LONG);
  if (value === undefined) return "hsts-not-implemented";
  const age = maxAgeIn(value);
  if (value.includes(",") || age === undefined) return "hsts-header-invalid";
  return age < SIX_MONTHS
    ? "hsts-implemented-max-age-less-than-six-months"
    : "hsts-implemented-max-age-at-least-six-months";
}

/** The last max-age, in seconds; NaN for what is no number. */
function maxAgeIn(value: string): number | undefined {
  const said = value
    .split(";")
    .map((part) => part.trim().toLowerCase())
    .filter((part) => part.startsWith("max-age="))
    .at(-1);
  return said === undefined ? undefined : Number.parseInt(said.slice(8, 128), 10);
}

export function hasHsts(site: Site): boolean {
  return passes(testHsts(site));
}

export function testRedirection(site: Site): OutcomeId {
  const { answer, isVerified, route } = site.http;
  if (!answer) return "redirection-not-needed-no-http";
  if (!isVerified) return "redirection-invalid-cert";
  if (route.every(({ hostname }) => site.isPreloaded(hostname))) {
    return "redirection-all-redirects-preloaded";
  }
  const [first, second] = route;
  if (!second) return "redirection-missing";
  if (route.at(-1)?.protocol !== "https:") return "redirection-not-to-https";
  if (second.protocol === "http:") return "redirection-not-to-https-on-initial-redirection";
  if (first?.protocol === "http:" && first.hostname !== second.hostname) {
    return "redirection-off-host-from-http";
  }
  return "redirection-to-https";
}

/** What the origin that asks is answered (Fetch 3.3). */
export function testCors({ cors }: Site): OutcomeId {
  const allowed = cors && field({ headers: cors.headers }, "access-control-allow-origin");
  if (!cors || !allowed) return "cross-origin-resource-sharing-not-implemented";
  if (allowed.slice(0, SHORT).trim() === "*") {
    return "cross-origin-resource-sharing-implemented-with-public-access";
  }
  return "cross-origin-resource-sharing-implemented-with-restricted-access";
}

/** Whether any origin may read responses with the visitor's cookies. */
export function sharesWithAll({ cors }: Site): boolean {
  if (!cors) return false;
  const credentials = field(cors, "access-control-allow-credentials");
  return (
    field(cors, "access-control-allow-origin") === cors.origin &&
    credentials?.toLowerCase().trim() === "true"
  );
}

const PRIVATE = ["no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"];
const TALKATIVE = [
  "origin",
  "origin-when-cross-origin",
  "unsafe-url",
  "no-referrer-when-downgrade",
];

/** The last word that is known counts, and a meta element comes after the header. */
export function testReferrer(site: Site): OutcomeId {
  const { answer } = judgedWay(site);
  if (!answer) return "referrer-policy-not-implemented";
  const all = [field(answer, "referrer-policy"), metaOf(answer).referrer];
  const values = all.filter((value) => value !== undefined);
  if (values.length === 0) return "referrer-policy-not-implemented";
  const last = values
    .join(", ")
    .split(",")
    .map((word) => word.toLowerCase().trim())
    .findLast((word) => PRIVATE.includes(word) || TALKATIVE.includes(word));
  if (last === undefined) return "referrer-policy-header-invalid";
  return PRIVATE.includes(last) ? "referrer-policy-private" : "referrer-policy-unsafe";
}

export function testTypeOptions(site: Site): OutcomeId {
  const value = judged(site, "x-content-type-options");
  if (!value) return "x-content-type-options-not-implemented";
  return value.slice(0, SHORT).trim().toLowerCase() === "nosniff"
    ? "x-content-type-options-nosniff"
    : "x-content-type-options-header-invalid";
}

/** @param namesFrames whether the Content-Security-Policy says who may frame the page */
export function testFrameOptions(site: Site, namesFrames: boolean): OutcomeId {
  if (namesFrames) return "x-frame-options-implemented-via-csp";
  const value = judged(site, "x-frame-options");
  if (!value) return "x-frame-options-not-implemented";
  const word = value.slice(0, LONG).trim().toLowerCase();
  if (word === "deny" || word === "sameorigin") return "x-frame-options-sameorigin-or-deny";
  if (word.startsWith("allow-from")) return "x-frame-options-allow-from-origin";
  return "x-frame-options-header-invalid";
}

/** The outcome for each word of a field, for a missing field, and for any other word. */
interface Words {
  readonly none: OutcomeId;
  readonly other: OutcomeId;
  readonly known: Readonly<Record<string, OutcomeId>>;
}

const RESOURCE: Words = {
  none: "corp-not-implemented",
  other: "corp-header-invalid",
  known: {
    "same-origin": "corp-implemented-with-same-origin",
    "same-site": "corp-implemented-with-same-site",
    "cross-origin": "corp-implemented-with-cross-origin",
  },
};

const EMBEDDER: Words = {
  none: "coep-not-implemented",
  other: "coep-header-invalid",
  known: {
    "require-corp": "coep-implemented-with-require-corp",
    credentialless: "coep-implemented-with-credentialless",
    "unsafe-none": "coep-implemented-with-unsafe-none",
  },
};

const OPENER: Words = {
  none: "coop-not-implemented",
  other: "coop-header-invalid",
  known: {
    "same-origin": "coop-implemented-with-same-origin",
    "same-origin-allow-popups": "coop-implemented-with-same-origin-allow-popups",
    "noopener-allow-popups": "coop-implemented-with-noopener-allow-popups",
    "unsafe-none": "coop-implemented-with-unsafe-none",
  },
};

export function testResourcePolicy(site: Site): OutcomeId {
  const word = judged(site, "cross-origin-resource-policy")?.slice(0, SHORT).trim().toLowerCase();
  return word ? outcomeFor(word, RESOURCE) : RESOURCE.none;
}

export function testEmbedderPolicy(site: Site): OutcomeId {
  return tokenOutcome(judged(site, "cross-origin-embedder-policy"), EMBEDDER);
}

export function testOpenerPolicy(site: Site): OutcomeId {
  return tokenOutcome(judged(site, "cross-origin-opener-policy"), OPENER);
}

/** The field is an item of structured fields; upper case is another token (HTML 7.1.3, 7.1.4). */
function tokenOutcome(value: string | undefined, words: Words): OutcomeId {
  if (!value) return words.none;
  const token = tokenItem(value.slice(0, LONG).trim());
  return token === undefined ? words.other : outcomeFor(token, words);
}

function outcomeFor(word: string, { known, other }: Words): OutcomeId {
  return Object.hasOwn(known, word) ? (known[word] ?? other) : other;
}

function judged(site: Site, name: string): string | undefined {
  const { answer } = judgedWay(site);
  return answer && field(answer, name);
}

/** What HSTS says over https: seconds, "invalid", or undefined for nothing. */
export function hstsSeconds({ https }: Site): number | "invalid" | undefined {
  const value = https.answer && field(https.answer, "strict-transport-security");
  if (value === undefined) return undefined;
  const age = maxAgeIn(value.replaceAll('"', ""));
  return age === undefined || Number.isNaN(age) ? "invalid" : age;
}
