/** What was seen of a site, as far as the header tests look at it. */
import { valuesOf } from "../../lines.js";
import type { KeptCookie } from "./kept-cookies.js";

export interface Answer {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: string;
}

/** One way: a start, the redirects from there, and where it ended. */
export interface Way {
  readonly start: URL;
  /** Every URL that answered, in order; empty when none did. */
  readonly route: readonly URL[];
  /** What the last of them answered; undefined where the way broke off. */
  readonly answer: Answer | undefined;
  /** Every certificate on the way was trusted. */
  readonly isVerified: boolean;
  readonly cookies: readonly KeptCookie[];
}

export interface Site {
  readonly hostname: string;
  readonly http: Way;
  readonly https: Way;
  /** What a request from another origin is answered. */
  readonly cors: CorsAnswer | undefined;
  /** Whether a host name is in the preload list; nothing is, where there is no list. */
  readonly isPreloaded: (hostname: string) => boolean;
}

export interface CorsAnswer extends Pick<Answer, "headers"> {
  /** The origin that was asked from. */
  readonly origin: string;
}

/** The way that is judged: https where it answers. */
export function judgedWay({ http, https }: Site): Way {
  return https.answer ? https : http;
}

/** Fields of which Node keeps the first line and leaves out the others. */
const SINGLE = new Set(["content-type", "location"]);

/**
 * A field as the Observatory sees it: all lines of the name in one (RFC 9110 5.3), for some the
 * first one. undefined where there is none; "" where there is an empty one.
 */
export function field({ headers }: Pick<Answer, "headers">, name: string): string | undefined {
  const values = valuesOf(headers, name);
  if (values.length === 0) return undefined;
  return SINGLE.has(name) ? values[0] : values.join(", ");
}

/** The media type as it stands before the first semicolon; "" where there is none. */
export function mediaType(answer: Answer): string {
  return (field(answer, "content-type") ?? "").split(";", 1)[0] ?? "";
}

export const HTML_TYPES: readonly string[] = ["text/html", "application/xhtml+xml"];
