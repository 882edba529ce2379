/**
 * The header lines by which Chromium says where a request comes from and what it is for: Origin and
 * Referer (Fetch 3.2, Referrer Policy 8), Sec-Fetch-* (Fetch Metadata 2), Accept.
 */
import { registrableDomain } from "../cookies/hosts.js";
import { ACCEPT_ENCODING } from "./collect.js";

/** What a request is for. */
export type Destination =
  /** What a script fetches. */
  "empty" | "document" | "script" | "style" | "image" | "font" | "iframe" | "websocket";

export type ReferrerPolicy =
  | "no-referrer"
  | "no-referrer-when-downgrade"
  | "same-origin"
  | "origin"
  | "strict-origin"
  | "origin-when-cross-origin"
  | "strict-origin-when-cross-origin"
  | "unsafe-url";

/** What browsers do unless a page says otherwise (Referrer Policy 3). */
const DEFAULT_POLICY: ReferrerPolicy = "strict-origin-when-cross-origin";

const POLICIES: readonly string[] = [
  ...["no-referrer", "no-referrer-when-downgrade", "same-origin", "origin", "strict-origin"],
  ...["origin-when-cross-origin", "strict-origin-when-cross-origin", "unsafe-url"],
];

/** The last policy in a list that browsers know (Referrer Policy 8.1); undefined for none. */
export function policyIn(text: string): ReferrerPolicy | undefined {
  const words = text
    .toLowerCase()
    .split(",")
    .map((word) => word.trim());
  return words.findLast((word) => POLICIES.includes(word)) as ReferrerPolicy | undefined;
}

export interface Circumstances {
  readonly method: string;
  readonly url: URL;
  readonly destination: Destination;
  /** The page that asks; undefined for an address that somebody typed. */
  readonly from?: URL | undefined;
  readonly policy?: ReferrerPolicy;
  /** The URLs that were asked before in the same navigation, oldest first. */
  readonly chain: readonly URL[];
  /** Somebody clicked, pressed Enter or typed the address. */
  readonly byUser: boolean;
  readonly contentType?: string | undefined;
  /** `crossorigin` on the element, or a font: CORS. */
  readonly cors?: boolean;
}

/** What Debian's Chromium says of itself, without its version. */
const USER_AGENT =
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";

const ACCEPT: Readonly<Record<Destination, string>> = {
  document:
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/jxl,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7",
  iframe:
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/jxl,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7",
  empty: "*/*",
  script: "*/*",
  style: "text/css,*/*;q=0.1",
  image: "image/jxl,image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8",
  font: "*/*",
  websocket: "",
};

/** All header lines but Cookie, in Chromium's order and case on HTTP/1.1. */
export function browserHeaders(circumstances: Circumstances): string[] {
  const { url, destination, contentType } = circumstances;
  const isNavigation = destination === "document" || destination === "iframe";
  const origin = originLine(circumstances);
  const referer = refererOf(circumstances);
  return [
    ...["Host", url.host],
    ...(isNavigation ? ["Upgrade-Insecure-Requests", "1"] : []),
    ...(origin === undefined ? [] : ["Origin", origin]),
    ...(contentType === undefined ? [] : ["Content-Type", contentType]),
    ...["User-Agent", USER_AGENT],
    ...(destination === "websocket" ? [] : ["Accept", ACCEPT[destination]]),
    ...fetchMetadata(circumstances),
    ...(referer === undefined || destination === "websocket" ? [] : ["Referer", referer]),
    ...["Accept-Encoding", ACCEPT_ENCODING],
    ...["Accept-Language", "en-US,en;q=0.9"],
  ];
}

/** Fetch Metadata 2: to secure origins only. WebSockets carry none of them in Chromium. */
function fetchMetadata(circumstances: Circumstances): string[] {
  const { url, destination, byUser, cors } = circumstances;
  if (destination === "websocket" || !isTrustworthy(url)) return [];
  const isNavigation = destination === "document" || destination === "iframe";
  const mode = isNavigation ? "navigate" : cors ? "cors" : "no-cors";
  return [
    ...["Sec-Fetch-Site", siteOf(circumstances)],
    ...["Sec-Fetch-Mode", mode],
    ...(isNavigation && byUser ? ["Sec-Fetch-User", "?1"] : []),
    ...["Sec-Fetch-Dest", destination],
  ];
}

