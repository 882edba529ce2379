/** The way of an exchange: edge policy, target, response policies, client; then the observers. */
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { HeadRewriter } from "../edge/head.js";
import type { EdgeRequest } from "../edge/profile.js";
import {
  type Exchange,
  endToEnd,
  endToEndTrailers,
  type FinishedExchange,
  headerValue,
  publicUrl,
} from "./exchange.js";
import { READY_HEADER, sendPage } from "./pages.js";
import { Call, type CallEvents } from "./upstream/call.js";
import { UpstreamError } from "./upstream/connect.js";
import type { Pool } from "./upstream/pool.js";
import type { HeaderLines, ResponseHead } from "./upstream/reader.js";

/** Sees every finished exchange. It cannot delay one, and its failure does not break one. */
export type Observer = (finished: FinishedExchange) => void;

/** Edits the header lines of a response on its way to the client. */
export type ResponsePolicy = (headers: HeaderLines, exchange: Exchange) => HeaderLines;

/** Tells that the target went down or came up. */
export type TargetListener = (state: "up" | "down", url: string) => void;

/** How the requests for one target are treated. */
export interface Forwarding {
  readonly pool: Pool;
  readonly rewrite: HeadRewriter;
  readonly policies: readonly ResponsePolicy[];
  readonly observers: readonly Observer[];
  readonly onTarget: TargetListener;
  readonly onObserverError: (error: unknown) => void;
}

/** While the target restarts, a request that changes nothing waits this long for it. */
const RESTART_PATIENCE_MS = 5_000;

/** Whether a target answered last time; unknown before the first request. */
const UP = new WeakMap<Pool, boolean>();

/** Sends the exchange to the target and its response to the client. */
export function forward(exchange: Exchange, forwarding: Forwarding): void {
  const { pool } = forwarding;
  if (headerValue(exchange.headers, READY_HEADER) !== undefined) {
    answerReadiness(exchange, pool);
    return;
  }
  const told = requestHeaders(exchange, forwarding);
  const patient = (exchange.method === "GET" || exchange.method === "HEAD") && UP.get(pool);
  const passage = new Passage(exchange, forwarding, told);
  const call = new Call(
    pool,
    {
      method: exchange.method,
      head: headText(`${exchange.method} ${exchange.target} HTTP/1.1`, told),
      body: exchange.body,
      upgrade: false,
      patienceMs: patient ? RESTART_PATIENCE_MS : 0,
    },
    passage,
  );
  passage.follow(call);
  call.start();
}

/** The facts of an exchange that the edge goes by. */
export function edgeRequest(
  exchange: Exchange,
  { pool }: Forwarding,
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
    framing: body?.chunked ? "chunked" : undefined,
    upgrade,
    trailersWelcome: exchange.trailersWelcome,
  };
}

/** The header lines for the app. */
export function requestHeaders(
  exchange: Exchange,
  forwarding: Forwarding,
  upgrade?: string,
): HeaderLines {
  return forwarding.rewrite(endToEnd(exchange.headers), edgeRequest(exchange, forwarding, upgrade));
}

export function headText(firstLine: string, lines: HeaderLines): string {
  let text = `${firstLine}\r\n`;
  for (let index = 0; index < lines.length; index += 2) {
    text += `${lines[index]}: ${lines[index + 1]}\r\n`;
  }
  return `${text}\r\n`;
}

/** The error page asks whether the target is there again; the app never sees the question. */
function answerReadiness(exchange: Exchange, pool: Pool): void {
  const answer = (status: number): void => {
    exchange.reply.begin(status, STATUS_CODES[status] ?? "", ["Cache-Control", "no-store"], false);
  };
  const controller = new AbortController();
  exchange.reply.onClose(() => controller.abort());
  pool.dialer.dial(controller.signal).then(
    (socket) => {
      socket.on("error", () => undefined);
      socket.destroy();
      answer(204);
    },
    () => {
      if (!controller.signal.aborted) answer(503);
    },
  );
}

/** The header lines for the client: end-to-end ones, through every policy in order. */
export function responseHeaders(
  head: ResponseHead,
  exchange: Exchange,
  { policies }: Forwarding,
): HeaderLines {
  let headers = endToEnd(head.headers);
  for (const policy of policies) headers = policy(headers, exchange);
  return headers;
}

export function markAnswered({ pool, onTarget }: Forwarding): void {
  if (UP.get(pool) === true) return;
  UP.set(pool, true);
  onTarget("up", pool.dialer.target.url);
}

