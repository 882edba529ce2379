/** Responses as dev servers send them, and as none should. Bytes stand for themselves (latin1). */

export interface Canned {
  readonly name: string;
  /** Of the request that it answers; GET unless told otherwise. */
  readonly method?: "HEAD";
  readonly bytes: string;
}

const CRLF = "\r\n";
const head = (line: string, ...headers: string[]): string => [line, ...headers, "", ""].join(CRLF);
const OK = "HTTP/1.1 200 OK";

function chunked(...chunks: string[]): string {
  return [...chunks, ""]
    .map((chunk) => `${chunk.length.toString(16)}${CRLF}${chunk}${CRLF}`)
    .join("");
}

const STATUSES = [
  ...[200, 201, 202, 203, 206, 207, 226, 300, 301, 302, 303, 307, 308, 400, 401, 402, 403, 404],
  ...[405, 406, 409, 410, 411, 412, 413, 414, 415, 416, 417, 418, 421, 422, 425, 426, 428, 429],
  ...[431, 451, 500, 501, 502, 503, 504, 505, 511, 599, 600, 799, 999],
];

const REASONS = [
  "",
  " ",
  " OK",
  " Not  Found",
  " \tblank",
  " caf\xe9",
  " 200",
  ` ${"x".repeat(500)}`,
];

const BODIES = [
  "",
  "a",
  "hello",
  "\r\n\r\n",
  "HTTP/1.1 200 OK\r\n\r\n",
  "\0\xff\r\n0\r\n\r\n",
  "b".repeat(70),
];

const HEADER_LINES = [
  "X-A: b",
  "x-a:b",
  "X-A:  b  ",
  "X-A:\tb\t",
  "X-A:",
  "X-A: ",
  "X-A: \xa0b\xa0",
  "X-A: caf\xe9",
  "X-A: a, b, c",
  "X-A: 1\r\nX-A: 2\r\nx-a: 3",
  "Set-Cookie: a=b\r\nSet-Cookie: c=d; Path=/",
  "!#$%&'*+.^_`|~09azAZ-: x",
  "X_Under: score",
  `X-Long: ${"v".repeat(9000)}`,
  "Date: Sat, 21 Nov 2026 00:00:00 GMT\r\nServer: test\r\nVary: *",
  "Connection: keep-alive\r\nKeep-Alive: timeout=5, max=100",
  "Connection: close",
  "Connection: Keep-Alive, X-Private",
  "Trailer: X-Sum",
  "Content-Type: text/html; charset=utf-8",
  "Content-Encoding: gzip",
];

const plainGood: Canned[] = [
  ...STATUSES.map((status) => ({
    name: `status ${status} with a length`,
    bytes: `${head(`HTTP/1.1 ${status} Reason`, "Content-Length: 4")}body`,
  })),
  ...STATUSES.filter((_, index) => index % 3 === 0).map((status) => ({
    name: `status ${status} in chunks`,
    bytes: head(`HTTP/1.1 ${status} Reason`, "Transfer-Encoding: chunked") + chunked("bo", "dy"),
  })),
  ...REASONS.map((reason) => ({
    name: `reason ${JSON.stringify(reason.slice(0, 12))}`,
    bytes: `${head(`HTTP/1.1 200${reason}`, "Content-Length: 2")}ok`,
  })),
  ...BODIES.flatMap((body): Canned[] => {
    const shown = JSON.stringify(body.slice(0, 16));
    return [
      {
        name: `body ${shown} with a length`,
        bytes: head(OK, `Content-Length: ${body.length}`) + body,
      },
      {
        name: `body ${shown} in one chunk`,
        bytes: head(OK, "Transfer-Encoding: chunked") + (body ? chunked(body) : chunked()),
      },
      {
        name: `body ${shown} in chunks of one octet`,
        bytes: head(OK, "Transfer-Encoding: chunked") + chunked(...body),
      },
      { name: `body ${shown} until the end`, bytes: head(OK) + body },
      { name: `body ${shown} until the end, HTTP/1.0`, bytes: head("HTTP/1.0 200 OK") + body },
      {
        name: `body ${shown} with a length, HTTP/1.0`,
        bytes: head("HTTP/1.0 200 OK", `Content-Length: ${body.length}`) + body,
      },
      {
        name: `body ${shown} with a length, kept alive, HTTP/1.0`,
        bytes:
          head("HTTP/1.0 200 OK", "Connection: keep-alive", `Content-Length: ${body.length}`) +
          body,
      },
    ];
  }),
  ...HEADER_LINES.flatMap((lines): Canned[] => {
    const shown = JSON.stringify(lines.slice(0, 24));
    return [
      { name: `header ${shown} with a length`, bytes: `${head(OK, lines, "Content-Length: 2")}ok` },
      {
        name: `header ${shown} in chunks`,
        bytes: head(OK, "Transfer-Encoding: chunked", lines) + chunked("ok"),
      },
    ];
  }),
  ...["HTTP/1.1 204 No Content", "HTTP/1.1 304 Not Modified", "HTTP/1.0 304 Not Modified"].flatMap(
    (line): Canned[] => [
      { name: `${line} bare`, bytes: head(line) },
      { name: `${line} with a length`, bytes: head(line, "Content-Length: 4") },
      { name: `${line} with an ETag`, bytes: head(line, 'ETag: "a"') },
    ],
  ),
  ...["Content-Length: 12", "Transfer-Encoding: chunked", "X-A: b", "Content-Length: 0"].map(
    (line): Canned => ({
      name: `HEAD with ${line}`,
      method: "HEAD",
      bytes: head(OK, line),
    }),
  ),
];

