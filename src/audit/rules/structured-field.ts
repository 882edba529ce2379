/** Structured fields (RFC 9651), as far as a policy header needs them: one item that is a token. */

const TOKEN = /^[A-Za-z*][\w!#$%&'*+\-.^`|~:/]*/;
const KEY = /^[a-z*][a-z0-9_\-.*]*/;
const NUMBER = /^-?(?:\d{1,12}\.\d{1,3}|\d{1,15})(?![\d.])/;
const STRING = /^"(?:[ !#-[\]-~]|\\["\\])*"/;
/** Base64 with its padding, or without any. */
const BYTES = /^:(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?:/;
const BOOLEAN = /^\?[01]/;
const DATE = /^@-?\d{1,15}(?![\d.])/;
const DISPLAY = /^%"(?:[ !#$&-~]|%[0-9a-f]{2})*"/;

const BARE_ITEMS = [TOKEN, NUMBER, STRING, BYTES, BOOLEAN, DATE, DISPLAY];

/**
 * The token of an item (3.3.4), whatever its parameters are; undefined for any other kind of item
 * and for what cannot be parsed.
 */
export function tokenItem(text: string): string | undefined {
  const token = TOKEN.exec(text)?.[0];
  if (token === undefined) return undefined;
  let rest = text.slice(token.length);
  while (rest.startsWith(";")) {
    rest = rest.slice(1).replace(/^ +/, "");
    const key = KEY.exec(rest)?.[0];
    if (key === undefined) return undefined;
    rest = rest.slice(key.length);
    if (!rest.startsWith("=")) continue;
    rest = rest.slice(1);
    const value = BARE_ITEMS.map((item) => item.exec(rest)?.[0]).find(Boolean);
    if (value === undefined || (DISPLAY.test(value) && !isUtf8(value))) return undefined;
    rest = rest.slice(value.length);
  }
  return /^ *$/.test(rest) ? token : undefined;
}

function isUtf8(percentEncoded: string): boolean {
  try {
    decodeURIComponent(percentEncoded.slice(1));
    return true;
  } catch {
    return false;
  }
}
