/** One request and its response, whatever version of HTTP the client speaks. */
import { type HeaderLines, without } from "../lines.js";
import type { RequestBody } from "./upstream/call.js";
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
  /** @returns false when the client reads more slowly than the target sends */
  write(chunk: Buffer): boolean;
  /** Sends a head that was kept back: its body takes its time (server-sent events). */
  flush(): void;
  end(chunk?: Buffer, trailers?: HeaderLines): void;
  /** Breaks the response off, so that the client cannot take it for a complete one. */
  destroy(): void;
  /** Calls back once, when the client reads on after `write` returned false. */
  onDrain(callback: () => void): void;
  /** Calls back when the exchange is over; `complete` is false when the client left early. */
  onClose(callback: (complete: boolean) => void): void;
}

export interface Exchange {
  readonly id: number;
  /** `performance.now()` when the head had been read. */
  readonly started: number;
  readonly connection: ClientConnection;
  readonly protocol: Protocol;
  readonly method: string;
  /** The request target in origin form ("/path?query"), or "*". */
  readonly target: string;
  /** The authority as the client named it: "localhost:8443". */
  readonly host: string;
  /** As the client sent them, but for Host (HTTP/1.1) and the pseudo-header fields (HTTP/2). */
  readonly headers: HeaderLines;
  /** The index in `headers` that Host had; undefined where there was none (HTTP/1.0, HTTP/2). */
  readonly hostAt?: number;
  /** The client takes trailers (`TE: trailers`). */
  readonly trailersWelcome: boolean;
  readonly body: RequestBody | undefined;
  readonly reply: Reply;
}

/** What observers see when an exchange is over. Nothing in it may be changed. */
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
  /** Octets of the response body that were passed on. */
  readonly bytes: number;
  /** From the head of the request to the end of the response. */
  readonly milliseconds: number;
  /**
   * "client" when it left early, "target" when that broke off, "edge" when a limit of the edge was
   * passed, undefined when all went well.
   */
  readonly brokenBy: "client" | "target" | "edge" | undefined;
  /** Whether devtls made the response itself (an error page, a redirect). */
  readonly own: boolean;
  /** The limit of the simulated edge that the exchange passed, for a person. */
  readonly limit: string | undefined;
}

export function publicUrl(exchange: Exchange): string {
  return `${exchange.connection.scheme}://${exchange.host}${exchange.target}`;
}

/** Never dropped because Connection names it: it says where the message ends. */
const FRAMING = "content-length";

const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
  "te",
  "http2-settings",
]);

/** Lengths of those names, by which most headers are told from them without lower-casing. */
const HOP_BY_HOP_LENGTHS = new Set([...HOP_BY_HOP].map((name) => name.length));

/**
 * The header lines that cross a proxy (RFC 9110 7.6.1): without the hop-by-hop ones and those
 * that `Connection` names.
 */
export function endToEnd(headers: readonly string[]): HeaderLines {
  const lines: HeaderLines = [];
  let named: string[] | undefined;
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string;
    const value = headers[index + 1] as string;
    if (HOP_BY_HOP_LENGTHS.has(name.length)) {
      const lower = name.toLowerCase();
      if (lower === "connection") named = [...(named ?? []), ...namedBy(value)];
      if (HOP_BY_HOP.has(lower)) continue;
    }
    lines.push(name, value);
  }
  return named && named.length > 0 ? without(lines, named) : lines;
}

/** Fields that are no use, or do harm, behind the body they speak of (RFC 9110 6.5.1). */
const NEVER_IN_TRAILERS = [FRAMING, "host", "trailer"];

/** The trailers that cross a proxy. */
export function endToEndTrailers(trailers: readonly string[]): HeaderLines {
  return trailers.length === 0 ? [] : without(endToEnd(trailers), NEVER_IN_TRAILERS);
}

/** The header names in a Connection value. */
function namedBy(connection: string): string[] {
  return connection
    .toLowerCase()
    .split(",")
    .map((option) => option.trim())
    .filter((option) => option !== "" && option !== FRAMING && !HOP_BY_HOP.has(option));
}
