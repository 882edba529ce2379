/**
 * A strict reader for HTTP/1.x responses (RFC 9112). What a lenient parser would guess at (two
 * lengths, a length beside chunked, bare line feeds, folded lines) is an error here: a proxy that
 * guesses hands one response's bytes to another request.
 */

import type { HeaderLines } from "../../lines.js";
import {
  notHttp,
  ProtocolError,
  parseHeaderLines,
  parseStatusLine,
  type ResponseHead,
} from "./response-head.js";

export { ProtocolError, type ResponseHead };

export interface ReaderEvents {
  /** A 1xx response other than 101. */
  onInformation(head: ResponseHead): void;
  /** The final head. `hasBody` is false when no body can follow. */
  onHead(head: ResponseHead, hasBody: boolean): void;
  /** A piece of the body, without its transfer coding; `last` when it ends a body of known length. */
  onBody(chunk: Buffer, last: boolean): void;
  /** The response is complete. `reusable` when the connection can carry another one. */
  onComplete(trailers: HeaderLines, reusable: boolean): void;
  /** 101: what follows on the connection is no HTTP. */
  onUpgrade(head: ResponseHead, rest: Buffer): void;
}

/** Node's own client stops at 16 KiB, nginx at 8 KiB; large cookies in development need more. */
export const MAX_HEAD_BYTES = 64 * 1024;

enum State {
  Idle,
  Head,
  Length,
  ChunkSize,
  ChunkData,
  ChunkEnd,
  Trailers,
  UntilClose,
  Tunnel,
}

const EMPTY = Buffer.alloc(0);
const HEAD_END = "\r\n\r\n";
const CHUNK_LINE = /^([0-9A-Fa-f]{1,13})[\t ]*(?:;[\t\x20-\x7e\x80-\xff]*)?$/;

/** Options in a list of them that begins with a comma (RFC 9110 7.6.1). */
const CLOSE = /[,\s]close\s*(?:,|$)/;
const KEEP_ALIVE = /[,\s]keep-alive\s*(?:,|$)/;

/** A job of an hour may say 102 Processing every few seconds; nobody has more to say before it. */
const MAX_INTERIM = 1_000;
const MAX_INTERIM_OCTETS = 256 * 1024;

/** The longest chunk-size line with extensions that is read; Node's parser stops there too. */
const MAX_CHUNK_LINE = 16 * 1024;

export class ResponseReader {
  #state: State = State.Idle;
  #pending: Buffer = EMPTY;
  #remaining = 0;
  #reusable = false;
  #bodiless = false;
  #upgrading = false;
  #started = false;
  /** Informational responses before the final one. */
  #interim = 0;
  #interimOctets = 0;
  readonly #events: ReaderEvents;

  constructor(events: ReaderEvents) {
    this.#events = events;
  }

  /** Expects the response to a request that was just sent. */
  begin(method: string, upgrading: boolean): void {
    this.#state = State.Head;
    this.#bodiless = method === "HEAD";
    this.#upgrading = upgrading;
    this.#started = false;
    this.#interim = 0;
    this.#interimOctets = 0;
  }

  /** Whether any byte has come since the request was sent. */
  get started(): boolean {
    return this.#started;
  }

  /** Takes what came, whose memory is the reader's until it returns. @throws ProtocolError */
  feed(chunk: Buffer): void {
    this.#started = true;
    let input = chunk;
    if (this.#pending.length > 0) {
      input = Buffer.concat([this.#pending, chunk]);
      this.#pending = EMPTY;
    }
    while (input.length > 0) {
      const rest = this.#step(input);
      if (rest === undefined) {
        // What is kept is small: the beginning of a line, or of a head.
        this.#pending = Buffer.from(input);
        return;
      }
      input = rest;
    }
  }

  /** The connection ended. @returns what it cut off; undefined where nothing is missing */
  finish(): string | undefined {
    if (this.#state === State.UntilClose) {
      this.#complete([]);
    } else if (this.#state !== State.Idle && this.#state !== State.Tunnel) {
      const part = this.#state === State.Head ? "head" : "body";
      return `the connection ended within the response ${part}`;
    }
    return undefined;
  }

  /** Takes one element off the input; undefined when there is not enough of it yet. */
  #step(input: Buffer): Buffer | undefined {
    switch (this.#state) {
      case State.Head:
        return this.#readHead(input);
      case State.Length:
        return this.#readLength(input);
      case State.ChunkSize:
        return this.#readChunkSize(input);
      case State.ChunkData:
        return this.#readChunkData(input);
      case State.ChunkEnd:
        return this.#readChunkEnd(input);
      case State.Trailers:
        return this.#readTrailers(input);
      case State.UntilClose:
      case State.Tunnel:
        this.#events.onBody(input, false);
        return EMPTY;
      case State.Idle:
        throw new ProtocolError("bytes after the end of a response");
    }
  }

  #readHead(input: Buffer): Buffer | undefined {
    const end = blockEnd(input, "a response head");
    if (end < 0) {
      checkHeadBegin(input);
      return undefined;
    }
    const text = input.toString("latin1", 0, end);
    const lineEnd = text.indexOf("\r\n");
    const head = parseStatusLine(lineEnd < 0 ? text : text.slice(0, lineEnd));
    if (lineEnd >= 0) parseHeaderLines(text.slice(lineEnd + 2), head.headers);
    const rest = input.subarray(end + HEAD_END.length);
    if (head.status === 101) return this.#upgrade(head, rest);
    if (head.status < 200) {
      this.#countInterim(end);
      this.#events.onInformation(head);
      return rest;
    }
    return this.#frame(head, rest);
  }

