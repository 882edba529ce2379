/** What a diagnosis says. */
import type { FrameworkId } from "./frameworks.js";

export type FindingCode = "redirect-loop";

export type LoopCause = "app-ignores-forwarded-proto" | "edge-sends-no-proto" | "unknown";

export interface Finding {
  readonly code: FindingCode;
  readonly cause: LoopCause;
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
  /** The header lines of the app's response. */
  readonly response: readonly string[];
  /** What tells one app from another: the target's URL. */
  readonly target: string;
}
