/** Header lines as the object that Node's HTTP/2 takes. No code of node:http2 is loaded for it. */

import type { OutgoingHttpHeaders } from "node:http2";
import type { HeaderLines } from "../../lines.js";
import { isHopByHop } from "../hop-by-hop.js";

/** Fields that Node's HTTP/2 sends once only; of several, browsers go by the last. */
const SINGLE = new Set([
  "access-control-allow-credentials",
  "access-control-max-age",
  "access-control-request-method",
  "age",
  "authorization",
  "content-encoding",
  "content-language",
  "content-length",
  "content-location",
  "content-md5",
  "content-range",
  "content-type",
  "date",
  "dnt",
  "etag",
  "expires",
  "from",
  "host",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
  "last-modified",
  "location",
  "max-forwards",
  "proxy-authorization",
  "range",
  "referer",
  "retry-after",
  "tk",
  "upgrade-insecure-requests",
  "user-agent",
  "x-content-type-options",
]);

export function toHttp2Headers(lines: HeaderLines): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = Object.create(null);
  for (let index = 0; index < lines.length; index += 2) {
    const name = (lines[index] as string).toLowerCase();
    // HTTP/2 knows no such field (RFC 9113 8.2.2), and Node throws.
    if (isHopByHop(name)) continue;
    const value = lines[index + 1] as string;
    const before = headers[name];
    if (before === undefined || SINGLE.has(name)) headers[name] = value;
    else headers[name] = Array.isArray(before) ? [...before, value] : [String(before), value];
  }
  return headers;
}
