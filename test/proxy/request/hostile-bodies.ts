/** Bodies in chunks that have to be refused (RFC 9112 7.1), as bytes (latin1). */
import type { HostileRequest } from "./hostile-heads.js";

const HEAD = "POST /bad HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";

const chunks = (name: string, body: string): HostileRequest => [name, HEAD + body];

/** A well-formed body but for one line of its trailers. */
const trailer = (name: string, line: string): HostileRequest =>
  chunks(name, `5\r\nhello\r\n0\r\n${line}\r\n\r\n`);

export const CHUNKS: readonly HostileRequest[] = [
  chunks("a size beyond 64 bits", "10000000000000005\r\nhello\r\n0\r\n\r\n"),
  chunks("a size that is negative", "-1\r\nhello\r\n0\r\n\r\n"),
  chunks("a size with a plus", "+5\r\nhello\r\n0\r\n\r\n"),
  chunks("a size with 0x", "0x5\r\nhello\r\n0\r\n\r\n"),
  chunks("a size behind a blank", " 5\r\nhello\r\n0\r\n\r\n"),
  chunks("a size behind a tab", "\t5\r\nhello\r\n0\r\n\r\n"),
  chunks("a size before a blank", "5 \r\nhello\r\n0\r\n\r\n"),
  chunks("a size with an underscore", "1_0\r\nhello\r\n0\r\n\r\n"),
  chunks("a size of no hex digit", "g\r\nhello\r\n0\r\n\r\n"),
  chunks("no size", "\r\nhello\r\n0\r\n\r\n"),
  chunks("an extension without a size", ";a=b\r\nhello\r\n0\r\n\r\n"),
  chunks("a bare LF behind a size", "5\nhello\r\n0\r\n\r\n"),
  chunks("a bare CR behind a size", "5\rhello\r\n0\r\n\r\n"),
  chunks("a NUL behind a size", "5\0\r\nhello\r\n0\r\n\r\n"),
  chunks("a chunk longer than its size", "4\r\nhello\r\n0\r\n\r\n"),
  chunks("a chunk shorter than its size", "6\r\nhello\r\n0\r\n\r\n"),
  chunks("no CRLF behind a chunk", "5\r\nhello0\r\n\r\n"),
  chunks("a bare LF behind a chunk", "5\r\nhello\n0\r\n\r\n"),
  chunks("a bare CR behind a chunk", "5\r\nhello\r0\r\n\r\n"),
  chunks("a bare LF behind the last size", "0\n\r\n"),
  chunks("a bare LF for the end", "5\r\nhello\r\n0\r\n\n"),
  chunks("a bare LF within an extension", "5;a\nb\r\nhello\r\n0\r\n\r\n"),
  chunks("a bare CR within an extension", "5;a\rb\r\nhello\r\n0\r\n\r\n"),
  chunks("a bare LF within a quoted extension", '5;a="\n"\r\nhello\r\n0\r\n\r\n'),
  chunks("a bare LF at the end of an extension", "5;a=b\nhello\r\n0\r\n\r\n"),
  chunks("a NUL within an extension", "5;a=\0\r\nhello\r\n0\r\n\r\n"),
  chunks("extensions of more than 16 KiB", `5;${"a".repeat(17_000)}\r\nhello\r\n0\r\n\r\n`),
  trailer("a trailer that is folded", "X-A: b\r\n c"),
  trailer("a trailer without a colon", "X-A"),
  trailer("a trailer with a space before its colon", "X-A : b"),
  trailer("a trailer with a NUL", "X-A: \0"),
  trailer("a trailer with a bare CR", "X-A: b\rX-C: d"),
  trailer("a trailer with a bare LF", "X-A: b\nX-C: d"),
];
