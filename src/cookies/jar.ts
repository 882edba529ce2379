/** A browser's cookies: what it keeps and what it sends (RFC 6265bis 5.7, 5.8.3). */
import { domainMatches, registrableDomain } from "./hosts.js";
import {
  type Cookie,
  type CookieOrigin,
  isSameCookie,
  isSecureConnection,
  judge,
  type Verdict,
} from "./judge.js";
import { pathMatches } from "./paths.js";

export interface JarOptions {
  /** See {@link judge}. */
  readonly trustLocalhost?: boolean;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Cookies of one registrable domain; 180 as in Chromium, where the draft asks for 50. */
  readonly perDomain?: number;
  /** Cookies in all; 3,000 as the draft asks for. */
  readonly total?: number;
}

/** A request that cookies may go along with. */
export interface CookieRequest {
  readonly scheme: "https" | "http";
  /** In lower case, without port and without brackets. */
  readonly host: string;
  /** Without query. */
  readonly path: string;
  /** Where the request comes from; a page of the same site unless told otherwise. */
  readonly from?: "same-site" | "cross-site" | "cross-site-navigation";
  /** GET unless told otherwise. */
  readonly method?: string;
  /** A script asks (document.cookie), which HttpOnly cookies are hidden from. */
  readonly script?: boolean;
}

interface Entry {
  readonly cookie: Cookie;
  /** The registrable domain, which limits are counted by. */
  readonly site: string;
  /** Counted, not timed: two cookies of one response come one after the other. */
  readonly created: number;
  accessed: number;
}

const SAFE_METHODS = ["GET", "HEAD", "OPTIONS", "TRACE"];

export class CookieJar {
  readonly #options: Required<JarOptions>;
  #entries: Entry[] = [];
  /** No cookie expires before. */
  #nextExpiry = Number.POSITIVE_INFINITY;
  #count = 0;

  constructor(options: JarOptions = {}) {
    this.#options = {
      trustLocalhost: false,
      now: Date.now,
      perDomain: 180,
      total: 3000,
      ...options,
    };
  }

  /** The cookies that have not expired, oldest first. */
  get cookies(): readonly Cookie[] {
    this.#expire();
    return this.#entries.map(({ cookie }) => cookie);
  }

  /** Judges one Set-Cookie line and keeps what passes; an expired cookie deletes its namesake. */
  store(line: string, origin: CookieOrigin): Verdict {
    this.#expire();
    const { trustLocalhost, now } = this.#options;
    const options = { trustLocalhost, now: now(), stored: this.#stored() };
    const verdict = judge(line, origin, options);
    if (verdict.kind === "rejected") return verdict;
    const { cookie } = verdict;
    const at = this.#entries.findIndex((entry) => isSameCookie(entry.cookie, cookie));
    const [before] = at < 0 ? [] : this.#entries.splice(at, 1);
    if (isExpired(cookie, now())) return verdict;
    const accessed = this.#count++;
    // What replaces a cookie keeps its place in the order of creation (step 23).
    const site = registrableDomain(cookie.domain);
    const entry = { cookie, site, created: before?.created ?? accessed, accessed };
    if (before) this.#entries.splice(at, 0, entry);
    else this.#entries.push(entry);
    this.#nextExpiry = Math.min(this.#nextExpiry, cookie.expires ?? Number.POSITIVE_INFINITY);
    this.#evict(site);
    return verdict;
  }

  /** The cookies for a request: longer paths first, then older ones (5.8.3 step 2). */
  matching(request: CookieRequest): readonly Cookie[] {
    this.#expire();
    const found = this.#entries.filter(({ cookie }) => this.#goesAlong(cookie, request));
    for (const entry of found) entry.accessed = this.#count++;
    return found
      .sort((a, b) => b.cookie.path.length - a.cookie.path.length || a.created - b.created)
      .map(({ cookie }) => cookie);
  }

  /** The value of the Cookie field, or undefined when there is nothing to send. */
  cookieHeader(request: CookieRequest): string | undefined {
    const pairs = this.matching(request).map(({ name, value }) =>
      name === "" ? value : `${name}=${value}`,
    );
    return pairs.length === 0 ? undefined : pairs.join("; ");
  }

  #goesAlong(cookie: Cookie, request: CookieRequest): boolean {
    const { host, path, from = "same-site", method = "GET", script = false } = request;
    const reaches = cookie.hostOnly ? host === cookie.domain : domainMatches(host, cookie.domain);
    if (!reaches || !pathMatches(path, cookie.path)) return false;
    if (cookie.secure && !isSecureConnection(request, this.#options.trustLocalhost)) return false;
    if (cookie.httpOnly && script) return false;
    if (from === "same-site" || cookie.sameSite === "none") return true;
    // Lax, also where no attribute says so: a link from elsewhere, not a form or a subresource.
    const isLink = from === "cross-site-navigation" && SAFE_METHODS.includes(method);
    return isLink && cookie.sameSite !== "strict";
  }

  #expire(): void {
    const now = this.#options.now();
    if (now < this.#nextExpiry) return;
    this.#entries = this.#entries.filter(({ cookie }) => !isExpired(cookie, now));
    this.#nextExpiry = Number.POSITIVE_INFINITY;
    for (const { expires } of this.#stored()) {
      if (expires !== undefined && expires < this.#nextExpiry) this.#nextExpiry = expires;
    }
  }

  *#stored(): Generator<Cookie> {
    for (const { cookie } of this.#entries) yield cookie;
  }

  /** 5.7 at its end: of a domain with too many, those without Secure first; then the least used. */
  #evict(site: string): void {
    const { perDomain, total } = this.#options;
    const ofDomain = this.#entries.filter((entry) => entry.site === site);
    if (ofDomain.length > perDomain) {
      const plain = ofDomain.filter(({ cookie }) => !cookie.secure);
      this.#drop(plain.length > 0 ? plain : ofDomain);
    }
    if (this.#entries.length > total) this.#drop(this.#entries);
  }

  #drop(candidates: readonly Entry[]): void {
    const least = candidates.reduce((a, b) => (b.accessed < a.accessed ? b : a));
    this.#entries.splice(this.#entries.indexOf(least), 1);
  }
}

function isExpired({ expires }: Cookie, now: number): boolean {
  return expires !== undefined && expires <= now;
}
