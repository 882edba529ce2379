/** What an app may answer that no app should, and what may become of it. */

/**
 * `carried`: the client gets this status and a whole response. `broken`: the head arrives, and the
 * response ends so that nobody takes it for whole. `refused`: a 502 that says why.
 */
export type Fate = "carried" | "broken" | "refused";

export interface OddResponse {
  readonly name: string;
  /** What the app writes before it closes the connection, latin1. */
  readonly bytes: string;
  readonly fate: Fate;
  /** The final status that the app means. */
  readonly status: number;
  /** Where HTTP/2 cannot do the same. */
  readonly http2?: Fate;
}

const head = (status: number | string, ...lines: string[]): string =>
  `HTTP/1.1 ${status} Odd\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n`;

const ok = (...lines: string[]): string => `${head(200, ...lines, "Content-Length: 2")}ok`;

const chunked = (body: string, ...lines: string[]): string =>
  head(200, "Transfer-Encoding: chunked", ...lines) + body;

const row = (
  name: string,
  bytes: string,
  fate: Fate = "carried",
  status = 200,
  http2?: Fate,
): OddResponse => ({ name, bytes, fate, status, ...(http2 && { http2 }) });

const statuses = [
  ...[200, 203, 206, 226, 299, 300, 301, 306, 399, 400, 402, 407, 416, 418, 421, 426, 451, 499],
  ...[500, 501, 505, 509, 511, 599],
].map((status) =>
  row(`the status ${status}`, `${head(status, "Content-Length: 2")}ok`, "carried", status),
);

const beyondHttp2 = [600, 700, 799, 800, 999].map((status) =>
  row(
    `the status ${status}`,
    `${head(status, "Content-Length: 2")}ok`,
    "carried",
    status,
    "refused",
  ),
);

const connectionLines = [
  ...["Connection: close", "Connection: keep-alive, x-odd", "Keep-Alive: timeout=0"],
  ...["Keep-Alive: timeout=99999999999", "Proxy-Connection: keep-alive", "Upgrade: h2c"],
  ...[
    "HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA",
    "TE: trailers",
    "Trailer: X-Never",
    "Host: x.test",
  ],
  "Connection: content-length",
].map((line) => row(`a response with "${line}"`, ok(line)));

const trailers = [
  ["X-After: 1"],
  ["Connection: close"],
  ["Content-Length: 9", "Transfer-Encoding: chunked"],
  ["Keep-Alive: 1", "Proxy-Connection: 1", "HTTP2-Settings: AA", "Upgrade: h2c", "TE: gzip"],
  ["Set-Cookie: a=b", "Host: x", "Trailer: y", "Status: 9"],
].map((lines) =>
  row(`the trailers ${lines}`, chunked(`2\r\nok\r\n0\r\n${lines.join("\r\n")}\r\n\r\n`)),
);

const informational = [
  ...["100 Continue", "102 Processing", "103 Early Hints", "110 Odd", "199 Odd"].map((line) =>
    row(`${line} before the response`, `HTTP/1.1 ${line}\r\n\r\n${ok()}`),
  ),
  row(
    "103 with connection-specific lines",
    `HTTP/1.1 103 x\r\nConnection: x\r\nKeep-Alive: 1\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\nProxy-Connection: y\r\nLink: </a>\r\n\r\n${ok()}`,
  ),
  row("103 with a length", `HTTP/1.1 103 x\r\nContent-Length: 5\r\n\r\n${ok()}`),
  row("a hundred 103", "HTTP/1.1 103 x\r\nLink: </a>\r\n\r\n".repeat(100) + ok()),
  row("two thousand 103", "HTTP/1.1 103 x\r\nLink: </a>\r\n\r\n".repeat(2000) + ok(), "refused"),
  row(
    "300 KB of 103",
    `HTTP/1.1 103 x\r\nLink: ${"y".repeat(50_000)}\r\n\r\n`.repeat(6),
    "refused",
  ),
  row(
    "101 that nobody asked for",
    "HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n",
    "refused",
  ),
];

const bodiless = [
  row("204 with a length", head(204, "Content-Length: 5"), "carried", 204),
  row("204 with a body", `${head(204, "Content-Length: 5")}hello`, "carried", 204),
  row(
    "204 in chunks",
    `${head(204, "Transfer-Encoding: chunked")}2\r\nok\r\n0\r\n\r\n`,
    "carried",
    204,
  ),
  row("205 with a body", `${head(205, "Content-Length: 5")}hello`, "carried", 205),
  row("205 without", head(205, "Content-Length: 0"), "carried", 205),
  row("304 with a length", head(304, "Content-Length: 99"), "carried", 304),
  row("304 with a body", `${head(304, "Content-Length: 2")}ok`, "carried", 304),
];

