/** The way of an exchange: edge policy, target, response policies, client; then the observers. */

import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { formatBound } from "../edge/limits.js";
import type { Limit, Limits, ToApp } from "../edge/profile.js";
import { targetFor } from "../edge/target.js";
import { first, type HeaderLines, without } from "../lines.js";
import { collectBody, type Refusal, refusalOf, refuseRequest, tooLarge } from "./bounds.js";
import {
  type Exchange,
  endToEnd,
  endToEndTrailers,
  type FinishedExchange,
  publicUrl,
} from "./exchange.js";
import {
  answerItself,
  type Forwarding,
  headText,
  markAnswered,
  markFailed,
  notify,
  requestHeaders,
  responseHeaders,
  restartPatience,
} from "./forwarding.js";
import { failurePage } from "./own/failure-page.js";
import { READY_HEADER, sendPage } from "./own/pages.js";
import { Call, type CallEvents, type RequestBody } from "./upstream/call.js";
import { UpstreamError } from "./upstream/connect.js";
import type { Pool } from "./upstream/pool.js";
import type { ResponseHead } from "./upstream/reader.js";

/** Sends the exchange to the target and its response to the client. */
export function forward(exchange: Exchange, forwarding: Forwarding): void {
  if (first(exchange.headers, READY_HEADER) !== undefined) {
    answerReadiness(exchange, forwarding.pool);
    return;
  }
  const refusal = refuseRequest(exchange, forwarding);
  if (refusal) {
    answerItself(exchange, refusal.page, forwarding, refusal.limit);
    return;
  }
  const { toApp } = forwarding.edge;
  if (toApp.answersExpect && first(exchange.headers, "expect") !== undefined) {
    exchange.reply.inform({ status: 100, reason: "Continue", version: "1.1", headers: [] });
  }
  if (toApp.buffersChunked && exchange.body?.chunked) sendCollected(exchange, forwarding);
  else send(exchange, forwarding);
}

/** As nginx does by default: an HTTP/1.0 request cannot have a body of unknown length. */
function sendCollected(exchange: Exchange, forwarding: Forwarding): void {
  collectBody(exchange, forwarding).then(
    (body) => {
      if (body) send({ ...exchange, body }, forwarding);
    },
    (refusal: Refusal) => answerItself(exchange, refusal.page, forwarding, refusal.limit),
  );
}

