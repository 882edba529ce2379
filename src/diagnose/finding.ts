/** What a diagnosis says. */
import type { FrameworkId } from "./frameworks.js";

/** Stable: people search for them, and `devtls explain` takes them. */
export const FINDING_CODES = [
  "redirect-loop",
  "insecure-location",
  "redirect-drops-body",
  "cookie-not-secure",
  "cookie-rejected",
  "cookie-missing",
  "csrf-origin-mismatch",
  "mixed-content",
  "hsts-lock-in",
  "contradictory-scheme-headers",
] as const;

export type FindingCode = (typeof FINDING_CODES)[number];

export const LOOP_CAUSES = [
  "app-ignores-forwarded-proto",
  "edge-sends-no-proto",
  "peer-not-trusted",
  "proto-value-not-understood",
  "scheme-ping-pong",
  "host-ping-pong",
  "slash-ping-pong",
  "login-cookie-lost",
  "unknown",
] as const;

export type LoopCause = (typeof LOOP_CAUSES)[number];

export interface Finding {
  readonly code: FindingCode;
  /** For a redirect loop one of {@link LOOP_CAUSES}, for a rejected cookie the browser's rule. */
  readonly cause: string;
  /** `proved` by asking the app again with one thing changed, `likely` by what was seen. */
  readonly confidence: "proved" | "likely";
  /** The public URL it was seen on. */
  readonly url: string;
  readonly framework: FrameworkId | null;
  /** What happened and why, in sentences. */
  readonly explanation: string;
  /** The hops as a small text diagram. */
  readonly chain: readonly string[];
  /** Ready to paste, each by itself. */
  readonly fix: readonly string[];
}

/** What a diagnosis may look at: one exchange, as both sides saw it. */
export interface Observation {
  readonly method: string;
  /** The public URL that the browser asked for. */
  readonly url: string;
  /** The header lines that the app received. */
  readonly told: readonly string[];
  readonly status: number;
  /** The header lines of the response. */
  readonly response: readonly string[];
  /** Those that the browser got, where the edge edits them on the way. */
  readonly sent?: readonly string[];
  /** What tells one app from another: the target's URL. */
  readonly target: string;
  /** The edge answered in the app's place, as with a redirect to https. */
  readonly byEdge?: boolean;
  /** What its body showed, where it was looked at. */
  readonly refusal?: string | undefined;
}

/** The observed request once more, with one thing changed. */
export interface Trial {
  /** The header lines for the app. */
  readonly told: readonly string[];
  /** The address to come from: that of the edge, or this machine's own. */
  readonly from: "edge" | "loopback";
}

export interface Answer {
  readonly status: number;
  readonly response: readonly string[];
}

/** Asks the app again, GET and HEAD only; undefined when no answer came. */
export type Ask = (trial: Trial) => Promise<Answer | undefined>;
