/**
 * A small browser without a screen: a cookie jar, redirects, refreshes, forms, and what a page
 * loads. It says of itself what Chromium says. `trace`, `rehearse` and the tests are its users.
 */
import { CookieJar } from "../cookies/jar.js";
import type { CookieOrigin } from "../cookies/judge.js";
import { first, type HeaderLines, valuesOf } from "../lines.js";
import { addressIn, type Refresh, refreshIn } from "./addresses.js";
import {
  browserHeaders,
  type Circumstances,
  isSameSite,
  policyIn,
  type ReferrerPolicy,
} from "./browser-headers.js";
import type { Carrier, HopRequest, HopResponse } from "./carrier.js";
import { encodeForm, entriesOf, type Form, urlEncoded } from "./forms.js";
import { GivenHeaders } from "./given-headers.js";
import type { Page, Subresource } from "./page.js";

/** As Chromium does. */
export const MAX_REDIRECTS = 20;

/** A page that comes again later is a clock or a news ticker, and no redirect. */
const MAX_REFRESH_SECONDS = 5;

export interface Hop {
  readonly request: HopRequest;
  readonly response: HopResponse;
  /** Where it sends the browser; undefined where the browser stays. */
  readonly next: URL | undefined;
  /** Header lines that were given for another origin, and did not go along. */
  readonly withheld: readonly string[];
  readonly milliseconds: number;
}

export interface Navigation {
  readonly url: URL;
  readonly method?: string;
  readonly body?: Buffer;
  readonly contentType?: string;
  /** Header lines to send besides; what may be a secret stays with the origin of `url`. */
  readonly headers?: readonly string[];
  /** The page whose link or form it is; undefined for an address that somebody typed. */
  readonly from?: Page | undefined;
  /** A page did it by itself, and nobody clicked. */
  readonly byItself?: boolean;
  /** Go where a meta element or a Refresh field sends the browser; so unless told otherwise. */
  readonly refresh?: boolean;
  /** How often the same request, its cookies included, is asked again: browsers count to 20 only. */
  readonly rounds?: number;
  /** Told of each response as it comes; false ends the navigation there. */
  readonly onHop?: (hop: Hop) => boolean | undefined;
}

export interface Visit {
  /** Every response on the way; the last one is where it ended. */
  readonly hops: readonly Hop[];
  readonly url: URL;
  readonly status: number;
  readonly body: string;
  /** undefined for what is no HTML. */
  readonly page: Page | undefined;
  /** Why it ended: a page, more redirects than a browser follows, another scheme, or `onHop`. */
  readonly end: "page" | "too-many-redirects" | "not-http" | "stopped";
}

export interface VisitorOptions {
  readonly carrier: Carrier;
  /** In place of Chromium's. */
  readonly userAgent?: string;
}

/** Who comes back with the same cookies gets the same answer. */
class Rounds {
  readonly #most: number;
  readonly #seen = new Map<string, number>();

  constructor(most: number) {
    this.#most = most;
  }

  isOver(state: string): boolean {
    const times = (this.#seen.get(state) ?? 0) + 1;
    this.#seen.set(state, times);
    return times > this.#most;
  }
}

const NOTHING_GIVEN = new GivenHeaders([]);

export class Visitor {
  readonly jar = new CookieJar();
  readonly #carrier: Carrier;
  readonly #userAgent: string | undefined;

  constructor({ carrier, userAgent }: VisitorOptions) {
    this.#carrier = carrier;
    this.#userAgent = userAgent;
  }

