/** What is kept of an exchange. Plain data: nothing in it holds a connection. */
import { valuesOf, without } from "../lines.js";
import type { FinishedExchange, Protocol } from "../proxy/exchange.js";
import type { Asked } from "../proxy/heads.js";

/** The beginning of a body. */
export interface KeptBody {
  readonly octets: Buffer;
  /** Octets of the whole body. */
  readonly total: number;
}

export interface Frame {
  readonly from: "client" | "app";
  /** Milliseconds since the request. */
  readonly after: number;
  readonly kind: "text" | "binary" | "ping" | "pong" | "close";
  /** Octets on the wire. */
  readonly length: number;
  /** The beginning of it; undefined where it is compressed or no text. */
  readonly text?: string;
}

/** Where a record comes from: a client, a replay, a HAR file. */
type Source = "live" | "replay" | "har";

export interface Recorded {
  /** Ascending in the order in which they were kept, from 1. */
  readonly id: number;
  /** Of the store, when this was last changed. */
  version: number;
  readonly source: Source;
  /** Milliseconds since 1970, when the head of the request had been read. */
  readonly at: number;
  readonly url: string;
  readonly asked: Asked;
  /** What the client wants to upgrade to. */
  readonly upgrade: string | undefined;
  /** The edge that told the app, by its name. */
  readonly edge: string;
  /** The edge was told of production's port instead of devtls's own. */
  readonly standIn: boolean;
  readonly target: string;
  readonly told: readonly string[];
  readonly status: number;
  readonly answered: readonly string[];
  readonly sent: readonly string[];
  readonly trailers: readonly string[];
  readonly informations: readonly {
    readonly status: number;
    readonly headers: readonly string[];
  }[];
  readonly bytes: number;
  readonly milliseconds: number;
  readonly millisecondsToHead: number | undefined;
  readonly opening: FinishedExchange["opening"];
  readonly brokenBy: FinishedExchange["brokenBy"];
  readonly own: boolean;
  readonly limit: string | undefined;
  readonly requestBody: KeptBody | undefined;
  readonly responseBody: KeptBody | undefined;
  readonly frames: readonly Frame[];
  /** Frames that were not kept. */
  readonly framesLeftOut: number;
  /** False while the connection is still open. */
  readonly over: boolean;
  /** The first record of the redirects that led here, its own id without any. */
  readonly chain: number;
  /** Of a replay: what was asked again. */
  readonly replayOf?: number | undefined;
  /** Numbers of findings that were seen on it. */
  findings: readonly number[];
}

/** A record before the store gave it its place. */
export type Draft = Omit<Recorded, "id" | "version" | "chain"> & {
  readonly chain?: number | undefined;
};

/** The header lines as the client sent them, Host or `:authority` in its place. */
export function browserLines({ headers, host, hostAt, protocol }: Asked): string[] {
  if (hostAt !== undefined) {
    return [...headers.slice(0, hostAt), "Host", host, ...headers.slice(hostAt)];
  }
  return protocol === ("HTTP/2" satisfies Protocol)
    ? [":authority", host, ...headers]
    : [...headers];
}

/** HTTP/2 has Cookie in crumbs (RFC 9113 8.2.3), which HTTP/1.1 has in one line. */
export function withOneCookieLine(lines: readonly string[]): string[] {
  const crumbs = valuesOf(lines, "cookie");
  if (crumbs.length < 2) return [...lines];
  return [...without(lines, ["cookie"]), "Cookie", crumbs.join("; ")];
}
