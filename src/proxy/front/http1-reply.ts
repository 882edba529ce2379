/** Responses to HTTP/1.x requests, through Node's own response object. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { type HeaderLines, has, headText, pairsOf, without } from "../../lines.js";
import type { Reply } from "../exchange.js";
import type { ResponseHead } from "../upstream/reader.js";

export function responseText({ status, reason, headers }: ResponseHead): string {
  return headText(`HTTP/1.1 ${status} ${reason}`, headers);
}

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
    else this.#response.socket.write(responseText(head), "latin1");
  }

  begin(status: number, reason: string, headers: HeaderLines, hasBody: boolean): void {
    this.#response.writeHead(status, reason, this.#announceable(headers, hasBody));
    // Most responses bring their body along, and then one write carries both.
    if (!hasBody) this.end();
  }

  /** Node throws at an announcement of trailers in a response that can have none. */
  #announceable(headers: HeaderLines, hasBody: boolean): HeaderLines {
    if (!has(headers, "trailer")) return headers;
    const sized = has(headers, "content-length");
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
    // Node's types know trailers as an object; its implementation takes pairs as well.
    if (trailers.length > 0) this.#response.addTrailers(pairsOf(trailers));
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
