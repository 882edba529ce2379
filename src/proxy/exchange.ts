/** One request and its response, whatever version of HTTP the client speaks. */
import type { Duplex } from "node:stream";
import type { HeaderLines } from "../lines.js";
import type { RequestBody } from "./upstream/call.js";
import type { Opening } from "./upstream/connect.js";
import type { ResponseHead } from "./upstream/reader.js";

export type Protocol = "HTTP/1.0" | "HTTP/1.1" | "HTTP/2";
export type Scheme = "https" | "http";

/** What is the same for all requests of a connection. */
export interface ClientConnection {
  readonly scheme: Scheme;
  readonly address: string;
  readonly clientPort: number;
  /** The port that the connection came in on. */
  readonly port: number;
  /** It came in on an address of the local network: perhaps from another machine. */
  readonly fromLan?: true;
}

/** The response side of an exchange. Exactly one of `end` and `destroy` finishes it. */
export interface Reply {
  /** Passes a 1xx response on. */
  inform(head: ResponseHead): void;
  /**
   * The head of the response; it may be kept back until there is a body to send with it, or
   * {@link flush}.
   * @param hasBody false when the response ends with its head
   */
  begin(status: number, reason: string, headers: HeaderLines, hasBody: boolean): void;
  /**
   * @param sent called when the chunk's memory is not needed any more
   * @returns false when the client reads more slowly than the target sends
   */
  write(chunk: Buffer, sent?: () => void): boolean;
  /** Sends a head that was kept back: its body takes its time (server-sent events). */
  flush(): void;
  end(chunk?: Buffer, trailers?: HeaderLines, sent?: () => void): void;
  /** Breaks the response off, so that the client cannot take it for a complete one. */
  destroy(): void;
  /** Calls back once, when the client reads on after `write` returned false. */
  onDrain(callback: () => void): void;
  /** Calls back when the exchange is over; `complete` is false when the client left early. */
  onClose(callback: (complete: boolean) => void): void;
}

/** What a client wants that asks to leave HTTP. */
export interface UpgradeRequest {
  /** "websocket" */
  readonly protocol: string;
  /** Header lines that the request for the target needs besides the client's. */
  readonly added: HeaderLines;
  /** What is wrong with the target's 101, or undefined. */
  objectionTo(head: ResponseHead): string | undefined;
  /**
   * Tells the client that the target agreed, and hands its side over.
   * @returns the connection, or the stream of one, and what has come on it already
   */
  accept(head: ResponseHead): { readonly stream: Duplex; readonly rest: Buffer };
}

export interface Exchange {
  readonly id: number;
  /** `performance.now()` when the head had been read. */
  readonly started: number;
  readonly connection: ClientConnection;
  readonly protocol: Protocol;
  /** GET for extended CONNECT (RFC 8441), which becomes one; "" when the head could not be read. */
  readonly method: string;
  /** The request target in origin form ("/path?query"), or "*". */
  readonly target: string;
  /** What stood before it in absolute form: "https://app.example:8443". */
  readonly origin?: string | undefined;
  /** The authority as the client named it: "localhost:8443". */
  readonly host: string;
  /** As the client sent them, but for Host (HTTP/1.1) and the pseudo-header fields (HTTP/2). */
  readonly headers: HeaderLines;
  /** The index in `headers` that Host had; undefined where there was none (HTTP/1.0, HTTP/2). */
  readonly hostAt?: number | undefined;
  /** The client takes trailers (`TE: trailers`). */
  readonly trailersWelcome: boolean;
  readonly body: RequestBody | undefined;
  /** The client asks to leave HTTP. */
  readonly upgrade?: UpgradeRequest;
  /** The last word on the header lines of every response of the app, after all policies. */
  readonly lastWord?: (headers: HeaderLines) => HeaderLines;
  readonly reply: Reply;
}

/** What watchers see when an exchange is over. Nothing in it may be changed. */
export interface FinishedExchange {
  readonly exchange: Exchange;
  /** The public URL that the browser asked for. */
  readonly url: string;
  /** The URL of the target that it went to. */
  readonly target: string;
  /** The header lines that the app received, Host first; empty when it was not asked. */
  readonly told: readonly string[];
  /** 0 when there was no response. */
  readonly status: number;
  /**
   * The header lines that the app sent, before the edge's edits and the policies; empty when it
   * sent none.
   */
  readonly answered: readonly string[];
  /** The header lines that the client was sent. */
  readonly responseHeaders: readonly string[];
  readonly trailers: readonly string[];
  /** Octets of the response body, or of what the app said on an upgraded connection. */
  readonly bytes: number;
  /** From the head of the request to the end of the response. */
  readonly milliseconds: number;
  /** From the head of the request to that of the final response; undefined without one. */
  readonly millisecondsToHead: number | undefined;
  /** How a connection to the target was opened for it; undefined where one was there already. */
  readonly opening: Opening | undefined;
  /**
   * "client" when it left early, "target" when that broke off, "edge" when a limit of the edge was
   * passed, "devtls" when that failed itself, undefined when all went well.
   */
  readonly brokenBy: "client" | "target" | "edge" | "devtls" | undefined;
  /** Whether devtls made the response itself (an error page, a redirect). */
  readonly own: boolean;
  /** The limit of the simulated edge that the exchange passed, for a person. */
  readonly limit: string | undefined;
}

export function publicUrl(exchange: Exchange): string {
  return `${exchange.connection.scheme}://${exchange.host}${exchange.target}`;
}
