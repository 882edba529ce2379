/** The HTTP/1.x side towards clients: Node's server and parser, its requests as exchanges. */

import type { Server } from "node:http";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { first, type HeaderLines, without } from "../../lines.js";
import {
  type ClientConnection,
  type Exchange,
  endToEndTrailers,
  type Protocol,
  type Reply,
} from "../exchange.js";
import { badRequest, sendPage } from "../own/pages.js";
import { MAX_HEAD_BYTES, type ResponseHead } from "../upstream/reader.js";
import { type CheckedHead, checkHttp1Head } from "./request-check.js";

export interface Http1Handlers {
  onExchange(exchange: Exchange): void;
  /** An exchange that asks to leave HTTP; `socket` carries nothing else any more. */
  onUpgrade(exchange: Exchange, upgrade: string, socket: Duplex, rest: Buffer): void;
  connectionOf(socket: Duplex): ClientConnection;
  nextId(): number;
}

/** For a client to send a whole request head. */
const HEAD_TIMEOUT_MS = 60_000;

export function createHttp1Front(handlers: Http1Handlers): Server {
  const server = createServer({
    maxHeaderSize: MAX_HEAD_BYTES,
    // The client decides how long it keeps a connection; a timer for each request costs more than
    // an idle loopback connection does. TCP keep-alive finds those whose client has vanished.
    keepAliveTimeout: 0,
    headersTimeout: HEAD_TIMEOUT_MS,
    // A large upload through a slow link may take any time.
    requestTimeout: 0,
    insecureHTTPParser: false,
    // HTTP/1.0 clients need none, and checkHttp1Head asks all others for it.
    requireHostHeader: false,
  });
  server.maxHeadersCount = 0;
  /** The latest request of each connection. */
  const latest = new WeakMap<Duplex, ServerResponse>();
  /** Connections with a request that was refused: what follows on them is not to be trusted. */
  const refused = new WeakSet<Duplex>();
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const { socket } = request;
    if (refused.has(socket)) return;
    latest.set(socket, response);
    const exchange = toExchange(request, new Http1Reply(request, response), handlers);
    if (!exchange) {
      refused.add(socket);
    } else if (exchange.body?.chunked) {
      // The chunks that came along with the head are parsed within this turn of the event loop. The
      // target must not hear of the request when they are malformed.
      setImmediate(() => {
        if (!socket.writableEnded && !socket.destroyed) handlers.onExchange(exchange);
      });
    } else {
      handlers.onExchange(exchange);
    }
  };
  /** Whether responses are still due that anything written now would get between. */
  const busy = (socket: Duplex): boolean => latest.get(socket)?.writableFinished === false;
  server.on("request", onRequest);
  // The target answers expectations, not devtls.
  server.on("checkContinue", onRequest);
  server.on("checkExpectation", onRequest);
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, rest: Buffer) => {
    if (busy(socket)) {
      socket.on("error", () => undefined);
      socket.destroy();
      return;
    }
    const reply = new RawReply(socket);
    const exchange = toExchange(request, reply, handlers);
    if (!exchange) return;
    if (exchange.body) {
      sendPage(exchange, badRequest("an upgrade with a body"));
      return;
    }
    handlers.onUpgrade(exchange, request.headers.upgrade ?? "", socket, rest);
  });
  server.on("connect", (request: IncomingMessage, socket: Duplex) => {
    socket.on("error", () => undefined);
    if (busy(socket)) {
      socket.destroy();
      return;
    }
    const reply = new RawReply(socket);
    const exchange = exchangeOf(request, reply, handlers, {
      target: "/",
      host: "localhost",
      headers: request.rawHeaders,
    });
    sendPage(exchange, {
      status: 405,
      title: "CONNECT is not supported: devtls is not a forward proxy.",
      advice: [],
      headers: ["Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"],
    });
  });
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Duplex) => {
    const response = latest.get(socket);
    // The answer belongs to the request under way, or to none; it must not be taken for another's.
    const answerable =
      response === undefined ||
      response.writableFinished ||
      (response.socket === socket && !response.headersSent && !response.req.complete);
    if (error.code === "ECONNRESET" || !socket.writable || !answerable) {
      socket.destroy();
      return;
    }
    socket.end(clientErrorText(error), "latin1");
  });
  // Node starts the timer that enforces `headersTimeout` when a server listens. This one does not
  // listen itself: the connections come from the listener, which has looked at their first byte.
  server.emit("listening");
  return server;
}

/** What a client gets whose request Node's parser refused. */
function clientErrorText(error: NodeJS.ErrnoException): string {
  const [status, title] =
    error.code === "HPE_HEADER_OVERFLOW"
      ? ["431 Request Header Fields Too Large", "the request head is larger than 64 KiB"]
      : error.code === "ERR_HTTP_REQUEST_TIMEOUT"
        ? ["408 Request Timeout", "the request head did not come within 60 s"]
        : ["400 Bad Request", `the request is not valid HTTP: ${error.message}`];
  const body = `devtls: ${title}\n`;
  return `HTTP/1.1 ${status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`;
}

function toExchange(
  request: IncomingMessage,
  reply: Reply,
  handlers: Http1Handlers,
): Exchange | undefined {
  const head = checkHttp1Head(
    request.method ?? "",
    request.url ?? "",
    request.rawHeaders,
    request.httpVersion,
  );
  if ("refusal" in head) {
    const fallback = { target: "/", host: "localhost", headers: request.rawHeaders };
    sendPage(exchangeOf(request, reply, handlers, fallback), badRequest(head.refusal));
    return undefined;
  }
  return exchangeOf(request, reply, handlers, head);
}

