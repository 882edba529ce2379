/** Logins that do not last: the answer to the form is right, and the next page asks again. */
import { CookieJar } from "../cookies/jar.js";
import { RULES, type RuleId } from "../cookies/rules.js";
import { parseSetCookie } from "../cookies/set-cookie.js";
import { originOf } from "./cookie-findings.js";
import { cookieFixes, settingFor } from "./cookie-fixes.js";
import type { Finding, Observation } from "./finding.js";
import type { Framework } from "./frameworks.js";
import { first, valuesOf } from "./lines.js";
import { normalUrl, redirectOf } from "./redirects.js";
import { LOGIN } from "./round-trips.js";

interface Attempt {
  readonly observation: Observation;
  /** Where the browser goes next; undefined where a script decides that. */
  readonly next: string | undefined;
  readonly at: number;
}

export interface LostLogin {
  readonly login: Observation;
  /** The request that was not recognised. */
  readonly then: Observation;
  /** It set cookies, and the browser does not send them. */
  readonly wasSet: boolean;
  /** The rule by which browsers refuse them; undefined when they keep them for other pages. */
  readonly rule?: RuleId | undefined;
}

const PATIENCE_MS = 30_000;
const MAX_ATTEMPTS = 50;

export class LoginWatch {
  #attempts: Attempt[] = [];

  /** Somebody has just logged in. */
  get isWaiting(): boolean {
    return this.#attempts.length > 0;
  }

  observe(observation: Observation, now: number): LostLogin | undefined {
    const last = this.#attempts.at(-1);
    if (last && now - last.at > PATIENCE_MS) this.#attempts = [];
    if (observation.method === "POST") {
      this.#remember(observation, now);
      return undefined;
    }
    if (this.#attempts.length === 0 || observation.method !== "GET") return undefined;
    const url = normalUrl(observation.url);
    const index = this.#attempts.findIndex(
      ({ next, observation: login, at }) =>
        now - at < PATIENCE_MS &&
        login.target === observation.target &&
        (next === url || (next === undefined && isRefused(observation))),
    );
    const [attempt] = index < 0 ? [] : this.#attempts.splice(index, 1);
    if (!attempt || !bounces(observation, attempt.observation)) return undefined;
    return lost(attempt.observation, observation);
  }

  #remember(observation: Observation, now: number): void {
    const { status, url, told } = observation;
    const path = new URL(url).pathname;
    const next = redirectOf(status, observation.response, url);
    const isLogin = LOGIN.test(path) || next !== undefined;
    if (observation.byEdge || status >= 400 || status === 0 || !isLogin) return;
    if (first(told, "authorization") !== undefined) return;
    // Without a redirect only frameworks that are known to withhold cookies are suspected.
    if (next === undefined && first(observation.response, "x-powered-by") !== "Express") return;
    this.#attempts = [...this.#attempts, { observation, next, at: now }].slice(-MAX_ATTEMPTS);
  }
}

function isRefused({ status, told }: Observation): boolean {
  return (status === 401 || status === 403) && first(told, "authorization") === undefined;
}

/** Whether a page sends the browser back to the login it comes from. */
function bounces(page: Observation, login: Observation): boolean {
  if (isRefused(page)) return true;
  const back = redirectOf(page.status, page.response, page.url);
  if (back === undefined) return false;
  const there = new URL(back).pathname;
  const from = new URL(login.url).pathname;
  return there === from || (LOGIN.test(there) && LOGIN.test(from));
}

function lost(login: Observation, then: Observation): LostLogin | undefined {
  const sent = cookieNames(first(then.told, "cookie") ?? "");
  const lines = valuesOf(login.response, "set-cookie");
  if (lines.length === 0) {
    const before = first(login.told, "cookie");
    return before === undefined && sent.length === 0 ? { login, then, wasSet: false } : undefined;
  }
  const names = lines.map((line) => (line.split(/[=;]/)[0] ?? "").trim());
  if (names.some((name) => sent.includes(name))) return undefined;
  const jar = new CookieJar();
  const verdicts = lines.map((line) => jar.store(line, originOf(login.url)));
  // A browser would have sent it: this client keeps no cookies.
  if (jar.matching(originOf(then.url)).length > 0) return undefined;
  const rejected = verdicts.find((verdict) => verdict.kind === "rejected");
  const rule = rejected?.kind === "rejected" ? rejected.rule : undefined;
  return { login, then, wasSet: true, rule };
}

function cookieNames(header: string): string[] {
  return header
    .split(";")
    .map((pair) => (pair.split("=")[0] ?? "").trim())
    .filter(Boolean);
}

/** The login set a cookie, and the browser does not send it. */
export function lostCookieFinding(
  { login, then, rule }: LostLogin,
  framework: Framework | undefined,
): Finding {
  const known = rule === undefined ? undefined : RULES[rule];
  const why = known
    ? `The cookie ${known.sentence} (${known.section}).`
    : "Its Path or Domain keeps it from the page that follows.";
  const line = first(login.response, "set-cookie") ?? "";
  const cookie = parseSetCookie(line);
  return {
    code: "redirect-loop",
    cause: "login-cookie-lost",
    confidence: "proved",
    url: login.url,
    framework: framework?.id ?? null,
    explanation: `The login set a cookie, and the next request comes without it, so the app asks for the login again. ${why}`,
    chain: [
      `browser  ${login.method} ${login.url}`,
      `app      ${login.status}, Set-Cookie: ${line.replace(/=[^;]*/, "=…").slice(0, 200)}`,
      `browser  GET ${then.url}, without the cookie`,
      `app      ${then.status} ${first(then.response, "location") ?? ""}`.trim(),
    ],
    fix:
      rule === undefined || typeof cookie === "string"
        ? settingFor("root-path", "", framework)
        : cookieFixes(rule, cookie.name, cookie, framework),
  };
}
