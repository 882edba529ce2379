/**
 * Redirect loops: a response that sends the browser to the URL it has just asked for. The usual
 * reason is that the app forces https and takes the request for a plain one, because nobody told
 * it otherwise or because it does not listen.
 */
import type { Answer, Finding, LoopCause, Observation } from "./finding.js";
import { first } from "./lines.js";
import { becomesGet, isRemembered, normalUrl, redirectOf } from "./redirects.js";
import { type SchemeCase, schemeDiagnosis } from "./scheme-cause.js";

/** URLs that are remembered; a crawler must not make this grow without bound. */
const MAX_REMEMBERED = 1000;

/** Whether a response sends the browser to where it is. */
export function isSelfRedirect({ status, response }: Answer, url: string): boolean {
  const there = redirectOf(status, response, url);
  return there !== undefined && there === normalUrl(url);
}

/** Tells loops from redirects to the same page that end by themselves. */
export class LoopWatch {
  /** URLs whose redirect to themselves set a cookie, which may be what ends it. */
  readonly #onProbation = new Set<string>();

  /** A cookie was set whose coming back is waited for. */
  get isWaiting(): boolean {
    return this.#onProbation.size > 0;
  }

  /** Whether the exchange is part of a loop. */
  observe(observation: Observation): boolean {
    const { method, status, url } = observation;
    if (!isSelfRedirect(observation, url)) {
      // The cookie came back: a later visitor without one is tried anew.
      if (this.#onProbation.size > 0) this.#onProbation.delete(url);
      return false;
    }
    // A redirect after POST leads to a GET, which may be answered.
    if (becomesGet(method, status)) return false;
    return !this.#isTryingCookies(observation);
  }

  /**
   * An app may set a cookie and send the browser to the same page to see whether it comes back.
   * Only when the next request with it is redirected again is that a loop.
   */
  #isTryingCookies({ url, status, response }: Observation): boolean {
    if (first(response, "set-cookie") === undefined || this.#onProbation.has(url)) return false;
    if (isRemembered(status, response)) return false;
    if (this.#onProbation.size >= MAX_REMEMBERED) this.#onProbation.clear();
    this.#onProbation.add(url);
    return true;
  }
}

/** The finding for an exchange that {@link LoopWatch} took for a loop. */
export function loopFinding(observation: Observation, scheme: SchemeCase): Finding {
  const { method, url, status, told, response } = observation;
  const location = first(response, "location") ?? "";
  const { cause, confidence, reason, fix } = asksForHttps(url, location)
    ? schemeDiagnosis(scheme)
    : elsewhere(scheme);
  const name = scheme.framework?.title ?? "The app";
  const mistake =
    cause === "host-ping-pong" || cause === "unknown"
      ? ""
      : ` ${name} took the request for plain http and redirected to https, where the browser already was.`;
  const remembered = isRemembered(status, response)
    ? ` Browsers remember the ${status}: clear the cache after the fix.`
    : "";
  return {
    code: "redirect-loop",
    cause,
    confidence,
    url,
    framework: scheme.framework?.id ?? null,
    explanation: `${method} ${url} answered ${status} to the same URL, so the browser goes round until it gives up. ${reason}${mistake}${remembered}`,
    chain: [
      `browser  ${method} ${url}`,
      `app told ${describeTold(told)}`,
      `app      ${status}, Location: ${location}`,
      "browser  the same request again: a loop",
    ],
    fix,
  };
}

/** An app that forces https names it: anything else is a loop of another kind. */
function asksForHttps(url: string, location: string): boolean {
  return url.startsWith("https:") && /^https:/i.test(location);
}

function elsewhere(scheme: SchemeCase): ReturnType<typeof schemeDiagnosis> {
  const { verdict, framework } = scheme;
  // Whatever the redirect says, an app that was cured by a header went by it.
  if (verdict.kind === "cured") return schemeDiagnosis(scheme);
  return {
    cause: "unknown" satisfies LoopCause,
    confidence: "likely",
    reason: `The redirect does not ask for https, so no header is missing: ${framework?.title ?? "the app"} itself sends the browser back to where it is.`,
    fix: [],
  };
}

const TELLTALE = /^(?:x-forwarded-|forwarded$|x-real-ip$|host$)/i;

/** The lines by which apps tell scheme, host and client. */
export function describeTold(told: readonly string[]): string {
  const lines: string[] = [];
  for (let index = 0; index < told.length; index += 2) {
    if (TELLTALE.test(told[index] as string)) lines.push(`${told[index]}: ${told[index + 1]}`);
  }
  return lines.join(", ");
}
