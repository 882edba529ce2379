/** Strict-Transport-Security on a development host, and what it would have done (RFC 6797). */
import { isIpAddress, isLoopbackHost } from "../../cookies/hosts.js";
import { first } from "../../lines.js";
import type { Detector } from "../detector.js";
import { type Finding, type Observation, stated } from "../finding.js";
import { knownFixes } from "../remedies.js";

export interface HstsPolicy {
  /** Seconds. */
  readonly maxAge: number;
  readonly includeSubDomains: boolean;
  readonly preload: boolean;
}

/**
 * Reads the value of the field (RFC 6797 6.1). Undefined for what browsers ignore: no max-age, one
 * that is no number, a directive twice.
 */
export function parseHsts(value: string): HstsPolicy | undefined {
  const directives = new Map<string, string>();
  for (const part of value.split(";")) {
    const [, name = "", text = ""] = /^\s*([^=\s]*)\s*(?:=\s*(.*?))?\s*$/s.exec(part) ?? [];
    const key = name.toLowerCase();
    if (key === "") continue;
    if (directives.has(key)) return undefined;
    directives.set(key, text.replace(/^"(.*)"$/s, "$1"));
  }
  const age = directives.get("max-age");
  if (age === undefined || !/^\d+$/.test(age)) return undefined;
  return {
    maxAge: Number(age),
    includeSubDomains: directives.has("includesubdomains"),
    preload: directives.has("preload"),
  };
}

interface Locking extends HstsPolicy {
  readonly host: string;
  readonly value: string;
}

/**
 * What a browser would have obeyed of a response over https. Over plain http, on an address, or
 * with max-age=0 nobody is locked in.
 */
function lockingOf({ url, response }: Observation): Locking | undefined {
  // Of several fields the first one counts (8.1).
  const value = first(response, "strict-transport-security");
  if (value === undefined) return undefined;
  const { protocol, hostname } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "");
  if (protocol !== "https:" || isIpAddress(host)) return undefined;
  const policy = parseHsts(value);
  return policy && policy.maxAge > 0 ? { ...policy, host, value } : undefined;
}

/** Makes a browser forget what it was told (RFC 6797 6.1.1). */
const UNLOCK = { where: "devtls, beside its other options", lines: ["devtls serve --hsts 0"] };

interface Seen {
  readonly observation: Observation;
  readonly locking: Locking;
}

/** Its cause is `include-subdomains` or `host`. */
export const hstsLockIn: Detector<Seen> = {
  code: "hsts-lock-in",
  wants: { headers: ["strict-transport-security"] },

  look(observation) {
    const locking = lockingOf(observation);
    if (!locking) return [];
    return [{ seen: { observation, locking }, once: locking.host }];
  },

  stillSo: (_, again) => (again.status >= 400 ? undefined : lockingOf(again) !== undefined),

  explain({ observation, locking }, scene): Finding {
    const { method, url } = observation;
    const { host, value, maxAge } = locking;
    const passed = scene.context.hstsPassed ?? false;
    return stated({
      code: "hsts-lock-in",
      cause: locking.includeSubDomains ? "include-subdomains" : "host",
      url,
      framework: scene.app.known?.framework.id ?? null,
      explanation: explain(host, locking, passed),
      chain: [
        `browser  ${method} ${url}`,
        `app      Strict-Transport-Security: ${value.slice(0, 200)}`,
        `browser  http://${host} on every port becomes https, ${lasting(maxAge)}`,
      ],
      fixes: [...knownFixes("noHsts", { url }, scene), ...(passed ? [UNLOCK] : [])],
      ...(isLoopbackHost(host)
        ? { settle: "A browser that obeys it on this host, such as Safari, would settle it." }
        : { proof: { kind: "rule", rule: "RFC 6797 8.1 and 8.3" } }),
    });
  },
};

function explain(host: string, policy: HstsPolicy, passed: boolean): string {
  const { includeSubDomains, maxAge, preload } = policy;
  const what = includeSubDomains ? `${host} and every host below it` : host;
  const verb = passed ? "locks" : "would have locked";
  const sentences = [
    `Strict-Transport-Security ${verb} ${what} to https ${lasting(maxAge)}, on every port: HSTS knows no ports, so other dev servers of that name are no longer reachable over http, and a certificate error there can no longer be clicked away.`,
  ];
  if (isLoopbackHost(host)) {
    sentences.push("Chromium (from 132) and Firefox ignore it on localhost; Safari does not.");
  }
  if (preload) sentences.push("preload has no effect by itself.");
  sentences.push(
    passed
      ? "To unlock the browser again, max-age=0 has to be sent over https."
      : "devtls removed it; --hsts pass lets it through.",
  );
  return sentences.join(" ");
}

const UNITS: readonly (readonly [name: string, seconds: number])[] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];

/** "for 365 days". */
function lasting(seconds: number): string {
  const [name, size] = UNITS.find(([, each]) => seconds >= each) ?? ["second", 1];
  const count = Math.floor(seconds / size);
  return `for ${count} ${name}${count === 1 ? "" : "s"}`;
}
