/**
 * Headers that say X_Forwarded_Proto: a variable of CGI (RFC 3875 4.1.18), and with it of WSGI, Rack
 * and PHP, has the same name for it as for X-Forwarded-Proto, so that a client's own word passes for
 * the edge's.
 */
import { first, valuesOf } from "../../lines.js";
import type { Detector } from "../detector.js";
import { type Finding, type Fix, type Observation, stated } from "../finding.js";
import type { FrameworkId } from "../frameworks/record.js";

/** What apps believe of an edge. */
const BELIEVED = [
  ...["x-forwarded-proto", "x-forwarded-protocol", "x-forwarded-scheme", "x-forwarded-ssl"],
  ...["x-forwarded-for", "x-forwarded-host", "x-forwarded-port", "x-real-ip"],
];

/** Those whose header names are variables. */
const CGI_LIKE: readonly FrameworkId[] = [
  ...(["django", "flask", "rails", "php", "laravel", "symfony", "wordpress"] as const),
];

/** From 22.0 on so unless it is told otherwise (docs.gunicorn.org, settings, header_map). */
const GUNICORN: Fix = { where: "gunicorn, gunicorn.conf.py", lines: ['header_map = "drop"'] };

export const underscoredTwin: Detector<Observation> = {
  code: "contradictory-scheme-headers",
  wants: { told: (told) => twinsIn(told).length > 0 },

  look: (observation) =>
    twinsIn(observation.told).length > 0 ? [{ seen: observation, key: "underscored-twin" }] : [],

  stillSo: (_, { told }) => twinsIn(told).length > 0,

  // Nothing failed, so that nothing is asked again.
  explain(seen, { app, edge }): Finding | undefined {
    const { method, url, status, told } = seen;
    const framework = app.known?.framework.id ?? null;
    if (framework !== null && !CGI_LIKE.includes(framework)) return undefined;
    const twins = twinsIn(told);
    const lines = twins.map(({ name, value }) => `${name}: ${value}`).join(", ");
    const real = twins.map(({ name }) => {
      const hyphened = name.replaceAll("_", "-");
      const value = first(told, hyphened.toLowerCase());
      return value === undefined ? `no ${hyphened}` : `${hyphened}: ${value}`;
    });
    const names = [...new Set(twins.map(({ name }) => name))];
    const drop = edge?.fixes?.drop ?? [];
    const atEdge = names.flatMap((name) => drop.map((line) => line.replace("{name}", name)));
    return stated({
      ...{ code: "contradictory-scheme-headers", cause: "underscored-twin", url, framework },
      explanation: `${method} ${url} reached the app with ${lines} beside ${real.join(", ")}. WSGI, Rack, PHP and CGI apps have one variable for both spellings, so that any client can say what only the edge should.`,
      chain: [`browser  ${method} ${url} with ${lines}`, `app told ${lines}`, `app      ${status}`],
      fixes: [
        ...(edge?.fixes && atEdge.length > 0 ? [{ where: edge.fixes.where, lines: atEdge }] : []),
        GUNICORN,
      ],
      settle: "What the app has for this header would settle it.",
    });
  },
};

interface Twin {
  readonly name: string;
  readonly value: string;
}

/** Those that say something else than the edge does. */
function twinsIn(told: readonly string[]): Twin[] {
  const twins: Twin[] = [];
  for (let index = 0; index < told.length; index += 2) {
    const name = told[index] as string;
    if (!name.includes("_")) continue;
    const hyphened = name.toLowerCase().replaceAll("_", "-");
    const value = told[index + 1] as string;
    if (BELIEVED.includes(hyphened) && !valuesOf(told, hyphened).includes(value)) {
      twins.push({ name, value });
    }
  }
  return twins;
}