  /** They hold no client back, so that only a bound does. */
  #countInterim(octets: number): void {
    this.#interim++;
    this.#interimOctets += octets;
    if (this.#interim > MAX_INTERIM || this.#interimOctets > MAX_INTERIM_OCTETS) {
      throw new ProtocolError(
        `more than ${MAX_INTERIM} informational responses, or ${MAX_INTERIM_OCTETS / 1024} KiB of them`,
      );
    }
  }

  #upgrade(head: ResponseHead, rest: Buffer): Buffer {
    if (!this.#upgrading) throw new ProtocolError("101 to a request that asked for no upgrade");
    this.#state = State.Tunnel;
    this.#events.onUpgrade(head, rest);
    return EMPTY;
  }

  /** Decides where the body ends (RFC 9112 6.3). @returns what is left of the input */
  #frame(head: ResponseHead, rest: Buffer): Buffer {
    const { status, headers, version } = head;
    let length: string | undefined;
    let coding: string | undefined;
    let connection = "";
    for (let index = 0; index < headers.length; index += 2) {
      const name = headers[index] as string;
      const value = headers[index + 1] as string;
      // Only names of these lengths are looked at: lower-casing each name costs a tenth of a head.
      if (name.length === 14 && name.toLowerCase() === "content-length") {
        if (length !== undefined) throw new ProtocolError("more than one Content-Length");
        length = value;
      } else if (name.length === 17 && name.toLowerCase() === "transfer-encoding") {
        if (coding !== undefined) throw new ProtocolError("more than one Transfer-Encoding");
        coding = value;
      } else if (name.length === 10 && name.toLowerCase() === "connection") {
        connection += `,${value.toLowerCase()}`;
      }
    }
    const persistent =
      !CLOSE.test(connection) && (version === "1.1" || KEEP_ALIVE.test(connection));
    if (length !== undefined && !/^\d{1,15}$/.test(length)) {
      throw new ProtocolError(`the Content-Length "${length}"`);
    }
    if (coding !== undefined) {
      if (length !== undefined) throw new ProtocolError("Content-Length beside Transfer-Encoding");
      if (version === "1.0") throw new ProtocolError("Transfer-Encoding in an HTTP/1.0 response");
      if (coding.toLowerCase() !== "chunked") {
        throw new ProtocolError(`the Transfer-Encoding "${coding}"`);
      }
    }
    this.#reusable = persistent;
    const bodiless = this.#bodiless || status === 204 || status === 304;
    if (bodiless || length === "0" || (length !== undefined && Number(length) === 0)) {
      this.#events.onHead(head, false);
      return this.#end([], rest);
    }
    if (coding !== undefined) {
      this.#state = State.ChunkSize;
      this.#events.onHead(head, true);
    } else if (length !== undefined) {
      this.#state = State.Length;
      this.#remaining = Number(length);
      this.#events.onHead(head, true);
    } else {
      this.#state = State.UntilClose;
      this.#reusable = false;
      this.#events.onHead(head, true);
    }
    return rest;
  }

  #readLength(input: Buffer): Buffer {
    if (input.length < this.#remaining) {
      this.#remaining -= input.length;
      this.#events.onBody(input, false);
      return EMPTY;
    }
    const body = input.subarray(0, this.#remaining);
    const rest = input.subarray(this.#remaining);
    this.#remaining = 0;
    this.#events.onBody(body, true);
    return this.#end([], rest);
  }

  #readChunkSize(input: Buffer): Buffer | undefined {
    const rest = this.#readWholeChunks(input);
    if (rest.length < input.length) return rest;
    const end = lineEnd(input, MAX_CHUNK_LINE, "a chunk size");
    if (end < 0) return undefined;
    const size = CHUNK_LINE.exec(input.toString("latin1", 0, end))?.[1];
    if (size === undefined) throw new ProtocolError("a malformed chunk size");
    this.#remaining = Number.parseInt(size, 16);
    this.#state = this.#remaining === 0 ? State.Trailers : State.ChunkData;
    return input.subarray(end + 2);
  }

  /**
   * Takes the chunks that are all there and hands them over as one piece, put together where they
   * are: a read can bring 80,000 chunks of one octet, and each by itself would cost a write.
   * @returns what is left: all of it when the first chunk is not whole
   */
  #readWholeChunks(input: Buffer): Buffer {
    let from = 0;
    let to = 0;
    let next = 0;
    for (;;) {
      const line = plainSizeEnd(input, next);
      if (line < 0) break;
      const size = Number.parseInt(input.toString("latin1", next, line), 16);
      const begin = line + 2;
      const end = begin + size;
      if (size === 0 || input[end] !== 13 || input[end + 1] !== 10) break;
      if (to === 0) from = begin;
      else input.copyWithin(to, begin, end);
      to = to === 0 ? end : to + size;
      next = end + 2;
    }
    if (next === 0) return input;
    this.#events.onBody(input.subarray(from, to), false);
    return input.subarray(next);
  }

  #readChunkData(input: Buffer): Buffer {
    const size = Math.min(input.length, this.#remaining);
    this.#remaining -= size;
    if (this.#remaining === 0) this.#state = State.ChunkEnd;
    this.#events.onBody(size === input.length ? input : input.subarray(0, size), false);
    return input.subarray(size);
  }

  #readChunkEnd(input: Buffer): Buffer | undefined {
    if (input[0] !== 13 || (input.length > 1 && input[1] !== 10)) {
      throw new ProtocolError("a chunk that is longer than its size");
    }
    if (input.length < 2) return undefined;
    this.#state = State.ChunkSize;
    return input.subarray(2);
  }

  #readTrailers(input: Buffer): Buffer | undefined {
    if (input[0] === 13 && input[1] === 10) return this.#end([], input.subarray(2));
    const end = blockEnd(input, "trailers");
    if (end < 0) {
      checkBareLineFeed(input);
      return undefined;
    }
    const trailers: HeaderLines = [];
    parseHeaderLines(input.toString("latin1", 0, end), trailers);
    return this.#end(trailers, input.subarray(end + HEAD_END.length));
  }

  /**
   * Bytes beyond the end belong to no request: they are dropped, and the connection cannot be
   * trusted with another one.
   */
  #end(trailers: HeaderLines, rest: Buffer): Buffer {
    if (rest.length > 0) this.#reusable = false;
    this.#complete(trailers);
    return EMPTY;
  }

  #complete(trailers: HeaderLines): void {
    this.#state = State.Idle;
    this.#events.onComplete(trailers, this.#reusable);
  }
}

