/**
 * Redirect loops: a response that sends the browser to the URL it has just asked for. The usual
 * reason is that the app forces https and takes the request for a plain one, because nobody told
 * it otherwise or because it does not listen.
 */

import { first } from "../../lines.js";
import type { Detector, Scene } from "../detector.js";
import {
  type Answer,
  type Finding,
  type Fix,
  HARMLESS,
  type Observation,
  type Proof,
  stated,
} from "../finding.js";
import { becomesGet, isRemembered, normalUrl, redirectOf } from "../redirects.js";
import { titleOf } from "../remedies.js";
import { schemeDiagnosis } from "../scheme-cause.js";
import { toldOf } from "../shown.js";
import { isRefusal, schemeChanges } from "../trials.js";

/** URLs that are remembered; a crawler must not make this grow without bound. */
const MAX_REMEMBERED = 1000;

/** Where browsers give up, and who says so. */
export const GIVING_UP: Proof = {
  kind: "rule",
  rule: "Fetch, HTTP-redirect fetch: a network error after 20 redirects",
};

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

export const redirectLoop: Detector<Observation> = {
  code: "redirect-loop",
  wants: { unusual: true, next: (memory) => memory.of(LoopWatch).isWaiting },

  look: (observation, memory) =>
    memory.of(LoopWatch).observe(observation) ? [{ seen: observation }] : [],

  changes: ({ url }, base, { edge }) =>
    schemeChanges(base, new URL(url).host, edge?.toApp.source === "remote"),

  stillSo: (_, again) =>
    isSelfRedirect(again, again.url) ? true : isRefusal(again) ? undefined : false,

  explain(seen, scene): Finding | undefined {
    const { verdict, app, context } = scene;
    if (verdict.kind === "gone") return undefined;
    const { method, url, status, told, response } = seen;
    const location = first(response, "location") ?? "";
    const { cause, proof, reason, fixes } = causeOf(seen, scene, location);
    const mistake =
      cause === "host-ping-pong" || cause === HARMLESS || cause === "unknown"
        ? ""
        : ` ${titleOf(scene, "The app")} took the request for plain http and redirected to https, where the browser already was.`;
    const remembered = isRemembered(status, response)
      ? ` Browsers remember the ${status}: clear the cache after the fix.`
      : "";
    // Asked again it went round again: that the browser gives up is the browser's own rule.
    const isSure = verdict.kind === "incurable" && !context.fromClient && cause !== "unknown";
    const known = proof ?? (isSure ? GIVING_UP : undefined);
    return stated({
      ...{ code: "redirect-loop", cause, url, fixes },
      framework: app.known?.framework.id ?? null,
      explanation: `${method} ${url} answered ${status} to the same URL, so the browser goes round until it gives up. ${reason}${mistake}${remembered}`,
      chain: [
        `browser  ${method} ${url}`,
        `app told ${toldOf(told)}`,
        `app      ${status}, Location: ${location}`,
        "browser  the same request again: a loop",
      ],
      ...(known ? { proof: known } : { settle: settleLoop(scene) }),
    });
  },
};

function causeOf(
  seen: Observation,
  scene: Scene,
  location: string,
): {
  readonly cause: string;
  readonly proof: Proof | undefined;
  readonly reason: string;
  readonly fixes: readonly Fix[];
} {
  // An app that forces https names it: anything else is a loop of another kind. But whatever the
  // redirect says, an app that was cured by a header went by it.
  const asksForHttps = seen.url.startsWith("https:") && /^https:/i.test(location);
  if (asksForHttps || scene.verdict.kind === "cured") return schemeDiagnosis(seen, scene);
  return {
    cause: "unknown",
    proof: undefined,
    reason: `The redirect does not ask for https, so no header is missing: ${titleOf(scene, "the app")} itself sends the browser back to where it is.`,
    fixes: [],
  };
}

/** What would settle a loop that nobody looked into. */
function settleLoop({ verdict, context }: Scene): string {
  if (context.fromClient)
    return "devtls serve in front of the app, which can ask again, settles it.";
  return verdict.kind === "unasked"
    ? "The same as a GET with X-Forwarded-Proto: https settles it; devtls asks that by itself where it may."
    : "The app's own code, or its log, settles what it wants.";
}
