/** HTTP/2 requests of a test: Node's client with what it received kept in order. */
import type {
  ClientHttp2Session,
  ClientHttp2Stream,
  ClientSessionRequestOptions,
  IncomingHttpHeaders,
  OutgoingHttpHeaders,
} from "node:http2";
import { within } from "./wire-peer.js";

const PATIENCE_MS = 8_000;

/** A stream of HTTP/2, and what has come on it. */
export class Http2Peer {
  readonly stream: ClientHttp2Stream;
  /** Informational responses, in order. */
  readonly informational: IncomingHttpHeaders[] = [];
  headers: IncomingHttpHeaders | undefined;
  trailers: IncomingHttpHeaders | undefined;
  /** END_STREAM has come. */
  ended = false;
  #body: Buffer[] = [];
  #closed = false;
  #waiting: (() => void)[] = [];

  constructor(stream: ClientHttp2Stream) {
    this.stream = stream;
    const wake = (): void => {
      for (const go of this.#waiting.splice(0)) go();
    };
    stream.on("headers", (headers) => {
      this.informational.push(headers);
      wake();
    });
    stream.on("response", (headers) => {
      this.headers = headers;
      wake();
    });
    stream.on("trailers", (headers) => {
      this.trailers = headers;
      wake();
    });
    stream.on("data", (chunk: Buffer) => {
      this.#body.push(chunk);
      wake();
    });
    stream.on("end", () => {
      // Node ends a stream that was reset as well; `rstCode` and `aborted` tell.
      this.ended = !stream.aborted;
      wake();
    });
    stream.on("error", wake);
    stream.on("close", () => {
      this.#closed = true;
      wake();
    });
  }

  get status(): number | undefined {
    const status = this.headers?.[":status"];
    return status === undefined ? undefined : Number(status);
  }

  get body(): string {
    return Buffer.concat(this.#body).toString("latin1");
  }

  send(data: string): void {
    this.stream.write(Buffer.from(data, "latin1"));
  }

  /** The final response head. */
  async head(): Promise<IncomingHttpHeaders> {
    await this.until(() => this.headers !== undefined, "a response head");
    return this.headers as IncomingHttpHeaders;
  }

  /** Waits until the body so far is as long as this. @returns it */
  async bodyOf(length: number): Promise<string> {
    await this.until(() => this.body.length >= length, `${length} octets of body`);
    return this.body;
  }

  /** Waits for the stream to be over. @returns the code of its RST_STREAM, 0 without one */
  async closed(milliseconds = PATIENCE_MS): Promise<number> {
    await this.until(() => this.#closed, "the end of the stream", milliseconds);
    return this.stream.rstCode ?? 0;
  }

  async until(test: () => boolean, what: string, milliseconds = PATIENCE_MS): Promise<void> {
    const deadline = Date.now() + milliseconds;
    while (!test()) {
      if (this.#closed) throw new Error(`${what} did not come: closed with ${this.stream.rstCode}`);
      const woken = new Promise<void>((resolve) => this.#waiting.push(resolve));
      await within(deadline - Date.now(), woken, what);
    }
  }
}

/** Sends a request head; the request ends with it unless `endStream` is false. */
export function request(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders = {},
  options: ClientSessionRequestOptions = {},
): Http2Peer {
  return new Http2Peer(session.request({ ":path": "/", ...headers }, options));
}

/** Extended CONNECT for WebSocket (RFC 8441). */
export function openWebSocket(session: ClientHttp2Session, headers: OutgoingHttpHeaders = {}) {
  return request(
    session,
    {
      ":method": "CONNECT",
      ":protocol": "websocket",
      "sec-websocket-version": "13",
      ...headers,
    },
    { endStream: false },
  );
}
