/** Requests that the app refuses because their headers say http and https at once. */

import { first, without } from "../../lines.js";
import type { Detector } from "../detector.js";
import { type Finding, type Observation, stated } from "../finding.js";
import { saysIn } from "../refusals.js";
import type { Change } from "../trials.js";

/** Header, and the value by which it says https, as gunicorn's secure_scheme_headers have it. */
const SAYS_HTTPS: readonly (readonly [name: string, value: string])[] = [
  ["x-forwarded-proto", "https"],
  ["x-forwarded-protocol", "ssl"],
  ["x-forwarded-ssl", "on"],
];

/** The scheme headers that were sent, where they do not agree. */
function contradictions(told: readonly string[]): string[] {
  const sent = SAYS_HTTPS.flatMap(([name, https]) => {
    const value = first(told, name);
    return value === undefined
      ? []
      : [{ name, secure: value === https, line: `${name}: ${value}` }];
  });
  const agree = sent.every(({ secure }) => secure === sent[0]?.secure);
  return agree ? [] : sent.map(({ line }) => line);
}

export const contradiction: Detector<Observation> = {
  code: "contradictory-scheme-headers",
  wants: { unusual: true },

  look: (observation) => (isSuspect(observation) ? [{ seen: observation }] : []),

  changes: ({ told }, base): readonly Change[] => [
    {
      ...base,
      told: withoutOthers(told),
      ...{ id: "no-contradiction", says: "X-Forwarded-Proto alone" },
    },
  ],

  stillSo: (_, { status }) => (status === 400 ? true : status >= 500 ? undefined : false),

  explain(seen, { verdict, app }): Finding | undefined {
    const { method, url, status, told } = seen;
    const isSaid = says(seen);
    const cured = verdict.kind === "cured" ? verdict : undefined;
    // An app may refuse for another reason.
    if (!cured && !isSaid) return undefined;
    const lines = contradictions(told);
    return stated({
      ...{ code: "contradictory-scheme-headers", cause: "contradictory-values", url },
      framework: app.known?.framework.id ?? null,
      explanation: `${method} ${url} was refused with ${status}: one header says https and another does not (${lines.join(", ")}), and the server will not choose.${isSaid ? ' Its page says "Contradictory scheme headers", as gunicorn does.' : ""}${cured ? " Without the others it answers." : ""}`,
      chain: [`browser  ${method} ${url}`, `app told ${lines.join(", ")}`, `app      ${status}`],
      fixes: [
        {
          where: "nginx, at the edge",
          lines: [
            'proxy_set_header X-Forwarded-Ssl "";',
            'proxy_set_header X-Forwarded-Protocol "";',
          ],
        },
      ],
      ...(cured
        ? { proof: cured.proof }
        : { settle: "The same request with X-Forwarded-Proto alone would settle it." }),
    });
  },
};

function isSuspect(observation: Observation): boolean {
  const { status, told } = observation;
  return status === 400 && (says(observation) || contradictions(told).length > 0);
}

function says({ page }: Observation): boolean {
  return saysIn(page, undefined)?.refusal.says === "contradiction";
}

/** The request with X-Forwarded-Proto alone: a refusal that is gone was about the others. */
function withoutOthers(told: readonly string[]): string[] {
  return without(told, ["x-forwarded-protocol", "x-forwarded-ssl"]);
}
