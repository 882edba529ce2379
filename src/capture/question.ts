/** What an edge is asked, what the app behind it then sees, and what the client gets. */
import type { HeaderLines } from "../lines.js";

/** `tls` and `http2` are https; `plain` is http. */
export type Way = "tls" | "plain" | "http2";

/** What the app is to answer; 200 and nothing of its own unless told otherwise. */
export interface Reply {
  readonly status?: number;
  /** Name, value, … ; `{target}` in a value is the authority that the app was asked by. */
  readonly lines?: readonly string[];
  /** Milliseconds to wait before. */
  readonly delayMs?: number;
  /** Milliseconds to wait behind the first octet of the body. */
  readonly pauseMs?: number;
}

export interface Question {
  /** Unique among those of a capture, for a person. */
  readonly name: string;
  readonly way: Way;
  readonly version: "1.0" | "1.1" | "2";
  readonly method: string;
  readonly target: string;
  /** What Host or :authority says; undefined sends none (HTTP/1.0). */
  readonly host: string | undefined;
  /** Name, value, …, in the order in which they are sent, without Host. */
  readonly lines: readonly string[];
  /** Where Host stands among the lines; first unless told otherwise. */
  readonly hostAt?: number;
  /**
   * Octets of the body; with `chunked`, each text is a chunk; over HTTP/2, the edge has each before
   * the next one is sent.
   */
  readonly body?: string | readonly string[];
  readonly chunked?: boolean;
  /** Name, value, …; behind the last chunk. */
  readonly trailers?: readonly string[];
  /** An address of this machine to connect from, where there is one to choose. */
  readonly from?: string;
  readonly reply?: Reply;
}

/** What a runtime lets an app see of a request. */
export interface Shows {
  /** Header lines in the order of the wire. */
  readonly order: boolean;
  /** The case of header names, and whether they had "-" or "_". */
  readonly case: boolean;
  /** Several lines of one name as such. */
  readonly duplicates: boolean;
  /** The target as it came, not decoded. */
  readonly target: boolean;
  /** The version of HTTP that the edge speaks to the app. */
  readonly version: boolean;
  /** Fields behind the last chunk. */
  readonly trailers: boolean;
  /** Names (lower case) that the runtime keeps to itself. */
  readonly hidden: readonly string[];
}

export const SHOWS_ALL: Shows = {
  order: true,
  case: true,
  duplicates: true,
  target: true,
  version: true,
  trailers: true,
  hidden: [],
};

/** A request as the app saw it. */
export interface Arrived {
  readonly method: string;
  readonly target: string;
  /** "1.0", "1.1"; empty where the runtime does not say. */
  readonly version: string;
  readonly lines: HeaderLines;
  /** Octets of the body, without a transfer coding. */
  readonly octets: number;
  /** Name, value, …; undefined where there are none, or the runtime keeps them to itself. */
  readonly trailers?: HeaderLines;
}

/** A response as the client got it. */
export interface Answer {
  readonly status: number;
  readonly lines: HeaderLines;
}

/** One question with all that came of it. */
export interface Observation {
  readonly question: Question;
  /** The client's own end of the connection. */
  readonly clientAddress: string;
  readonly clientPort: number;
  /** The port that was connected to. */
  readonly port: number;
  /** Undefined where the edge answered by itself. */
  readonly arrived?: Arrived;
  /** Undefined where the edge closed the connection without a word. */
  readonly answer?: Answer;
}

/** The header that carries the echo's token, a number of the request, and what to answer. */
export const CONTROL = "X-Devtls-Echo";

/** Whether a header belongs to the asking, not to what is asked. */
export function isControl(name: string): boolean {
  return name.toLowerCase() === "x-devtls-echo";
}
