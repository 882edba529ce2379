/**
 * What the HTTP Observatory can say of a site, with what each outcome adds to the score of 100
 * (algorithm 6 of github.com/mdn/mdn-http-observatory). The words are devtls's own.
 */

/** The tests by the names that the Observatory gives them. */
export type TestId =
  | "content-security-policy"
  | "cookies"
  | "cross-origin-resource-sharing"
  | "redirection"
  | "referrer-policy"
  | "strict-transport-security"
  | "subresource-integrity"
  | "x-content-type-options"
  | "x-frame-options"
  | "cross-origin-resource-policy"
  | "cross-origin-embedder-policy"
  | "cross-origin-opener-policy";

/** The modifier, and one sentence. */
type Row = readonly [modifier: number, words: string];

const ROWS = {
  "csp-implemented-with-no-unsafe-default-src-none": [
    10,
    "The policy forbids everything that it does not name, and allows no inline code.",
  ],
  "csp-implemented-with-no-unsafe": [5, "The policy allows no inline code and no eval."],
  "csp-implemented-with-unsafe-inline-in-style-src-only": [
    0,
    "The policy is loose for styles only.",
  ],
  "csp-implemented-but-duplicate-directives": [
    0,
    "The policy says where to report twice; browsers take the first.",
  ],
  "csp-implemented-with-insecure-scheme-in-passive-content-only": [
    -10,
    "The policy lets images or media come over plain http.",
  ],
  "csp-implemented-with-unsafe-eval": [-10, "The policy allows eval()."],
  "csp-implemented-with-unsafe-inline": [
    -20,
    "The policy lets injected scripts or plugins run: it allows inline code, data: URLs or whole schemes, or names no sources of scripts or objects.",
  ],
  "csp-implemented-with-insecure-scheme": [
    -20,
    "The policy lets active content come over plain http.",
  ],
  "csp-header-invalid": [-25, "The policy cannot be read as it was meant."],
  "csp-not-implemented": [-25, "There is no Content-Security-Policy."],
  "csp-not-implemented-but-reporting-enabled": [
    -25,
    "The policy only reports: Content-Security-Policy-Report-Only stops nothing.",
  ],

  "cookies-secure-with-httponly-sessions-and-samesite": [
    5,
    "Every cookie has Secure and SameSite, and scripts do not see sessions.",
  ],
  "cookies-secure-with-httponly-sessions": [
    0,
    "Every cookie has Secure, and scripts do not see sessions.",
  ],
  "cookies-not-found": [0, "No cookie is set."],
  "cookies-without-secure-flag-but-protected-by-hsts": [
    -5,
    "A cookie has no Secure; only HSTS keeps it from plain http.",
  ],
  "cookies-session-without-secure-flag-but-protected-by-hsts": [
    -10,
    "A session cookie has no Secure; only HSTS keeps it from plain http.",
  ],
  "cookies-without-secure-flag": [
    -20,
    "A cookie has no Secure, so that it also goes over plain http.",
  ],
  "cookies-samesite-flag-invalid": [
    -20,
    "A cookie has a SameSite that browsers do not take: no known value, or None without Secure.",
  ],
  "cookies-anticsrf-without-samesite-flag": [
    -20,
    "A token against forged requests is a cookie without SameSite.",
  ],
  "cookies-session-without-httponly-flag": [
    -30,
    "Scripts can read a session cookie: it has no HttpOnly.",
  ],
  "cookies-session-without-secure-flag": [
    -40,
    "A session cookie has no Secure, so that it also goes over plain http.",
  ],

  "cross-origin-resource-sharing-not-implemented": [0, "Other origins cannot read responses."],
  "cross-origin-resource-sharing-implemented-with-public-access": [
    0,
    "Every origin can read responses that need no cookie.",
  ],
  "cross-origin-resource-sharing-implemented-with-restricted-access": [
    0,
    "Some other origins can read responses.",
  ],
  "cross-origin-resource-sharing-implemented-with-universal-access": [
    -50,
    "Every origin can read responses with the visitor's cookies.",
  ],

  "redirection-all-redirects-preloaded": [
    0,
    "Every host on the way from http is in the preload list.",
  ],
  "redirection-to-https": [0, "http leads to https on the same host at once."],
  "redirection-not-needed-no-http": [0, "Nothing answers over plain http."],
  "redirection-off-host-from-http": [
    -5,
    "The first redirect from http leaves the host, which therefore never gets to send its HSTS.",
  ],
  "redirection-not-to-https-on-initial-redirection": [
    -10,
    "The first redirect from http leads to http again.",
  ],
  "redirection-not-to-https": [-20, "The redirects from http do not end on https."],
  "redirection-missing": [-20, "Plain http is answered and leads nowhere."],
  "redirection-invalid-cert": [-20, "A certificate on the way from http is not trusted."],

  "referrer-policy-private": [5, "Other sites are not told which page a visitor comes from."],
  "referrer-policy-not-implemented": [
    0,
    "There is no Referrer-Policy; browsers then send the origin only.",
  ],
  "referrer-policy-unsafe": [
    -5,
    "The Referrer-Policy gives away more than browsers do by themselves.",
  ],
  "referrer-policy-header-invalid": [-5, "The Referrer-Policy holds no word that browsers know."],

  "hsts-preloaded": [5, "The host is in the preload list."],
  "hsts-implemented-max-age-at-least-six-months": [0, "HSTS holds for six months or more."],
  "hsts-implemented-max-age-less-than-six-months": [-10, "HSTS holds for less than six months."],
  "hsts-not-implemented": [-20, "There is no Strict-Transport-Security."],
  "hsts-header-invalid": [
    -20,
    "The Strict-Transport-Security cannot be read: it has no max-age, or comes twice.",
  ],
  "hsts-not-implemented-no-https": [-20, "There is no https, and so no HSTS."],
  "hsts-invalid-cert": [-20, "Browsers ignore HSTS where the certificate is not trusted."],

  "sri-implemented-and-all-scripts-loaded-securely": [
    5,
    "Scripts have an integrity, the site's own as well.",
  ],
  "sri-implemented-and-external-scripts-loaded-securely": [
    5,
    "Scripts of other sites have an integrity.",
  ],
  "sri-not-implemented-response-not-html": [0, "The page is no HTML and loads no scripts."],
  "sri-not-implemented-but-no-scripts-loaded": [0, "The page loads no scripts."],
  "sri-not-implemented-but-all-scripts-loaded-from-secure-origin": [
    0,
    "Scripts come from the site itself only.",
  ],
  "sri-not-implemented-but-external-scripts-loaded-securely": [
    -5,
    "A script of another site has no integrity.",
  ],
  "sri-implemented-but-external-scripts-not-loaded-securely": [
    -20,
    "A script of another site may come over plain http; its integrity alone keeps it whole.",
  ],
  "sri-not-implemented-and-external-scripts-not-loaded-securely": [
    -50,
    "A script of another site has no integrity and may come over plain http.",
  ],

  "x-content-type-options-nosniff": [0, "Browsers believe the Content-Type."],
  "x-content-type-options-not-implemented": [
    -5,
    "Browsers may guess another type: X-Content-Type-Options is missing.",
  ],
  "x-content-type-options-header-invalid": [
    -5,
    "X-Content-Type-Options says something else than nosniff.",
  ],

  "x-frame-options-implemented-via-csp": [
    5,
    "The policy says who may frame the page (frame-ancestors).",
  ],
  "x-frame-options-sameorigin-or-deny": [5, "Other sites cannot frame the page."],
  "x-frame-options-allow-from-origin": [
    0,
    "X-Frame-Options says ALLOW-FROM, which browsers ignore by now.",
  ],
  "x-frame-options-not-implemented": [
    -20,
    "Any site may put the page into a frame (clickjacking).",
  ],
  "x-frame-options-header-invalid": [
    -20,
    "X-Frame-Options says nothing that browsers know, so any site may frame the page.",
  ],

  "corp-not-implemented": [0, "There is no Cross-Origin-Resource-Policy."],
  "corp-implemented-with-cross-origin": [0, "Every site may embed the response."],
  "corp-implemented-with-same-origin": [10, "Only this origin may embed the response."],
  "corp-implemented-with-same-site": [10, "Only this site may embed the response."],
  "corp-header-invalid": [-5, "Cross-Origin-Resource-Policy holds no word that browsers know."],

  "coep-not-implemented": [0, "There is no Cross-Origin-Embedder-Policy."],
  "coep-implemented-with-require-corp": [10, "The page loads only what allows it."],
  "coep-implemented-with-credentialless": [10, "The page loads what is foreign without cookies."],
  "coep-implemented-with-unsafe-none": [0, "The page may load anything from anywhere."],
  "coep-header-invalid": [-5, "Cross-Origin-Embedder-Policy holds no word that browsers know."],

  "coop-not-implemented": [0, "There is no Cross-Origin-Opener-Policy."],
  "coop-implemented-with-same-origin": [10, "Windows of other origins have no hold on the page."],
  "coop-implemented-with-same-origin-allow-popups": [
    10,
    "Only popups of its own keep a hold on the page.",
  ],
  "coop-implemented-with-noopener-allow-popups": [10, "Who opens the page has no hold on it."],
  "coop-implemented-with-unsafe-none": [0, "Windows of other origins keep their hold on the page."],
  "coop-header-invalid": [-5, "Cross-Origin-Opener-Policy holds no word that browsers know."],

  "html-not-parseable": [-20, "The page cannot be read as HTML."],
} as const satisfies Readonly<Record<string, Row>>;

