/** Whether a cookie holds a session: by its name where that is known, else by what it does. */
import type { SetCookie } from "../cookies/set-cookie.js";
import { FRAMEWORKS } from "./frameworks/index.js";
import type { Framework } from "./frameworks/record.js";

/** Names that say what the cookie is for, in whatever framework. */
const TELLING_NAME = /sess|(?:^|[._-])s?sid$|^sid\b|auth|login|logged|remember|jwt/i;

/** Tokens against forgery are random and HttpOnly, too, and no session. */
const FORGERY = /csrf|xsrf|nonce|state|verif|pkce|antiforgery|test/i;

/** Session ids have 64 bits at least (OWASP), which are 11 characters in the densest alphabet. */
const MIN_RANDOM = 16;

/** As PHP makes them by the php.ini that it comes with, and without one. */
const PHP_ID = /^(?:[0-9a-v]{26}|[0-9a-f]{32})$/;

/** How sure it is. */
export type SessionEvidence =
  /** Its framework is known to call it so. */
  | "known"
  /** HttpOnly, random, and kept for the session or set at a login. */
  | "looks";

export interface CookieScene {
  readonly framework: Framework | undefined;
  /** The response answers a login. */
  readonly atLogin: boolean;
}

/** @param value as it stands in the line */
export function sessionEvidence(
  cookie: SetCookie,
  { framework, atLogin }: CookieScene,
): SessionEvidence | undefined {
  const { name, value, httpOnly, maxAge, expires } = cookie;
  const bare = name.replace(/^__(?:Secure|Host|Http|Host-Http)-/i, "");
  if (framework?.sessions?.test(bare)) return "known";
  if (FORGERY.test(bare)) return undefined;
  const random = isRandom(value);
  if (isNamedSo(bare) && (random || !framework)) return "known";
  if (!random) return undefined;
  if (TELLING_NAME.test(bare)) return "looks";
  const forSession = maxAge === undefined && expires === undefined;
  const isPhps = framework?.id === "php" && PHP_ID.test(value);
  return (httpOnly || isPhps) && (forSession || atLogin) ? "looks" : undefined;
}

/** The names that frameworks give the cookies of their sessions, but those that say nothing. */
function isNamedSo(name: string): boolean {
  return FRAMEWORKS.some(({ sessions }) => sessions?.test(name)) && !/^session$|Token$/.test(name);
}

/** Long, without words, of several kinds of characters: an id, or something that is signed. */
function isRandom(value: string): boolean {
  const text = value.replace(/^"|"$/g, "");
  if (text.length < MIN_RANDOM) return false;
  let longest = 0;
  for (const run of decoded(text).split(/[^0-9a-zA-Z+/=_-]/))
    longest = Math.max(longest, run.length);
  if (longest < MIN_RANDOM) return false;
  const kinds = [/[0-9]/, /[a-z]/, /[A-Z]/].filter((kind) => kind.test(text)).length;
  const different = new Set(text).size;
  return kinds >= 2 && different >= 8;
}

function decoded(text: string): string {
  return text.replace(/%[0-9a-f]{2}/gi, ".");
}
