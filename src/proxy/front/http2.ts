/** The HTTP/2 side towards clients (RFC 9113): core streams, without the compatibility layer. */

import { createHash, randomBytes } from "node:crypto";
import {
  constants,
  type IncomingHttpHeaders,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import { first, type HeaderLines, has, without } from "../../lines.js";
import type { ClientConnection, Exchange, Reply, UpgradeRequest } from "../exchange.js";
import { endToEnd, endToEndTrailers } from "../hop-by-hop.js";
import { badRequest, type Page } from "../own/pages.js";
import { MAX_HEAD_BYTES, type ResponseHead } from "../upstream/reader.js";
import { toHttp2Headers } from "./http2-headers.js";
import { checkHttp2Head } from "./request-check.js";

export interface Http2Handlers {
  /** @param answer what the client gets instead of an answer of the app */
  onExchange(exchange: Exchange, answer?: Page): void;
  connectionOf(socket: TLSSocket): ClientConnection;
  nextId(): number;
  /** Takes a step for a stream; what it throws is a defect that ends this one and no other. */
  attempt(stream: Duplex, step: () => void): void;
}

/** A window per stream that keeps a 100 MB download on loopback from waiting for updates. */
const STREAM_WINDOW = 1024 * 1024;

/** Streams a client may have open at once; browsers use up to 100. */
const MAX_STREAMS = 250;

const { NGHTTP2_FLAG_END_STREAM, NGHTTP2_INTERNAL_ERROR, NGHTTP2_NO_ERROR } = constants;

/** Speaks HTTP/2 on a connection that negotiated it. */
export function serveHttp2(socket: TLSSocket, handlers: Http2Handlers): ServerHttp2Session {
  const session = performServerHandshake(socket, {
    settings: {
      enableConnectProtocol: true,
      maxConcurrentStreams: MAX_STREAMS,
      initialWindowSize: STREAM_WINDOW,
      maxHeaderListSize: MAX_HEAD_BYTES,
    },
    // nghttp2 counts pairs as well as octets; the limit on octets is the one that is meant.
    maxHeaderListPairs: 2000,
  });
  session.setLocalWindowSize(4 * STREAM_WINDOW);
  const connection = handlers.connectionOf(socket);
  session.on("error", () => session.destroy());
  // The listener's sockets stay half-open for tunnels; an HTTP/2 client that ends its side is gone.
  socket.once("end", () => session.destroy());
  session.on(
    "stream",
    (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, flags: number, raw?: string[]) => {
      // Errors of a stream end it; what to do about them is decided on "close".
      stream.on("error", () => undefined);
      handlers.attempt(stream, () =>
        handlers.onExchange(
          ...toExchange(stream, raw ?? rawOf(headers), flags, connection, handlers),
        ),
      );
    },
  );
  return session;
}

function rawOf(headers: IncomingHttpHeaders): string[] {
  return Object.entries(headers).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value ?? ""]).flatMap((single) => [name, String(single)]),
  );
}

function toExchange(
  stream: ServerHttp2Stream,
  raw: readonly string[],
  flags: number,
  connection: ClientConnection,
  handlers: Http2Handlers,
): [exchange: Exchange, refusal?: Page] {
  const headers: HeaderLines = [];
  const hosts: string[] = [];
  let method: string | undefined;
  let path: string | undefined;
  let authority: string | undefined;
  let protocol: string | undefined;
  let cookie = -1;
  let length: number | undefined;
  let trailersWelcome = false;
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] as string;
    const value = raw[index + 1] as string;
    if (name.charCodeAt(0) === 58) {
      if (name === ":method") method = value;
      else if (name === ":path") path = value;
      else if (name === ":authority") authority = value;
      else if (name === ":protocol") protocol = value;
    } else if (name === "host") {
      hosts.push(value);
    } else if (name === "cookie" && cookie >= 0) {
      // HTTP/2 may send each cookie as a field of its own (RFC 9113 8.2.3).
      headers[cookie] = `${headers[cookie]}; ${value}`;
    } else {
      headers.push(name, value);
      if (name === "cookie") cookie = headers.length - 1;
      else if (name === "content-length") length = Number(value);
      // The only value that HTTP/2 allows (RFC 9113 8.2.2).
      else if (name === "te") trailersWelcome = true;
    }
  }
  const ended = (flags & NGHTTP2_FLAG_END_STREAM) !== 0;
  const reply = new Http2Reply(stream, ended);
  const checked = checkHttp2Head(method, path, authority, hosts);
  const refused = "refusal" in checked ? checked.refusal : undefined;
  const plainConnect = method === "CONNECT" && protocol === undefined;
  if (!ended && protocol === undefined) keepTrailers(stream);
  const exchange: Exchange = {
    id: handlers.nextId(),
    started: performance.now(),
    connection,
    protocol: "HTTP/2",
    method: protocol !== undefined ? "GET" : (method ?? ""),
    target: "refusal" in checked ? "/" : checked.target,
    host: "refusal" in checked ? "localhost" : checked.host,
    // The client's key belongs to HTTP/1.1, and a second one is added for the app (RFC 8441 5).
    headers: protocol !== undefined ? without(headers, ["sec-websocket-key"]) : headers,
    trailersWelcome,
    body:
      ended || protocol !== undefined
        ? undefined
        : {
            stream,
            chunked: length === undefined,
            ...(length !== undefined && { length }),
            trailers: () => endToEndTrailers(TRAILERS.get(stream) ?? []),
          },
    ...(protocol !== undefined && { upgrade: webSocketOn(stream, protocol) }),
    reply,
  };
  const refusal = refused ?? (plainConnect ? "the method CONNECT" : undefined);
  return refusal === undefined ? [exchange] : [exchange, badRequest(refusal)];
}