export function markFailed(error: UpstreamError, { pool, onTarget }: Forwarding): void {
  if (error.kind !== "refused" || UP.get(pool) === false) return;
  UP.set(pool, false);
  onTarget("down", pool.dialer.target.url);
}

class Passage implements CallEvents {
  readonly #exchange: Exchange;
  readonly #forwarding: Forwarding;
  readonly #told: HeaderLines;
  #status = 0;
  #responseHeaders: HeaderLines = [];
  #bytes = 0;
  #call: Call | undefined;
  #draining = false;
  #begun = false;
  #ended = false;
  #own = false;
  #brokenBy: FinishedExchange["brokenBy"];

  constructor(exchange: Exchange, forwarding: Forwarding, told: HeaderLines) {
    this.#exchange = exchange;
    this.#forwarding = forwarding;
    this.#told = told;
  }

  follow(call: Call): void {
    this.#call = call;
    this.#exchange.reply.onClose((complete) => {
      if (!complete) {
        this.#brokenBy ??= "client";
        call.abort();
      }
      this.#report();
    });
  }

  onInformation(head: ResponseHead): void {
    this.#exchange.reply.inform({ ...head, headers: endToEnd(head.headers) });
  }

  onHead(head: ResponseHead, hasBody: boolean): void {
    markAnswered(this.#forwarding);
    const headers = responseHeaders(head, this.#exchange, this.#forwarding);
    this.#status = head.status;
    this.#responseHeaders = headers;
    this.#begun = true;
    if (!hasBody) this.#ended = true;
    this.#exchange.reply.begin(head.status, head.reason, headers, hasBody);
  }

  onBody(chunk: Buffer, last: boolean): boolean {
    this.#bytes += chunk.length;
    if (!last) return this.#write(chunk);
    this.#ended = true;
    this.#exchange.reply.end(chunk);
    return true;
  }

  #write(chunk: Buffer): boolean {
    const { reply } = this.#exchange;
    const more = reply.write(chunk);
    // One read can bring many chunks; the first that finds the client slow waits for all of them.
    if (!more && !this.#draining) {
      this.#draining = true;
      reply.onDrain(() => {
        this.#draining = false;
        this.#call?.resume();
      });
    }
    return more;
  }

  onPause(): void {
    if (this.#begun && this.#bytes === 0 && !this.#ended) this.#exchange.reply.flush();
  }

  onComplete(trailers: HeaderLines): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#exchange.reply.end(undefined, endToEndTrailers(trailers));
  }

  onUpgrade(_head: ResponseHead, socket: Socket): void {
    // Unreachable: the reader refuses a 101 to a request that asked for no upgrade.
    socket.destroy();
    this.onError(new UpstreamError("protocol", "101 to a request that asked for no upgrade"));
  }

  onError(error: UpstreamError): void {
    this.#brokenBy = "target";
    markFailed(error, this.#forwarding);
    if (this.#begun) {
      this.#exchange.reply.destroy();
      return;
    }
    this.#begun = true;
    this.#own = true;
    this.#status = 502;
    sendPage(this.#exchange, failurePage(error, this.#forwarding.pool));
  }

  #report(): void {
    notify(this.#forwarding, {
      exchange: this.#exchange,
      url: publicUrl(this.#exchange),
      target: this.#forwarding.pool.dialer.target.url,
      told: this.#told,
      status: this.#status,
      responseHeaders: this.#responseHeaders,
      bytes: this.#bytes,
      milliseconds: performance.now() - this.#exchange.started,
      brokenBy: this.#brokenBy,
      own: this.#own,
    });
  }
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

/** The page for a target that gave no response (RFC 9110 15.6.3). */
export function failurePage(error: UpstreamError, pool: Pool): Parameters<typeof sendPage>[1] {
  const { target, addresses } = pool.dialer;
  const at = addresses.join(" and ");
  switch (error.kind) {
    case "refused":
      return {
        status: 502,
        title: `${target.url} refused the connection.`,
        advice: [
          `Nothing listens on ${at}. Start your dev server, or name its port with --target.`,
        ],
        reload: true,
      };
    case "tls":
      return {
        status: 502,
        title: `${target.url} could not be reached over TLS: ${error.message}.`,
        advice: ["To accept any certificate from it, add --insecure-target."],
      };
    case "protocol":
      return {
        status: 502,
        title: `${target.url} sent an invalid response: ${error.message}.`,
        advice: ["The response was not passed on. The dev server's own log may say more."],
      };
    default:
      return {
        status: 502,
        title: `${target.url} gave no response: ${error.message}.`,
        advice: [`The connection went to ${at}. The dev server's own log may say more.`],
        reload: true,
      };
  }
}
