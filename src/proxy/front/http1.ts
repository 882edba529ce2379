/** The HTTP/1.x side towards clients: Node's server and parser, its requests as exchanges. */
import type { Server } from "node:http";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { without } from "../../lines.js";
import type { ClientConnection, Exchange, Protocol, Reply, UpgradeRequest } from "../exchange.js";
import { endToEndTrailers } from "../hop-by-hop.js";
import { badRequest, type Page } from "../own/pages.js";
import type { Underway } from "../passage.js";
import { MAX_HEAD_BYTES } from "../upstream/reader.js";
import { Http1Reply, responseText } from "./http1-reply.js";
import { RawReply } from "./raw-reply.js";
import { type CheckedHead, checkHttp1Head } from "./request-check.js";

export interface Http1Handlers {
  /** @param answer what the client gets instead of an answer of the app */
  onExchange(exchange: Exchange, answer?: Page): Underway;
  connectionOf(socket: Duplex): ClientConnection;
  nextId(): number;
  /** Takes a step for a connection; what it throws is a defect that ends this one and no other. */
  attempt(connection: Duplex, step: () => void): void;
}

/** For a client to send a whole request head. */
const HEAD_TIMEOUT_MS = 60_000;

/**
 * Requests of one connection that wait for the one before them. A read of 64 KiB can bring that
 * many; who sends more without taking an answer is cut off.
 */
const MAX_PIPELINED = 2_500;

/** What is known of a connection beyond the request under way. */
class Http1Connection {
  latest: ServerResponse | undefined;
  underway: Underway | undefined;
  /** A request was refused: what follows it is not to be trusted. */
  refused = false;
  readonly waiting: (() => void)[] = [];

  /** Whether a response is still due that anything written now would get between. */
  get busy(): boolean {
    return this.latest !== undefined && !this.latest.writableFinished;
  }
}

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
  const front = new Http1Front(handlers);
  const { attempt } = handlers;
  const onRequest = (request: IncomingMessage, response: ServerResponse): void =>
    attempt(request.socket, () => front.onRequest(request, response));
  server.on("request", onRequest);
  // The target answers expectations, not devtls.
  server.on("checkContinue", onRequest);
  server.on("checkExpectation", onRequest);
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, rest: Buffer) =>
    attempt(socket, () => front.onUpgrade(request, socket, rest)),
  );
  server.on("connect", (request: IncomingMessage, socket: Duplex, rest: Buffer) =>
    attempt(socket, () => front.onConnect(request, socket, rest)),
  );
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Duplex) =>
    attempt(socket, () => front.onClientError(error, socket)),
  );
  // Node starts the timer that enforces `headersTimeout` when a server listens. This one does not
  // listen itself: the connections come from the listener, which has looked at their first byte.
  server.emit("listening");
  return server;
}

class Http1Front {
  readonly #handlers: Http1Handlers;
  readonly #connections = new WeakMap<Duplex, Http1Connection>();

  constructor(handlers: Http1Handlers) {
    this.#handlers = handlers;
  }

