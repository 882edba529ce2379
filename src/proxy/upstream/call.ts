/**
 * One request to a target and its response. A call that fails before it could have had an effect
 * is tried again where that is safe (RFC 9110 9.2.2); everything else is reported as it happened.
 */

import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import type { HeaderLines } from "../../lines.js";
import { holdBack } from "../turn.js";
import type { Opening, UpstreamError } from "./connect.js";
import type { Connection, ConnectionUser } from "./connection.js";
import type { Pool } from "./pool.js";
import type { ResponseHead } from "./reader.js";

export interface RequestBody {
  /** Whether all of it has come from the client; unknown where there is no such function. */
  readonly isWhole?: () => boolean;
  readonly stream: Readable;
  /** Send it in the chunked coding; otherwise the head has given its length. */
  readonly chunked: boolean;
  /** Octets, where they are known and not chunked. */
  readonly length?: number | undefined;
  /** Sees every piece that is sent. */
  readonly tap?: (chunk: Buffer) => void;
  /** Trailers, asked for once the stream has ended. */
  readonly trailers: () => HeaderLines;
}

export interface UpstreamRequest {
  readonly method: string;
  /** The request line and the header lines, with the empty line, latin1. */
  readonly head: string;
  readonly body: RequestBody | undefined;
  /** The request says that its connection ends with the response (RFC 9112 9.6). */
  readonly closes?: boolean;
  /** The request asks to leave HTTP/1.1 (WebSocket). */
  readonly upgrade: boolean;
  /** How long to wait for a target that refuses, because it was up before and is restarting. */
  readonly patienceMs: number;
  /** Whose request it is, by address: how much of the target one client can occupy is bounded. */
  readonly client?: string;
}

export interface CallEvents {
  onInformation(head: ResponseHead): void;
  onHead(head: ResponseHead, hasBody: boolean): void;
  /** @returns false when no more should come until {@link Call.resume} */
  onBody(chunk: Buffer, last: boolean): boolean;
  /** All that has come so far was handed over; more may take its time. */
  onPause(): void;
  onComplete(trailers: HeaderLines): void;
  onUpgrade(head: ResponseHead, socket: Socket, rest: Buffer): void;
  onError(error: UpstreamError): void;
}

const IDEMPOTENT = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"]);

/** How often a target that is restarting is asked again. */
const RETRY_MS = 100;

const CRLF = "\r\n";

export class Call implements ConnectionUser {
  readonly #pool: Pool;
  readonly #request: UpstreamRequest;
  readonly #events: CallEvents;
  /** How its connection was opened; undefined where one was there already. */
  opening: Opening | undefined;
  #abort: AbortController | undefined;
  #connection: Connection | undefined;
  #retried = false;
  #done = false;
  #bodyStarted = false;
  #sent: boolean;
  #stopBody: () => void = () => undefined;

  constructor(pool: Pool, request: UpstreamRequest, events: CallEvents) {
    this.#pool = pool;
    this.#request = request;
    this.#events = events;
    this.#sent = request.body === undefined;
  }

  get sent(): boolean {
    return this.#sent;
  }

  get closes(): boolean {
    return this.#request.closes ?? false;
  }

  start(): void {
    const { upgrade, client } = this.#request;
    const idle = upgrade ? undefined : this.#pool.take(this.#replayable, client);
    if (idle) this.#send(idle);
    else void this.#open(Date.now() + this.#request.patienceMs);
  }

  /** Goes on after `onBody` returned false. */
  resume(): void {
    this.#connection?.resume();
  }

