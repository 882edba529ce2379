/** Whether a browser keeps a cookie, and by which rule it does not (RFC 6265bis 5.7). */
import { domainMatches, isIpAddress, isLoopbackHost, isPublicSuffix } from "./hosts.js";
import { defaultPath, pathMatches } from "./paths.js";
import type { RuleId } from "./rules.js";
import { parseSetCookie, type SameSite, type SetCookie } from "./set-cookie.js";

/** No cookie lives longer than this many milliseconds: 400 days (5.5). */
export const MAX_LIFETIME_MS = 400 * 24 * 60 * 60 * 1000;

/** Where a Set-Cookie came from: the URL of the request that it answers. */
export interface CookieOrigin {
  readonly scheme: "https" | "http";
  /** In lower case, without port and without brackets: "localhost", "::1". */
  readonly host: string;
  /** The path alone, without query: "/a/b". */
  readonly path: string;
  /** The response answers a cross-site request that was no top-level navigation. */
  readonly crossSite?: boolean;
}

export interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly domain: string;
  /** It goes to `domain` itself only, not to hosts below it. */
  readonly hostOnly: boolean;
  readonly path: string;
  readonly secure: boolean;
  readonly httpOnly: boolean;
  readonly partitioned: boolean;
  readonly sameSite: SameSite;
  /** Milliseconds since 1970; undefined for a cookie of the session. In the past: a deletion. */
  readonly expires: number | undefined;
}

export type Verdict =
  | { readonly kind: "stored"; readonly cookie: Cookie }
  | { readonly kind: "rejected"; readonly rule: RuleId };

export interface JudgeOptions {
  /**
   * Take plain http on this machine for a secure connection, as Chromium and Firefox do. Safari
   * does not, and no production origin is one.
   */
  readonly trustLocalhost?: boolean;
  /** Milliseconds since 1970, which Max-Age counts from. */
  readonly now?: number;
  /** The cookies that there are, for the rule that protects Secure ones. */
  readonly stored?: Iterable<Cookie>;
}

/** Whether Secure cookies can come and go on this connection. */
export function isSecureConnection(
  { scheme, host }: Pick<CookieOrigin, "scheme" | "host">,
  trustLocalhost = false,
): boolean {
  return scheme === "https" || (trustLocalhost && isLoopbackHost(host));
}

/**
 * What a browser does with one Set-Cookie line that came in an HTTP response.
 * @param line one character per octet; never throws, whatever it is
 */
export function judge(line: string, origin: CookieOrigin, options: JudgeOptions = {}): Verdict {
  const parsed = parseSetCookie(line);
  if (typeof parsed === "string") return rejected(parsed);
  const rule = domainRule(parsed.domain, origin.host);
  if (rule) return rejected(rule);
  const hostOnly = parsed.domain === "" || isHostItself(parsed.domain, origin.host);
  const { expires: _, maxAge: __, ...rest } = parsed;
  const cookie: Cookie = {
    ...rest,
    domain: hostOnly ? origin.host : parsed.domain,
    hostOnly,
    path: parsed.path ?? defaultPath(origin.path),
    expires: expiryOf(parsed, options.now ?? Date.now()),
  };
  const broken =
    connectionRule(cookie, origin, options) ?? prefixRule(parsed, cookie, origin, options);
  return broken ? rejected(broken) : { kind: "stored", cookie };
}

function rejected(rule: RuleId): Verdict {
  return { kind: "rejected", rule };
}

/** Steps 8 to 10. */
function domainRule(domain: string, host: string): RuleId | undefined {
  if (domain === "" || domain === host) return undefined;
  if (/[^\x20-\x7e]/.test(domain)) return "domain-not-ascii";
  if (isIpAddress(host)) return "domain-ip";
  if (!domainMatches(host, domain)) return "domain-mismatch";
  return isPublicSuffix(domain) ? "public-suffix" : undefined;
}

/** A public suffix or an address may be named as Domain by itself alone, and means no more. */
function isHostItself(domain: string, host: string): boolean {
  return domain === host && (isPublicSuffix(host) || isIpAddress(host));
}

/** Step 6: Max-Age before Expires, and nothing lives for ever. */
function expiryOf({ maxAge, expires }: SetCookie, now: number): number | undefined {
  const wanted = maxAge === undefined ? expires : maxAge <= 0 ? 0 : now + maxAge * 1000;
  return wanted === undefined ? undefined : Math.min(wanted, now + MAX_LIFETIME_MS);
}

/** Steps 13 to 19. */
function connectionRule(
  cookie: Cookie,
  origin: CookieOrigin,
  { trustLocalhost, stored = [] }: JudgeOptions,
): RuleId | undefined {
  if (!isSecureConnection(origin, trustLocalhost)) {
    if (cookie.secure) return "secure-over-http";
    for (const other of stored) if (isProtected(other, cookie)) return "leave-secure-alone";
  }
  if (origin.crossSite && cookie.sameSite !== "none") return "cross-site-response";
  if (cookie.sameSite === "none" && !cookie.secure) return "same-site-none-insecure";
  return cookie.partitioned && !cookie.secure ? "partitioned-insecure" : undefined;
}

/** Step 16. The paths are compared one way only: a Secure cookie of /login guards what is below it. */
function isProtected(existing: Cookie, cookie: Cookie): boolean {
  return (
    existing.secure &&
    existing.name === cookie.name &&
    (domainMatches(existing.domain, cookie.domain) ||
      domainMatches(cookie.domain, existing.domain)) &&
    pathMatches(cookie.path, existing.path)
  );
}

/** Longer prefixes first: __Host-Http- begins with __Host-. */
const PREFIXES: readonly (readonly [prefix: string, rule: RuleId])[] = [
  ["__host-http-", "host-http-prefix"],
  ["__host-", "host-prefix"],
  ["__http-", "http-prefix"],
  ["__secure-", "secure-prefix"],
];

/** The rule that the beginning of a name calls for, whatever its case; undefined for most names. */
export function prefixOf(name: string): RuleId | undefined {
  if (!name.startsWith("__")) return undefined;
  const lower = name.toLowerCase();
  return PREFIXES.find(([prefix]) => lower.startsWith(prefix))?.[1];
}

/** Steps 20 to 22. */
function prefixRule(
  parsed: SetCookie,
  cookie: Cookie,
  origin: CookieOrigin,
  { trustLocalhost }: JudgeOptions,
): RuleId | undefined {
  if (parsed.name === "") return prefixOf(parsed.value) ? "nameless-prefix" : undefined;
  const rule = prefixOf(parsed.name);
  if (!rule) return undefined;
  const secure = cookie.secure && isSecureConnection(origin, trustLocalhost);
  const ofHost = cookie.hostOnly && parsed.path === "/";
  const met = {
    "secure-prefix": secure,
    "host-prefix": secure && ofHost,
    "http-prefix": secure && cookie.httpOnly,
    "host-http-prefix": secure && ofHost && cookie.httpOnly,
  }[rule as string];
  return met ? undefined : rule;
}

/** Whether two cookies are one, the later of which replaces the earlier. */
export function isSameCookie(a: Cookie, b: Cookie): boolean {
  return (
    a.name === b.name && a.path === b.path && a.domain === b.domain && a.hostOnly === b.hostOnly
  );
}