/** Extended CONNECT (RFC 8441): the stream becomes the connection that the app's 101 opens. */
function webSocketOn(stream: ServerHttp2Stream, protocol: string): UpgradeRequest {
  const key = randomBytes(16).toString("base64");
  return {
    protocol,
    added: ["Sec-WebSocket-Key", key],
    objectionTo: ({ headers }) =>
      first(headers, "sec-websocket-accept") === acceptValue(key)
        ? undefined
        : "a 101 without the Sec-WebSocket-Accept that the key asks for",
    accept: ({ headers }) => {
      const lines = toHttp2Headers(without(endToEnd(headers), ["sec-websocket-accept"]));
      stream.respond({ ...lines, ":status": 200 });
      return { stream, rest: Buffer.alloc(0) };
    },
  };
}

/** RFC 6455 4.2.2. */
function acceptValue(key: string): string {
  return createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
}

const TRAILERS = new WeakMap<ServerHttp2Stream, HeaderLines>();

function keepTrailers(stream: ServerHttp2Stream): void {
  stream.once("trailers", (headers: IncomingHttpHeaders, _flags: number, raw?: string[]) =>
    TRAILERS.set(stream, raw ?? rawOf(headers)),
  );
}

class Http2Reply implements Reply {
  readonly #stream: ServerHttp2Stream;
  #trailers: HeaderLines = [];
  #waits = false;
  #ended = false;

  readonly #requestEnded: boolean;

  /** @param requestEnded the request ended with its head */
  constructor(stream: ServerHttp2Stream, requestEnded: boolean) {
    this.#stream = stream;
    this.#requestEnded = requestEnded;
    // A reset without an error leaves Node's stream open until its body was read to the end.
    if (!requestEnded) stream.once("aborted", () => process.nextTick(() => stream.destroy()));
  }

  /** Node closes a stream a while before it destroys it. */
  get #gone(): boolean {
    return this.#stream.destroyed || this.#stream.closed;
  }

  inform(head: ResponseHead): void {
    if (this.#stream.headersSent || this.#gone) return;
    this.#stream.additionalHeaders({
      ":status": head.status,
      ...toHttp2Headers(head.headers),
    });
  }

  begin(status: number, _reason: string, lines: HeaderLines, hasBody: boolean): void {
    if (this.#gone) return;
    const headers = toHttp2Headers(lines);
    headers[":status"] = status;
    // HTTP/1.1 has trailers behind a body of unknown length, and nobody has to announce them.
    this.#waits = hasBody && !has(lines, "content-length");
    this.#ended = !hasBody;
    this.#stream.respond(headers, {
      endStream: !hasBody,
      waitForTrailers: this.#waits,
      sendDate: false,
    } as Parameters<ServerHttp2Stream["respond"]>[1]);
    if (this.#waits) {
      this.#stream.once("wantTrailers", () => {
        this.#stream.sendTrailers(toHttp2Headers(this.#trailers));
      });
    }
    if (this.#requestEnded) return;
    // Once the response is complete, nobody wants the rest of the request (RFC 9113 8.1).
    this.#stream.once(this.#waits ? "wantTrailers" : "finish", () => {
      setImmediate(() => {
        if (!this.#stream.readableEnded) this.#stream.close(NGHTTP2_NO_ERROR);
      });
    });
  }

  flush(): void {
    // Nothing is kept back: nghttp2 sends the head with what follows in the same turn.
  }

  write(chunk: Buffer, sent?: () => void): boolean {
    return this.#gone || this.#stream.write(chunk, sent);
  }

  end(chunk?: Buffer, trailers: HeaderLines = [], sent?: () => void): void {
    this.#trailers = trailers;
    this.#ended = true;
    if (this.#gone) return;
    if (chunk) this.#stream.end(chunk, sent);
    else this.#stream.end();
  }

  destroy(): void {
    this.#stream.close(NGHTTP2_INTERNAL_ERROR);
  }

  onDrain(callback: () => void): void {
    this.#stream.once("drain", callback);
  }

  onClose(callback: (complete: boolean) => void): void {
    this.#stream.on("close", () => {
      const { rstCode } = this.#stream;
      callback(this.#ended && (rstCode === undefined || rstCode === 0));
    });
  }
}
