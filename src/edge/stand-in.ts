/**
 * Standing in for port 443 (and 80 for plain http): whatever port a request came in on, the app is
 * told the site without one, and what it answers with that site leads back to where the browser is.
 * Pure: for whoever serves, for one request or for all.
 */
import { eachLine, editValues, type HeaderLines } from "../lines.js";

/** What of a request says where the browser came in. */
export interface Arrival {
  readonly scheme: "https" | "http";
  /** As the client named it: "app.test:8443". */
  readonly host: string;
  /** The client's header lines. */
  readonly headers: readonly string[];
}

/** Where the browser finds what the app calls the site. */
export interface Site {
  /** Whether devtls answers for a host name, which is in lower case and without brackets. */
  readonly isServed: (hostname: string) => boolean;
  readonly port: number;
  /** Of plain HTTP, where that is listened to. */
  readonly plainPort?: number | undefined;
}

/** The ports that are left out of URLs. */
export const STAND_IN_PORTS = { https: 443, http: 80 } as const;

/** A host without its port: "app.test:8443" is "app.test", "[::1]:8443" is "[::1]". */
export function withoutPort(host: string): string {
  return host.replace(/:\d*$/, "");
}

/** A URL as the same site has it without a port; what is no URL of http or https stays. */
export function siteUrl(url: string): string {
  return url.replace(/^(https?:\/\/(?:\[[^\]]*\]|[^/?#:]*)):\d+(?=[/?#]|$)/i, "$1");
}

/** The same for URLs over TLS only. */
export function on443(url: string): string {
  return /^https:/i.test(url) ? siteUrl(url) : url;
}

/** A request as it would have come in without a port: Host, Origin and Referer name the site. */
export function standInRequest({ scheme, host, headers }: Arrival): Arrival {
  const site = withoutPort(host);
  if (site === host) return { scheme, host, headers };
  const [from, to] = [`${scheme}://${host}`, `${scheme}://${site}`];
  const move = (value: string): string => moved(value, from, to);
  const lines = editValues(editValues([...headers], "origin", move), "referer", move);
  return { scheme, host: site, headers: lines };
}

const NAMING = new Set(["host", "x-forwarded-host", "x-original-host", "x-forwarded-server"]);

/** Header lines by which an edge has named the site, as it would on port 443. */
export function toldOn443(told: readonly string[], url: string): HeaderLines {
  const { host, port, protocol, origin } = new URL(url);
  if (port === "" || protocol !== "https:") return [...told];
  const site = withoutPort(host);
  const lines: HeaderLines = [];
  eachLine(told, (name, value) => {
    const key = name.toLowerCase();
    if (key === "x-forwarded-port") lines.push(name, value === port ? "443" : value);
    else if (key === "origin" || key === "referer") {
      lines.push(name, moved(value, origin, `https://${site}`));
    } else if (key === "forwarded") {
      lines.push(name, value.replaceAll(`host=${host}`, `host=${site}`));
    } else lines.push(name, NAMING.has(key) ? value.replaceAll(host, site) : value);
  });
  return lines;
}

/**
 * The header lines of a response with the port that the browser has to use: `Location`, `Refresh`
 * and CORS answers that name a served host without one, or with the scheme's own.
 * @param scheme of the request, for URLs without one
 */
export function standInResponse(
  headers: HeaderLines,
  site: Site,
  scheme: "https" | "http",
): HeaderLines {
  let lines = headers;
  for (const name of LEADING) {
    lines = editValues(lines, name, (value) => ported(value, site, scheme));
  }
  return lines;
}

const LEADING = ["location", "refresh", "access-control-allow-origin"];

/** The first URL in a value: a whole one, or behind "5; url=" and a quotation mark. */
const SITE =
  /^(\s*(?:[\d.]+\s*[;,]\s*(?:url\s*=\s*)?["']?)?)(https?:|)\/\/(\[[^\]]*\]|[^/?#:@\\\s"']+)(?::(80|443))?(?=[/?#"'\s]|$)/i;

function ported(value: string, site: Site, scheme: "https" | "http"): string {
  return value.replace(
    SITE,
    (whole, before: string, given: string, host: string, explicit: string | undefined) => {
      const as = (given === "" ? scheme : given.slice(0, -1).toLowerCase()) as "https" | "http";
      const port = as === "https" ? site.port : site.plainPort;
      if (!site.isServed(host.toLowerCase().replace(/^\[|\]$/g, ""))) return whole;
      if (explicit !== undefined && Number(explicit) !== STAND_IN_PORTS[as]) return whole;
      if (port === undefined || port === STAND_IN_PORTS[as]) return whole;
      return `${before}${given}//${host}:${port}`;
    },
  );
}

/** A URL of one origin at another one; what follows is left as it is. */
function moved(url: string, from: string, to: string): string {
  if (!url.toLowerCase().startsWith(from.toLowerCase())) return url;
  const rest = url.slice(from.length);
  return rest === "" || /^[/?#]/.test(rest) ? to + rest : url;
}
