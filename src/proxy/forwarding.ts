/** How the requests for one target are treated, and what every way of treating them shares. */

import type { HeadRewriter } from "../edge/head.js";
import { lower } from "../edge/names.js";
import type { EdgeProfile, EdgeRequest, Limits } from "../edge/profile.js";
import type { ResponseRewriter } from "../edge/response.js";
import { first, type HeaderLines } from "../lines.js";
import { type Exchange, endToEnd, type FinishedExchange, publicUrl } from "./exchange.js";
import { type Page, sendPage } from "./own/pages.js";
import type { UpstreamError } from "./upstream/connect.js";
import type { Pool } from "./upstream/pool.js";
import type { ResponseHead } from "./upstream/reader.js";

/** Sees every finished exchange. It cannot delay one, and its failure does not break one. */
export type Observer = (finished: FinishedExchange) => void;

/** What the app was asked. */
export interface Asked {
  /** The header lines that it received. */
  readonly told: readonly string[];
  /** The URL of the target. */
  readonly target: string;
}

/**
 * Asked at each response with a body: what is to see the body's octets as they pass, or undefined
 * for nothing. Its failure does not break the exchange. The chunks are valid only until it returns:
 * their memory is used again.
 */
export type BodyWatch = (
  exchange: Exchange,
  head: ResponseHead,
  asked: Asked,
) => ((chunk: Buffer) => void) | undefined;

/** Edits the header lines of a response on its way to the client. */
export type ResponsePolicy = (headers: HeaderLines, exchange: Exchange) => HeaderLines;

/** Edits the client's header lines before the edge sees them. */
export type RequestPolicy = (headers: HeaderLines, exchange: Exchange) => HeaderLines;

/** Tells that the target went down or came up. */
export type TargetListener = (state: "up" | "down", url: string) => void;

/** How the requests for one target are treated. */
export interface Forwarding {
  readonly pool: Pool;
  readonly edge: EdgeProfile;
  readonly rewrite: HeadRewriter;
  readonly editResponse: ResponseRewriter | undefined;
  /** Empty when the edge's limits are off. */
  readonly limits: Limits;
  readonly requestPolicy: RequestPolicy | undefined;
  readonly policies: readonly ResponsePolicy[];
  readonly observers: readonly Observer[];
  readonly watchBody: BodyWatch | undefined;
  readonly onTarget: TargetListener;
  readonly onObserverError: (error: unknown) => void;
}

/** While the target restarts, a request that changes nothing waits this long for it. */
const RESTART_PATIENCE_MS = 5_000;

/** When a target that had answered was first missed, `Date.now()`; "up" while it answers. */
const STATE = new WeakMap<Pool, "up" | number>();

/** The facts of an exchange that the edge goes by. */
export function edgeRequest(
  exchange: Exchange,
  { pool, edge }: Forwarding,
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

/** As HTTP/1.1 clients that send TE have to (RFC 9110 10.1.4). */
function namesTe(headers: HeaderLines): boolean {
  return /(?:^|,)\s*te\s*(?:,|$)/i.test(first(headers, "connection") ?? "");
}

/** The header lines for the app. */
export function requestHeaders(
  exchange: Exchange,
  forwarding: Forwarding,
  upgrade?: string,
): HeaderLines {
  const { edge, requestPolicy, rewrite } = forwarding;
  const { hopByHop } = edge.toApp;
  let headers = hopByHop === "drop" ? endToEnd(exchange.headers) : crossing(exchange, hopByHop);
  if (requestPolicy) headers = requestPolicy(headers, exchange);
  return rewrite(headers, edgeRequest(exchange, forwarding, upgrade));
}

const DROPPED_BY_NAME = new Set(["connection", "keep-alive", "te", "transfer-encoding", "upgrade"]);

/** What crosses edges that do not keep to RFC 9110 7.6.1; Host stands where the client had it. */
function crossing(
  { headers, host, hostAt }: Exchange,
  hopByHop: "by-name" | "in-place",
): HeaderLines {
  if (hopByHop === "in-place") {
    return hostAt === undefined
      ? [...headers]
      : [...headers.slice(0, hostAt), "Host", host, ...headers.slice(hostAt)];
  }
  return withoutByName(headers);
}

function withoutByName(headers: readonly string[]): HeaderLines {
  const lines: HeaderLines = [];
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string;
    if (DROPPED_BY_NAME.has(lower(name))) continue;
    lines.push(name, headers[index + 1] as string);
  }
  return lines;
}

export function headText(firstLine: string, lines: HeaderLines): string {
  let text = `${firstLine}\r\n`;
  for (let index = 0; index < lines.length; index += 2) {
    text += `${lines[index]}: ${lines[index + 1]}\r\n`;
  }
  return `${text}\r\n`;
}

/** The header lines for the client: end-to-end ones, through every policy in order. */
export function responseHeaders(
  head: ResponseHead,
  exchange: Exchange,
  forwarding: Forwarding,
): HeaderLines {
  const { editResponse, edge } = forwarding;
  let headers =
    edge.toApp.hopByHop === "drop" ? endToEnd(head.headers) : withoutByName(head.headers);
  if (editResponse) headers = editResponse(headers, edgeRequest(exchange, forwarding));
  return applyPolicies(headers, exchange, forwarding);
}

/** Through every policy in order. */
export function applyPolicies(
  headers: HeaderLines,
  exchange: Exchange,
  { policies }: Forwarding,
): HeaderLines {
  let lines = headers;
  for (const policy of policies) lines = policy(lines, exchange);
  return lines;
}

/**
 * How long to wait for a target that refuses, in milliseconds: it was up before, and may be
 * restarting. Whoever comes later waits for the rest of the time.
 */
export function restartPatience(pool: Pool): number {
  const state = STATE.get(pool);
  if (state === undefined) return 0;
  return state === "up"
    ? RESTART_PATIENCE_MS
    : Math.max(0, state + RESTART_PATIENCE_MS - Date.now());
}

export function markAnswered({ pool, onTarget }: Forwarding): void {
  if (STATE.get(pool) === "up") return;
  STATE.set(pool, "up");
  onTarget("up", pool.dialer.target.url);
}

/** @param waitedMs how long the target had been missed by then */
export function markFailed(
  error: UpstreamError,
  { pool, onTarget }: Forwarding,
  waitedMs = 0,
): void {
  const state = STATE.get(pool);
  if (error.kind !== "refused" || typeof state === "number") return;
  STATE.set(pool, state === "up" ? Date.now() - waitedMs : Number.NEGATIVE_INFINITY);
  onTarget("down", pool.dialer.target.url);
}

/** Shows a finished exchange to every observer. */
export function notify(
  { observers, onObserverError }: Forwarding,
  finished: FinishedExchange,
): void {
  for (const observer of observers) {
    try {
      observer(finished);
    } catch (error) {
      onObserverError(error);
    }
  }
}

/** Answers in the app's place; observers see it as devtls's own. */
export function answerItself(
  exchange: Exchange,
  page: Page,
  forwarding: Forwarding,
  limit?: string,
): void {
  const { reply } = exchange;
  reply.onClose((complete) => {
    notify(forwarding, {
      exchange,
      url: publicUrl(exchange),
      target: forwarding.pool.dialer.target.url,
      told: [],
      status: page.status,
      answered: [],
      responseHeaders: page.headers ?? [],
      bytes: 0,
      milliseconds: performance.now() - exchange.started,
      brokenBy: complete ? undefined : "client",
      own: true,
      limit,
    });
  });
  sendPage(exchange, page);
}
