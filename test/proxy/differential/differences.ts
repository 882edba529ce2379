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
  return found;
}

const HOP = "it speaks of one connection, and devtls has its own to the app (RFC 9110 7.6.1)";
const MERGED = "http-proxy merges lines of one name, or keeps the last; devtls keeps every line";
const CLAIMED = "--simulate none takes away what a client claims of its connection";
const EMPTY = "http-proxy finds a body empty that ended at once; devtls began it before that";

/** Kinds of differences. */
export const LISTED: Readonly<Record<string, string>> = {
  "app: first line": "http-proxy folds // in paths; devtls keeps the path",
  "app: connection": HOP,
  "app: keep-alive": HOP,
  "app: content-length":
    "http-proxy gives DELETE and OPTIONS a length that the client did not send",
  "app: forwarded": CLAIMED,
  "app: x-forwarded-for": CLAIMED,
  "app: x-forwarded-proto": CLAIMED,
  "app: x-twice": MERGED,
  "client: date": "Node's server adds a Date that the app did not send; devtls adds nothing",
  "client: keep-alive": HOP,
  "client: link": MERGED,
  "client: vary": MERGED,
  "client: content-length": EMPTY,
  "client: transfer-encoding": EMPTY,
  "client: strict-transport-security":
    "devtls strips it unless told otherwise: it would lock the other ports of the host, too",
};

/** Cases in which http-proxy breaks the request, so that there is nothing to compare. */
export const BROKEN_BY_HTTP_PROXY: Readonly<Record<string, string>> = Object.fromEntries(
  [0, 1, 2, 3].map((body) => [
    `DELETE of body ${body} in chunks`,
    "it removes Transfer-Encoding, and the app takes the body for the next request",
  ]),
);
