/**
 * The checks on a request head that Node's parser leaves to the application. A request that two
 * programs could read in two ways is refused before the target sees a byte of it (RFC 9112 3.2,
 * 6.3, 11.2).
 */
import type { HeaderLines } from "../../lines.js";

export interface CheckedHead {
  readonly target: string;
  /** What stood before the target in absolute form, its authority that of Host. */
  readonly origin: string | undefined;
  readonly host: string;
  /** The header lines without Host. */
  readonly headers: HeaderLines;
  /** The index that Host had among them. */
  readonly hostAt: number | undefined;
  readonly contentLength: number | undefined;
  readonly chunked: boolean;
  readonly trailersWelcome: boolean;
}

/** What is wrong with the request, for the text of a 400. */
export interface Refused {
  readonly refusal: string;
}

/** Lengths of the names that are looked at, so that the others are not lower-cased. */
const LENGTHS = new Set(["content-length", "transfer-encoding", "te"].map((n) => n.length));

/** Checks the head of an HTTP/1.x request as Node parsed it. */
export function checkHttp1Head(
  method: string,
  url: string,
  headers: HeaderLines,
  version: string,
): CheckedHead | Refused {
  // Node's parser reads 0.9 and 2.0, too.
  if (version !== "1.0" && version !== "1.1") return { refusal: `the version HTTP/${version}` };
  let host: string | undefined;
  let hostAt: number | undefined;
  let length: string | undefined;
  let chunked = false;
  let trailersWelcome = false;
  const rest: HeaderLines = [];
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string;
    const value = headers[index + 1] as string;
    if (name.length === 4 && name.toLowerCase() === "host") {
      if (host !== undefined) return { refusal: "more than one Host" };
      host = value;
      hostAt = rest.length;
      continue;
    }
    rest.push(name, value);
    if (!LENGTHS.has(name.length)) continue;
    switch (name.toLowerCase()) {
      case "content-length":
        if (length !== undefined) return { refusal: "more than one Content-Length" };
        if (!/^\d{1,15}$/.test(value)) return { refusal: "a malformed Content-Length" };
        length = value;
        break;
      case "transfer-encoding":
        if (chunked) return { refusal: "more than one Transfer-Encoding" };
        if (value.toLowerCase() !== "chunked") return { refusal: "an unknown Transfer-Encoding" };
        chunked = true;
        break;
      case "te":
        trailersWelcome ||= /(?:^|,)\s*trailers\s*(?:,|$)/i.test(value);
        break;
    }
  }
  if (chunked && length !== undefined) {
    return { refusal: "Content-Length beside Transfer-Encoding" };
  }
  if (chunked && version === "1.0") return { refusal: "Transfer-Encoding in an HTTP/1.0 request" };
  const target = originForm(method, url);
  if ("refusal" in target) return target;
  if (host !== undefined && target.authority !== undefined) {
    if (host.toLowerCase() !== target.authority.toLowerCase()) {
      return { refusal: "a request target and a Host that differ" };
    }
  }
  const checked = checkHost(host ?? (version === "1.0" ? target.authority : undefined), version);
  if (typeof checked !== "string") return checked;
  return {
    target: target.path,
    origin: host === undefined ? undefined : target.origin,
    host: checked,
    headers: rest,
    hostAt,
    contentLength: length === undefined ? undefined : Number(length),
    chunked,
    trailersWelcome,
  };
}

interface Target {
  readonly path: string;
  /** Only of the absolute form. */
  readonly authority: string | undefined;
  readonly origin: string | undefined;
}

// Visible characters; a fragment is none of a target's parts.
const TARGET = /^[\x21\x22\x24-\x7e]+$/;

/** RFC 9112 3.2: origin form, absolute form, or "*" for OPTIONS. */
function originForm(method: string, url: string): Target | Refused {
  if (!TARGET.test(url)) return { refusal: "a malformed request target" };
  if (url.startsWith("/") || (url === "*" && method === "OPTIONS")) {
    return { path: url, authority: undefined, origin: undefined };
  }
  const absolute = /^(https?:\/\/([^/?]*))(.*)$/i.exec(url);
  if (!absolute) return { refusal: "a malformed request target" };
  const [, origin = "", authority = "", rest = ""] = absolute;
  return { path: rest.startsWith("/") ? rest : `/${rest}`, authority, origin };
}

// A name, an IPv4 address or an IPv6 address in brackets, and perhaps a port.
const HOST = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(|:\d{0,5})$/;

function checkHost(host: string | undefined, version: "1.0" | "1.1"): string | Refused {
  // HTTP/1.0 clients may leave it out; for what they mean there is only one guess.
  if (host === undefined && version === "1.0") return "localhost";
  if (host === undefined || host === "") return { refusal: "no Host" };
  const port = HOST.exec(host)?.[1];
  // URLs know no port beyond (RFC 6335 6).
  return port !== undefined && Number(port.slice(1)) <= 65_535
    ? host
    : { refusal: "a malformed Host" };
}

/** Checks what Node's HTTP/2 has not: the pseudo-header fields (RFC 9113 8.3.1). */
export function checkHttp2Head(
  method: string | undefined,
  path: string | undefined,
  authority: string | undefined,
  hosts: readonly string[],
): { target: string; host: string } | Refused {
  if (!method || !path) return { refusal: "no method or no path" };
  if (hosts.length > 1) return { refusal: "more than one Host" };
  const host = authority ?? hosts[0];
  if (
    authority !== undefined &&
    hosts[0] !== undefined &&
    hosts[0].toLowerCase() !== authority.toLowerCase()
  ) {
    return { refusal: "an authority and a Host that differ" };
  }
  if (!TARGET.test(path) || !(path.startsWith("/") || path === "*")) {
    return { refusal: "a malformed path" };
  }
  const checked = checkHost(host, "1.1");
  return typeof checked === "string" ? { target: path, host: checked } : checked;
}

/**
 * The protocols that the client offers, without HTTP/2 in plain text (RFC 7540 3.2): what is said in
 * it would pass every rule of the edge unseen. Other tokens pass as they are.
 */
export function protocolsOf(upgrade: string): string {
  if (!/h2c/i.test(upgrade)) return upgrade;
  const offered = upgrade.split(",").map((token) => token.trim());
  return offered.filter((token) => token.toLowerCase() !== "h2c").join(", ");
}

/** The host of an authority, lower case, without port and brackets. */
export function hostnameOf(authority: string): string {
  return authority
    .replace(/:\d*$/, "")
    .replace(/^\[|\]$/g, "")
    .toLowerCase();
}
