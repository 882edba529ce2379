/**
 * Loops of two and more: the browser is sent from page to page until it is where it was, and the
 * same redirect comes again (http and https, www and without, with and without the slash).
 */

import { first } from "../../lines.js";
import type { Detector } from "../detector.js";
import { type Finding, type LoopCause, type Observation, stated } from "../finding.js";
import { LOGIN } from "../login-watch.js";
import { becomesGet, normalUrl, redirectOf } from "../redirects.js";
import { GIVING_UP } from "./redirect-loop.js";

interface Hop {
  readonly method: string;
  readonly url: string;
  readonly status: number;
  readonly to: string;
  readonly byEdge: boolean;
  readonly setsCookie: boolean;
  readonly sentCookie: boolean;
}

interface Trail {
  readonly hops: readonly Hop[];
  readonly at: number;
}

/** Browsers follow at once; whoever comes to the page later is on a way of his own. */
const PATIENCE_MS = 10_000;

const MAX_TRAILS = 200;

/** Browsers give up after 20 redirects. */
const MAX_HOPS = 20;

class RoundTrips {
  /** Ways that lead to a URL. */
  readonly #ways = new Map<string, Trail>();
  #latest = 0;

  /** A browser is on its way somewhere. */
  get isWaiting(): boolean {
    return this.#ways.size > 0;
  }

  /** The hops of a loop that an exchange closes, or undefined. */
  observe(observation: Observation, now: number): readonly Hop[] | undefined {
    const { method, status, response, told, byEdge = false } = observation;
    if (this.#ways.size > 0 && now - this.#latest > PATIENCE_MS) this.#ways.clear();
    const to = redirectOf(status, response, observation.url);
    if (to === undefined) {
      const ended = this.#ways.size > 0 && normalUrl(observation.url);
      if (ended) this.#ways.delete(ended);
      return undefined;
    }
    const url = normalUrl(observation.url) ?? observation.url;
    if (to === url || (method !== "GET" && method !== "HEAD" && !becomesGet(method, status))) {
      return undefined;
    }
    const way = this.#ways.get(url);
    this.#ways.delete(url);
    const hop: Hop = {
      ...{ method, url, status, to, byEdge },
      setsCookie: first(response, "set-cookie") !== undefined,
      sentCookie: first(told, "cookie") !== undefined,
    };
    const before = way && now - way.at < PATIENCE_MS ? way.hops : [];
    const start = before.findIndex((each) => each.url === url && each.to === to);
    const round = start < 0 ? undefined : [...before.slice(start), hop];
    // The next round is another one: it is counted, too.
    const hops = round ? [] : [...before, hop].slice(-MAX_HOPS);
    if (this.#ways.size >= MAX_TRAILS) this.#ways.clear();
    this.#ways.set(to, { hops, at: now });
    this.#latest = now;
    return round && !isWithoutJar(round) ? round : undefined;
  }
}

/** A client that keeps no cookies goes round where a browser does not. */
function isWithoutJar(round: readonly Hop[]): boolean {
  return round.some(({ setsCookie }) => setsCookie) && !round.some(({ sentCookie }) => sentCookie);
}

export const roundTrip: Detector<readonly Hop[]> = {
  code: "redirect-loop",
  wants: { unusual: true, next: (memory) => memory.of(RoundTrips).isWaiting, byEdge: true },

  look(observation, memory) {
    const round = memory.of(RoundTrips).observe(observation, memory.now);
    // The same for a round wherever it was entered.
    const [url] = round?.map((hop) => hop.url).sort() ?? [];
    const { method } = round?.find((hop) => hop.url === url) ?? observation;
    return round && url !== undefined ? [{ seen: round, url, method }] : [];
  },

  stillSo: (round, { url, status, response }) => {
    if (status >= 400) return undefined;
    const to = redirectOf(status, response, url);
    return round.some((hop) => hop.url === normalUrl(url) && hop.to === to);
  },

  explain(round, { app }): Finding {
    const [url = ""] = round.map((hop) => hop.url).sort();
    const cause = causeOf(round);
    const { reason, fix } = ADVICE[cause];
    const pages = round.length - 1;
    return stated({
      ...{ code: "redirect-loop", cause, url },
      framework: app.known?.framework.id ?? null,
      explanation: `The browser is sent round ${pages} pages, and then the same redirect comes again: it goes on until it gives up. ${reason}`,
      chain: round.map(
        ({ method, url, status, to, byEdge }) =>
          `${byEdge ? "edge" : "app "}  ${method} ${url} -> ${status} ${to}`,
      ),
      fixes: fix.length === 0 ? [] : [{ where: "the side that is not to decide", lines: fix }],
      proof: GIVING_UP,
    });
  },
};

type RoundCause = Extract<
  LoopCause,
  "scheme-ping-pong" | "host-ping-pong" | "slash-ping-pong" | "login-cookie-lost" | "unknown"
>;

function causeOf(round: readonly Hop[]): RoundCause {
  const urls = round.map(({ url }) => new URL(url));
  const differ = (part: (url: URL) => string): boolean => new Set(urls.map(part)).size > 1;
  if (differ(({ protocol }) => protocol)) return "scheme-ping-pong";
  if (differ(({ host }) => host)) return "host-ping-pong";
  if (!differ(({ pathname }) => pathname.replace(/\/$/, ""))) return "slash-ping-pong";
  return urls.some(({ pathname }) => LOGIN.test(pathname)) ? "login-cookie-lost" : "unknown";
}

const ADVICE: Readonly<
  Record<RoundCause, { readonly reason: string; readonly fix: readonly string[] }>
> = {
  "scheme-ping-pong": {
    reason:
      "One side redirects to https and the other back to http: the app, or something behind it, wants http, and only one of the two can decide.",
    fix: ["Let the edge alone redirect to https, and set the app's own address to https://"],
  },
  "host-ping-pong": {
    reason:
      "Two host names redirect to each other: one side adds www (or another name), the other takes it away.",
    fix: ["Choose one canonical host name, and configure it in one place only"],
  },
  "slash-ping-pong": {
    reason: "One side adds a slash to the path and the other takes it away.",
    fix: ["Let the app alone decide on the slash: Django APPEND_SLASH, nginx rewrite"],
  },
  "login-cookie-lost": {
    reason:
      "The page asks for a login, and the login sends back to the page: the session's cookie does not arrive.",
    fix: [],
  },
  unknown: { reason: "No header and no cookie explains it.", fix: [] },
};
