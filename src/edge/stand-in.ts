/**
 * Standing in for port 443: whatever port a request came in on, the app is told the site without
 * one, and what it answers with that site leads back to where the browser is. Pure.
 */
import type { EdgeRequest } from "./profile.js";

/** What can be told an app about where a browser came in. */
interface Told {
  /** The client's header lines. */
  readonly headers: readonly string[];
  readonly request: EdgeRequest;
}

/** A host without its port: "app.test:8443" is "app.test", "[::1]:8443" is "[::1]". */
export function withoutPort(host: string): string {
  return host.replace(/:\d*$/, "");
}

/** A URL as the same site has it on port 443; others are left as they are. */
export function on443(url: string): string {
  return url.replace(/^(https:\/\/(?:\[[^\]]*\]|[^/?#:]*)):\d+(?=[/?#]|$)/i, "$1");
}

/** A request over TLS as it would have come in on port 443; one over plain http, on port 80. */
export function standInRequest({ headers, request }: Told): Told {
  const { host, scheme } = request;
  const origin = `${scheme}://${host}`;
  const site = withoutPort(host);
  return {
    headers: headers.map((value, index) =>
      index % 2 === 1 && isNamed(headers[index - 1] as string, "origin", "referer")
        ? moved(value, origin, `${scheme}://${site}`)
        : value,
    ),
    request: { ...request, host: site, port: scheme === "https" ? 443 : 80 },
  };
}

/** Header lines by which an edge names the site, as it would on port 443. */
export function toldOn443(told: readonly string[], url: string): string[] {
  const { host, port, protocol, origin } = new URL(url);
  if (port === "" || protocol !== "https:") return [...told];
  const site = withoutPort(host);
  return told.map((value, index) => {
    if (index % 2 === 0) return value;
    const name = (told[index - 1] as string).toLowerCase();
    if (name === "x-forwarded-port") return value === port ? "443" : value;
    if (name === "origin" || name === "referer") return moved(value, origin, `https://${site}`);
    if (name === "forwarded") return value.replaceAll(`host=${host}`, `host=${site}`);
    return NAMING.has(name) ? value.replaceAll(host, site) : value;
  });
}

const NAMING = new Set(["host", "x-forwarded-host", "x-original-host", "x-forwarded-server"]);

/**
 * The header lines of a response with the port that the browser has to use: `Location`, `Refresh`
 * and CORS answers that name a served host over https without one, or with 443.
 * @param isServed whether devtls answers for a host name
 * @param port where it does
 */
export function standInResponse(
  headers: readonly string[],
  isServed: (hostname: string) => boolean,
  port: number,
): string[] {
  return headers.map((value, index) =>
    index % 2 === 1 && isNamed(headers[index - 1] as string, ...LEADING)
      ? withPort(value, isServed, port)
      : value,
  );
}

const LEADING = ["location", "refresh", "access-control-allow-origin"];

/** The first URL in a value: a whole one, or behind "5; url=" and a quotation mark. */
const SITE =
  /^((?:\s*[\d.]+\s*[;,]\s*(?:url\s*=\s*)?["']?)?)((?:https:)?\/\/)((?:\[[^\]]*\]|[^/?#:@\\\s"']+))(?::443)?(?=[/?#"'\s]|$)/i;

function withPort(value: string, isServed: (hostname: string) => boolean, port: number): string {
  return value.replace(SITE, (whole, before: string, scheme: string, host: string) =>
    isServed(host.toLowerCase().replace(/^\[|\]$/g, "")) && port !== 443
      ? `${before}${scheme}${host}:${port}`
      : whole,
  );
}

/** A URL of one origin at another one; what follows is left as it is. */
function moved(url: string, from: string, to: string): string {
  if (!url.toLowerCase().startsWith(from.toLowerCase())) return url;
  const rest = url.slice(from.length);
  return rest === "" || /^[/?#]/.test(rest) ? to + rest : url;
}

function isNamed(candidate: string, ...names: readonly string[]): boolean {
  return names.includes(candidate.toLowerCase());
}
