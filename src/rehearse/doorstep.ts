/**
 * An edge in this process, as on ports 443 and 80: what a visitor asks goes through the same passage
 * as what a browser asks of `devtls serve`, without a listener and a handshake in between.
 */

import { randomBytes } from "node:crypto";
import { type Duplex, duplexPair, Readable } from "node:stream";
import type { PlainRule } from "../edge/profile.js";
import { DevtlsError } from "../errors.js";
import { first, type HeaderLines, without } from "../lines.js";
import type { ClientConnection, Exchange, FinishedExchange, Reply } from "../proxy/exchange.js";
import type { Forwarding } from "../proxy/forwarding.js";
import { plainAnswer } from "../proxy/own/plain-http.js";
import { pass } from "../proxy/pass.js";
import type { Watcher } from "../proxy/watch.js";
import { BOUNDS, type Carrier, type HopRequest, type HopResponse } from "../visit/carrier.js";
import { BodyCollector } from "../visit/collect.js";

const HTTPS_PORT = 443;
const HTTP_PORT = 80;

export interface DoorstepOptions {
  readonly route: (host: string, target: string) => Forwarding;
  readonly plain: PlainRule;
  /** Where the visitor is said to come from: "127.0.1.7". */
  readonly address: string;
  /** Whether the edge answers for a host name. */
  readonly covers: (hostname: string) => boolean;
}

/** What the last exchange was besides its response. */
export type Ended = Pick<FinishedExchange, "own" | "limit" | "brokenBy" | "told" | "answered">;

export class Doorstep implements Carrier {
  readonly #options: DoorstepOptions;
  readonly #ended = new WeakMap<HopResponse, Ended>();
  readonly #finished = new Map<number, (finished: FinishedExchange) => void>();
  #ids = 0;

  constructor(options: DoorstepOptions) {
    this.#options = options;
  }

  /** Has to look on at every exchange, for {@link endOf}. */
  static watcher(of: () => Doorstep): Watcher {
    return (exchange) => ({ end: (finished) => of().#finished.get(exchange.id)?.(finished) });
  }

  /** Whether a URL is this edge's: https on port 443 or http on port 80 of a host it serves. */
  serves({ protocol, port, hostname }: URL): boolean {
    return (
      /^https?:$/.test(protocol) &&
      port === "" &&
      this.#options.covers(hostname.replace(/^\[|\]$/g, ""))
    );
  }

  /** How an exchange ended whose response this is. */
  endOf(response: HopResponse): Ended | undefined {
    return this.#ended.get(response);
  }

  async send(request: HopRequest): Promise<HopResponse> {
    if (!this.serves(request.url)) throw notHere(request.url);
    const reply = new Collected();
    const exchange = this.#exchange(request, reply);
    const finished = new Promise<FinishedExchange>((resolve) => {
      this.#finished.set(exchange.id, resolve);
    });
    const timer = setTimeout(() => reply.leave(), BOUNDS.headMs + BOUNDS.bodyMs);
    this.#pass(exchange);
    const how = await finished;
    clearTimeout(timer);
    this.#finished.delete(exchange.id);
    const response = reply.response(how.brokenBy !== undefined);
    this.#ended.set(response, how);
    return response;
  }

  openSocket(request: HopRequest): Promise<Pick<HopResponse, "status" | "headers">> {
    const { url } = request;
    if (!this.serves(url)) return Promise.reject(notHere(url));
    const reply = new Collected();
    return new Promise((resolve) => {
      const lines = [
        ...["Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13"],
        ...["Sec-WebSocket-Key", randomBytes(16).toString("base64")],
      ];
      const exchange = this.#exchange(request, reply, "HTTP/1.1");
      this.#finished.set(exchange.id, ({ status, responseHeaders }) => {
        this.#finished.delete(exchange.id);
        resolve({ status, headers: [...responseHeaders] });
      });
      this.#pass({
        ...exchange,
        headers: [...exchange.headers, ...lines],
        upgrade: {
          protocol: "websocket",
          added: [],
          objectionTo: () => undefined,
          accept: () => {
            const [stream, visitor] = duplexPair();
            visitor.on("error", () => undefined);
            // It opens, and that is all there is to see.
            setImmediate(() => {
              (visitor as Duplex).destroy();
              stream.destroy();
              reply.leave();
            });
            return { stream, rest: Buffer.alloc(0) };
          },
        },
      });
    });
  }

  #pass(exchange: Exchange): void {
    const { plain, route } = this.#options;
    const settings = { port: HTTP_PORT, rule: plain, forcePaths: [] };
    const answer =
      exchange.connection.scheme === "http"
        ? plainAnswer(exchange, settings, HTTPS_PORT)
        : undefined;
    pass(exchange, route(exchange.host, exchange.target), answer);
  }

  /** As a front makes it of what a browser sends over HTTP/2, or over HTTP/1.1. */
  #exchange(
    { method, url, headers, body }: HopRequest,
    reply: Reply,
    protocol: "HTTP/1.1" | "HTTP/2" = url.protocol === "https:" ? "HTTP/2" : "HTTP/1.1",
  ): Exchange {
    const scheme = url.protocol === "https:" ? "https" : "http";
    const connection: ClientConnection = {
      scheme,
      address: this.#options.address,
      clientPort: 49_152 + (this.#ids % 16_384),
      port: scheme === "https" ? HTTPS_PORT : HTTP_PORT,
    };
    const length = body === undefined ? [] : ["Content-Length", String(body.length)];
    const lines = [...without(headers, ["host"]), ...length];
    return {
      id: ++this.#ids,
      started: performance.now(),
      connection,
      protocol,
      method,
      target: `${url.pathname}${url.search}`,
      host: first(headers, "host") ?? url.host,
      headers:
        protocol === "HTTP/2"
          ? lines.map((text, at) => (at % 2 ? text : text.toLowerCase()))
          : lines,
      ...(protocol === "HTTP/1.1" && { hostAt: 0 }),
      trailersWelcome: false,
      body: body && {
        stream: atHand(body),
        chunked: false,
        length: body.length,
        trailers: () => [],
      },
      reply,
    };
  }
}