const codingGood: Canned[] = [
  ...["chunked", "Chunked", "CHUNKED"].map((coding) => ({
    name: `Transfer-Encoding: ${coding}`,
    bytes: head(OK, `Transfer-Encoding: ${coding}`) + chunked("ok"),
  })),
  ...[
    "A",
    "a",
    "0a",
    "00000a",
    "a;name",
    "a;name=value",
    'a;name="quoted"',
    "a ;spaced",
    "a  ",
  ].map((size) => ({
    name: `chunk size ${JSON.stringify(size)}`,
    bytes: `${head(OK, "Transfer-Encoding: chunked")}${size}\r\n0123456789\r\n0\r\n\r\n`,
  })),
  ...["0", "00", "000", "0;last", "0;a=b"].map((size) => ({
    name: `last chunk ${size}`,
    bytes: `${head(OK, "Transfer-Encoding: chunked")}2\r\nok\r\n${size}\r\n\r\n`,
  })),
  ...["X-Sum: 1", "X-Sum: 1\r\nX-Sum: 2", "x-sum:", `X-Long: ${"t".repeat(4000)}`].map(
    (trailer) => ({
      name: `trailer ${JSON.stringify(trailer.slice(0, 20))}`,
      bytes: `${head(OK, "Transfer-Encoding: chunked", "Trailer: X-Sum")}2\r\nok\r\n0\r\n${trailer}\r\n\r\n`,
    }),
  ),
  ...[100, 102, 103, 199].flatMap((status): Canned[] => [
    {
      name: `${status}, then the response`,
      bytes: `${head(`HTTP/1.1 ${status} First`)}${head(OK, "Content-Length: 2")}ok`,
    },
    {
      name: `${status} with headers, then chunks`,
      bytes:
        head(`HTTP/1.1 ${status} First`, "Link: </a.css>; rel=preload") +
        head(OK, "Transfer-Encoding: chunked") +
        chunked("ok"),
    },
  ]),
  {
    name: "100 and 103 twice",
    bytes: `${head("HTTP/1.1 100 Continue")}${head("HTTP/1.1 103 Early Hints", "Link: </a>")}${head("HTTP/1.1 103 Early Hints", "Link: </b>")}${head(OK, "Content-Length: 2")}ok`,
  },
  {
    name: "a head of 40 KiB",
    bytes: `${head(OK, ...Array.from({ length: 500 }, (_, i) => `X-${i}: ${"v".repeat(72)}`), "Content-Length: 2")}ok`,
  },
  { name: "a length with zeros before it", bytes: `${head(OK, "Content-Length: 0002")}ok` },
];