const malformed = [
  ...[
    ["HTTP/0.9", "HTTP/0.9 200 OK\r\n\r\n"],
    ["HTTP/2.0", "HTTP/2.0 200 OK\r\n\r\n"],
    ["ICY", "ICY 200 OK\r\n\r\n"],
    ["a status of two digits", "HTTP/1.1 20 OK\r\n\r\n"],
    ["a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n"],
    ["the status 099", "HTTP/1.1 099 OK\r\n\r\n"],
    ["the status 000", "HTTP/1.1 000 OK\r\n\r\n"],
    ["a negative status", "HTTP/1.1 -20 OK\r\n\r\n"],
    ["a TLS alert", "\x15\x03\x03\x00\x02\x02\x28"],
    ["nothing", ""],
    ["half a head", "HTTP/1.1 200 OK\r\nContent-"],
    ["a line without a colon", ok("nocolon")],
    ["a blank before the colon", ok("X-A : b")],
    ["an empty name", ok(": b")],
    ["a folded line", ok("X-A: b\r\n folded")],
    ["NUL in a value", ok("X-A: b\0c")],
    ["a bare CR in a value", ok("X-A: b\rc")],
    ["a bare LF", "HTTP/1.1 200 OK\nContent-Length: 2\n\nok"],
    ["a name of HTTP/2", ok(":status: 200")],
    ["70 KB of a header", ok(`X-Long: ${"x".repeat(70_000)}`)],
    ["two lengths", ok("Content-Length: 2")],
    ["two lengths that differ", ok("Content-Length: 3")],
    ["a negative length", head(200, "Content-Length: -1")],
    ["a length that is none", head(200, "Content-Length: 0x2")],
    ["a length beside chunks", chunked("0\r\n\r\n", "Content-Length: 5")],
    ["gzip as transfer coding", head(200, "Transfer-Encoding: gzip")],
    ["chunked twice", chunked("0\r\n\r\n", "Transfer-Encoding: chunked")],
    ["chunks of HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
    ["a first chunk that is none", chunked("zz\r\nok\r\n0\r\n\r\n")],
  ].map(([name = "", bytes = ""]) => row(name, bytes, "refused")),
  row("a body that is too short", `${head(200, "Content-Length: 99")}ok`, "broken"),
  row("a chunk that is longer than said", chunked("2\r\nokay\r\n0\r\n\r\n"), "broken"),
  row("chunks without an end", chunked("2\r\nok\r\n"), "broken"),
  row("a second chunk that is none", chunked("2\r\nok\r\n-2\r\nok\r\n0\r\n\r\n"), "broken"),
  row("a malformed trailer", chunked("2\r\nok\r\n0\r\nno colon\r\n\r\n"), "broken"),
  row("octets behind the end", `${ok()}HTTP/1.1 200 OK\r\n\r\n`),
];

const large = [
  row("900 header lines", ok(...Array.from({ length: 900 }, (_, index) => `X-${index}: v`))),
  row(
    "300 cookies",
    ok(...Array.from({ length: 300 }, (_, index) => `Set-Cookie: c${index}=v; Secure`)),
  ),
  row("60 KB of a header", ok(`X-Long: ${"x".repeat(60_000)}`)),
  row("values beyond ASCII", ok("X-A: \xe4\xf6\xfc\xff", "X-B: \t\xa0 x")),
  row("an empty value", ok("X-Empty:", "Content-Type:")),
  row(
    "names that HTTP/2 sends once",
    ok("Content-Type: a/b", "Content-Type: c/d", "Age: 1", "Age: 2"),
  ),
  row("upper-case names", ok("X-UPPER: 1", "CONTENT-TYPE: text/html")),
  row("names of symbols", ok("!#$%&'*+.^_`|~: 1")),
  row("gzip that is none", ok("Content-Encoding: gzip", "Content-Type: text/html")),
  row("br that is none", ok("Content-Encoding: br", "Content-Type: text/html")),
  row("an unknown coding", ok("Content-Encoding: x-odd, gzip", "Content-Type: text/html")),
  row(
    "a Location that is none",
    `${head(302, "Location: ://\x7f%zz", "Content-Length: 0")}`.replace("\x7f", "\xff"),
    "carried",
    302,
  ),
  row(
    "a Refresh that is none",
    ok("Refresh: ;;url=", "Link: <<>>;;", "Strict-Transport-Security: x=;"),
  ),
  row("a body until the end", `${head(200)}ok`),
  row("HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\nok"),
  row("a reason beyond ASCII", "HTTP/1.1 200 \xc4\xd6\xdc\r\nContent-Length: 2\r\n\r\nok"),
  row("no reason", "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok"),
];

export const ODD_RESPONSES: readonly OddResponse[] = [
  ...[...statuses, ...beyondHttp2, ...connectionLines, ...trailers, ...informational],
  ...[...bodiless, ...malformed, ...large],
];
