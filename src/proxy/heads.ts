/** The heads of an exchange: what the app is told, and what of its answer the client gets. */
import type { HeadRewriter } from "../edge/head.js";
import type { EdgeProfile, EdgeRequest, ToApp } from "../edge/profile.js";
import { STAND_IN_PORTS, standInRequest, standInResponse } from "../edge/stand-in.js";
import { appTarget } from "../edge/target.js";
import { editValues, type HeaderLines, without } from "../lines.js";
import type { Exchange } from "./exchange.js";
import type { Forwarding } from "./forwarding.js";
import { crossing, crossingBack, namesTe } from "./hop-by-hop.js";
import type { ResponseHead } from "./upstream/reader.js";

/** What of a request decides its head; a record of one has it, too. */
export type Asked = Pick<
  Exchange,
  | "method"
  | "target"
  | "origin"
  | "protocol"
  | "connection"
  | "host"
  | "hostAt"
  | "headers"
  | "trailersWelcome"
> & {
  readonly body: Pick<NonNullable<Exchange["body"]>, "chunked" | "length"> | undefined;
  readonly upgrade?: unknown;
};

/** Who tells the app about a request. */
export interface Telling {
  readonly edge: EdgeProfile;
  readonly rewrite: HeadRewriter;
  /** Whether the edge is told of the port of production. */
  readonly standIn?: Forwarding["standIn"] | boolean;
  readonly pool: { readonly dialer: { readonly target: { readonly authority: string } } };
}

/** The request line in the version of HTTP that the edge speaks to apps. */
export function requestLine(
  { method, target, origin, protocol }: Pick<Asked, "method" | "target" | "origin" | "protocol">,
  toApp: ToApp,
): string {
  const asClient = protocol === "HTTP/1.0" ? "1.0" : "1.1";
  const asked = appTarget({ target, origin }, toApp);
  return `${method} ${asked} HTTP/${toApp.version === "client" ? asClient : toApp.version}`;
}

/**
 * The header lines for the app.
 * @param upgrade what it is asked to upgrade to
 */
export function requestHeaders(
  exchange: Exchange,
  forwarding: Forwarding,
  upgrade?: string,
): HeaderLines {
  const { requestPolicy } = forwarding;
  return toldHeaders(
    exchange,
    forwarding,
    upgrade,
    requestPolicy && ((lines) => requestPolicy(lines, exchange)),
  );
}

/** The same as a function of the request and the edge alone, before any policy but `edit`. */
export function toldHeaders(
  asked: Asked,
  telling: Telling,
  upgrade?: string,
  edit?: (lines: HeaderLines) => HeaderLines,
): HeaderLines {
  const { edge, rewrite } = telling;
  const seen = asSeen(asked, telling);
  const { headers, host, hostAt } = seen;
  const lines = framed(crossing(headers, edge.toApp.hopByHop, host, hostAt), asked);
  return rewrite(edit ? edit(lines) : lines, edgeRequest(seen, telling, upgrade));
}

/** The request as the edge sees it: where devtls stands in for it, on the port of production. */
function asSeen(asked: Asked, { standIn }: Pick<Telling, "standIn">): Asked {
  if (!standIn) return asked;
  const { connection } = asked;
  const { scheme } = connection;
  const { host, headers } = standInRequest({ scheme, host: asked.host, headers: asked.headers });
  const port = STAND_IN_PORTS[scheme];
  return { ...asked, host, headers: [...headers], connection: { ...connection, port } };
}

/**
 * The length says what devtls is going to send, whatever the client claimed: octets that only one of
 * two parties takes for a body are the beginning of the next request for the other (RFC 9112 11.2).
 */
function framed(lines: HeaderLines, { body, upgrade }: Asked): HeaderLines {
  const length = upgrade || body?.chunked ? undefined : String(body?.length ?? 0);
  return editValues(lines, "content-length", () => length);
}

/** The facts of an exchange that the edge goes by. */
function edgeRequest(
  exchange: Asked,
  { pool, edge }: Omit<Telling, "rewrite">,
  upgrade?: string,
): EdgeRequest {
  const { connection, body } = exchange;
  return {
    method: exchange.method,
    path: exchange.target,
    protocol: exchange.protocol,
    scheme: connection.scheme,
    host: exchange.host,
    clientAddress: connection.address,
    clientPort: connection.clientPort,
    port: connection.port,
    target: pool.dialer.target.authority,
    framing: body && (body.chunked ? "chunked" : String(body.length ?? 0)),
    upgrade,
    trailersWelcome:
      exchange.trailersWelcome && (edge.toApp.te !== "bare" || !namesTe(exchange.headers)),
  };
}

/** The header lines for the client: what crosses the edge, its own edits, then the policies. */
export function responseHeaders(
  head: ResponseHead,
  exchange: Exchange,
  forwarding: Forwarding,
): HeaderLines {
  const { editResponse, edge } = forwarding;
  let headers = crossingBack(head.headers, edge.toApp.hopByHop);
  const { standIn } = forwarding;
  if (editResponse) {
    headers = editResponse(
      headers,
      edgeRequest(asSeen(exchange, forwarding), forwarding),
      head.status,
    );
  }
  if (standIn) headers = standInResponse(headers, standIn, exchange.connection.scheme);
  headers = applyPolicies(headers, exchange, forwarding);
  // Nobody may send a length with it (RFC 9110 8.6), and clients of HTTP/2 refuse that.
  const lengthless = head.status === 204 || (head.status === 205 && exchange.protocol === "HTTP/2");
  return lengthless ? without(headers, ["content-length"]) : headers;
}

/** The lines of a 101, with which HTTP ends; it has no body, whatever they say (RFC 9110 15.2). */
export function switchingHeaders(
  head: ResponseHead,
  exchange: Exchange,
  forwarding: Forwarding,
): HeaderLines {
  // Browsers take cookies from a 101, too.
  const headers = applyPolicies(head.headers, exchange, forwarding);
  return without(headers, ["content-length", "transfer-encoding", "trailer"]);
}

function applyPolicies(
  headers: HeaderLines,
  exchange: Exchange,
  { policies }: Forwarding,
): HeaderLines {
  let lines = headers;
  for (const policy of policies) lines = policy(lines, exchange);
  return exchange.lastWord?.(lines) ?? lines;
}

/** The highest status that Node's HTTP/2 sends; RFC 9110 15 defines classes up to 5. */
const MAX_HTTP2_STATUS = 599;

/** Why a final response cannot be passed on; undefined when it can. */
export function whyNotCarried(head: ResponseHead, exchange: Exchange): string | undefined {
  const { status } = head;
  if (exchange.protocol !== "HTTP/2") return undefined;
  if (status > MAX_HTTP2_STATUS) return `the status ${status}, which HTTP/2 cannot carry`;
  // To extended CONNECT a 2xx says that the tunnel is open (RFC 8441 5).
  if (exchange.upgrade && status >= 200 && status < 300) {
    return `the status ${status} to a request for an upgrade, where only 101 opens one`;
  }
  return undefined;
}