/** What no reader should make sense of, or none that stands in front of browsers. */
const BAD_HEADS: readonly (readonly [string, string])[] = [
  ...[
    ...[
      "HTTP/1.1",
      "HTTP/1.1 ",
      "HTTP/1.1 20",
      "HTTP/1.1 2000 OK",
      "HTTP/1.1 0 No",
      "HTTP/1.1 000 No",
    ],
    ...[
      "HTTP/1.1 099 No",
      "HTTP/1.1 -200 No",
      "HTTP/1.1 2OO OK",
      "HTTP/1.1  200 OK",
      "HTTP/1.1\t200 OK",
    ],
    ...[
      "HTTP/1.1 200\tOK",
      "HTTP/1.1 200\0OK",
      "HTTP/1.1 200 O\0K",
      "HTTP/1.1 200 O\x01K",
      "HTTP/1.1 200OK",
    ],
    ...[
      "HTTP/2 200 OK",
      "HTTP/2.0 200 OK",
      "HTTP/0.9 200 OK",
      "HTTP/1.2 200 OK",
      "HTTP/1 200 OK",
      "HTTP/11 200 OK",
    ],
    ...[
      "http/1.1 200 OK",
      "HTTPS/1.1 200 OK",
      "ICY 200 OK",
      "GET / HTTP/1.1",
      "200 OK",
      "<html>",
      " HTTP/1.1 200 OK",
    ],
    ...[
      "\x15\x03\x01\x00\x02\x02\x28",
      "\0\0\x12\x04\0\0\0\0\0",
      "SSH-2.0-OpenSSH_9.2",
      "\xef\xbb\xbfHTTP/1.1 200 OK",
    ],
  ].map((line): [string, string] => [
    `status line ${JSON.stringify(line)}`,
    `${head(line, "Content-Length: 2")}ok`,
  ]),
  ...[
    ...[
      "No colon",
      ": no name",
      "X A: b",
      "X-A : b",
      "X-A\t: b",
      "X\0A: b",
      "X-A: b\0c",
      "X-A: b\x01c",
      "X-A: b\x7fc",
    ],
    ...[
      " X-A: folded first",
      "X-A: b\r\n folded",
      "X-A: b\r\n\tfolded",
      "X-A: b\rc",
      "X-A: b\nX-C: d",
      "X(A): b",
      "X-\xe9: b",
    ],
    ...[
      "X@A: b",
      "X/A: b",
      "[X]: b",
      '"X": b',
      "X,A: b",
      "X;A: b",
      "X<A>: b",
      "X=A: b",
      "X?A: b",
      "X\\A: b",
      "{X}: b",
    ],
  ].map((line): [string, string] => [
    `header ${JSON.stringify(line)}`,
    `${head(OK, line, "Content-Length: 2")}ok`,
  ]),
  ...[
    ...[
      "+2",
      "-2",
      "2a",
      "0x2",
      "2.0",
      "2 2",
      "2,2",
      "2, 2",
      "",
      "two",
      "1e1",
      "99999999999999999999",
      "\xb2",
      "2;",
    ],
  ].map((length): [string, string] => [
    `Content-Length ${JSON.stringify(length)}`,
    `${head(OK, `Content-Length: ${length}`)}ok`,
  ]),
  ["two lengths", `${head(OK, "Content-Length: 2", "Content-Length: 3")}ok!`],
  ["the same length twice", `${head(OK, "Content-Length: 2", "Content-Length: 2")}ok`],
  [
    "a length beside chunked",
    head(OK, "Content-Length: 2", "Transfer-Encoding: chunked") + chunked("ok"),
  ],
  [
    "chunked beside a length",
    head(OK, "Transfer-Encoding: chunked", "Content-Length: 2") + chunked("ok"),
  ],
  [
    "chunked twice in two lines",
    head(OK, "Transfer-Encoding: chunked", "Transfer-Encoding: chunked") + chunked("ok"),
  ],
  ...[
    "gzip",
    "xchunked",
    "chunked, gzip",
    "gzip, chunked",
    "chunked, chunked",
    "identity",
    "",
    "chunked;q=1",
    "\x0bchunked",
  ].map((coding): [string, string] => [
    `Transfer-Encoding ${JSON.stringify(coding)}`,
    head(OK, `Transfer-Encoding: ${coding}`) + chunked("ok"),
  ]),
  ["chunked in HTTP/1.0", head("HTTP/1.0 200 OK", "Transfer-Encoding: chunked") + chunked("ok")],
  ["a head with bare line feeds", "HTTP/1.1 200 OK\nContent-Length: 2\n\nok"],
  ["one bare line feed in a head", "HTTP/1.1 200 OK\r\nX-A: b\nContent-Length: 2\r\n\r\nok"],
  ["a head with bare carriage returns", "HTTP/1.1 200 OK\rContent-Length: 2\r\rok"],
  ["an empty line before the head", `\r\n${head(OK, "Content-Length: 2")}ok`],
  [
    "101 that nobody asked for",
    head("HTTP/1.1 101 Switching Protocols", "Upgrade: x", "Connection: Upgrade"),
  ],
  ["a head that ends early", "HTTP/1.1 200 OK\r\nContent-Len"],
  ["a head without its empty line", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"],
  ["nothing", ""],
  ["a 100 and no more", head("HTTP/1.1 100 Continue")],
  ["a body that ends early", `${head(OK, "Content-Length: 10")}short`],
  ["a body of which nothing comes", head(OK, "Content-Length: 10")],
  [
    "a head of 70 KiB",
    `${head(OK, ...Array.from({ length: 900 }, (_, i) => `X-${i}: ${"v".repeat(72)}`), "Content-Length: 2")}ok`,
  ],
  ["a header line of 70 KiB", `${head(OK, `X-A: ${"v".repeat(70_000)}`, "Content-Length: 2")}ok`],
];

const BAD_CHUNKS = [
  ...[
    "x\r\nok\r\n0\r\n\r\n",
    "\r\n0\r\n\r\n",
    "-2\r\nok\r\n0\r\n\r\n",
    "+2\r\nok\r\n0\r\n\r\n",
    "0x2\r\nok\r\n0\r\n\r\n",
  ],
  ...[
    "2\nok\r\n0\r\n\r\n",
    "2\r\nok\n0\r\n\r\n",
    "2\r\nok0\r\n\r\n",
    "2\r\nok!\r\n0\r\n\r\n",
    "3\r\nok\r\n0\r\n\r\n",
  ],
  ...[
    "2\r\nok\r\n",
    "2\r\nok",
    "2\r\no",
    "2\r\nok\r\n0\r\n",
    "2\r\nok\r\n0",
    "2\rok\r\n0\r\n\r\n",
    "2 2\r\nok\r\n0\r\n\r\n",
  ],
  ...[
    "ffffffffffffffff\r\nok\r\n0\r\n\r\n",
    "fffffffffffffffff\r\nok\r\n0\r\n\r\n",
    "2;a=\x01\r\nok\r\n0\r\n\r\n",
    "2;a\0\r\nok\r\n0\r\n\r\n",
  ],
  ...[
    "2\r\nok\r\n0\r\nno colon\r\n\r\n",
    "2\r\nok\r\n0\r\nX A: b\r\n\r\n",
    "2\r\nok\r\n0\r\nX-A: b\r\n c\r\n\r\n",
  ],
  ...[
    "2\r\nok\r\n0\r\nX-A: b\nX-C: d\r\n\r\n",
    "2\r\nok\r\n0\r\nX-A: b\0\r\n\r\n",
    "2\r\nok\r\n0\n\r\n",
    " 2\r\nok\r\n0\r\n\r\n",
  ],
];

const bad: Canned[] = [
  ...BAD_HEADS.map(([name, bytes]) => ({ name, bytes })),
  ...BAD_CHUNKS.map((body) => ({
    name: `chunks ${JSON.stringify(body)}`,
    bytes: head(OK, "Transfer-Encoding: chunked") + body,
  })),
];

/** Bytes behind a response that is complete: junk, or what somebody wants to be the next one. */
const excess: Canned[] = ["junk", "\r\n", `${head(OK, "Content-Length: 4")}evil`, "\0"].flatMap(
  (rest): Canned[] => {
    const shown = JSON.stringify(rest.slice(0, 10));
    return [
      { name: `${shown} behind a length`, bytes: `${head(OK, "Content-Length: 2")}ok${rest}` },
      {
        name: `${shown} behind chunks`,
        bytes: head(OK, "Transfer-Encoding: chunked") + chunked("ok") + rest,
      },
      { name: `${shown} behind 204`, bytes: head("HTTP/1.1 204 No Content") + rest },
      {
        name: `${shown} behind 304`,
        bytes: head("HTTP/1.1 304 Not Modified", "Content-Length: 9") + rest,
      },
      {
        name: `${shown} behind a HEAD's head`,
        method: "HEAD",
        bytes: head(OK, "Content-Length: 9") + rest,
      },
    ];
  },
);

export const RESPONSES: readonly Canned[] = [...plainGood, ...codingGood, ...bad, ...excess];
