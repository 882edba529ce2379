/** Bodies in chunks (RFC 9112 7.1). */
import type { HeaderLines } from "../../lines.js";

export interface Chunked {
  readonly body: string;
  /** Name, value, … */
  readonly trailers: HeaderLines;
  /** Of the whole, with the end. */
  readonly length: number;
}

/** Reads a chunked body at the beginning of a text, or undefined while its end is missing. */
export function readChunked(text: string): Chunked | undefined {
  let body = "";
  for (let at = 0; ; ) {
    const line = text.indexOf("\r\n", at);
    if (line < 0) return undefined;
    const size = Number.parseInt(text.slice(at, line), 16);
    if (!(size >= 0)) return undefined;
    if (size === 0) {
      const end = text.indexOf("\r\n\r\n", line);
      if (end < 0) return undefined;
      const fields = text
        .slice(line + 2, end)
        .split("\r\n")
        .filter(Boolean);
      return { body, trailers: fields.flatMap(fieldOf), length: end + 4 };
    }
    body += text.slice(line + 2, line + 2 + size);
    at = line + 4 + size;
    if (at > text.length) return undefined;
  }
}

/** A header line as name and value. */
export function fieldOf(line: string): [name: string, value: string] {
  const colon = line.indexOf(":");
  return [line.slice(0, colon), line.slice(colon + 1).replace(/^[ \t]|[ \t]+$/g, "")];
}
