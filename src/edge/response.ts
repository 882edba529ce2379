/** What an edge changes in the responses that pass it. */
import { compileValue } from "./placeholders.js";
import type { EdgeProfile, EdgeRequest, ResponseEdits } from "./profile.js";

/** @returns the header lines for the client */
export type ResponseRewriter = (
  headers: string[],
  request: EdgeRequest,
  status?: number,
) => string[];

/** Statuses that `add_header` of nginx adds to when it is not told "always". */
const GOOD = new Set([200, 201, 204, 206, 301, 302, 303, 304, 307, 308]);

/** Prepares the edits of a profile; undefined when it makes none. */
export function compileResponse({ response }: EdgeProfile): ResponseRewriter | undefined {
  if (Object.keys(response).length === 0) return undefined;
  const lines = (pairs: ResponseEdits["set"] = []) =>
    pairs.map(([name, value]) => ({ name, write: compileValue(value) }));
  const added = [...lines(response.set), ...lines(response.add)];
  const { hsts } = response;
  const filled = lines(response.fill).map((line) => ({ ...line, key: line.name.toLowerCase() }));
  const dropped = new Set([
    ...(response.remove ?? []).map((name) => name.toLowerCase()),
    ...(response.set ?? []).map(([name]) => name.toLowerCase()),
    ...(hsts ? ["strict-transport-security"] : []),
  ]);
  const good = lines(response.addToGood);
  const relocate = compileLocation(response);
  const also = new Set((response.relocatesAlso ?? []).map((name) => name.toLowerCase()));
  const onlyAdds =
    dropped.size === 0 && filled.length === 0 && good.length === 0 && !relocate && !hsts;
  if (onlyAdds) {
    return (headers, request) => {
      const result = headers.slice();
      for (const { name, write } of added) result.push(name, write(request));
      return result;
    };
  }
  return (headers, request, status = 200) => {
    const result: string[] = [];
    const own = new Set<string>();
    for (let index = 0; index < headers.length; index += 2) {
      const name = headers[index] as string;
      const value = headers[index + 1] as string;
      const key = name.toLowerCase();
      if (dropped.has(key)) continue;
      if (filled.length > 0) own.add(key);
      const rewrites = relocate && (key === "location" || also.has(key));
      result.push(name, rewrites ? relocated(key, value, relocate, request) : value);
    }
    for (const { name, key, write } of filled) if (!own.has(key)) result.push(name, write(request));
    for (const { name, write } of added) result.push(name, write(request));
    if (GOOD.has(status)) for (const { name, write } of good) result.push(name, write(request));
    // Browsers ignore it over http, and edges add it where they end TLS (RFC 6797 7.2).
    if (hsts && request.scheme === "https") result.push("Strict-Transport-Security", hsts);
    return result;
  };
}

/** The URL of Refresh stands behind a number of seconds. */
function relocated(key: string, value: string, relocate: Relocation, request: EdgeRequest): string {
  if (key !== "refresh") return relocate(value, request);
  const start = /^[^=]*url=/i.exec(value)?.[0];
  if (start === undefined) return value;
  const moved = relocate(value.slice(start.length), request);
  // nginx makes a whole URL of a path in Location alone. What was learned from Location may have
  // either scheme, whatever the one of the request is.
  const authority = moved.indexOf("://") + 3;
  const isOwn = authority > 2 && moved.startsWith(`${request.host}/`, authority);
  return start + (isOwn ? moved.slice(authority + request.host.length) : moved);
}

type Relocation = (value: string, request: EdgeRequest) => string;

function compileLocation({ location, relocate = [] }: ResponseEdits): Relocation | undefined {
  const pairs = relocate.map(([from, to]) => [compileValue(from), compileValue(to)] as const);
  if (pairs.length === 0) return location && toPublic;
  return (value, request) => {
    for (const [from, to] of pairs) {
      const start = from(request);
      if (value.startsWith(start)) return to(request) + value.slice(start.length);
    }
    return location ? toPublic(value, request) : value;
  };
}

/** `proxy_redirect default` of nginx and ProxyPassReverse of Apache: backend URLs only. */
function toPublic(value: string, request: EdgeRequest): string {
  const backend = `http://${request.target}`;
  if (value !== backend && !value.startsWith(`${backend}/`)) return value;
  const rest = value.slice(backend.length) || "/";
  return `${request.scheme}://${request.host}${rest}`;
}
