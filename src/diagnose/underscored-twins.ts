/**
 * Headers that say X_Forwarded_Proto: a variable of CGI (RFC 3875 4.1.18), and with it of WSGI, Rack
 * and PHP, has the same name for it as for X-Forwarded-Proto, so that a client's own word passes for
 * the edge's.
 */
import { first, valuesOf, without } from "../lines.js";
import type { Answer, Finding, Observation } from "./finding.js";
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

export interface Twin {
  readonly name: string;
  readonly value: string;
  /** What the edge says under the name with hyphens. */
  readonly real: string | undefined;
}

/** The twins that say something else than the edge does. */
export function twinsIn(told: readonly string[]): Twin[] {
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

/** The request as an edge would send it that drops them. */
export function withoutTwins(told: readonly string[]): string[] {
  return without(
    told,
    twinsIn(told).map(({ name }) => name.toLowerCase()),
  );
}

/**
 * @param again the answer to {@link withoutTwins}; undefined when nobody asked
 * @returns undefined for an app that tells the two names apart, as far as is known
 */
export function twinFinding(
  { method, url, status, told }: Observation,
  edge: string,
  framework: Framework | undefined,
  again: Answer | undefined,
): Finding | undefined {
  const twins = twinsIn(told);
  const proved = again !== undefined && again.status !== status;
  if (!proved && framework && !CGI_LIKE.includes(framework.id)) return undefined;
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
    confidence: proved ? "proved" : "likely",
    url,
    framework: framework?.id ?? null,
    explanation: `${method} ${url} reached the app with ${lines} beside ${real.join(", ")}. WSGI, Rack, PHP and CGI apps have one variable for both spellings, so that any client can say what only the edge should.${proved ? ` Without it the app answers ${again.status} instead of ${status}.` : ""}`,
    chain: [`browser  ${method} ${url} with ${lines}`, `app told ${lines}`, `app      ${status}`],
    fix: [...(atEdge ? names.map(atEdge) : []), AT_SERVER],
  };
}
