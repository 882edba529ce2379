/** Which header lines cross a proxy, and which belong to one connection (RFC 9110 7.6.1). */
import { lower } from "../edge/names.js";
import type { EdgeProfile } from "../edge/profile.js";
import { eachLine, filterLines, type HeaderLines, without } from "../lines.js";

/** Never dropped because Connection names it: it says where the message ends. */
const FRAMING = "content-length";

const HOP_BY_HOP = new Set([
  // Options of this connection (RFC 9110 7.6.1).
  "connection",
  // What Connection's options are about: how long it lasts (RFC 9112 C.2.2) …
  "keep-alive",
  // … the same as clients of old proxies wrote it, …
  "proxy-connection",
  // … how the message is framed (RFC 9112 6.1), …
  "transfer-encoding",
  // … what it may become (RFC 9110 7.8), …
  "upgrade",
  // … which trailers and codings are welcome on it (RFC 9110 10.1.4), …
  "te",
  // … and the settings of an upgrade to HTTP/2 (RFC 7540 3.2.1).
  "http2-settings",
]);

/** Lengths of those names, by which most headers are told from them without lower-casing. */
const HOP_BY_HOP_LENGTHS = new Set([...HOP_BY_HOP].map((name) => name.length));

/** Whether a field speaks of the connection; HTTP/2 has none of them (RFC 9113 8.2.2). */
export function isHopByHop(name: string): boolean {
  return HOP_BY_HOP_LENGTHS.has(name.length) && HOP_BY_HOP.has(name.toLowerCase());
}

/** The header lines without the hop-by-hop ones and those that `Connection` names. */
export function endToEnd(headers: readonly string[]): HeaderLines {
  const lines: HeaderLines = [];
  let named: string[] | undefined;
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string;
    const value = headers[index + 1] as string;
    if (HOP_BY_HOP_LENGTHS.has(name.length)) {
      const key = name.toLowerCase();
      if (key === "connection" && !NAMES_NOTHING.test(value)) {
        named = [...(named ?? []), ...namedBy(value)];
      }
      if (HOP_BY_HOP.has(key)) continue;
    }
    lines.push(name, value);
  }
  return named && named.length > 0 ? without(lines, named) : lines;
}

/** What stands in nearly all Connection lines, and is the name of no other. */
const NAMES_NOTHING = /^(?:keep-alive|close|upgrade)$/i;

/** The header names in a Connection value. */
function namedBy(connection: string): string[] {
  return connection
    .toLowerCase()
    .split(",")
    .map((option) => option.trim())
    .filter((option) => option !== "" && option !== FRAMING && !HOP_BY_HOP.has(option));
}

/**
 * Fields that are no use, or do harm, behind the body they speak of (RFC 9110 6.5.1): framing,
 * routing, request modifiers, authentication, response control. An app that merges trailers into
 * the head would take them for the edge's, or for what the edge has let through.
 */
const NEVER_IN_TRAILERS = new Set([
  ...[FRAMING, "content-encoding", "content-type", "content-range", "trailer"],
  ...["host", "cache-control", "expect", "max-forwards", "pragma", "range"],
  ...["if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "if-range"],
  ...["authorization", "proxy-authorization", "cookie", "set-cookie"],
  ...["www-authenticate", "proxy-authenticate", "authentication-info", "location", "age", "vary"],
  ...["date", "expires", "retry-after", "warning"],
]);

/** What an edge tells of the connection, in any spelling that CGI cannot tell apart. */
const EDGE_FACTS = /^(?:(?:x-)?forwarded(?:-|$)|x-real-ip$|client-ip$|x-scheme$|x-url-scheme$)/;

/** The trailers that cross a proxy. */
export function endToEndTrailers(trailers: readonly string[]): HeaderLines {
  if (trailers.length === 0) return [];
  return filterLines(endToEnd(trailers), (name) => {
    const spelled = lower(name).replaceAll("_", "-");
    return !NEVER_IN_TRAILERS.has(spelled) && !EDGE_FACTS.test(spelled);
  });
}

type Rule = EdgeProfile["toApp"]["hopByHop"];

const DROPPED_BY_NAME = new Set(["connection", "keep-alive", "te", "transfer-encoding", "upgrade"]);

/** What of a response crosses an edge with this rule. */
export function crossingBack(headers: HeaderLines, rule: Rule): HeaderLines {
  return rule === "drop" ? endToEnd(headers) : withoutByName(headers);
}

/**
 * What of a request crosses an edge with this rule.
 * @param hostAt where Host stood among the lines, for edges that leave every line in its place
 */
export function crossing(
  headers: HeaderLines,
  rule: Rule,
  host: string,
  hostAt: number | undefined,
): HeaderLines {
  if (rule === "drop") return endToEnd(headers);
  if (rule === "by-name") return withoutByName(headers);
  return hostAt === undefined
    ? [...headers]
    : [...headers.slice(0, hostAt), "Host", host, ...headers.slice(hostAt)];
}

function withoutByName(headers: readonly string[]): HeaderLines {
  return filterLines(headers, (name) => !DROPPED_BY_NAME.has(lower(name)));
}

/** Whether a Connection line names TE, as clients of HTTP/1.1 that send it have to. */
export function namesTe(headers: readonly string[]): boolean {
  let named = false;
  eachLine(headers, (name, value) => {
    named ||=
      name.length === 10 && lower(name) === "connection" && /(?:^|,)\s*te\s*(?:,|$)/i.test(value);
  });
  return named;
}
