/**
 * Redirect loops: a response that sends the browser to the URL it has just asked for. The usual
 * reason is that the app forces https and takes the request for a plain one, because nobody told
 * it otherwise or because it does not listen.
 */
import type { Finding, LoopCause, Observation } from "./finding.js";
import { type Framework, frameworkOf, MOST_COMMON, recognise } from "./frameworks.js";

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** Apps and URLs that are remembered; a crawler must not make this grow without bound. */
const MAX_REMEMBERED = 1000;

/** Responses of an app that are searched for its framework. */
const MAX_LOOKS = 200;

/** Watches the exchanges of a run and reports each loop once. */
export class LoopWatch {
  readonly #frameworks = new Map<string, Framework>();
  readonly #looks = new Map<string, number>();
  /** URLs whose redirect to themselves set a cookie, which may be what ends it. */
  readonly #onProbation = new Set<string>();
  readonly #reported = new Set<string>();

  observe(observation: Observation): Finding | undefined {
    const { target, url, status } = observation;
    const isRedirect = status >= 300 && status < 400 && REDIRECTS.has(status);
    this.#recognise(target, observation.response, isRedirect);
    if (!isRedirect) {
      // The cookie came back: a later visitor without one is tried anew.
      this.#onProbation.delete(url);
      return undefined;
    }
    const location = first(observation.response, "location");
    if (location === undefined || !isSameUrl(location, url)) return undefined;
    // A redirect after POST leads to a GET, which may be answered.
    if (becomesGet(observation.method, status)) return undefined;
    if (this.#isTryingCookies(observation)) return undefined;
    const route = `${target} ${new URL(url).pathname}`;
    if (this.#reported.has(route) || this.#reported.size >= MAX_REMEMBERED) return undefined;
    this.#reported.add(route);
    return loopFinding(observation, location, this.#frameworks.get(target));
  }

  /** Looks until the framework is known, but not for ever: most responses betray nothing. */
  #recognise(target: string, response: readonly string[], isRedirect: boolean): void {
    if (this.#frameworks.has(target)) return;
    const looks = this.#looks.get(target) ?? 0;
    if (looks >= MAX_LOOKS && !isRedirect) return;
    this.#looks.set(target, looks + 1);
    const seen = recognise(response);
    if (seen) this.#frameworks.set(target, seen);
  }

  /**
   * An app may set a cookie and send the browser to the same page to see whether it comes back.
   * Only when the next request with it is redirected again is that a loop.
   */
  #isTryingCookies({ url, status, response }: Observation): boolean {
    if (first(response, "set-cookie") === undefined || this.#onProbation.has(url)) return false;
    // A browser goes round in its cache and never asks the app again (RFC 9110 15.4.2, 15.4.9).
    if ((status === 301 || status === 308) && mayBeCached(response)) return false;
    if (this.#onProbation.size >= MAX_REMEMBERED) this.#onProbation.clear();
    this.#onProbation.add(url);
    return true;
  }
}

function becomesGet(method: string, status: number): boolean {
  if (method === "GET" || method === "HEAD") return false;
  return status === 303 || ((status === 301 || status === 302) && method === "POST");
}

function mayBeCached(response: readonly string[]): boolean {
  return !/\bno-(?:store|cache)\b|\bmax-age=0\b/i.test(first(response, "cache-control") ?? "");
}

/** Whether a Location names the URL that was asked for; a fragment makes no difference. */
function isSameUrl(location: string, url: string): boolean {
  try {
    const there = new URL(location, url);
    const here = new URL(url);
    there.hash = "";
    here.hash = "";
    return there.href === here.href;
  } catch {
    return false;
  }
}

function first(lines: readonly string[], name: string): string | undefined {
  for (let index = 0; index < lines.length; index += 2) {
    if ((lines[index] as string).toLowerCase() === name) return lines[index + 1];
  }
  return undefined;
}

function loopFinding(
  { method, url, status, told }: Observation,
  location: string,
  framework: Framework | undefined,
): Finding {
  const proto = first(told, "x-forwarded-proto");
  const cause = causeOf(url, location, proto);
  const because = reason(cause, framework?.title ?? "The app", proto);
  return {
    code: "redirect-loop",
    cause,
    confidence: "likely",
    url,
    framework: framework?.id ?? null,
    explanation: `${method} ${url} answered ${status} to the same URL, so the browser goes round until it gives up. ${because}`,
    chain: [
      `browser  ${method} ${url}`,
      `app told ${describeTold(told)}`,
      `app      ${status}, Location: ${location}`,
      "browser  the same request again: a loop",
    ],
    fix: fixesFor(cause, framework),
  };
}

/** An app that forces https names it: anything else is a loop of another kind. */
function causeOf(url: string, location: string, proto: string | undefined): LoopCause {
  if (!url.startsWith("https:") || !/^https:/i.test(location)) return "unknown";
  return proto === undefined ? "edge-sends-no-proto" : "app-ignores-forwarded-proto";
}

function reason(cause: LoopCause, name: string, proto: string | undefined): string {
  const mistake = `${name} took the request for plain http and redirected to https, where the browser already was.`;
  switch (cause) {
    case "edge-sends-no-proto":
      return `Nothing told it that the browser came over https: the edge sends no X-Forwarded-Proto. ${mistake}`;
    case "app-ignores-forwarded-proto":
      return `It was told "X-Forwarded-Proto: ${proto}" and did not act on it. ${mistake}`;
    default:
      return `The redirect does not ask for https, so no header is missing: ${name} itself sends the browser back to where it is.`;
  }
}

const TELLTALE = /^(?:x-forwarded-|forwarded$|x-real-ip$|host$)/i;

function describeTold(told: readonly string[]): string {
  const lines: string[] = [];
  for (let index = 0; index < told.length; index += 2) {
    if (TELLTALE.test(told[index] as string)) lines.push(`${told[index]}: ${told[index + 1]}`);
  }
  return lines.join(", ");
}

/** For an edge that sends nothing, both ends need a line: the edge to tell, the app to listen. */
function fixesFor(cause: LoopCause, framework: Framework | undefined): string[] {
  if (cause === "unknown") return [];
  const edge = ["proxy_set_header X-Forwarded-Proto $scheme;"];
  const apps = framework ? [framework] : MOST_COMMON.map(frameworkOf);
  const app = apps.flatMap((candidate) => candidate.trustProto);
  return cause === "edge-sends-no-proto" ? [...edge, ...app] : app;
}
