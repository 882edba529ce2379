/** One connection to a target: a socket, the reader of its responses and the call it serves. */

import type { Socket } from "node:net";
import { causeOf } from "../../errors.js";
import type { HeaderLines } from "../../lines.js";
import { type Opening, UpstreamError } from "./connect.js";
import { ProtocolError, type ResponseHead, ResponseReader } from "./reader.js";

/** The side of a call that its connection talks to. */
export interface ConnectionUser {
  onInformation(head: ResponseHead): void;
  onHead(head: ResponseHead, hasBody: boolean): void;
  /** @returns false when no more should be read until {@link Connection.resume} */
  onBody(chunk: Buffer, last: boolean): boolean;
  onComplete(trailers: HeaderLines): void;
  onUpgrade(head: ResponseHead, socket: Socket, rest: Buffer): void;
  onFailure(error: UpstreamError): void;
  onDrain(): void;
  /** All that has come so far was handed over; more may take its time. */
  onPause(): void;
  /** Whether the whole request is on its way; before that the connection cannot be used again. */
  readonly sent: boolean;
  /** The app was told that the connection ends here, whatever its response says. */
  readonly closes: boolean;
}

/** Whoever opens connections and keeps the idle ones. */
export interface ConnectionOwner {
  /** The call is over. The connection can carry another one, or is gone. */
  released(connection: Connection, reusable: boolean): void;
  /** The first octet ever has come: somebody at the other end has taken the connection up. */
  takenUp(connection: Connection): void;
}

const CLOSED = "it closed the connection";