type Site = "none" | "same-origin" | "same-site" | "cross-site";

/** Fetch Metadata 2.3: every URL on the way counts, and the farthest one decides. */
function siteOf({ from, url, chain }: Pick<Circumstances, "from" | "url" | "chain">): Site {
  if (from === undefined) return "none";
  let site: Site = "same-origin";
  for (const each of [...chain, url]) {
    if (each.origin === from.origin) continue;
    if (!isSameSite(each, from)) return "cross-site";
    site = "same-site";
  }
  return site;
}

/** Schemeful, as cookies and Sec-Fetch-Site have it (HTML 7.1.1). */
export function isSameSite(a: URL, b: URL): boolean {
  return (
    a.protocol === b.protocol && registrableDomain(a.hostname) === registrableDomain(b.hostname)
  );
}

/** Secure Contexts 3.1, of what browsers reach over a network. */
function isTrustworthy({ protocol, hostname }: URL): boolean {
  if (protocol === "https:" || protocol === "wss:") return true;
  return /^(?:127(?:\.\d+){3}|\[::1\]|(?:.+\.)?localhost)$/.test(hostname);
}

/** Fetch 3.2.5, "append a request Origin header". */
function originLine({
  method,
  url,
  from,
  chain,
  policy = DEFAULT_POLICY,
  destination,
  cors,
}: Circumstances): string | undefined {
  const isSafe = method === "GET" || method === "HEAD";
  if (isSafe && destination !== "websocket" && !cors) return undefined;
  if (from === undefined) return "null";
  const { origin } = from;
  if (destination === "websocket") return origin;
  if (hasLeft([...chain, url])) return "null";
  // A script's own fetch of the same origin goes without; an element with `crossorigin` does not.
  if (cors) return url.origin === origin && isSafe && destination === "empty" ? undefined : origin;
  const isDowngrade = from.protocol === "https:" && url.protocol !== "https:";
  switch (policy) {
    case "no-referrer":
      return "null";
    case "no-referrer-when-downgrade":
    case "strict-origin":
    case "strict-origin-when-cross-origin":
      return isDowngrade ? "null" : origin;
    case "same-origin":
      return url.origin === origin ? origin : "null";
    default:
      return origin;
  }
}

/** A redirect to another origin taints a request, whichever way it leads. */
function hasLeft(urls: readonly URL[]): boolean {
  return urls.some((url, index) => index > 0 && url.origin !== (urls[index - 1] as URL).origin);
}

/** What was cut off on the way to another origin stays cut off (Fetch 4.4, step 19). */
function refererOf({
  from,
  url,
  chain,
  policy = DEFAULT_POLICY,
}: Circumstances): string | undefined {
  let source = from;
  let referer: string | undefined;
  for (const each of [...chain, url]) {
    referer = source && refererFor(source, each, policy);
    source = referer === undefined ? undefined : new URL(referer);
  }
  return referer;
}

/** Referrer Policy 8.3; undefined where nothing is told. */
function refererFor(from: URL, url: URL, policy: ReferrerPolicy): string | undefined {
  if (!/^https?:$/.test(from.protocol)) return undefined;
  const full = stripped(from);
  const origin = `${from.origin}/`;
  const isSame = url.origin === from.origin;
  const isDowngrade = isTrustworthy(from) && !isTrustworthy(url);
  switch (policy) {
    case "no-referrer":
      return undefined;
    case "origin":
      return origin;
    case "unsafe-url":
      return full;
    case "strict-origin":
      return isDowngrade ? undefined : origin;
    case "same-origin":
      return isSame ? full : undefined;
    case "origin-when-cross-origin":
      return isSame ? full : origin;
    case "no-referrer-when-downgrade":
      return isDowngrade ? undefined : full;
    case "strict-origin-when-cross-origin":
      if (isSame) return full;
      return isDowngrade ? undefined : origin;
  }
}

/** Without fragment and credentials, and not too long (Referrer Policy 8.4, 8.3 step 6). */
function stripped(url: URL): string {
  const copy = new URL(url);
  copy.hash = "";
  copy.username = "";
  copy.password = "";
  return copy.href.length > 4096 ? `${copy.origin}/` : copy.href;
}