  /**
   * Goes to a URL and wherever it leads.
   * @throws DevtlsError "request-failed" when nothing answers
   */
  async navigate(navigation: Navigation): Promise<Visit> {
    const { from, contentType, refresh = true, onHop = () => undefined } = navigation;
    const hops: Hop[] = [];
    const given = new GivenHeaders(navigation.headers ?? []);
    const rounds = new Rounds(navigation.rounds ?? MAX_REDIRECTS);
    let { url, method = "GET", body } = navigation;
    let chain: URL[] = [];
    let page = from;
    let policy = from?.policy;
    let byUser = !navigation.byItself;
    for (;;) {
      const circumstances: Circumstances = {
        ...{ method, url, chain, byUser, destination: "document", from: page?.url },
        ...(policy && { policy }),
        contentType: body === undefined ? undefined : contentType,
      };
      const hop = await this.#hop(circumstances, body, given);
      hops.push(hop);
      const goesOn = onHop(hop);
      const { response, next } = hop;
      const text = response.body.toString();
      const seen = next ? undefined : await documentOf(response, text, url);
      const end = (reason: Visit["end"]): Visit => ({
        ...{ hops, url, status: response.status, body: text, page: seen, end: reason },
      });
      if (goesOn === false) return end("stopped");
      policy = policyOf(response) ?? policy;
      const again = next ? undefined : refresh ? refreshOf(response, seen, url) : undefined;
      const there = next ?? again?.url;
      if (!there) return end("page");
      if (!/^https?:$/.test(there.protocol)) return end("not-http");
      if (hops.length > MAX_REDIRECTS) return end("too-many-redirects");
      const state = this.jar.cookieHeader({ ...originOf(there), method });
      if (rounds.isOver(`${method} ${there.href} ${state}`)) return end("too-many-redirects");
      if (again) {
        // A navigation of the page's own.
        [chain, page, policy, byUser] = [[], seen ?? bare(url), seen?.policy ?? policy, false];
      } else chain = [...chain, url];
      if (again || becomesGet(method, response.status)) {
        method = method === "HEAD" && !again ? "HEAD" : "GET";
        body = undefined;
      }
      url = there;
    }
  }

  /** Follows a link, or types an address when it comes from nowhere. */
  open(url: URL, from?: Page): Promise<Visit> {
    return this.navigate({ url, from });
  }

  /** Fills a form in and sends it. @param filled values by name */
  submit(
    page: Page,
    form: Form,
    filled: Readonly<Record<string, string>>,
    how: Pick<Navigation, "rounds" | "onHop"> = {},
  ): Promise<Visit> {
    const entries = entriesOf(form, filled);
    if (form.method !== "POST") {
      const url = new URL(form.action);
      url.search = urlEncoded(entries);
      return this.navigate({ url, from: page, ...how });
    }
    const { contentType, body } = encodeForm(form, entries);
    const post = { url: form.action, method: "POST", body, contentType, from: page };
    return this.navigate({ ...post, ...how });
  }

  /**
   * Loads what a page needs, through its redirects.
   * @param method HEAD where the body says nothing
   */
  async load(
    page: Page,
    { url, destination, cors }: Subresource,
    method: "GET" | "HEAD",
    onHop: Navigation["onHop"] = () => undefined,
  ): Promise<readonly Hop[]> {
    const hops: Hop[] = [];
    const chain: URL[] = [];
    for (let next: URL | undefined = url; next && hops.length <= MAX_REDIRECTS; ) {
      const hop: Hop = await this.#hop({
        ...{
          method,
          url: next,
          chain: [...chain],
          byUser: false,
          destination,
          cors,
          from: page.url,
        },
        ...(page.policy && { policy: page.policy }),
      });
      hops.push(hop);
      chain.push(next);
      if (onHop(hop) === false) break;
      next = hop.next && /^https?:$/.test(hop.next.protocol) ? hop.next : undefined;
    }
    return hops;
  }

  /** Asks as a script of the page does, and follows redirects. */
  async fetch(
    page: Page,
    { method, url, body, contentType, headers = [], onHop = () => undefined }: Navigation,
  ): Promise<readonly Hop[]> {
    const hops: Hop[] = [];
    const given = new GivenHeaders(headers);
    let [verb, sent, next]: [string, Buffer | undefined, URL | undefined] = [
      method ?? "GET",
      body,
      url,
    ];
    while (next && hops.length <= MAX_REDIRECTS) {
      const circumstances: Circumstances = {
        ...{ method: verb, url: next, chain: hops.map(({ request }) => request.url) },
        ...{ byUser: false, destination: "empty", cors: true, from: page.url },
        contentType: sent === undefined ? undefined : contentType,
        ...(page.policy && { policy: page.policy }),
      };
      const hop: Hop = await this.#hop(circumstances, sent, given);
      hops.push(hop);
      if (onHop(hop) === false) break;
      if (becomesGet(verb, hop.response.status)) [verb, sent] = ["GET", undefined];
      next = hop.next && /^https?:$/.test(hop.next.protocol) ? hop.next : undefined;
    }
    return hops;
  }

  /** Opens a WebSocket, as a script of the page would. @returns how the server answered */
  async socket(url: URL, from: Page): Promise<Pick<HopResponse, "status" | "headers">> {
    const asHttp = new URL(url.href.replace(/^ws/, "http"));
    const { request } = this.#request({
      ...{ method: "GET", url: asHttp, chain: [], byUser: false, destination: "websocket" },
      from: from.url,
    });
    const answer = await this.#carrier.openSocket(request);
    this.#store(answer.headers, asHttp);
    return answer;
  }

  async #hop(circumstances: Circumstances, body?: Buffer, given?: GivenHeaders): Promise<Hop> {
    const started = performance.now();
    const { request, withheld } = this.#request(circumstances, body, given);
    const response = await this.#carrier.send(request);
    const milliseconds = performance.now() - started;
    this.#store(response.headers, request.url);
    return { request, response, next: redirectOf(response, request.url), withheld, milliseconds };
  }

  #request(
    circumstances: Circumstances,
    body?: Buffer,
    given: GivenHeaders = NOTHING_GIVEN,
  ): { readonly request: HopRequest; readonly withheld: readonly string[] } {
    const { method, url } = circumstances;
    const cookie = this.jar.cookieHeader({
      ...{ ...originOf(url), method },
      from: relationOf(circumstances),
    });
    const usual = browserHeaders(circumstances);
    const at = usual.indexOf("User-Agent");
    if (this.#userAgent !== undefined) usual[at + 1] = this.#userAgent;
    const lines = cookie === undefined ? usual : [...usual, "Cookie", cookie];
    const { headers, withheld } = given.apply(lines, url);
    return { request: { method, url, headers, body }, withheld };
  }

  #store(headers: HeaderLines, url: URL): void {
    for (const line of valuesOf(headers, "set-cookie")) this.jar.store(line, originOf(url));
  }
}

