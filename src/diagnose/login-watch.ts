/** Logins that do not last: the answer to the form is right, and the next page asks again. */
import { CookieJar } from "../cookies/jar.js";
import type { RuleId } from "../cookies/rules.js";
import { first, valuesOf } from "../lines.js";
import type { Observation } from "./finding.js";
import { normalUrl, originOf, redirectOf } from "./redirects.js";

/** Paths of pages that ask who is there. */
export const LOGIN = /(?:^|[/_-])(?:log-?in|sign-?in|auth|session|sso)(?:[/._-]|s?$)/i;

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
  /** It is for https only, and the app sent the browser to plain http. */
  readonly leftHttps?: true;
}

const PATIENCE_MS = 30_000;
const MAX_ATTEMPTS = 50;

export class LoginWatch {
  #attempts: Attempt[] = [];
  #last: { readonly observation: Observation; readonly lost: LostLogin | undefined } | undefined;

  /** Somebody has just logged in. */
  get isWaiting(): boolean {
    return this.#attempts.length > 0;
  }

  /** Several may ask about one exchange: it is taken in once. */
  observe(observation: Observation, now: number): LostLogin | undefined {
    if (this.#last?.observation !== observation) {
      this.#last = { observation, lost: this.#take(observation, now) };
    }
    return this.#last.lost;
  }

  #take(observation: Observation, now: number): LostLogin | undefined {
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
  if (new URL(then.url).protocol === "http:" && new URL(login.url).protocol === "https:") {
    const there = { ...originOf(login.url), path: new URL(then.url).pathname };
    if (jar.matching(there).length > 0) return { login, then, wasSet: true, leftHttps: true };
  }
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