function exchangeOf(
  request: IncomingMessage,
  reply: Reply,
  handlers: Http1Handlers,
  head: Pick<CheckedHead, "target" | "host" | "headers"> & Partial<CheckedHead>,
): Exchange {
  const chunked = head.chunked === true;
  const protocol: Protocol = request.httpVersionMinor === 0 ? "HTTP/1.0" : "HTTP/1.1";
  return {
    id: handlers.nextId(),
    started: performance.now(),
    connection: handlers.connectionOf(request.socket),
    protocol,
    method: request.method ?? "",
    target: head.target,
    host: head.host,
    headers: head.headers,
    ...(head.hostAt !== undefined && { hostAt: head.hostAt }),
    trailersWelcome: head.trailersWelcome ?? false,
    body:
      chunked || (head.contentLength ?? 0) > 0
        ? {
            stream: request,
            chunked,
            ...(head.contentLength !== undefined && { length: head.contentLength }),
            trailers: () => endToEndTrailers(request.rawTrailers),
          }
        : undefined,
    reply,
  };
}

/** Copying more than this into a string costs more than a second buffer in a write. */
const SMALL_BODY = 4096;

/**
 * What may wait for a client before the target is paused. Node's own mark of 16 KiB would stop
 * reading after every read, and reading and writing would never overlap.
 */
const WRITE_AHEAD = 512 * 1024;

class Http1Reply implements Reply {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #closers: ((complete: boolean) => void)[] = [];
  #wrote = false;

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.#request = request;
    this.#response = response;
    response.sendDate = false;
  }

  inform(head: ResponseHead): void {
    // Pipelined: an earlier response still has the connection, and 1xx responses are optional.
    if (!this.#response.socket || this.#response.headersSent) return;
    if (this.#request.httpVersionMinor === 0) return;
    // Node ends the connection after an expectation that nobody met, as far as it knows.
    if (head.status === 100) this.#response.writeContinue();
    else this.#response.socket.write(responseHeadText(head), "latin1");
  }

  begin(status: number, reason: string, headers: HeaderLines, hasBody: boolean): void {
    this.#response.writeHead(status, reason, this.#announceable(headers, hasBody));
    // Most responses bring their body along, and then one write carries both.
    if (!hasBody) this.end();
  }

  /** Node throws at an announcement of trailers in a response that can have none. */
  #announceable(headers: HeaderLines, hasBody: boolean): HeaderLines {
    if (first(headers, "trailer") === undefined) return headers;
    const sized = first(headers, "content-length") !== undefined;
    const chunked = hasBody && !sized && this.#request.httpVersionMinor === 1;
    return chunked ? headers : without(headers, ["trailer"]);
  }

  flush(): void {
    if (!this.#wrote && !this.#response.destroyed) this.#response.flushHeaders();
  }

  write(chunk: Buffer): boolean {
    this.#wrote = true;
    return this.#response.write(chunk) || this.#response.writableLength < WRITE_AHEAD;
  }

  end(chunk?: Buffer, trailers: HeaderLines = []): void {
    if (trailers.length > 0) this.#response.addTrailers(pairs(trailers));
    if (chunk && !this.#wrote && chunk.length <= SMALL_BODY) {
      // As a string it leaves together with the head, in one piece instead of two.
      this.#response.end(chunk.toString("latin1"), "latin1");
    } else {
      this.#response.end(chunk);
    }
    this.#wrote = true;
  }

  destroy(): void {
    this.#response.destroy();
  }

  onDrain(callback: () => void): void {
    this.#response.once("drain", callback);
  }

  onClose(callback: (complete: boolean) => void): void {
    this.#closers.push(callback);
    if (this.#closers.length > 1) return;
    this.#response.on("close", () => {
      for (const closer of this.#closers) closer(this.#response.writableFinished);
    });
  }
}

/** Node's types know trailers as an object; its implementation takes the pairs of a list as well. */
function pairs(lines: HeaderLines): [string, string][] {
  const list: [string, string][] = [];
  for (let index = 0; index < lines.length; index += 2) {
    list.push([lines[index] as string, lines[index + 1] as string]);
  }
  return list;
}

export function responseHeadText(head: ResponseHead): string {
  let text = `HTTP/1.1 ${head.status} ${head.reason}\r\n`;
  for (let index = 0; index < head.headers.length; index += 2) {
    text += `${head.headers[index]}: ${head.headers[index + 1]}\r\n`;
  }
  return `${text}\r\n`;
}

/**
 * A response on a connection that Node's server has handed over (an upgrade that the target
 * refused). The connection ends with it, so that its end marks the end of the body.
 */
export class RawReply implements Reply {
  readonly #socket: Duplex;
  #complete = false;

  constructor(socket: Duplex) {
    this.#socket = socket;
    socket.on("error", () => socket.destroy());
  }

  inform(head: ResponseHead): void {
    this.#socket.write(responseHeadText(head), "latin1");
  }

  begin(status: number, reason: string, headers: HeaderLines, hasBody: boolean): void {
    const lines: HeaderLines = [];
    for (let index = 0; index < headers.length; index += 2) {
      if ((headers[index] as string).toLowerCase() === "connection") continue;
      lines.push(headers[index] as string, headers[index + 1] as string);
    }
    lines.push("Connection", "close");
    this.#socket.write(
      responseHeadText({ status, reason, version: "1.1", headers: lines }),
      "latin1",
    );
    if (!hasBody) this.end();
  }

  flush(): void {
    // Nothing is kept back.
  }

  write(chunk: Buffer): boolean {
    return this.#socket.write(chunk);
  }

  end(chunk?: Buffer): void {
    this.#complete = true;
    if (chunk) this.#socket.end(chunk);
    else this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  onDrain(callback: () => void): void {
    this.#socket.once("drain", callback);
  }

  onClose(callback: (complete: boolean) => void): void {
    this.#socket.on("close", () => callback(this.#complete));
  }
}
