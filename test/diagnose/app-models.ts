/** Apps as far as a replay can tell them apart: whether they take a request for https. */
import type { Answer, Ask, Trial } from "../../src/diagnose/finding.js";
import { protoOf } from "../../src/diagnose/trials.js";
import { first } from "../../src/lines.js";

export type IsSecure = (trial: Trial) => boolean;

/** Which app believes what, as the frameworks do (values measured with the real ones). */
export const APPS = {
  deaf: () => false,
  /** Django's SECURE_PROXY_SSL_HEADER, Express: the first value. */
  first: ({ told }) => (protoOf(told) ?? "").split(",")[0]?.trim() === "https",
  /** ProxyFix with x_proto=1: the last value. */
  last: ({ told }) => (protoOf(told) ?? "").split(",").at(-1)?.trim() === "https",
  /** gunicorn: exactly "https", from this machine. */
  loopbackOnly: ({ told, from }) => from === "loopback" && protoOf(told) === "https",
  /** Rack and gunicorn listen to it, too. */
  ssl: ({ told }) => first(told, "x-forwarded-ssl") === "on",
  frontEnd: ({ told }) => first(told, "front-end-https") === "on",
  /** Sends everybody to the canonical host. */
  canonicalHost: ({ told }) => first(told, "host") === "localhost:8443",
  /** Wants no word of it. */
  confused: ({ told }) => protoOf(told) === undefined,
} as const satisfies Record<string, IsSecure>;

export type AppName = keyof typeof APPS;

/** An app that forces https as they do, and counts what it is asked. */
export function forcing(
  app: AppName,
  url: string,
  response: readonly string[] = [],
): { readonly ask: Ask; readonly asked: Trial[]; readonly answer: (trial: Trial) => Answer } {
  const asked: Trial[] = [];
  const answer = (trial: Trial): Answer =>
    APPS[app](trial)
      ? { status: 200, response: [...response] }
      : { status: 301, response: ["Location", url, ...response] };
  return {
    asked,
    answer,
    ask: async (trial) => {
      asked.push(trial);
      return answer(trial);
    },
  };
}
