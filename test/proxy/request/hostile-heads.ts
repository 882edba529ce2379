/** Heads of HTTP/1.x requests that have to be refused, as bytes (latin1). */

/** What is wrong with it, and the whole request. */
export type HostileRequest = readonly [name: string, bytes: string];

/** A complete, harmless request but for these header lines. */
const withLines = (...lines: string[]): string =>
  `POST /bad HTTP/1.1\r\nHost: localhost\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n`;

/** The same, with a body of five bytes behind it. */
const withBody = (...lines: string[]): string => `${withLines(...lines)}hello`;

/** The same, with a body in chunks behind it. */
const withChunks = (...lines: string[]): string => `${withLines(...lines)}5\r\nhello\r\n0\r\n\r\n`;

const withHost = (...lines: string[]): string =>
  `GET /bad HTTP/1.1\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n`;

const withTarget = (target: string, host = "localhost"): string =>
  `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;

const withRequestLine = (line: string): string => `${line}\r\nHost: localhost\r\n\r\n`;

const UPGRADE = ["Connection: Upgrade", "Upgrade: websocket"];

/** RFC 9112 6.1 and 6.3: two readers must not find two ends. */
export const FRAMINGS: readonly HostileRequest[] = [
  ["a length beside chunked", withChunks("Content-Length: 5", "Transfer-Encoding: chunked")],
  ["chunked beside a length", withChunks("Transfer-Encoding: chunked", "Content-Length: 5")],
  ["two different lengths", withBody("Content-Length: 5", "Content-Length: 6")],
  ["two equal lengths", withBody("Content-Length: 5", "Content-Length: 5")],
  ["a list of lengths", withBody("Content-Length: 5, 5")],
  ["a length with a plus", withBody("Content-Length: +5")],
  ["a length with a minus", withBody("Content-Length: -5")],
  ["a length in hex", withBody("Content-Length: 0x5")],
  ["a length with a space in it", withBody("Content-Length: 5 5")],
  ["a length with a letter behind it", withBody("Content-Length: 5a")],
  ["a length with a fraction", withBody("Content-Length: 5.0")],
  ["a length in quotes", withBody('Content-Length: "5"')],
  ["an empty length", withBody("Content-Length:")],
  ["a length beyond 64 bits", withBody("Content-Length: 18446744073709551621")],
  ["a length beyond what a double holds", withBody("Content-Length: 9007199254740993")],
  ["a length that is folded", withBody("Content-Length:\r\n 5")],
  ["a space between length and colon", withBody("Content-Length : 5")],
  ["an unknown coding", withChunks("Transfer-Encoding: xchunked")],
  ["the coding identity", withBody("Transfer-Encoding: identity")],
  ["chunked before another coding", withChunks("Transfer-Encoding: chunked, identity")],
  ["chunked behind another coding", withChunks("Transfer-Encoding: identity, chunked")],
  ["a coding that is not implemented", withChunks("Transfer-Encoding: gzip, chunked")],
  ["chunked twice on one line", withChunks("Transfer-Encoding: chunked, chunked")],
  ["chunked on two lines", withChunks("Transfer-Encoding: chunked", "Transfer-Encoding: chunked")],
  [
    "two codings on two lines",
    withChunks("Transfer-Encoding: chunked", "Transfer-Encoding: identity"),
  ],
  ["chunked with a parameter", withChunks("Transfer-Encoding: chunked;q=1")],
  ["chunked in quotes", withChunks('Transfer-Encoding: "chunked"')],
  ["chunked behind a comma", withChunks("Transfer-Encoding: ,chunked")],
  ["chunked behind a vertical tab", withChunks("Transfer-Encoding: \x0bchunked")],
  ["chunked before a vertical tab", withChunks("Transfer-Encoding: chunked\x0b")],
  ["chunked with a byte beyond ASCII", withChunks("Transfer-Encoding: \xa0chunked")],
  ["an empty coding", withBody("Transfer-Encoding:")],
  ["a coding that is folded", withChunks("Transfer-Encoding:\r\n chunked")],
  ["a space between coding and colon", withChunks("Transfer-Encoding : chunked")],
  [
    "chunked in HTTP/1.0",
    "POST /bad HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  ],
  ["an upgrade with a body", withBody(...UPGRADE, "Content-Length: 5")],
  ["an upgrade with a chunked body", withChunks(...UPGRADE, "Transfer-Encoding: chunked")],
];

/** RFC 9112 5 and RFC 9110 5.5: what a header line may not hold. */
export const LINES: readonly HostileRequest[] = [
  ["a folded line", withLines("X-A: b", " c")],
  ["a line folded by a tab", withLines("X-A: b", "\tc")],
  ["a blank before the first name", withHost(" X-A: b", "Host: localhost")],
  ["a space before the colon", withLines("X-A : b")],
  ["a tab before the colon", withLines("X-A\t: b")],
  ["a space in a name", withLines("X A: b")],
  ["an empty name", withLines(": b")],
  ["a line without a colon", withLines("X-A")],
  ["a parenthesis in a name", withLines("X(A: b")],
  ["a slash in a name", withLines("X/A: b")],
  ["an at sign in a name", withLines("X@A: b")],
  ["a quote in a name", withLines('X"A: b')],
  ["a NUL in a name", withLines("X-\0A: b")],
  ["a control character in a name", withLines("X-\x01A: b")],
  ["a DEL in a name", withLines("X-\x7fA: b")],
  ["a byte beyond ASCII in a name", withLines("X-\xe9: b")],
  ["a NUL in a value", withLines("X-A: b\0c")],
  ["a control character in a value", withLines("X-A: b\x01c")],
  ["an escape in a value", withLines("X-A: b\x1bc")],
  ["a form feed in a value", withLines("X-A: b\x0cc")],
  ["a DEL in a value", withLines("X-A: b\x7fc")],
  ["a bare CR in a value", withLines("X-A: b\rc")],
  ["a bare CR before another line", withLines("X-A: b\rContent-Length: 5")],
  ["a CR before CRLF", withLines("X-A: b\r")],
  ["a bare LF before another line", withLines("X-A: b\nX-C: d")],
  ["a bare LF at the end of the head", "GET /bad HTTP/1.1\r\nHost: localhost\r\n\n"],
  ["a bare LF at the end of the request line", "GET /bad HTTP/1.1\nHost: localhost\r\n\r\n"],
  ["bare LFs throughout", "GET /bad HTTP/1.1\nHost: localhost\n\n"],
  ["bare CRs throughout", "GET /bad HTTP/1.1\rHost: localhost\r\r"],
  ["a head of more than 64 KiB", withLines(`X-A: ${"b".repeat(66_000)}`)],
  [
    "a head of more than 64 KiB in many lines",
    withLines(...Array(800).fill(`X-A: ${"b".repeat(90)}`)),
  ],
];

/** RFC 9112 3.2 and RFC 9110 7.2: whom a request is for. */
export const HOSTS: readonly HostileRequest[] = [
  ["no Host", withHost("X-A: b")],
  ["two equal Hosts", withHost("Host: localhost", "Host: localhost")],
  ["two different Hosts", withHost("Host: localhost", "Host: localhost:1")],
  ["an empty Host", withHost("Host:")],
  ["a path in Host", withHost("Host: localhost/admin")],
  ["a query in Host", withHost("Host: localhost?a")],
  ["a fragment in Host", withHost("Host: localhost#a")],
  ["user information in Host", withHost("Host: user@localhost")],
  ["a scheme in Host", withHost("Host: http://localhost")],
  ["a space in Host", withHost("Host: local host")],
  ["a comma in Host", withHost("Host: localhost,evil.example")],
  ["a backslash in Host", withHost("Host: localhost\\evil.example")],
  ["a percent-encoded letter in Host", withHost("Host: local%68ost")],
  ["a byte beyond ASCII in Host", withHost("Host: localh\xf6st")],
  ["two ports in Host", withHost("Host: localhost:80:80")],
  ["a port of letters in Host", withHost("Host: localhost:http")],
  ["a port with a sign in Host", withHost("Host: localhost:+80")],
  ["half a bracket in Host", withHost("Host: [::1")],
  ["a space before the colon of Host", withHost("Host : localhost")],
  ["a Host that is folded", withHost("Host:", " localhost")],
  ["an absolute target for another Host", withTarget("http://evil.example/bad")],
  ["an absolute target for another port", withTarget("http://localhost:1/bad")],
  ["an absolute target with user information", withTarget("http://user@localhost/bad")],
  ["an absolute target without a host", withTarget("http:///bad")],
  ["an absolute target of another scheme", withTarget("ftp://localhost/bad")],
  ["an absolute target with a fragment", withTarget("http://localhost/bad#a")],
  [
    "an absolute target for a foreign host in HTTP/1.0",
    "GET http://evil.example/ HTTP/1.0\r\n\r\n",
  ],
];

/** RFC 9112 3: the request line. */
export const REQUEST_LINES: readonly HostileRequest[] = [
  ["a relative target", withTarget("bad")],
  ["a target in authority form", withTarget("localhost:80")],
  ["an asterisk for GET", withTarget("*")],
  ["a backslash for a slash", withTarget("\\bad")],
  ["a fragment in the target", withTarget("/bad#a")],
  ["a NUL in the target", withTarget("/b\0d")],
  ["a control character in the target", withTarget("/b\x01d")],
  ["a DEL in the target", withTarget("/b\x7fd")],
  ["a byte beyond ASCII in the target", withTarget("/b\xe4d")],
  ["UTF-8 in the target", withTarget("/b\xc3\xa4d")],
  ["a space in the target", withTarget("/b d")],
  ["a tab in the target", withTarget("/b\td")],
  ["a bare CR in the target", withTarget("/b\rd")],
  ["HTTP/0.9 in words", withRequestLine("GET /bad HTTP/0.9")],
  ["a request line of HTTP/0.9", "GET /bad\r\n\r\n"],
  ["a request line of HTTP/0.9 with header lines", withRequestLine("GET /bad")],
  ["HTTP/1.2", withRequestLine("GET /bad HTTP/1.2")],
  ["HTTP/1.10", withRequestLine("GET /bad HTTP/1.10")],
  ["HTTP/2.0", withRequestLine("GET /bad HTTP/2.0")],
  ["HTTP/3.0", withRequestLine("GET /bad HTTP/3.0")],
  ["HTTP/01.1", withRequestLine("GET /bad HTTP/01.1")],
  ["HTTP in lower case", withRequestLine("GET /bad http/1.1")],
  ["a space in the version", withRequestLine("GET /bad HTTP/1. 1")],
  ["a space behind the version", withRequestLine("GET /bad HTTP/1.1 ")],
  ["a word behind the version", withRequestLine("GET /bad HTTP/1.1 x")],
  ["a tab before the target", withRequestLine("GET\t/bad HTTP/1.1")],
  ["a space before the method", withRequestLine(" GET /bad HTTP/1.1")],
  ["no method", withRequestLine("/bad HTTP/1.1")],
  ["no target", withRequestLine("GET HTTP/1.1")],
  ["a method in lower case", withRequestLine("get /bad HTTP/1.1")],
  ["a NUL in the method", withRequestLine("G\0T /bad HTTP/1.1")],
  ["the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"],
  ["bytes that are no text", "\xff\xfe\xfd\xfc\r\n\r\n"],
  ["CONNECT", "CONNECT localhost:443 HTTP/1.1\r\nHost: localhost:443\r\n\r\n"],
  [
    "CONNECT with a body",
    "CONNECT localhost:443 HTTP/1.1\r\nHost: localhost:443\r\nContent-Length: 5\r\n\r\nhello",
  ],
  ["CONNECT with a path", "CONNECT /bad HTTP/1.1\r\nHost: localhost\r\n\r\n"],
];
