/**
 * Pages that load something from this machine or the local network: from a public address browsers
 * ask the visitor first, or fail without a request (Local Network Access).
 */
import { isLoopbackHost } from "../../cookies/hosts.js";
import type { App } from "../app-memory.js";
import { scanAnswer } from "../body-reading.js";
import type { LocalFound } from "../body-scan.js";
import type { DiagnosisContext } from "../context.js";
import type { BodyObservation, Detector } from "../detector.js";
import { type Finding, type Observation, stated } from "../finding.js";
import { shown, withoutQuery } from "../shown.js";

interface Seen {
  readonly observation: Observation;
  readonly context: DiagnosisContext;
  readonly example: LocalFound;
}

export const localNetworkUrl: Detector<Seen> = {
  code: "local-network-url",
  wants: { body: true },

  look(observation, { context }) {
    const example = foundIn(observation, context);
    if (!example) return [];
    return [{ seen: { observation, context, example }, key: originOf(example.url) }];
  },

  stillSo({ context, example }, again) {
    const body = again.body ?? scanAnswer(again, context);
    if (again.status !== 200 || !body) return undefined;
    const now = foundIn({ ...again, body }, context);
    return now !== undefined && originOf(now.url) === originOf(example.url);
  },

  explain({ observation, example }, { app }): Finding {
    const { method, url, status, fromLan } = observation;
    const snippet = shown(example.label + withoutQuery(example.url));
    if (fromLan && example.isLoopback) return elsewhere({ observation, example }, snippet, app);
    const cause = example.isLoopback ? "loopback" : "local-network";
    const whose = example.isLoopback
      ? "On a visitor's machine that is the visitor's own."
      : "Only this network has that address.";
    return stated({
      ...{ code: "local-network-url", cause, url },
      framework: app.known?.framework.id ?? null,
      explanation: `The answer to ${method} ${url} has in line ${example.line}: ${snippet}. ${whose} From a page of a public address Chromium asks the visitor for permission first (Local Network Access), and until that is given the request fails and no server sees it.`,
      chain: [
        `browser  ${method} ${url}`,
        `app      ${status}, line ${example.line}: ${snippet}`,
        "browser  from a public page: blocked, no request",
      ],
      fixes: [
        {
          where: "devtls, beside its other options",
          lines: [`devtls serve --route /local=${targetOf(example.url)}`],
        },
        { where: "the page", lines: [`Replace ${originOf(example.url)} with /local`] },
      ],
      settle: "devtls serve --address-space public shows it in the browser.",
    });
  },
};

/** Seen by another device, for which localhost is itself. */
function elsewhere(
  { observation, example }: Pick<Seen, "observation" | "example">,
  snippet: string,
  app: App,
): Finding {
  const { method, url, status, target } = observation;
  const isApp = originOf(example.url).replace(/^ws/, "http") === target;
  return stated({
    ...{ code: "local-network-url", cause: "localhost-on-another-device", url },
    framework: app.known?.framework.id ?? null,
    explanation: `The answer to ${method} ${url} has in line ${example.line}: ${snippet}. On a phone, or any other device, localhost is that device itself: nothing answers there, and no server sees a request.`,
    chain: [
      `device   ${method} ${url}`,
      `app      ${status}, line ${example.line}: ${snippet}`,
      "device   asks itself: refused",
    ],
    fixes: [
      ...(isApp
        ? []
        : [
            {
              where: "devtls, beside its other options",
              lines: [`devtls serve --route /local=${targetOf(example.url)}`],
            },
          ]),
      {
        where: "the page",
        lines: [
          isApp
            ? `Leave ${originOf(example.url)} out: a path alone stays with the page's own host`
            : `Replace ${originOf(example.url)} with /local`,
        ],
      },
    ],
    settle: "The console of that device's browser would settle it.",
  });
}

/** Of another origin than the page; from a page of this machine, only what is not on it. */
function foundIn(
  { body, url }: BodyObservation,
  { publicAddress = false }: DiagnosisContext,
): LocalFound | undefined {
  if (!body || body.local.length === 0) return undefined;
  const { host, hostname } = new URL(url);
  const isHere = isLoopbackHost(hostname.replace(/^\[|\]$/g, ""));
  return body.local.find(
    (each) => hostOf(each.url) !== host && (publicAddress || !each.isLoopback || !isHere),
  );
}

function originOf(url: string): string {
  return /^\w+:\/\/[^/?#\s"'`\\]+/.exec(url)?.[0] ?? url;
}

function hostOf(url: string): string {
  return originOf(url)
    .replace(/^\w+:\/\//, "")
    .toLowerCase();
}

function targetOf(url: string): string {
  return originOf(url).replace(/^ws/, "http");
}
