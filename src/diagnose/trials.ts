/**
 * Differential diagnosis: the failing request once more, with one thing changed at a time, until
 * the failure is gone. The smallest change that cures it is the cause.
 */
import type { Answer, Ask, Observation, Trial } from "./finding.js";
import { first, valuesOf, without } from "./lines.js";

export type ChangeId =
  | "proto-https"
  | "loopback"
  | "proto-https-loopback"
  | "host"
  | "ssl-on"
  | "other-names"
  | "proto-absent";

interface Change extends Trial {
  readonly id: ChangeId;
}

export type Verdict =
  /** This change cures it. */
  | { readonly kind: "cured"; readonly by: ChangeId; readonly answer: Answer }
  /** None does. */
  | { readonly kind: "incurable"; readonly tried: number }
  /** It did not happen again when nothing was changed. */
  | { readonly kind: "gone" }
  /** The app was not asked, or did not answer. */
  | { readonly kind: "unasked" };

/** The first trial changes nothing, so that a failure that comes and goes proves nothing. */
export const MAX_TRIALS = 8;

const PROTO = "x-forwarded-proto";

/** Headers that other edges and servers say https with, instead of X-Forwarded-Proto. */
const OTHER_NAMES = [
  ...["X-Forwarded-Ssl", "on"],
  ...["X-Forwarded-Scheme", "https"],
  ...["X-Scheme", "https"],
  ...["X-Url-Scheme", "https"],
  ...["X-Forwarded-Protocol", "ssl"],
  ...["Front-End-Https", "on"],
  ...["CloudFront-Forwarded-Proto", "https"],
  ...["X-ARR-SSL", "2048|256|CN=devtls|CN=localhost"],
  ...["Forwarded", "proto=https"],
];

/** A handshake that a replay must not finish, and what makes a request conditional on it. */
const UPGRADING = ["connection", "upgrade", "sec-websocket-key", "sec-websocket-version"];

/**
 * Asks until a change cures the failure, one request after the other, {@link MAX_TRIALS} at most.
 * @param remote the edge connects from an address that is not this machine's own
 * @param fails whether an answer shows the same failure
 */
export async function findCure(
  { told, url, method }: Observation,
  remote: boolean,
  ask: Ask | undefined,
  fails: (answer: Answer) => boolean,
): Promise<Verdict> {
  const isSafe = method === "GET" || method === "HEAD";
  const hasBody = first(told, "content-length") ?? first(told, "transfer-encoding");
  if (!ask || !isSafe || hasBody !== undefined) return { kind: "unasked" };
  const base = first(told, "upgrade") === undefined ? told : without(told, UPGRADING);
  const again = await ask({ told: base, from: "edge" });
  if (!again) return { kind: "unasked" };
  if (!fails(again)) return { kind: "gone" };
  const changes = changesOf(base, new URL(url).host, remote).slice(0, MAX_TRIALS - 1);
  for (const { id, ...trial } of changes) {
    const answer = await ask(trial);
    if (!answer) return { kind: "unasked" };
    if (isCure(answer) && !fails(answer)) return { kind: "cured", by: id, answer };
  }
  return { kind: "incurable", tried: changes.length };
}

/** A refusal is no cure: gunicorn answers 400 to headers that contradict each other. */
function isCure({ status }: Answer): boolean {
  return status < 500 && status !== 400 && status !== 421;
}

/** One thing changed in each, the likeliest first; two things only where each alone was not enough. */
function changesOf(told: readonly string[], host: string, remote: boolean): Change[] {
  const proto = protoOf(told);
  const https = [...without(told, [PROTO]), "X-Forwarded-Proto", "https"];
  const changes: Change[] = [];
  if (proto !== "https") changes.push({ id: "proto-https", told: https, from: "edge" });
  if (remote && proto !== undefined) changes.push({ id: "loopback", told, from: "loopback" });
  if (remote && proto !== "https") {
    changes.push({ id: "proto-https-loopback", told: https, from: "loopback" });
  }
  if (first(told, "host") !== host) {
    changes.push({ id: "host", told: ["Host", host, ...without(told, ["host"])], from: "edge" });
  }
  if (first(told, "x-forwarded-ssl") !== "on") {
    const ssl = [...without(told, ["x-forwarded-ssl"]), "X-Forwarded-Ssl", "on"];
    changes.push({ id: "ssl-on", told: ssl, from: "edge" });
  }
  changes.push({ id: "other-names", told: withOtherNames(told), from: "edge" });
  if (proto !== undefined) {
    changes.push({ id: "proto-absent", told: without(told, [PROTO]), from: "edge" });
  }
  return changes;
}

function withOtherNames(told: readonly string[]): string[] {
  const names = OTHER_NAMES.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
  return [...without(told, names), ...OTHER_NAMES];
}

/** What the app was told of the scheme: several lines count as one list (RFC 9110 5.3). */
export function protoOf(told: readonly string[]): string | undefined {
  const values = valuesOf(told, PROTO);
  return values.length === 0 ? undefined : values.join(", ");
}