export class Connection {
  /** Calls that this connection has carried before the current one. */
  carried = 0;
  idleSince = 0;
  /** When the connection was asked for, `performance.now()`. */
  readonly openedAt = performance.now();
  /** How its opening went. */
  readonly opening: Opening = {};
  /** When its latest request was sent, `performance.now()`; 0 before there was one. */
  begunAt = 0;
  /** Whose request it carries, by address; undefined while it is idle. */
  client: string | undefined;
  /** When the connection must not be used any more, by the target's Keep-Alive header. */
  keepAliveMs = Number.POSITIVE_INFINITY;
  #socket: Socket | undefined;
  #user: ConnectionUser | undefined;
  #reading = true;
  #upgrading = false;
  /** What the target sent before it was asked. */
  #early: Buffer | undefined;
  readonly #reader: ResponseReader;
  readonly #owner: ConnectionOwner;
  #takenUp = false;
  readonly #onData = (chunk: Buffer): void => {
    if (!this.receive(chunk)) this.#socket?.pause();
  };
  readonly #onEnd = (): void => this.#ended();
  readonly #onError = (error: Error): void => this.#broke(error);
  readonly #onClose = (): void => this.#closed(CLOSED);
  readonly #onDrain = (): void => this.#user?.onDrain();

  constructor(owner: ConnectionOwner) {
    this.#owner = owner;
    this.#reader = new ResponseReader({
      onInformation: (head) => this.#user?.onInformation(head),
      onHead: (head, hasBody) => {
        this.keepAliveMs = keepAliveTimeout(head.headers);
        this.#user?.onHead(head, hasBody);
      },
      onBody: (chunk, last) => {
        if (this.#user?.onBody(chunk, last) === false) this.#reading = false;
      },
      onComplete: (trailers, reusable) => this.#complete(trailers, reusable),
      onUpgrade: (head, rest) => this.#upgrade(head, rest),
    });
  }

  /**
   * Once, when the connection is open.
   * @param streaming the socket is a stream to be read here; otherwise it calls {@link receive}
   */
  attach(socket: Socket, streaming: boolean): void {
    this.#socket = socket;
    if (streaming) socket.on("data", this.#onData);
    socket.on("end", this.#onEnd);
    socket.on("error", this.#onError);
    socket.on("close", this.#onClose);
    socket.on("drain", this.#onDrain);
  }

  get socket(): Socket {
    return this.#socket as Socket;
  }

  /** Takes the connection for a call whose request is about to be written. */
  begin(user: ConnectionUser, method: string, upgrading: boolean): void {
    this.#user = user;
    this.begunAt = performance.now();
    this.#upgrading = upgrading;
    this.#reader.begin(method, upgrading);
    const early = this.#early;
    this.#early = undefined;
    if (early) setImmediate(() => this.receive(early));
  }

  resume(): void {
    if (this.#reading) return;
    this.#reading = true;
    this.socket.resume();
  }

  /**
   * Takes what was read; its memory is not needed afterwards.
   * @returns false when no more is wanted until {@link resume}
   */
  receive(chunk: Buffer): boolean {
    if (!this.#takenUp) {
      this.#takenUp = true;
      this.#owner.takenUp(this);
    }
    if (!this.#socket) {
      this.#early = Buffer.concat(this.#early ? [this.#early, chunk] : [chunk]);
      return true;
    }
    try {
      this.#reader.feed(chunk);
    } catch (error) {
      this.#failedAt(error);
    }
    this.#user?.onPause();
    return this.#reading;
  }

  /** Gives the call up: nobody reads what it would still bring. */
  abandon(): void {
    this.#user = undefined;
    this.socket.destroy();
    this.#owner.released(this, false);
  }

  #ended(): void {
    let missing: string | undefined;
    try {
      missing = this.#reader.finish();
    } catch (error) {
      this.#failedAt(error);
    }
    this.#closed(missing ?? CLOSED);
  }

  #broke(error: Error): void {
    this.#closed(`the connection failed: ${causeOf(error)}`, error);
  }

  /** What the target sent is malformed, or a consumer of it failed. */
  #failedAt(error: unknown): void {
    const kind = error instanceof ProtocolError ? "protocol" : "defect";
    this.#fail(new UpstreamError(kind, causeOf(error), error));
  }

  #closed(how: string, cause?: Error): void {
    const { started } = this.#reader;
    this.#fail(new UpstreamError(started ? "closed" : "silent", started ? how : CLOSED, cause));
  }

  #fail(error: UpstreamError): void {
    const user = this.#user;
    this.#user = undefined;
    this.#socket?.destroy();
    this.#owner.released(this, false);
    user?.onFailure(error);
  }

  #complete(trailers: HeaderLines, reusable: boolean): void {
    const user = this.#user;
    if (!user) return;
    // An app that took the request for an upgrade may read what follows otherwise than devtls.
    const reuse = reusable && user.sent && !user.closes && !this.#upgrading;
    this.#user = undefined;
    this.carried++;
    this.resume();
    if (!reuse) this.socket.destroy();
    this.#owner.released(this, reuse);
    user.onComplete(trailers);
  }

  #upgrade(head: ResponseHead, rest: Buffer): void {
    const user = this.#user;
    this.#user = undefined;
    if (!user) return;
    // From here on the socket belongs to the tunnel, which adds its own listeners at once.
    const { socket } = this;
    socket.off("data", this.#onData);
    socket.off("end", this.#onEnd);
    socket.off("error", this.#onError);
    socket.off("close", this.#onClose);
    socket.off("drain", this.#onDrain);
    this.#owner.released(this, false);
    user.onUpgrade(head, socket, rest);
  }
}

/** `Keep-Alive: timeout=5` in milliseconds, a second less, so that the target is not first. */
function keepAliveTimeout(headers: HeaderLines): number {
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string;
    if (name.length !== 10 || name.toLowerCase() !== "keep-alive") continue;
    const seconds = /(?:^|[,\s])timeout=(\d{1,6})/i.exec(headers[index + 1] as string)?.[1];
    if (seconds !== undefined) return Math.max(0, Number(seconds) - 1) * 1000;
  }
  return Number.POSITIVE_INFINITY;
}