  /** Ends the call without an event; what the target still sends is dropped with the connection. */
  abort(): void {
    if (this.#done) return;
    this.#done = true;
    this.#abort?.abort();
    this.#stopBody();
    this.#connection?.abandon();
  }

  get #replayable(): boolean {
    return IDEMPOTENT.has(this.#request.method) && !this.#request.upgrade && !this.#bodyStarted;
  }

  async #open(deadline: number): Promise<void> {
    this.#abort ??= new AbortController();
    const { signal } = this.#abort;
    const { upgrade, client = "" } = this.#request;
    for (;;) {
      try {
        const connection = await this.#pool.connection({ upgrade, client, signal });
        if (this.#done) connection.abandon();
        else this.#send(connection);
        return;
      } catch (error) {
        if (this.#done) return;
        const failure = error as UpstreamError;
        if (failure.kind !== "refused" || Date.now() >= deadline) {
          this.#finish();
          this.#events.onError(failure);
          return;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      if (this.#done) return;
    }
  }

  #send(connection: Connection): void {
    const { method, head, body, upgrade } = this.#request;
    this.#connection = connection;
    this.opening = connection.carried === 0 ? connection.opening : undefined;
    connection.begin(this, method, upgrade);
    holdBack(connection.socket);
    connection.socket.write(head, "latin1");
    if (body) this.#sendBody(body, connection.socket);
  }

  #sendBody({ stream, chunked, trailers, tap }: RequestBody, socket: Socket): void {
    const onData = (chunk: Buffer): void => {
      this.#bodyStarted = true;
      tap?.(chunk);
      if (chunk.length > 0 && !writeBody(socket, chunk, chunked)) stream.pause();
    };
    const onEnd = (): void => {
      if (chunked) socket.write(endOfChunks(trailers()), "latin1");
      this.#sent = true;
    };
    stream.on("data", onData);
    stream.once("end", onEnd);
    if (this.#retried) stream.resume();
    this.#stopBody = () => {
      stream.off("data", onData);
      stream.off("end", onEnd);
    };
  }

  #finish(): void {
    this.#done = true;
    this.#stopBody();
    // Unread, the rest of a request that was answered early would block its connection.
    this.#request.body?.stream.resume();
  }

  onDrain(): void {
    this.#request.body?.stream.resume();
  }

  onPause(): void {
    this.#events.onPause();
  }

  onInformation(head: ResponseHead): void {
    this.#events.onInformation(head);
  }

  onHead(head: ResponseHead, hasBody: boolean): void {
    this.#events.onHead(head, hasBody);
  }

  onBody(chunk: Buffer, last: boolean): boolean {
    return this.#events.onBody(chunk, last);
  }

  onComplete(trailers: HeaderLines): void {
    this.#finish();
    this.#events.onComplete(trailers);
  }

  onUpgrade(head: ResponseHead, socket: Socket, rest: Buffer): void {
    this.#finish();
    this.#events.onUpgrade(head, socket, rest);
  }

  onFailure(error: UpstreamError): void {
    const reused = (this.#connection?.carried ?? 0) > 0;
    this.#connection = undefined;
    if (this.#done) return;
    // The target may have closed an idle connection at the very moment it was used again.
    if (error.kind === "silent" && reused && !this.#retried && this.#replayable) {
      this.#retried = true;
      this.#stopBody();
      // A stream flows on without a listener, and what comes until there is a connection is lost.
      this.#request.body?.stream.pause();
      void this.#open(Date.now() + this.#request.patienceMs);
      return;
    }
    this.#finish();
    this.#events.onError(error);
  }
}

/** @returns false when the socket's buffer is full */
function writeBody(socket: Socket, chunk: Buffer, chunked: boolean): boolean {
  if (!chunked) return socket.write(chunk);
  socket.cork();
  socket.write(chunk.length.toString(16) + CRLF, "latin1");
  socket.write(chunk);
  const more = socket.write(CRLF, "latin1");
  socket.uncork();
  return more;
}

function endOfChunks(trailers: HeaderLines): string {
  let text = `0${CRLF}`;
  for (let index = 0; index < trailers.length; index += 2) {
    text += `${trailers[index]}: ${trailers[index + 1]}${CRLF}`;
  }
  return text + CRLF;
}
