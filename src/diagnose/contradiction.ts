/** Requests that the app refuses because their headers say http and https at once. */
import type { Answer, Finding, Observation } from "./finding.js";
import type { Framework } from "./frameworks.js";
import { first, without } from "./lines.js";

/** Header, and the value by which it says https, as gunicorn's secure_scheme_headers have it. */
const SAYS_HTTPS: readonly (readonly [name: string, value: string])[] = [
  ["x-forwarded-proto", "https"],
  ["x-forwarded-protocol", "ssl"],
  ["x-forwarded-ssl", "on"],
];

/** The scheme headers that were sent, where they do not agree. */
export function contradictions(told: readonly string[]): string[] {
  const sent = SAYS_HTTPS.flatMap(([name, https]) => {
    const value = first(told, name);
    return value === undefined
      ? []
      : [{ name, secure: value === https, line: `${name}: ${value}` }];
  });
  const agree = sent.every(({ secure }) => secure === sent[0]?.secure);
  return agree ? [] : sent.map(({ line }) => line);
}

/** The request with X-Forwarded-Proto alone: a refusal that is gone was about the others. */
export function withoutOthers(told: readonly string[]): string[] {
  return without(told, ["x-forwarded-protocol", "x-forwarded-ssl"]);
}

export function isSuspect({ status, told, refusal }: Observation): boolean {
  return status === 400 && (refusal === "gunicorn" || contradictions(told).length > 0);
}

/**
 * @param again the answer to {@link withoutOthers}; undefined when nobody asked
 * @returns undefined when the app refuses that, too, and its page says nothing of a contradiction
 */
export function contradictionFinding(
  { method, url, status, told, refusal }: Observation,
  framework: Framework | undefined,
  again: Answer | undefined,
): Finding | undefined {
  const said = refusal === "gunicorn";
  if (!said && (!again || again.status === 400)) return undefined;
  const lines = contradictions(told);
  return {
    code: "contradictory-scheme-headers",
    cause: "contradictory-values",
    confidence: "proved",
    url,
    framework: framework?.id ?? null,
    explanation: `${method} ${url} was refused with ${status}: one header says https and another does not (${lines.join(", ")}), and the server will not choose.${said ? ' Its page says "Contradictory scheme headers", as gunicorn does.' : " Without the others it answers."}`,
    chain: [`browser  ${method} ${url}`, `app told ${lines.join(", ")}`, `app      ${status}`],
    fix: ['proxy_set_header X-Forwarded-Ssl "";', 'proxy_set_header X-Forwarded-Protocol "";'],
  };
}