/** Where a block of lines ends; -1 when its empty line has not come. */
function blockEnd(input: Buffer, what: string): number {
  const end = input.indexOf(HEAD_END);
  if (end < 0 ? input.length >= MAX_HEAD_BYTES + HEAD_END.length : end > MAX_HEAD_BYTES) {
    throw new ProtocolError(`${what} of more than ${MAX_HEAD_BYTES / 1024} KiB`);
  }
  return end;
}

function lineEnd(input: Buffer, limit: number, what: string): number {
  const feed = input.indexOf(10);
  if (feed < 0 ? input.length > limit : feed > limit)
    throw new ProtocolError(`${what} without end`);
  if (feed >= 0 && input[feed - 1] !== 13) throw new ProtocolError(`a bare line feed in ${what}`);
  return feed - 1 < 0 ? -1 : feed - 1;
}

/** Where a chunk size without extensions ends, of 7 hexadecimal digits at most; else -1. */
function plainSizeEnd(input: Buffer, from: number): number {
  for (let index = from; index <= from + 7; index++) {
    const code = input[index];
    if (code === undefined) return -1;
    const hex =
      (code >= 48 && code <= 57) || (code >= 65 && code <= 70) || (code >= 97 && code <= 102);
    if (!hex) return index > from && code === 13 && input[index + 1] === 10 ? index : -1;
  }
  return -1;
}

/** Fails at the first bytes that cannot become a head: waiting for its end would be a hang. */
function checkHeadBegin(input: Buffer): void {
  const begin = input.toString("latin1", 0, 7);
  if (begin !== "HTTP/1.".slice(0, begin.length)) throw notHttp(input);
  checkBareLineFeed(input);
}

function checkBareLineFeed(input: Buffer): void {
  for (let feed = input.indexOf(10); feed >= 0; feed = input.indexOf(10, feed + 1)) {
    if (input[feed - 1] !== 13) throw new ProtocolError("a bare line feed in the response head");
  }
}