function send(exchange: Exchange, forwarding: Forwarding): void {
  const { pool, edge, limits } = forwarding;
  const told = requestHeaders(exchange, forwarding);
  const changesNothing = exchange.method === "GET" || exchange.method === "HEAD";
  const patienceMs = changesNothing ? restartPatience(pool) : 0;
  const passage = new Passage(exchange, forwarding, told, patienceMs);
  const call = new Call(
    pool,
    {
      method: exchange.method,
      head: headText(requestLine(exchange, edge.toApp), told),
      body: passage.watchedBody(limits.body),
      upgrade: false,
      patienceMs,
    },
    passage,
  );
  passage.follow(call, limits);
  call.start();
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

/** The request line in the version of HTTP that the edge speaks to apps. */
export function requestLine({ method, target, protocol }: Exchange, toApp: ToApp): string {
  const asClient = protocol === "HTTP/1.0" ? "1.0" : "1.1";
  return `${method} ${targetFor(toApp.target, target)} HTTP/${toApp.version === "client" ? asClient : toApp.version}`;
}

/** The last one that Node gives a client of HTTP/2; RFC 9110 15 defines classes up to 5. */
const MAX_HTTP2_STATUS = 599;

class Passage implements CallEvents {
  readonly #exchange: Exchange;
  readonly #forwarding: Forwarding;
  readonly #told: HeaderLines;
  readonly #patienceMs: number;
  #status = 0;
  #answered: HeaderLines = [];
  #responseHeaders: HeaderLines = [];
  #bytes = 0;
  #call: Call | undefined;
  #draining = false;
  /** The reason phrase of a response that has not begun yet. */
  #due: string | undefined;
  #begun = false;
  #ended = false;
  #own = false;
  #limit: string | undefined;
  #watch: ((chunk: Buffer) => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #brokenBy: FinishedExchange["brokenBy"];

  constructor(exchange: Exchange, forwarding: Forwarding, told: HeaderLines, patienceMs: number) {
    this.#exchange = exchange;
    this.#forwarding = forwarding;
    this.#told = told;
    this.#patienceMs = patienceMs;
  }

  follow(call: Call, limits: Limits): void {
    this.#call = call;
    const { firstByte } = limits;
    if (firstByte) {
      const giveUp = (): void => {
        const what = `no response within ${formatBound(firstByte.max, "milliseconds")}`;
        this.#refuse(refusalOf(this.#forwarding.edge, firstByte, what));
      };
      const begin = (): void => {
        if (this.#begun) return;
        this.#timer = setTimeout(giveUp, firstByte.max);
      };
      // Edges wait for an app that has the whole request; an upload may take its time.
      const upload = this.#exchange.body?.stream;
      if (upload) upload.once("end", begin);
      else begin();
    }
    this.#exchange.reply.onClose((complete) => {
      clearTimeout(this.#timer);
      if (!complete) {
        this.#brokenBy ??= "client";
        call.abort();
      }
      this.#report();
    });
  }

  /** The body, watched where its length shows only on the way. */
  watchedBody(bound: Limit | undefined): RequestBody | undefined {
    const { body } = this.#exchange;
    if (!body?.chunked || !bound) return body;
    let octets = 0;
    const tap = (chunk: Buffer): void => {
      octets += chunk.length;
      if (octets > bound.max)
        this.#refuse(refusalOf(this.#forwarding.edge, bound, tooLarge(bound)));
    };
    return { ...body, tap };
  }

  /** Ends the exchange as the edge would: with its own answer, or a broken one. */
  #refuse(refusal: Refusal): void {
    if (this.#ended || this.#own) return;
    this.#limit = refusal.limit;
    this.#call?.abort();
    if (this.#begun) {
      this.#brokenBy = "edge";
      this.#exchange.reply.destroy();
      return;
    }
    this.#begun = true;
    this.#own = true;
    this.#status = refusal.page.status;
    sendPage(this.#exchange, refusal.page);
  }

  onInformation(head: ResponseHead): void {
    this.#exchange.reply.inform({ ...head, headers: endToEnd(head.headers) });
  }

  onHead(head: ResponseHead, hasBody: boolean): void {
    clearTimeout(this.#timer);
    if (head.status > MAX_HTTP2_STATUS && this.#exchange.protocol === "HTTP/2") {
      this.#call?.abort();
      const what = `the status ${head.status}, which HTTP/2 cannot carry`;
      this.onError(new UpstreamError("protocol", what));
      return;
    }
    this.#timer = undefined;
    markAnswered(this.#forwarding);
    let headers = responseHeaders(head, this.#exchange, this.#forwarding);
    // 205 has no body (RFC 9110 15.3.6), and Node ends a stream of HTTP/2 with such a head. A
    // length on 204 is refused by clients of HTTP/2, and nobody may send it (RFC 9110 8.6).
    const bare = head.status === 205 && this.#exchange.protocol === "HTTP/2";
    if (head.status === 204 || bare) headers = without(headers, ["content-length"]);
    this.#status = head.status;
    this.#answered = head.headers;
    this.#responseHeaders = headers;
    if (hasBody && !bare) {
      // What came along with the head may be no body, and then there is still an answer to give.
      this.#due = head.reason;
      const { watchBody, pool } = this.#forwarding;
      if (watchBody) {
        const asked = { told: this.#told, target: pool.dialer.target.url };
        this.#attend(() => (this.#watch = watchBody(this.#exchange, head, asked)));
      }
      return;
    }
    this.#begun = true;
    this.#ended = true;
    this.#exchange.reply.begin(head.status, head.reason, headers, false);
  }

  /** Begins the response, when that is due. */
  #begin(): void {
    if (this.#due === undefined) return;
    this.#begun = true;
    this.#exchange.reply.begin(this.#status, this.#due, this.#responseHeaders, true);
    this.#due = undefined;
  }

  /** Edges break off a response that is silent for too long. */
  #watchIdle(): void {
    const { limits, edge } = this.#forwarding;
    const { idleMs } = limits;
    if (idleMs === undefined || this.#timer || !this.#begun || this.#ended) return;
    this.#timer = setTimeout(() => {
      const what = `nothing sent for ${formatBound(idleMs, "milliseconds")}`;
      this.#refuse(refusalOf(edge, { max: idleMs, status: 0 }, what));
    }, idleMs);
  }

  onBody(chunk: Buffer, last: boolean): boolean {
    if (this.#ended) return true;
    this.#begin();
    this.#bytes += chunk.length;
    const watch = this.#watch;
    if (watch) this.#attend(() => watch(chunk));
    this.#timer?.refresh();
    if (!last) return this.#write(chunk);
    this.#ended = true;
    this.#exchange.reply.end(chunk);
    return true;
  }

  /** Whoever looks on cannot break an exchange. */
  #attend(look: () => void): void {
    try {
      look();
    } catch (error) {
      this.#watch = undefined;
      this.#forwarding.onObserverError(error);
    }
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
    this.#begin();
    this.#watchIdle();
    if (this.#begun && this.#bytes === 0 && !this.#ended) this.#exchange.reply.flush();
  }

  onComplete(trailers: HeaderLines): void {
    if (this.#ended) return;
    this.#begin();
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
    markFailed(error, this.#forwarding, this.#patienceMs);
    if (this.#begun) {
      this.#exchange.reply.destroy();
      return;
    }
    this.#due = undefined;
    this.#begun = true;
    this.#own = true;
    this.#status = 502;
    this.#responseHeaders = [];
    sendPage(this.#exchange, failurePage(error, this.#forwarding.pool));
  }

  #report(): void {
    notify(this.#forwarding, {
      exchange: this.#exchange,
      url: publicUrl(this.#exchange),
      target: this.#forwarding.pool.dialer.target.url,
      told: this.#told,
      status: this.#status,
      answered: this.#answered,
      responseHeaders: this.#responseHeaders,
      bytes: this.#bytes,
      milliseconds: performance.now() - this.#exchange.started,
      brokenBy: this.#brokenBy,
      own: this.#own,
      limit: this.#limit,
    });
  }
}
