/** Where devtls and http-proxy part, each with its reason. */
import type { Message } from "./sides.js";

export interface Difference {
  /** Who sees it, and in what. */
  readonly kind: string;
  readonly ours: unknown;
  readonly theirs: unknown;
}

/** Everything in which two messages are not equal. */
export function differencesOf(who: "app" | "client", ours: Message, theirs: Message): Difference[] {
  const found: Difference[] = [];
  const compare = (what: string, a: unknown, b: unknown): void => {
    if (JSON.stringify(a) !== JSON.stringify(b))
      found.push({ kind: `${who}: ${what}`, ours: a, theirs: b });
  };
  compare("first line", ours.line, theirs.line);
  for (const name of new Set([...ours.headers.keys(), ...theirs.headers.keys()])) {
    compare(name, ours.headers.get(name), theirs.headers.get(name));
  }
  compare("body", ours.body, theirs.body);
  compare("trailers", [...ours.trailers], [...theirs.trailers]);
  compare("informational", ours.informational, theirs.informational);
  return found;
}

const HOP = "it speaks of one connection, and devtls has its own to the app (RFC 9110 7.6.1)";
const MERGED = "http-proxy merges lines of one name, or keeps the last; devtls keeps every line";
const CLAIMED = "--simulate none takes away what a client claims of its connection";
const PASSED = "http-proxy drops it; devtls passes it on";
const EMPTY = "http-proxy finds a body empty that ended at once; devtls began it before that";

interface Listed {
  /** The names of the cases in which it may be seen. */
  readonly cases: RegExp;
  readonly reason: string;
}

const ANY = /^/;

/** Kinds of differences. */
export const LISTED: Readonly<Record<string, Listed>> = {
  "app: first line": {
    cases: /^path \/\/double/,
    reason: "http-proxy folds // in paths; devtls keeps the path",
  },
  "app: connection": { cases: ANY, reason: HOP },
  "app: keep-alive": { cases: /header Keep-Alive/, reason: HOP },
  "app: content-length": {
    cases: /^method (?:DELETE|OPTIONS|PROPFIND|REPORT|PURGE)$/,
    reason: "http-proxy, or Node's client below it, adds a length that the client did not send",
  },
  "app: forwarded": { cases: /header X-Forwarded/, reason: CLAIMED },
  "app: x-forwarded-for": { cases: /header X-Forwarded/, reason: CLAIMED },
  "app: x-forwarded-proto": { cases: /header X-Forwarded/, reason: CLAIMED },
  "app: x-twice": { cases: /header X-Twice/, reason: MERGED },
  "client: date": {
    cases: ANY,
    reason: "Node's server adds a Date that the app did not send; devtls adds nothing",
  },
  "client: keep-alive": { cases: /header Keep-Alive/, reason: HOP },
  "client: link": { cases: /header Link/, reason: MERGED },
  "client: vary": { cases: /header Vary/, reason: MERGED },
  "client: content-length": { cases: /of 0 octets, framing close/, reason: EMPTY },
  "client: transfer-encoding": { cases: /of 0 octets, framing close/, reason: EMPTY },
  "client: strict-transport-security": {
    cases: /header Strict-Transport-Security/,
    reason:
      "devtls strips it unless told otherwise: it would lock the other ports of the host, too",
  },
  "app: trailers": { cases: /^trailers of a request$/, reason: PASSED },
  "client: trailers": { cases: /^trailers of a response$/, reason: PASSED },
  "client: informational": { cases: /^(?:102 and )?103 before the response$/, reason: PASSED },
};

export function isListed({ kind }: Difference, name: string): boolean {
  return LISTED[kind]?.cases.test(name) === true;
}

/** Cases in which http-proxy breaks the request, so that there is nothing to compare. */
export const BROKEN_BY_HTTP_PROXY: Readonly<Record<string, string>> = Object.fromEntries(
  [0, 1, 2, 3].map((body) => [
    `DELETE of body ${body} in chunks`,
    "it removes Transfer-Encoding, and the app takes the body for the next request",
  ]),
);
