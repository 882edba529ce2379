/** Responses to HTTP/1.x requests, through Node's own response object. */
import type { IncomingMessage, ServerResponse } from "node:http";
import {
  fieldsText,
  type HeaderLines,
  has,
  headText,
  isNamed,
  pairsOf,
  without,
} from "../../lines.js";
import type { Reply } from "../exchange.js";
import { holdBack } from "../turn.js";
import type { ResponseHead } from "../upstream/reader.js";

export function responseText({ status, reason, headers }: ResponseHead): string {
  return headText(`HTTP/1.1 ${status} ${reason}`, headers);
}

const NOTHING = Buffer.alloc(0);

/** Copying more than this into a string costs more than a second buffer in a write. */
const SMALL_BODY = 4096;

/**
 * What may wait for a client before the target is paused. Node's own mark of 16 KiB would stop
 * reading after every read, and reading and writing would never overlap.
 */
const WRITE_AHEAD = 512 * 1024;

export class Http1Reply implements Reply {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #closers: ((complete: boolean) => void)[] = [];
  /** The head of a response that has not begun to leave. */
  #held: ResponseHead | undefined;
  #wrote = false;

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.#request = request;
    this.#response = response;
    response.sendDate = false;
  }

  inform(head: ResponseHead): void {
    // Pipelined: an earlier response still has the connection, and 1xx responses are optional.
    if (!this.#response.socket || this.#response.headersSent || this.#held) return;
    if (this.#request.httpVersionMinor === 0) return;
    // Node ends the connection after an expectation that nobody met, as far as it knows.
    if (head.status === 100) this.#response.writeContinue();
    else this.#response.socket.write(responseText(head), "latin1");
  }

  begin(status: number, reason: string, headers: HeaderLines, hasBody: boolean): void {
    this.#held = { status, reason, headers, version: "1.1" };
    // Most responses bring their body along, and then one write carries both.
    if (!hasBody) this.#finish(undefined, []);
  }

  /** Hands a head that was kept back to Node. */
  #commit(hasBody: boolean): void {
    const held = this.#held;
    if (!held) return;
    this.#held = undefined;
    this.#response.writeHead(held.status, held.reason, this.#announceable(held.headers, hasBody));
  }

  /**
   * A small response that is all there leaves as one piece, beside Node's response object, which
   * would take it apart and put it together again: a sixth of what a request costs.
   * @returns false where something has to be Node's decision
   */
  #sendWhole(body: Buffer | undefined): boolean {
    const held = this.#held;
    const response = this.#response;
    const { socket } = response;
    if (!held || !socket || socket.destroyed || !this.#request.complete) return false;
    // What waits to be read by a slow client has to be counted, and Node does.
    if (socket.writableLength > 0 || !response.shouldKeepAlive) return false;
    if (this.#request.httpVersionMinor === 0) return false;
    const lines = persistentLines(held.headers, body?.length);
    if (lines === undefined) return false;
    const head = `HTTP/1.1 ${held.status} ${held.reason}\r\n${lines}\r\n`;
    holdBack(socket);
    socket.write(body ? head + body.toString("latin1") : head, "latin1");
    // As when the last write of a response is done: Node goes on to the next request.
    (response as { finished: boolean }).finished = true;
    response.emit("finish");
    return true;
  }

  /** Node throws at an announcement of trailers in a response that can have none. */
  #announceable(headers: HeaderLines, hasBody: boolean): HeaderLines {
    if (!has(headers, "trailer")) return headers;
    const sized = has(headers, "content-length");
    const chunked = hasBody && !sized && this.#request.httpVersionMinor === 1;
    return chunked ? headers : without(headers, ["trailer"]);
  }

  flush(): void {
    this.#commit(true);
    if (!this.#wrote && !this.#response.destroyed) this.#response.flushHeaders();
  }

  write(chunk: Buffer, sent?: () => void): boolean {
    this.#commit(true);
    this.#wrote = true;
    return this.#response.write(chunk, sent) || this.#response.writableLength < WRITE_AHEAD;
  }

  end(chunk?: Buffer, trailers: HeaderLines = [], sent?: () => void): void {
    this.#finish(chunk ?? NOTHING, trailers, sent);
  }

  /** @param body undefined when the response has none */
  #finish(body: Buffer | undefined, trailers: HeaderLines, sent?: () => void): void {
    const small = !this.#wrote && (body?.length ?? 0) <= SMALL_BODY;
    // What is small leaves as a string: together with the head, in one piece instead of two.
    if (small) sent?.();
    if (small && trailers.length === 0 && this.#sendWhole(body)) return;
    this.#commit(body !== undefined);
    // Node's types know trailers as an object; its implementation takes pairs as well.
    if (trailers.length > 0) this.#response.addTrailers(pairsOf(trailers));
    if (!body || body === NOTHING) this.#response.end();
    else if (small) this.#response.end(body.toString("latin1"), "latin1");
    else this.#response.end(body, sent);
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

/**
 * The lines of a response after which the connection goes on, as text.
 * @param length of its body, where it has one
 * @returns undefined where they say otherwise, or not where the body ends
 */
function persistentLines(headers: HeaderLines, length: number | undefined): string | undefined {
  let announced: string | undefined;
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string;
    if (isNamed(name, "content-length")) announced ??= headers[index + 1];
    else if (isNamed(name, "connection") || isNamed(name, "trailer")) return undefined;
  }
  if (length !== undefined && announced !== String(length)) return undefined;
  return `${fieldsText(headers)}Connection: keep-alive\r\n`;
}
