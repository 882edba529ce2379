/** The head of an HTTP/1.x response, read strictly (RFC 9112 4, 5). */

import type { HeaderLines } from "../../lines.js";

/** What the dev server sent is not HTTP; the message says what is wrong with it. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
}

export interface ResponseHead {
  readonly status: number;
  readonly reason: string;
  readonly version: "1.0" | "1.1";
  readonly headers: HeaderLines;
}

/** A whole block of well-formed header lines, tested at once; what fails is looked at by line. */
const HEADER_BLOCK =
  /^(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*\r\n)*[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*$/;
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?$/;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Reads a status line (RFC 9112 4). @throws ProtocolError */
export function parseStatusLine(line: string): ResponseHead {
  const match = STATUS_LINE.exec(line);
  if (!match) {
    if (!line.startsWith("HTTP/1.")) throw notHttp(Buffer.from(line, "latin1"));
    throw new ProtocolError(`the status line ${JSON.stringify(line.slice(0, 80))}`);
  }
  return {
    status: Number(match[2]),
    reason: match[3] ?? "",
    version: match[1] === "0" ? "1.0" : "1.1",
    headers: [],
  };
}

/** Appends the header lines of `block` to `headers`. @throws ProtocolError */
export function parseHeaderLines(block: string, headers: HeaderLines): void {
  if (block === "") return;
  if (!HEADER_BLOCK.test(block)) throw malformed(block);
  let position = 0;
  while (position < block.length) {
    const next = block.indexOf("\r\n", position);
    const end = next < 0 ? block.length : next;
    const colon = block.indexOf(":", position);
    headers.push(block.slice(position, colon), trimBlanks(block, colon + 1, end));
    position = end + 2;
  }
}

/** Says what is wrong with a block that is not well-formed. */
function malformed(block: string): ProtocolError {
  for (const line of block.split("\r\n")) {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(colon, 0));
    if (/^[ \t]/.test(line)) return new ProtocolError("a folded header line");
    if (colon < 0) return new ProtocolError("a header line without a colon");
    if (!TOKEN.test(name)) {
      return new ProtocolError(`the header name ${JSON.stringify(name.slice(0, 80))}`);
    }
    if (!FIELD_VALUE.test(line.slice(colon + 1))) {
      return new ProtocolError(`a control character in the value of ${name}`);
    }
  }
  return new ProtocolError("a malformed header line");
}

/** Optional white space is blanks and tabs only; `trim` would also take a no-break space. */
function trimBlanks(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}

/** Says what the beginning of an answer is, when it is none of HTTP/1.x. */
export function notHttp(input: Buffer): ProtocolError {
  const shown = JSON.stringify(input.toString("latin1", 0, 24));
  const tls = input[0] === 0x15 || input[0] === 0x16;
  return new ProtocolError(
    tls
      ? "it answered in TLS; give it as an https:// target"
      : `the answer begins with ${shown}, which is not HTTP/1.x`,
  );
}
