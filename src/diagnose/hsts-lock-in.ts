/** Strict-Transport-Security on a development host, and what it would have done (RFC 6797). */
import { isIpAddress, isLoopbackHost } from "../cookies/hosts.js";
import type { AppResponse } from "./cookie-findings.js";
import type { Finding } from "./finding.js";
import { type Framework, type FrameworkId, recognise } from "./frameworks.js";
import { valuesOf } from "./lines.js";

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

export interface HstsContext {
  readonly framework?: Framework | undefined;
  /** What `--hsts` made of the line: browsers saw it only when it was passed. */
  readonly passed?: boolean;
}

/** Where it is switched off while developing. */
const OFF: Readonly<Partial<Record<FrameworkId, string>>> = {
  django: "SECURE_HSTS_SECONDS = 0",
  flask: "Talisman(app, strict_transport_security=False)",
  rails: "config.ssl_options = { hsts: false } # config/environments/development.rb",
  express: "app.use(helmet({ strictTransportSecurity: false }))",
  nest: "app.use(helmet({ strictTransportSecurity: false }))",
  fastify: "app.register(helmet, { strictTransportSecurity: false })",
  spring: "http.headers(headers -> headers.httpStrictTransportSecurity(hsts -> hsts.disable()));",
  aspnet: "if (!app.Environment.IsDevelopment()) app.UseHsts();",
  symfony: "nelmio_security: { forced_ssl: { hsts_max_age: ~ } }",
  phoenix: "force_ssl: [hsts: false]",
};

/** Makes a browser forget what it was told (RFC 6797 6.1.1). */
const UNLOCK = "devtls serve --hsts 0";

/**
 * A finding `hsts-lock-in` for a response over https whose Strict-Transport-Security a browser
 * would have obeyed. Its cause is `include-subdomains` or `host`. Over plain http, on an address,
 * or with max-age=0 nobody is locked in.
 */
export function hstsLockIn(seen: AppResponse, context: HstsContext = {}): Finding | undefined {
  // Of several fields the first one counts (8.1).
  const [value] = valuesOf(seen.response, "strict-transport-security");
  if (value === undefined) return undefined;
  const { protocol, hostname } = new URL(seen.url);
  const host = hostname.replace(/^\[|\]$/g, "");
  if (protocol !== "https:" || isIpAddress(host)) return undefined;
  const policy = parseHsts(value);
  if (!policy || policy.maxAge === 0) return undefined;
  const framework = context.framework ?? recognise(seen.response);
  const off = framework && OFF[framework.id];
  return {
    code: "hsts-lock-in",
    cause: policy.includeSubDomains ? "include-subdomains" : "host",
    confidence: isLoopbackHost(host) ? "likely" : "proved",
    url: seen.url,
    framework: framework?.id ?? null,
    explanation: explain(host, policy, context.passed ?? false),
    chain: [
      `browser  ${seen.method} ${seen.url}`,
      `app      Strict-Transport-Security: ${value.slice(0, 200)}`,
      `browser  http://${host} on every port becomes https, ${lasting(policy.maxAge)}`,
    ],
    fix: [...(off ? [off] : []), ...(context.passed ? [UNLOCK] : [])],
  };
}

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
