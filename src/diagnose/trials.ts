/**
 * Differential diagnosis: the failing request once more, with one thing changed at a time, until
 * the failure is gone. The smallest change that cures it is the cause.
 */
import { toldOn443 } from "../edge/stand-in.js";
import { first, valuesOf, without } from "../lines.js";
import type { Answer, Ask, Observation, Proof, Trial } from "./finding.js";

export type ChangeId =
  | "proto-https"
  | "loopback"
  | "proto-https-loopback"
  | "host"
  | "proto-https-host"
  | "ssl-on"
  | "other-names"
  | "proto-absent"
  /** As an edge on port 443 would say it. */
  | "port-443"
  /** The same name, with a port. */
  | "host-port"
  | "no-contradiction"
  | "local-host"
  | "upgrade"
  | "origin"
  | "no-origin"
  | "local-origin";

/** The request with one thing changed. */
export interface Change extends Trial {
  readonly id: ChangeId;
  /** What was changed, as a header line or in words. */
  readonly says: string;
  /** The public URL that the changed request stands for, if it is another one. */
  readonly url?: string;
}

export type TrialOutcome =
  /** This change cures it. */
  | {
      readonly kind: "cured";
      readonly by: ChangeId;
      readonly answer: Answer;
      readonly proof: Proof;
    }
  /** None does. */
  | { readonly kind: "incurable"; readonly tried: number }
  /** It did not happen again when nothing was changed. */
  | { readonly kind: "gone" }
  /** The app was not asked, or did not answer. */
  | { readonly kind: "unasked" };

/** The first trial changes nothing, so that a failure that comes and goes proves nothing. */
export const MAX_TRIALS = 10;

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

/** What belongs to a body, which a GET of another page has not. */
const OF_BODY = ["content-length", "content-type", "transfer-encoding", "expect"];

/** The observed request, to be sent again as it was; undefined for one that must not be. */
export function repeatOf({ told, method }: Observation): Trial | undefined {
  const isSafe = method === "GET" || method === "HEAD";
  const hasBody = first(told, "content-length") ?? first(told, "transfer-encoding");
  if (!isSafe || hasBody !== undefined || told.length === 0) return undefined;
  const base = first(told, "upgrade") === undefined ? told : without(told, UPGRADING);
  return { told: base, from: "edge" };
}

/** A page that the browser has got before, asked for by what it said with another request. */
export function pageBefore({ told }: Observation, path: string): Trial {
  return { told: without(told, [...OF_BODY, "origin"]), from: "edge", path };
}

/**
 * Asks until a change cures the failure, one request after the other, {@link MAX_TRIALS} at most.
 * @param stillSo whether an answer shows the same failure; undefined where it says nothing of it
 */
export async function findCure(
  base: Trial,
  changes: readonly Change[],
  ask: Ask,
  stillSo: (answer: Answer, trial: Trial | Change) => boolean | undefined,
): Promise<TrialOutcome> {
  const again = await ask(base);
  if (!again) return { kind: "unasked" };
  const isSo = stillSo(again, base);
  if (!isSo) return { kind: isSo === false ? "gone" : "unasked" };
  const chosen = changes.slice(0, MAX_TRIALS - 1);
  for (const { id, says, url, ...trial } of chosen) {
    const answer = await ask(trial);
    if (!answer) return { kind: "unasked" };
    if (stillSo(answer, { ...trial, id, says, ...(url !== undefined && { url }) }) === false) {
      const [before, after] = [again, answer].map(described) as [string, string];
      const proof = { kind: "asked", changed: says, before, after } as const;
      return { kind: "cured", by: id, answer, proof };
    }
  }
  return { kind: "incurable", tried: chosen.length };
}

/** A refusal is no cure: gunicorn answers 400 to headers that contradict each other. */
export function isRefusal({ status }: Answer): boolean {
  return status >= 500 || status === 400 || status === 421 || status === 0;
}

function described({ status, response }: Answer): string {
  const location = first(response, "location");
  return location === undefined ? String(status) : `${status} ${location.replace(/[?#].*$/s, "")}`;
}

/**
 * What may make an app see https, one thing changed in each, the likeliest first; two things only
 * where each alone was not enough.
 * @param host as the browser named it
 * @param remote the edge connects from an address that is not this machine's own
 */
export function schemeChanges(base: Trial, host: string, remote: boolean): Change[] {
  const { told } = base;
  const proto = protoOf(told);
  const https = [...without(told, [PROTO]), "X-Forwarded-Proto", "https"];
  const changes: Change[] = [];
  const add = (id: ChangeId, says: string, change: Partial<Trial>): void => {
    changes.push({ ...base, ...change, id, says });
  };
  const sent = "X-Forwarded-Proto: https";
  if (proto !== "https") add("proto-https", sent, { told: https });
  if (remote && proto !== undefined) add("loopback", "from 127.0.0.1", { from: "loopback" });
  if (remote && proto !== "https") {
    add("proto-https-loopback", `${sent}, from 127.0.0.1`, { told: https, from: "loopback" });
  }
  if (first(told, "host") !== host) {
    add("host", `Host: ${host}`, { told: ["Host", host, ...without(told, ["host"])] });
    if (proto !== "https") {
      const both = ["Host", host, ...without(https, ["host"])];
      add("proto-https-host", `${sent}, Host: ${host}`, { told: both });
    }
  }
  if (first(told, "x-forwarded-ssl") !== "on") {
    const ssl = [...without(told, ["x-forwarded-ssl"]), "X-Forwarded-Ssl", "on"];
    add("ssl-on", "X-Forwarded-Ssl: on", { told: ssl });
  }
  const names = "X-Forwarded-Scheme, Front-End-Https, Forwarded and others that say https";
  add("other-names", names, { told: withOtherNames(told) });
  if (proto !== undefined) {
    add("proto-absent", "no X-Forwarded-Proto", { told: without(told, [PROTO]) });
  }
  return changes;
}

/** The same as an edge on port 443 would tell it. */
export function portChange(base: Trial, url: string): Change {
  const site = url.replace(/^(https:\/\/[^/?#]*?):\d+(?=[/?#]|$)/, "$1");
  const says = `the site without its port: ${new URL(site).origin}`;
  return { ...base, told: toldOn443(base.told, url), id: "port-443", says, url: site };
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
