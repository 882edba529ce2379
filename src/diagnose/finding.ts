/** What a diagnosis looks at, and what it says. */
import type { FrameworkId } from "./frameworks/record.js";

/** Stable: people search for them, and `devtls explain` takes them. */
export const FINDING_CODES = [
  "redirect-loop",
  "port-dropped",
  "insecure-location",
  "redirect-drops-body",
  "cookie-not-secure",
  "cookie-rejected",
  "cookie-missing",
  "csrf-origin-mismatch",
  "host-refused",
  "websocket-refused",
  "mixed-content",
  "local-network-url",
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

/** The cause of whatever goes wrong on a development port and does not where the site has none. */
export const HARMLESS = "harmless-on-443";

/** Lines that go to one place. */
export interface Fix {
  /** "Django, settings.py"; "nginx, at the edge". */
  readonly where: string;
  /** Ready to paste, each by itself. */
  readonly lines: readonly string[];
}

/** What makes a finding more than likely. */
export type Proof =
  /** The app was asked again with one thing changed, and that cured it. */
  | {
      readonly kind: "asked";
      /** "X-Forwarded-Proto: https" */
      readonly changed: string;
      /** Status and Location of the answer to the unchanged request, and to the changed one. */
      readonly before: string;
      readonly after: string;
    }
  /** What browsers do by their own rules: the section that says so. */
  | { readonly kind: "rule"; readonly rule: string };

export interface Finding {
  readonly code: FindingCode;
  /** For a redirect loop one of {@link LOOP_CAUSES}, for a rejected cookie the browser's rule. */
  readonly cause: string;
  /** `proved` where there is a {@link Proof}, and nowhere else. */
  readonly confidence: "proved" | "likely";
  /** The public URL it was seen on. */
  readonly url: string;
  readonly framework: FrameworkId | null;
  /** What happened and why, in sentences; of what is likely only, what would settle it. */
  readonly explanation: string;
  /** The hops as a small text diagram. */
  readonly chain: readonly string[];
  /** The lines of {@link fixes}, in their order. */
  readonly fix: readonly string[];
  /** What ends it, by where it goes. */
  readonly fixes: readonly Fix[];
  readonly proof: Proof | null;
}

/** A finding without what follows from the rest of it. */
export type Statement = Omit<Finding, "confidence" | "fix" | "proof"> &
  (
    | { readonly proof: Proof }
    | {
        readonly proof?: undefined;
        /** A sentence: what would settle it. */
        readonly settle: string;
      }
  );

/** States a finding: only what has a proof is proved. Lines that stand in two places stand in one. */
export function stated(statement: Statement): Finding {
  const { proof, explanation, fixes, ...rest } = statement;
  const settle = statement.proof === undefined ? ` ${statement.settle}` : "";
  const said = new Set<string>();
  const places = new Map<string, string[]>();
  for (const { where, lines } of fixes) {
    const fresh = lines.filter((line) => !said.has(line));
    for (const line of fresh) said.add(line);
    if (fresh.length > 0) places.set(where, [...(places.get(where) ?? []), ...fresh]);
  }
  const divided = [...places].map(([where, lines]) => ({ where, lines }));
  const { code, cause, url, framework, chain } = rest;
  return {
    ...{ code, cause, confidence: proof ? "proved" : "likely", url, framework },
    ...{ explanation: `${explanation}${settle}`, chain },
    ...{ fix: divided.flatMap(({ lines }) => lines), fixes: divided, proof: proof ?? null },
  };
}

/** What a diagnosis may look at: one exchange, as both sides saw it. */
export interface Observation {
  readonly method: string;
  /** The public URL that the browser asked for. */
  readonly url: string;
  /** The header lines that the app received. */
  readonly told: readonly string[];
  /** The header lines that the browser sent, where they are known. */
  readonly asked?: readonly string[];
  readonly status: number;
  /** The header lines of the response. */
  readonly response: readonly string[];
  /** Those that the browser got, where the edge edits them on the way. */
  readonly sent?: readonly string[];
  /** What tells one app from another: the target's URL. */
  readonly target: string;
  /** The edge answered in the app's place, as with a redirect to https. */
  readonly byEdge?: boolean;
  /** It came over the local network: what is localhost to the app is another machine to the browser. */
  readonly fromLan?: boolean;
  /** The text of a refusal or an error, as far as it was read: one character an octet. */
  readonly page?: string | undefined;
}

/** The observed request once more, with one thing changed. */
export interface Trial {
  /** The header lines for the app. */
  readonly told: readonly string[];
  /** The address to come from: that of the edge, or this machine's own. */
  readonly from: "edge" | "loopback";
  /** Another path than the one that was asked for, with its query: always with GET. */
  readonly path?: string;
  /** With a WebSocket's handshake, whose connection ends at once. */
  readonly upgrade?: true;
  /** Wants the body, too. */
  readonly body?: true;
}

export interface Answer {
  readonly status: number;
  readonly response: readonly string[];
  /** Where it was asked for, as far as it was read: one character an octet. */
  readonly page?: string | undefined;
}

/** Asks the app again, GET and HEAD only; undefined when no answer came. */
export type Ask = (trial: Trial) => Promise<Answer | undefined>;
