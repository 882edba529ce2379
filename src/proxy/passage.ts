/**
 * The life of an exchange, ordinary or upgraded: asked, answered by the app or by devtls, over. What
 * happens to it is kept here and nowhere else, and nothing that comes from a client or an app can
 * throw past it.
 */
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { formatBound } from "../edge/limits.js";
import type { Limit } from "../edge/profile.js";
import { type HeaderLines, headText, without } from "../lines.js";
import { type Refusal, refusalOf, tooLarge } from "./bounds.js";
import {
  type Exchange,
  type FinishedExchange,
  publicUrl,
  type UpgradeRequest,
} from "./exchange.js";
import type { Forwarding } from "./forwarding.js";
import {
  requestHeaders,
  requestLine,
  responseHeaders,
  switchingHeaders,
  whyNotCarried,
} from "./heads.js";
import { endToEnd, endToEndTrailers } from "./hop-by-hop.js";
import { failurePage } from "./own/failure-page.js";
import { type Page, renderPage } from "./own/pages.js";
import { joinEnds } from "./tunnel.js";
import { Call, type CallEvents, type RequestBody } from "./upstream/call.js";
import { UpstreamError } from "./upstream/connect.js";
import { hold } from "./upstream/memory.js";
import type { ResponseHead } from "./upstream/reader.js";
import { Onlookers } from "./watch.js";

enum Phase {
  /** There is no final response yet. */
  Waiting,
  /** Its head is here; it is kept back until there is a body to send with it. */
  Due,
  /** Its head is on its way. */
  Begun,
  /** The two ends speak with each other. */
  Tunnel,
  /** Nothing more is sent. */
  Over,
}

/** An exchange under way, as far as its front can still have a say in it. */
export interface Underway {
  /** Answers it so, unless an answer has begun. */
  answer(page: Page): void;
}

export class Passage implements CallEvents, Underway {
  readonly #exchange: Exchange;
  #forwarding: Forwarding;
  readonly #onlookers: Onlookers;
  #phase = Phase.Waiting;
  #call: Call | undefined;
  #upgrade: UpgradeRequest | undefined;
  #timer: NodeJS.Timeout | undefined;
  #draining = false;
  #patienceMs = 0;
  #told: HeaderLines = [];
  #status = 0;
  #reason = "";
  #answered: HeaderLines = [];
  #sent: HeaderLines = [];
  #trailers: HeaderLines = [];
  #bytes = 0;
  #headAt: number | undefined;
  #own = false;
  #limit: string | undefined;
  #brokenBy: FinishedExchange["brokenBy"];

