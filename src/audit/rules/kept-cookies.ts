/**
 * The cookies that the Observatory finds. Its jar is RFC 6265's of 2011 with the prefixes of 6265bis,
 * and keeps what today's browsers refuse (Secure from plain http, SameSite=None without Secure):
 * those are what its test looks for. `cookies/` has the browsers' rules.
 */
import { getDomain } from "tldts";
import { domainMatches } from "../../cookies/hosts.js";
import type { Cookie } from "../../cookies/judge.js";
import { defaultPath, pathMatches } from "../../cookies/paths.js";

export interface KeptCookie
  extends Pick<Cookie, "name" | "value" | "domain" | "hostOnly" | "path" | "secure" | "httpOnly"> {
  readonly sameSite: "strict" | "lax" | "none" | undefined;
  /** It was over when it came. */
  readonly isExpired: boolean;
}

/** A server must not be able to fill the memory. */
const MAX_COOKIES = 3_000;

export class KeptCookies {
  readonly #cookies = new Map<string, KeptCookie>();

  get all(): readonly KeptCookie[] {
    return [...this.#cookies.values()];
  }

  /** Keeps what one Set-Cookie line sets, if anything. */
  keep(line: string, url: URL): void {
    const cookie = cookieIn(line, url);
    if (!cookie || this.#cookies.size >= MAX_COOKIES) return;
    this.#cookies.set(keyOf(cookie), cookie);
  }

  /**
   * The Cookie field for a request. What is over goes away when it would have been sent, and not
   * before: that is how the Observatory's jar counts.
   */
  sentTo({ hostname, pathname, protocol }: URL): string | undefined {
    const host = hostOf(hostname);
    const sent = this.all.filter((cookie) => {
      const { domain, hostOnly, path, secure } = cookie;
      if (hostOnly ? host !== domain : !domainMatches(host, domain)) return false;
      if (!pathMatches(pathname, path) || (secure && protocol !== "https:")) return false;
      if (!cookie.isExpired) return true;
      this.#cookies.delete(keyOf(cookie));
      return false;
    });
    if (sent.length === 0) return undefined;
    return sent.map(({ name, value }) => `${name}=${value}`).join("; ");
  }
}

function keyOf({ domain, path, name }: KeptCookie): string {
  return JSON.stringify([domain, path, name]);
}

function hostOf(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, "").toLowerCase();
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\x00-\x1f]/;

/** One Set-Cookie line (RFC 6265 5.2, 5.3), or undefined for what is not kept. */
export function cookieIn(line: string, url: URL): KeptCookie | undefined {
  const [pair = "", ...attributes] = line.trim().split(";");
  const at = pair.indexOf("=");
  if (at <= 0) return undefined;
  const [name, value] = [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
  if (CONTROL.test(name) || CONTROL.test(value)) return undefined;
  const said = attributesIn(attributes);
  const host = hostOf(url.hostname);
  const domain = said.domain ?? host;
  if (said.domain !== undefined && !(mayBeSetFor(domain) && domainMatches(host, domain))) {
    return undefined;
  }
  const cookie: KeptCookie = {
    ...{ name, value, domain, hostOnly: said.domain === undefined },
    path: said.path ?? defaultPath(url.pathname),
    ...{ secure: said.secure, httpOnly: said.httpOnly, sameSite: said.sameSite },
    isExpired: said.isExpired,
  };
  return isAsItsPrefixSays(cookie) ? cookie : undefined;
}

interface Attributes {
  domain: string | undefined;
  path: string | undefined;
  secure: boolean;
  httpOnly: boolean;
  sameSite: KeptCookie["sameSite"];
  isExpired: boolean;
}

/** The last one of a name counts; Max-Age goes before Expires. */
function attributesIn(texts: readonly string[]): Attributes {
  const said: Attributes = {
    ...{ domain: undefined, path: undefined, secure: false, httpOnly: false },
    ...{ sameSite: undefined, isExpired: false },
  };
  let age: number | undefined;
  let expires: number | undefined;
  for (const text of texts) {
    const at = text.indexOf("=");
    const name = (at < 0 ? text : text.slice(0, at)).trim().toLowerCase();
    const value = at < 0 ? "" : text.slice(at + 1).trim();
    if (name === "secure") said.secure = true;
    else if (name === "httponly") said.httpOnly = true;
    else if (name === "samesite") said.sameSite = sameSiteIn(value);
    else if (name === "path") said.path = value.startsWith("/") ? value : undefined;
    else if (name === "domain") said.domain = domainIn(value) ?? said.domain;
    else if (name === "max-age" && /^-?\d+$/.test(value)) age = Number(value);
    else if (name === "expires") expires = timeIn(value) ?? expires;
  }
  said.isExpired = age === undefined ? expires !== undefined && expires <= Date.now() : age <= 0;
  return said;
}

function sameSiteIn(value: string): KeptCookie["sameSite"] {
  const word = value.toLowerCase();
  return word === "strict" || word === "lax" || word === "none" ? word : undefined;
}

function domainIn(value: string): string | undefined {
  const domain = value.replace(/^\./, "").toLowerCase();
  return domain === "" ? undefined : domain;
}

function timeIn(value: string): number | undefined {
  const time = Date.parse(value.replace(/-/g, " "));
  return Number.isNaN(time) ? undefined : time;
}

/** No public suffix; below the names of RFC 6761 every second label is a site of its own. */
function mayBeSetFor(domain: string): boolean {
  const labels = domain.split(".");
  const top = labels.at(-1) ?? "";
  if (/^(?:local|example|invalid|localhost|test)$/.test(top)) {
    if (labels.length > 1) return true;
    if (top === "localhost" || top === "invalid") return true;
  }
  return domain.includes(":") || getDomain(domain, { allowPrivateDomains: true }) !== null;
}

function isAsItsPrefixSays({ name, secure, hostOnly, path }: KeptCookie): boolean {
  if (name.startsWith("__Secure-")) return secure;
  if (name.startsWith("__Host-")) return secure && hostOnly && path === "/";
  return true;
}
