/** One Set-Cookie header field, read as browsers read it (RFC 6265bis 5.6). */
import { parseCookieDate } from "./date.js";

/** Octets of name and value together; more is dropped (5.6 step 5). */
const MAX_PAIR_OCTETS = 4096;

/** Octets of an attribute's value; a longer attribute is as good as absent (5.6). */
export const MAX_ATTRIBUTE_OCTETS = 1024;

export type SameSite = "strict" | "lax" | "none" | "default";

export interface SetCookie {
  /** "" for a cookie without a name. */
  readonly name: string;
  readonly value: string;
  /** Milliseconds since 1970, as `Expires` says. */
  readonly expires: number | undefined;
  /** Seconds, as `Max-Age` says; it is stronger than `expires`. */
  readonly maxAge: number | undefined;
  /** In lower case and without a leading dot; "" where there is none or an empty one. */
  readonly domain: string;
  /** Undefined where there is none or one that does not begin with a slash. */
  readonly path: string | undefined;
  readonly secure: boolean;
  readonly httpOnly: boolean;
  readonly partitioned: boolean;
  readonly sameSite: SameSite;
}

/** Why a line is not even a cookie; ids of the catalogue of rules. */
export type Unreadable = "control-character" | "empty-cookie" | "too-large";

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\x00-\x08\x0a-\x1f\x7f]/;

/**
 * Reads the value of a Set-Cookie field. It never throws.
 * @param line one character per octet, as header lines are read off the wire
 */
export function parseSetCookie(line: string): SetCookie | Unreadable {
  if (CONTROL.test(line)) return "control-character";
  const [pair = "", ...attributes] = line.split(";");
  const { left: name, right: value } = divide(pair);
  if (name === undefined && value === "") return "empty-cookie";
  if (name === "" && value === "") return "empty-cookie";
  if ((name ?? "").length + value.length > MAX_PAIR_OCTETS) return "too-large";
  const cookie = {
    name: name ?? "",
    value,
    expires: undefined as number | undefined,
    maxAge: undefined as number | undefined,
    domain: "",
    path: undefined as string | undefined,
    secure: false,
    httpOnly: false,
    partitioned: false,
    sameSite: "default" as SameSite,
  };
  for (const attribute of attributes) {
    const { left, right } = divide(attribute);
    // Without "=", all of it is the attribute's name.
    const key = (left ?? right).toLowerCase();
    const text = left === undefined ? "" : right;
    if (text.length > MAX_ATTRIBUTE_OCTETS) continue;
    if (key === "secure") cookie.secure = true;
    else if (key === "httponly") cookie.httpOnly = true;
    else if (key === "partitioned") cookie.partitioned = true;
    else if (key === "domain") cookie.domain = text.replace(/^\./, "").toLowerCase();
    else if (key === "path") cookie.path = text.startsWith("/") ? text : undefined;
    else if (key === "samesite") cookie.sameSite = sameSiteOf(text);
    else if (key === "expires") cookie.expires = parseCookieDate(text) ?? cookie.expires;
    else if (key === "max-age") cookie.maxAge = parseMaxAge(text) ?? cookie.maxAge;
  }
  return cookie;
}

/** Both sides of the first "=", without blanks around them; `left` is undefined without one. */
function divide(text: string): { left: string | undefined; right: string } {
  const equals = text.indexOf("=");
  if (equals < 0) return { left: undefined, right: trim(text) };
  return { left: trim(text.slice(0, equals)), right: trim(text.slice(equals + 1)) };
}

/** Spaces and tabs only: String.trim would take a no-break space, which is octet A0, too. */
export function trim(text: string): string {
  return text.replace(/^[\t ]+|[\t ]+$/g, "");
}

/** 5.6.2. Numbers beyond what a double holds exactly are beyond 400 days all the same. */
function parseMaxAge(text: string): number | undefined {
  return /^(?:\d|-\d)\d*$/.test(text) ? Number(text) : undefined;
}

/** 5.6.7: what is none of the three counts as no attribute at all. */
function sameSiteOf(text: string): SameSite {
  const word = text.toLowerCase();
  return word === "strict" || word === "lax" || word === "none" ? word : "default";
}