  constructor(exchange: Exchange, forwarding: Forwarding) {
    this.#exchange = exchange;
    this.#forwarding = forwarding;
    this.#onlookers = new Onlookers(forwarding.watchers, exchange, forwarding.onDefect);
    exchange.reply.onClose((complete) => this.attempt(() => this.#closed(complete)));
  }

  /** Does a step of it; a defect of devtls ends this exchange and no other. */
  attempt(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#defect(error);
    }
  }

  /** Sends it to where the app turned out to listen, before it is asked. */
  route(forwarding: Forwarding): void {
    this.#forwarding = forwarding;
  }

  /** Answers in the app's place. */
  answer(page: Page, limit?: string): void {
    if (this.#phase > Phase.Due) return;
    const { reply, method } = this.#exchange;
    const { headers, body } = renderPage(this.#exchange, page);
    clearTimeout(this.#timer);
    this.#phase = Phase.Over;
    this.#own = true;
    this.#limit = limit;
    this.#status = page.status;
    this.#answered = [];
    this.#sent = headers;
    this.#showHead();
    const hasBody = method !== "HEAD";
    reply.begin(page.status, STATUS_CODES[page.status] ?? "", headers, hasBody);
    if (hasBody) reply.end(body);
  }

  /**
   * Asks the app.
   * @param body the exchange's, or what became of it on the way
   * @param upgrade the exchange's, where the edge passes it on
   */
  ask(body: RequestBody | undefined, upgrade?: UpgradeRequest): void {
    const { pool, edge, limits } = this.#forwarding;
    const exchange = body === this.#exchange.body ? this.#exchange : { ...this.#exchange, body };
    const { method } = exchange;
    this.#upgrade = upgrade;
    this.#told = requestHeaders(exchange, this.#forwarding, upgrade?.protocol);
    if (upgrade) this.#told.push(...upgrade.added);
    const changesNothing = !upgrade && (method === "GET" || method === "HEAD");
    this.#patienceMs = changesNothing ? pool.health.patienceMs : 0;
    const call = new Call(
      pool,
      {
        method,
        head: headText(requestLine(exchange, edge.toApp), this.#told),
        body: body && this.#tapped(body),
        closes: edge.toApp.connection === "close",
        upgrade: upgrade !== undefined,
        patienceMs: this.#patienceMs,
        client: exchange.connection.address,
      },
      this,
    );
    this.#call = call;
    if (limits.firstByte) this.#expectFirstByte(limits.firstByte, body);
    call.start();
  }

  /** Edges wait for an app that has the whole request; an upload may take its time. */
  #expectFirstByte(bound: Limit, body: RequestBody | undefined): void {
    const begin = (): void => {
      if (this.#phase !== Phase.Waiting) return;
      this.#after(bound.max, () => {
        const what = `no response within ${formatBound(bound.max, "milliseconds")}`;
        this.#refuse(refusalOf(this.#forwarding.edge, bound, what));
      });
    };
    if (body) body.stream.once("end", begin);
    else begin();
  }

  #after(milliseconds: number, step: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.attempt(step), milliseconds);
  }

  /** The body with those who look at it, and its bound where the length shows only on the way. */
  #tapped(body: RequestBody): RequestBody {
    const bound = body.chunked ? this.#forwarding.limits.body : undefined;
    const watched = this.#onlookers.wantsRequestBody;
    if (!bound && !watched) return body;
    let octets = 0;
    const tap = (chunk: Buffer): void => {
      if (watched) this.#onlookers.requestBody(chunk);
      octets += chunk.length;
      if (bound && octets > bound.max) {
        this.attempt(() => this.#refuse(refusalOf(this.#forwarding.edge, bound, tooLarge(bound))));
      }
    };
    return { ...body, tap };
  }

  /** Ends the exchange as the edge would: with its own answer, or a broken one. */
  #refuse(refusal: Refusal): void {
    if (this.#phase === Phase.Over) return;
    this.#call?.abort();
    if (this.#phase <= Phase.Due) {
      this.answer(refusal.page, refusal.limit);
      return;
    }
    this.#limit = refusal.limit;
    this.#breakOff("edge");
  }

  #breakOff(by: FinishedExchange["brokenBy"]): void {
    this.#phase = Phase.Over;
    this.#brokenBy ??= by;
    this.#exchange.reply.destroy();
  }

  #defect(error: unknown): void {
    this.#forwarding.onDefect(error);
    this.#call?.abort();
    this.#brokenBy = "devtls";
    try {
      if (this.#phase <= Phase.Due) {
        this.answer(failurePage(new UpstreamError("defect", "", error), this.#forwarding.pool));
        return;
      }
    } catch {
      // Reported once; what is left is to end it.
    }
    this.#breakOff("devtls");
  }

  onInformation(head: ResponseHead): void {
    // No 1xx response has a length (RFC 9110 8.6); clients of HTTP/2 refuse one.
    const crossing = without(endToEnd(head.headers), ["content-length"]);
    const headers = this.#exchange.lastWord?.(crossing) ?? crossing;
    const passed = { ...head, headers };
    this.#onlookers.information(passed);
    this.#exchange.reply.inform(passed);
  }

  onHead(head: ResponseHead, hasBody: boolean): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#phase !== Phase.Waiting) return;
    this.#forwarding.pool.health.answered();
    this.#answered = head.headers;
    const problem = whyNotCarried(head, this.#exchange);
    if (problem !== undefined) {
      this.#call?.abort();
      this.onError(new UpstreamError("protocol", problem));
      return;
    }
    this.#status = head.status;
    this.#reason = head.reason;
    this.#sent = responseHeaders(head, this.#exchange, this.#forwarding);
    this.#phase = Phase.Due;
    this.#showHead();
    // 205 has no body (RFC 9110 15.3.6), and Node ends a stream of HTTP/2 with such a head.
    const bare = head.status === 205 && this.#exchange.protocol === "HTTP/2";
    // What came along with the head may be no body, and then there is still an answer to give.
    if (hasBody && !bare) return;
    this.#phase = Phase.Over;
    this.#exchange.reply.begin(head.status, head.reason, this.#sent, false);
  }

  #showHead(): void {
    this.#headAt = performance.now();
    this.#onlookers.head({
      status: this.#status,
      answered: this.#answered,
      sent: this.#sent,
      told: this.#told,
      target: this.#forwarding.pool.dialer.target.url,
      own: this.#own,
    });
  }

  /** Begins the response, when that is due. */
  #begin(): void {
    if (this.#phase !== Phase.Due) return;
    this.#phase = Phase.Begun;
    this.#exchange.reply.begin(this.#status, this.#reason, this.#sent, true);
  }

  onBody(chunk: Buffer, last: boolean): boolean {
    this.#begin();
    if (this.#phase !== Phase.Begun) return true;
    this.#bytes += chunk.length;
    this.#onlookers.body(chunk);
    this.#timer?.refresh();
    if (!last) return this.#write(chunk);
    this.#phase = Phase.Over;
    this.#exchange.reply.end(chunk, [], hold(chunk));
    return true;
  }

  #write(chunk: Buffer): boolean {
    const { reply } = this.#exchange;
    const more = reply.write(chunk, hold(chunk));
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
    if (this.#phase !== Phase.Begun) return;
    const { idleMs } = this.#forwarding.limits;
    if (idleMs !== undefined && !this.#timer) this.#watchSilence(idleMs, "nothing sent");
    if (this.#bytes === 0) this.#exchange.reply.flush();
  }

  /** Edges break off a response, or a tunnel, in which nothing is said for too long. */
  #watchSilence(idleMs: number, what: string): void {
    this.#after(idleMs, () => {
      const text = `${what} for ${formatBound(idleMs, "milliseconds")}`;
      this.#refuse(refusalOf(this.#forwarding.edge, { max: idleMs, status: 0 }, text));
    });
  }

  onComplete(trailers: HeaderLines): void {
    this.#begin();
    if (this.#phase !== Phase.Begun) return;
    this.#phase = Phase.Over;
    this.#trailers = endToEndTrailers(trailers);
    this.#exchange.reply.end(undefined, this.#trailers);
  }

  onUpgrade(head: ResponseHead, socket: Socket, rest: Buffer): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const upgrade = this.#upgrade;
    const objection = upgrade
      ? upgrade.objectionTo(head)
      : "101 to a request that asked for no upgrade";
    if (!upgrade || objection !== undefined || this.#phase !== Phase.Waiting) {
      socket.on("error", () => undefined);
      socket.destroy();
      this.onError(new UpstreamError("protocol", objection ?? "101 after the end"));
      return;
    }
    this.#forwarding.pool.health.answered();
    this.#status = head.status;
    this.#answered = head.headers;
    this.#sent = switchingHeaders(head, this.#exchange, this.#forwarding);
    this.#phase = Phase.Tunnel;
    this.#showHead();
    const client = upgrade.accept({ ...head, headers: this.#sent });
    const { idleMs } = this.#forwarding.limits;
    if (idleMs !== undefined) this.#watchSilence(idleMs, "nothing said");
    const watched = this.#onlookers.wantsFrames;
    joinEnds(client, { stream: socket, rest }, (from, chunk) => {
      if (from === "app") this.#bytes += chunk.length;
      this.#timer?.refresh();
      if (watched) this.#onlookers.frame(from, chunk);
    });
  }

  onError(error: UpstreamError): void {
    if (error.kind === "defect") {
      this.#defect(error.cause);
      return;
    }
    this.#forwarding.pool.health.failed(error, this.#patienceMs);
    if (this.#phase >= Phase.Begun) {
      if (this.#phase !== Phase.Over) this.#breakOff("target");
      return;
    }
    this.#brokenBy = "target";
    this.answer(failurePage(error, this.#forwarding.pool));
  }

  #closed(complete: boolean): void {
    clearTimeout(this.#timer);
    if (!complete && this.#phase !== Phase.Tunnel) {
      this.#brokenBy ??= "client";
      this.#call?.abort();
    }
    this.#phase = Phase.Over;
    this.#onlookers.end({
      exchange: this.#exchange,
      url: publicUrl(this.#exchange),
      target: this.#forwarding.pool.dialer.target.url,
      told: this.#told,
      status: this.#status,
      answered: this.#answered,
      responseHeaders: this.#sent,
      trailers: this.#trailers,
      bytes: this.#bytes,
      milliseconds: performance.now() - this.#exchange.started,
      millisecondsToHead:
        this.#headAt === undefined ? undefined : this.#headAt - this.#exchange.started,
      opening: this.#call?.opening,
      brokenBy: this.#brokenBy,
      own: this.#own,
      limit: this.#limit,
    });
  }
}
