/** The header lines of a proxy that copies `request.headers` of Node, as node-http-proxy does. */
import { eachLine } from "../lines.js";
import { lower } from "./names.js";
import type { Parts } from "./parts.js";
import type { EdgeRequest, ToApp } from "./profile.js";

/** Of several lines of these, Node shows the first (`message.headers` in its documentation). */
const FIRST_ONLY = new Set([
  ...["age", "authorization", "content-length", "content-type", "etag", "expires", "from", "host"],
  ...["if-modified-since", "if-unmodified-since", "last-modified", "location", "max-forwards"],
  ...["proxy-authorization", "referer", "retry-after", "server", "user-agent"],
]);

/** Without a length of the client's these get one of 0 (`deleteLength` of node-http-proxy). */
const LENGTH_OF_0 = ["DELETE", "OPTIONS"];

/** To all others Node's client adds a length of 0 where there is no body. */
const WITHOUT_BODY = ["GET", "HEAD", "DELETE", "OPTIONS", "TRACE", "CONNECT"];

/**
 * The edge's lines, then all of the client's by name in lower case and from the last to the first,
 * in which order `util._extend` of Node copies an object.
 * @param parts `client` has Host and the hop-by-hop lines, too
 */
export function arrangeCopied(
  host: string | undefined,
  { client, edge }: Parts,
  request: EdgeRequest,
  { connection = "close" }: ToApp,
): string[] {
  const headers = new Map<string, string>();
  eachLine(client, (name, value) => {
    const key = lower(name);
    const said = ownValue(key, value, host, request, connection);
    if (said === undefined) return;
    const before = headers.get(key);
    if (before === undefined || isOwn(key)) headers.set(key, said);
    else if (!FIRST_ONLY.has(key)) {
      headers.set(key, `${before}${key === "cookie" ? "; " : ", "}${said}`);
    }
  });
  const { framing, method, protocol } = request;
  const unsaid = framing === undefined && !headers.has("content-length");
  if (unsaid && LENGTH_OF_0.includes(method)) headers.set("content-length", "0");
  const lines = edge.map((text, index) => (index % 2 === 0 ? lower(text) : text));
  lines.push(...[...headers].reverse().flat());
  if (!headers.has("connection")) {
    lines.push("connection", request.upgrade === undefined ? connection : "Upgrade");
  }
  // Only HTTP/1.0 can do without, and Node's client then names the app.
  if (!headers.has("host") && host !== undefined) {
    lines.push("Host", protocol === "HTTP/1.0" ? request.target : host);
  }
  if (request.upgrade !== undefined && !headers.has("upgrade")) {
    lines.push("upgrade", request.upgrade);
  }
  if (framing === "chunked" && !headers.has("transfer-encoding")) {
    lines.push("transfer-encoding", "chunked");
  }
  if (unsaid && !WITHOUT_BODY.includes(method)) lines.push("Content-Length", "0");
  return lines;
}

/** Of several lines of these, one is as good as the other. */
function isOwn(key: string): boolean {
  return key === "connection" || key === "upgrade" || key === "transfer-encoding" || key === "te";
}

/** What a line says to the app; undefined where it has to go. */
function ownValue(
  key: string,
  value: string,
  host: string | undefined,
  request: EdgeRequest,
  connection: string,
): string | undefined {
  switch (key) {
    case "host":
      return host;
    case "connection":
      return request.upgrade === undefined ? connection : value;
    case "upgrade":
      return request.upgrade;
    case "transfer-encoding":
      return request.framing === "chunked" ? "chunked" : undefined;
    default:
      return value;
  }
}