  #connectionOf(socket: Duplex): Http1Connection {
    let connection = this.#connections.get(socket);
    if (!connection) {
      connection = new Http1Connection();
      this.#connections.set(socket, connection);
    }
    return connection;
  }

  /** The app gets the requests of a connection one after the other (RFC 9112 9.3.2). */
  onRequest(request: IncomingMessage, response: ServerResponse): void {
    const connection = this.#connectionOf(request.socket);
    if (connection.refused) return;
    if (!connection.busy && connection.waiting.length === 0) {
      this.#begin(connection, request, response);
      return;
    }
    if (connection.waiting.length >= MAX_PIPELINED) request.socket.destroy();
    else connection.waiting.push(() => this.#begin(connection, request, response));
  }

  #begin(connection: Http1Connection, request: IncomingMessage, response: ServerResponse): void {
    // Node takes it from the request when the connection ends.
    const { socket } = request;
    connection.latest = response;
    const reply = new Http1Reply(request, response);
    reply.onClose(() => {
      if (connection.latest !== response) return;
      connection.underway = undefined;
      if (!socket.destroyed && !connection.refused)
        this.#handlers.attempt(socket, () => connection.waiting.shift()?.());
    });
    const [exchange, refusal] = this.#toExchange(request, reply);
    const start = (): void => {
      connection.underway = this.#handlers.onExchange(exchange, refusal);
    };
    connection.refused = refusal !== undefined;
    if (!exchange.body?.chunked || refusal) {
      start();
      return;
    }
    // The chunks that came along with the head are parsed within this turn of the event loop. The
    // target must not hear of the request when they are malformed.
    connection.underway = {
      answer: (page) => {
        connection.underway = this.#handlers.onExchange(exchange, page);
      },
    };
    const pending = connection.underway;
    setImmediate(() => {
      if (connection.underway === pending && !socket.destroyed)
        this.#handlers.attempt(socket, start);
    });
  }

  onUpgrade(request: IncomingMessage, socket: Duplex, rest: Buffer): void {
    if (this.#connectionOf(socket).busy) {
      breakOff(socket);
      return;
    }
    const reply = new RawReply(socket, rest, takesChunks(request));
    const [exchange, refusal] = this.#toExchange(request, reply);
    if (refusal || exchange.body) {
      this.#handlers.onExchange(
        { ...exchange, body: undefined },
        refusal ?? badRequest("an upgrade with a body"),
      );
      return;
    }
    const protocol = protocolsOf(request.headers.upgrade ?? "");
    const headers = without(exchange.headers, ["http2-settings"]);
    const upgrade = protocol === "" ? undefined : upgradeOn(socket, reply, protocol);
    this.#handlers.onExchange({ ...exchange, headers, ...(upgrade && { upgrade }) });
  }

  onConnect(request: IncomingMessage, socket: Duplex, rest: Buffer): void {
    if (this.#connectionOf(socket).busy) {
      breakOff(socket);
      return;
    }
    const exchange = this.#exchangeOf(
      request,
      new RawReply(socket, rest, takesChunks(request)),
      unread(request),
    );
    this.#handlers.onExchange(exchange, {
      status: 405,
      title: "CONNECT is not supported: devtls is not a forward proxy.",
      advice: [],
      headers: ["Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"],
    });
  }

  onClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
    const connection = this.#connectionOf(socket);
    if (connection.refused) return;
    connection.refused = true;
    const { latest, underway } = connection;
    if (error.code === "ECONNRESET" || !socket.writable) {
      socket.destroy();
    } else if (latest === undefined || latest.writableFinished) {
      const reply = new RawReply(socket, Buffer.alloc(0), false);
      this.#handlers.onExchange(this.#unreadable(socket, reply), clientErrorPage(error));
    } else if (latest.socket === socket && !latest.headersSent && !latest.req.complete) {
      // The answer belongs to the request under way; it must not be taken for another's.
      underway?.answer(clientErrorPage(error));
    } else {
      socket.destroy();
    }
  }

  /** Of a head that Node's parser gave up nothing is known. */
  #unreadable(socket: Duplex, reply: Reply): Exchange {
    return {
      id: this.#handlers.nextId(),
      started: performance.now(),
      connection: this.#handlers.connectionOf(socket),
      protocol: "HTTP/1.1",
      method: "",
      target: "/",
      host: "localhost",
      headers: [],
      trailersWelcome: false,
      body: undefined,
      reply,
    };
  }

  #toExchange(request: IncomingMessage, reply: Reply): [exchange: Exchange, refusal?: Page] {
    const head = checkHttp1Head(
      request.method ?? "",
      request.url ?? "",
      request.rawHeaders,
      request.httpVersion,
    );
    return "refusal" in head
      ? [this.#exchangeOf(request, reply, unread(request)), badRequest(head.refusal)]
      : [this.#exchangeOf(request, reply, head)];
  }

  #exchangeOf(
    request: IncomingMessage,
    reply: Reply,
    head: Pick<CheckedHead, "target" | "host" | "headers"> & Partial<CheckedHead>,
  ): Exchange {
    const chunked = head.chunked === true;
    const protocol: Protocol = request.httpVersionMinor === 0 ? "HTTP/1.0" : "HTTP/1.1";
    return {
      id: this.#handlers.nextId(),
      started: performance.now(),
      connection: this.#handlers.connectionOf(request.socket),
      protocol,
      method: request.method ?? "",
      target: head.target,
      origin: head.origin,
      host: head.host,
      headers: head.headers,
      hostAt: head.hostAt,
      trailersWelcome: head.trailersWelcome ?? false,
      body:
        chunked || (head.contentLength ?? 0) > 0
          ? {
              stream: request,
              chunked,
              isWhole: () => request.complete,
              length: head.contentLength,
              trailers: () => endToEndTrailers(request.rawTrailers),
            }
          : undefined,
      reply,
    };
  }
}

function takesChunks({ httpVersion }: IncomingMessage): boolean {
  return httpVersion !== "1.0";
}

function breakOff(socket: Duplex): void {
  socket.on("error", () => undefined);
  socket.destroy();
}

/** What stands for the head of a request that was refused. */
function unread(request: IncomingMessage): Pick<CheckedHead, "target" | "host" | "headers"> {
  return { target: "/", host: "localhost", headers: request.rawHeaders };
}

/**
 * The protocols that the client offers, without HTTP/2 in plain text (RFC 7540 3.2): what is said in
 * it would pass every rule of the edge unseen. Other tokens pass as they are.
 */
function protocolsOf(upgrade: string): string {
  if (!/h2c/i.test(upgrade)) return upgrade;
  const offered = upgrade.split(",").map((token) => token.trim());
  return offered.filter((token) => token.toLowerCase() !== "h2c").join(", ");
}

/** What the target answers is passed on as it is; `protocol` may be any token. */
function upgradeOn(socket: Duplex, reply: RawReply, protocol: string): UpgradeRequest {
  return {
    protocol,
    added: [],
    objectionTo: () => undefined,
    accept: (head) => {
      socket.write(responseText(head), "latin1");
      return { stream: socket, rest: reply.release() };
    },
  };
}

/** What a client gets whose request Node's parser refused. */
function clientErrorPage(error: NodeJS.ErrnoException): Page {
  const [status, title] =
    error.code === "HPE_HEADER_OVERFLOW"
      ? [431, "the request head is larger than 64 KiB"]
      : error.code === "ERR_HTTP_REQUEST_TIMEOUT"
        ? [408, "the request head did not come within 60 s"]
        : [400, `the request is not valid HTTP: ${error.message}`];
  return { status, title, advice: [], headers: ["Connection", "close"] };
}