function originOf({ protocol, hostname, pathname }: URL): CookieOrigin {
  return {
    scheme: protocol === "https:" ? "https" : "http",
    host: hostname.replace(/^\[|\]$/g, ""),
    path: pathname,
  };
}

/** Which SameSite cookies go along (RFC 6265bis 5.2); as in Chromium, redirects do not count. */
function relationOf({ from, url, destination }: Circumstances) {
  if (from === undefined || isSameSite(url, from)) return "same-site";
  return destination === "document" ? "cross-site-navigation" : "cross-site";
}

const REDIRECTS = [301, 302, 303, 307, 308];

/** Where a redirect leads. */
function redirectOf({ status, headers }: HopResponse, url: URL): URL | undefined {
  const location = first(headers, "location");
  if (!REDIRECTS.includes(status) || location === undefined) return undefined;
  return addressIn(location, url);
}

/** Fetch 4.4, step 12. */
function becomesGet(method: string, status: number): boolean {
  if (status === 303) return method !== "GET" && method !== "HEAD";
  return method === "POST" && (status === 301 || status === 302);
}

async function documentOf(
  { headers }: HopResponse,
  text: string,
  url: URL,
): Promise<Page | undefined> {
  const type = first(headers, "content-type") ?? "";
  if (
    !/^\s*(?:text\/html|application\/xhtml\+xml)/i.test(type) &&
    (type !== "" || !text.startsWith("<"))
  ) {
    return undefined;
  }
  const { readPage } = await import("./page.js");
  const page = readPage(text, url);
  const policy = page.policy ?? policyIn(first(headers, "referrer-policy") ?? "");
  return { ...page, policy };
}

function policyOf({ headers }: HopResponse): ReferrerPolicy | undefined {
  return policyIn(first(headers, "referrer-policy") ?? "");
}

/** What comes again to the same place soon is a page that waits, and no redirect. */
function refreshOf(
  { headers }: HopResponse,
  page: Page | undefined,
  url: URL,
): Refresh | undefined {
  const field = first(headers, "refresh");
  const refresh = page?.refresh ?? (field === undefined ? undefined : refreshIn(field, url));
  if (!refresh || refresh.seconds > MAX_REFRESH_SECONDS) return undefined;
  return refresh.url.href === url.href ? undefined : refresh;
}

/** A page of which no more is known than where it is. */
export function bare(url: URL): Page {
  return {
    ...{ url, forms: [], links: [], subresources: [] },
    ...{ refresh: undefined, policy: undefined, csrfToken: undefined, text: "" },
  };
}