/** A stream that has all of it, so that it goes out right behind the head. */
function atHand(body: Buffer): Readable {
  const stream = new Readable({ read: () => undefined });
  stream.push(body);
  stream.push(null);
  return stream;
}

function notHere({ href }: URL): DevtlsError {
  return new DevtlsError("request-failed", `could not ask ${href}: it is another site`);
}

/** The client's side of an exchange that nobody sends anywhere. */
class Collected implements Reply {
  readonly #collector = new BodyCollector(BOUNDS);
  readonly #closings: ((complete: boolean) => void)[] = [];
  #status = 0;
  #headers: HeaderLines = [];
  #isOver = false;

  response(isBroken: boolean): HopResponse {
    const headers = this.#headers;
    const body = this.#collector.finish(headers);
    return { status: this.#status, headers, body, isCut: isBroken || this.#collector.isCut };
  }

  /** The visitor has seen enough. */
  leave(): void {
    this.#over(false);
  }

  inform(): void {
    // Hints change nothing that a visitor sees.
  }

  begin(status: number, _reason: string, headers: HeaderLines, hasBody: boolean): void {
    this.#status = status;
    this.#headers = headers;
    if (!hasBody) this.#over(true);
  }

  write(chunk: Buffer): boolean {
    if (!this.#collector.push(chunk)) setImmediate(() => this.leave());
    return true;
  }

  flush(): void {
    // Nothing is kept back.
  }

  end(chunk?: Buffer): void {
    if (chunk) this.#collector.push(chunk);
    this.#over(true);
  }

  destroy(): void {
    this.#over(false);
  }

  onDrain(): void {
    // It is never slow.
  }

  onClose(callback: (complete: boolean) => void): void {
    this.#closings.push(callback);
  }

  /** Later, as with a socket: the passage is in the middle of something now. */
  #over(complete: boolean): void {
    if (this.#isOver) return;
    this.#isOver = true;
    setImmediate(() => {
      for (const close of this.#closings) close(complete);
    });
  }
}
