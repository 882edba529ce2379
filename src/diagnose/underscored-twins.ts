/**
 * Headers that say X_Forwarded_Proto: a variable of CGI (RFC 3875 4.1.18), and with it of WSGI, Rack
 * and PHP, has the same name for it as for X-Forwarded-Proto, so that a client's own word passes for
 * the edge's.
 */
import { first, valuesOf } from "../lines.js";
import type { Finding, Observation } from "./finding.js";
import type { Framework, FrameworkId } from "./frameworks.js";

/** What apps believe of an edge. */
const BELIEVED = [
  ...["x-forwarded-proto", "x-forwarded-protocol", "x-forwarded-scheme", "x-forwarded-ssl"],
  ...["x-forwarded-for", "x-forwarded-host", "x-forwarded-port", "x-real-ip"],
];

/** Those whose header names are variables. */
const CGI_LIKE: readonly FrameworkId[] = [
  ...(["django", "flask", "rails", "php", "laravel", "symfony", "wordpress"] as const),
];

/** Lines that keep them from the app, at the edges which let them through. */
const AT_EDGE: Readonly<Record<string, (name: string) => string>> = {
  apache: (name) => `RequestHeader unset ${name}`,
  haproxy: (name) => `http-request del-header ${name}`,
  caddy: (name) => `request_header -${name}`,
};

/** gunicorn's from 22.0 on (docs.gunicorn.org, settings, header_map). */
const AT_SERVER = 'header_map = "drop"';

interface Twin {
  readonly name: string;
  readonly value: string;
  /** What the edge says under the name with hyphens. */
  readonly real: string | undefined;
}

/** The twins that say something else than the edge does. */
function twinsIn(told: readonly string[]): Twin[] {
  const twins: Twin[] = [];
  for (let index = 0; index < told.length; index += 2) {
    const name = told[index] as string;
    const hyphened = name.toLowerCase().replaceAll("_", "-");
    if (!name.includes("_") || !BELIEVED.includes(hyphened)) continue;
    const value = told[index + 1] as string;
    if (!valuesOf(told, hyphened).includes(value)) {
      twins.push({ name, value, real: first(told, hyphened) });
    }
  }
  return twins;
}

/**
 * Nothing failed, so that nothing is asked again: it is likely that the app believes them.
 * @returns undefined for an app that tells the two names apart, as far as is known
 */
export function twinFinding(
  { method, url, status, told }: Observation,
  edge: string,
  framework: Framework | undefined,
): Finding | undefined {
  const twins = twinsIn(told);
  if (twins.length === 0 || (framework && !CGI_LIKE.includes(framework.id))) return undefined;
  const lines = twins.map(({ name, value }) => `${name}: ${value}`).join(", ");
  const real = twins.map(({ name, real }) => {
    const hyphened = name.replaceAll("_", "-");
    return real === undefined ? `no ${hyphened}` : `${hyphened}: ${real}`;
  });
  const atEdge = AT_EDGE[edge];
  const names = [...new Set(twins.map(({ name }) => name))];
  return {
    code: "contradictory-scheme-headers",
    cause: "underscored-twin",
    confidence: "likely",
    url,
    framework: framework?.id ?? null,
    explanation: `${method} ${url} reached the app with ${lines} beside ${real.join(", ")}. WSGI, Rack, PHP and CGI apps have one variable for both spellings, so that any client can say what only the edge should.`,
    chain: [`browser  ${method} ${url} with ${lines}`, `app told ${lines}`, `app      ${status}`],
    fix: [...(atEdge ? names.map(atEdge) : []), AT_SERVER],
  };
}