export type OutcomeId = keyof typeof ROWS;

export const OUTCOMES = Object.keys(ROWS) as readonly OutcomeId[];

export function modifierOf(outcome: OutcomeId): number {
  return ROWS[outcome][0];
}

export function wordsOf(outcome: OutcomeId): string {
  return ROWS[outcome][1];
}

/** Whether the Observatory counts the test as passed: it costs nothing, or little and knowingly. */
export function passes(outcome: OutcomeId): boolean {
  return (
    modifierOf(outcome) >= 0 ||
    outcome === "csp-implemented-with-insecure-scheme-in-passive-content-only"
  );
}

/** The worse one, by an order from good to bad; what stands in no order yields to what does. */
export function worse(
  next: OutcomeId,
  before: OutcomeId | undefined,
  order: readonly OutcomeId[],
): OutcomeId {
  return before === undefined || order.indexOf(next) > order.indexOf(before) ? next : before;
}

const GRADES: readonly (readonly [from: number, grade: string])[] = [
  [100, "A+"],
  [90, "A"],
  [85, "A-"],
  [80, "B+"],
  [70, "B"],
  [65, "B-"],
  [60, "C+"],
  [50, "C"],
  [45, "C-"],
  [40, "D+"],
  [30, "D"],
  [25, "D-"],
  [0, "F"],
];

/** What others give to a site without them is never more than this, so bonuses count from here on. */
const BONUS_FROM = 90;

export interface Score {
  readonly grade: string;
  /** May be more than 100. */
  readonly score: number;
}

/** The score of a site: what it loses always counts, what it gains only where it lost little. */
export function scoreOf(outcomes: readonly OutcomeId[]): Score {
  const modifiers = outcomes.map(modifierOf);
  const lost = modifiers.filter((modifier) => modifier < 0).reduce((sum, each) => sum + each, 100);
  const all = modifiers.reduce((sum, each) => sum + each, 100);
  const score = Math.max(0, lost >= BONUS_FROM ? all : lost);
  const [, grade] = GRADES.find(([from]) => score >= from) as readonly [number, string];
  return { grade, score };
}
