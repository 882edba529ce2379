/** Ordinary exchanges between browsers and dev servers. Bytes stand for themselves (latin1). */

export interface ExchangeCase {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  /** Lines of the request head besides Host. */
  readonly headers: readonly string[];
  /** As it goes over the wire, chunks included. */
  readonly body: string;
  readonly answer: Answer;
}

/** What the app answers. */
export interface Answer {
  readonly status: number;
  readonly reason: string;
  /** Name, value, name, value, … */
  readonly headers: readonly string[];
  readonly body: string;
  /** How the app frames the body. */
  readonly framing: "length" | "chunked" | "close" | "none";
  /** Heads of informational responses before it. */
  readonly early: readonly string[];
  /** Behind a body in chunks. */
  readonly trailers: readonly (readonly [name: string, value: string])[];
}

const ANSWER: Answer = {
  status: 200,
  reason: "OK",
  headers: ["Content-Type", "text/plain"],
  body: "hello",
  framing: "length",
  early: [],
  trailers: [],
};

interface Change extends Partial<Omit<ExchangeCase, "answer" | "name">> {
  readonly answer?: Partial<Answer>;
}

function exchange(name: string, change: Change = {}): ExchangeCase {
  const { answer, ...rest } = change;
  return {
    name,
    method: "GET",
    path: "/",
    headers: [],
    body: "",
    ...rest,
    answer: { ...ANSWER, ...answer },
  };
}

const withLength = (body: string): readonly string[] => [`Content-Length: ${body.length}`];
const inChunks = (...chunks: string[]): string =>
  [...chunks, ""].map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join("");

const BODIES = ["a=b&c=d", '{"a":[1,2,3]}', "\0\x01\xff", "x".repeat(20_000)];

const methods = [
  "GET",
  "POST",
  "PUT",
  "PATCH",
  "DELETE",
  "OPTIONS",
  "PROPFIND",
  "REPORT",
  "PURGE",
].map((method) =>
  exchange(`method ${method}`, {
    method,
    headers: ["POST", "PUT", "PATCH"].includes(method) ? ["Content-Length: 0"] : [],
  }),
);

const uploads = ["POST", "PUT", "PATCH", "DELETE"].flatMap((method) =>
  BODIES.flatMap((body, index) => [
    exchange(`${method} of body ${index} with a length`, {
      method,
      headers: withLength(body),
      body,
    }),
    exchange(`${method} of body ${index} in chunks`, {
      method,
      headers: ["Transfer-Encoding: chunked"],
      body: inChunks(body.slice(0, 1), body.slice(1)),
    }),
  ]),
);

const paths = [
  ...[
    "/a/b/c",
    "/?",
    "/?a=b&c=d",
    "/a%2Fb",
    "/a%20b",
    "/%E2%82%AC",
    "//double//slash",
    "/a/../b",
    "/a;p=1",
  ],
  ...[
    "/a?b?c",
    "/a?x=%00",
    "/~user",
    "/a'b(c)!*",
    "/:colon",
    "/@vite/client",
    "/a?u=http://x/y",
    `/${"p".repeat(4000)}`,
  ],
].map((path) => exchange(`path ${path.slice(0, 20)}`, { path }));

const requestHeaders = [
  ["Accept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"],
  ["Accept-Encoding: gzip, deflate, br"],
  ["Accept-Language: de-DE,de;q=0.9"],
  ["User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"],
  ["Cookie: a=b; c=d"],
  ["Authorization: Basic dXNlcjpwYXNz"],
  ["Authorization: Bearer abc.def.ghi"],
  ['If-None-Match: "abc"'],
  ["If-Modified-Since: Sat, 21 Nov 2026 00:00:00 GMT"],
  ["Range: bytes=0-99"],
  ["Origin: https://localhost:8443", "Referer: https://localhost:8443/page"],
  ["X-Requested-With: XMLHttpRequest", "X-CSRFToken: abc"],
  ["X-Empty:"],
  ["X-Blanks:    b   "],
  ["X-Latin: caf\xe9"],
  ["X-Twice: 1", "X-Twice: 2"],
  ["x-lower: 1", "X-UPPER: 2", "X-MiXeD: 3"],
  ["X_Under: score"],
  [`X-Long: ${"v".repeat(6000)}`],
  ["Upgrade-Insecure-Requests: 1", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Site: none", "DNT: 1"],
  ["Cache-Control: no-cache", "Pragma: no-cache"],
  ["Proxy-Authorization: Basic dXNlcjpwYXNz"],
  ["TE: trailers"],
  ["Keep-Alive: timeout=5"],
  ["X-Forwarded-For: 203.0.113.9", "X-Forwarded-Proto: http", "Forwarded: for=203.0.113.9"],
].map((headers) => exchange(`request header ${headers[0]?.slice(0, 24)}`, { headers }));

const statuses = [
  200, 201, 202, 203, 204, 205, 206, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 405, 409,
  418, 422, 429, 451, 500, 501, 503, 599,
].map((status) => {
  const bodiless = [204, 205, 304].includes(status);
  return exchange(`status ${status}`, {
    answer: { status, reason: `Reason ${status}`, ...(bodiless && { body: "", framing: "none" }) },
  });
});

const responseHeaders: readonly (readonly string[])[] = [
  ["Location", "/next"],
  ["Location", "http://other.test/next?a=b"],
  ["Set-Cookie", "a=b"],
  ["Set-Cookie", "a=b; Path=/; HttpOnly", "Set-Cookie", "c=d; Secure; SameSite=None"],
  ["ETag", 'W/"abc"', "Last-Modified", "Sat, 21 Nov 2026 00:00:00 GMT"],
  ["Vary", "Accept-Encoding", "Vary", "Cookie"],
  ["Cache-Control", "no-store", "Expires", "0", "Pragma", "no-cache"],
  ["Content-Type", "text/html; charset=utf-8", "Content-Language", "de"],
  ["Content-Disposition", 'attachment; filename="a.txt"'],
  ["Content-Security-Policy", "default-src 'self'"],
  ["Access-Control-Allow-Origin", "*", "Access-Control-Expose-Headers", "X-A"],
  ["WWW-Authenticate", 'Basic realm="a"'],
  ["Link", "</a.css>; rel=preload; as=style", "Link", "</b.js>; rel=preload"],
  ["x-lower", "1", "X-UPPER", "2"],
  ["X-Empty", ""],
  ["X-Latin", "caf\xe9"],
  ["X-Long", "v".repeat(6000)],
  ["Server", "test/1.0", "X-Powered-By", "test"],
  ["Keep-Alive", "timeout=5"],
  ["Connection", "close"],
  ["Strict-Transport-Security", "max-age=60"],
];

const answers = responseHeaders.map((headers) =>
  exchange(`response header ${headers[0]}: ${headers[1]?.slice(0, 16)}`, { answer: { headers } }),
);

const framings = (["length", "chunked", "close"] as const).flatMap((framing) =>
  ["", "a", "hello", "\0\xff\r\n", "y".repeat(50_000)].map((body) =>
    exchange(`response of ${body.length} octets, framing ${framing}`, {
      answer: { body, framing },
    }),
  ),
);

const heads = (["length", "chunked", "none"] as const).map((framing) =>
  exchange(`HEAD, framing ${framing}`, { method: "HEAD", answer: { framing } }),
);

const LINK = "Link: </a.css>; rel=preload";

const informational = [
  exchange("103 before the response", {
    answer: { early: [`HTTP/1.1 103 Early Hints\r\n${LINK}`] },
  }),
  exchange("102 and 103 before the response", {
    answer: { early: ["HTTP/1.1 102 Processing", `HTTP/1.1 103 Early Hints\r\n${LINK}`] },
  }),
  ...BODIES.map((body, index) =>
    exchange(`100 for body ${index}, which is expected`, {
      method: "POST",
      headers: ["Expect: 100-continue", ...withLength(body)],
      body,
    }),
  ),
];

const trailers = [
  exchange("trailers of a response", {
    headers: ["TE: trailers"],
    answer: { framing: "chunked", trailers: [["X-Sum", "abc"]], headers: ["Trailer", "X-Sum"] },
  }),
  exchange("trailers of a request", {
    method: "POST",
    headers: ["Transfer-Encoding: chunked", "Trailer: X-Sum"],
    body: "2\r\nhi\r\n0\r\nX-Sum: abc\r\n\r\n",
  }),
];

const ranges = [
  exchange("a range", {
    headers: ["Range: bytes=0-4"],
    answer: { status: 206, headers: ["Content-Range", "bytes 0-4/100", "Accept-Ranges", "bytes"] },
  }),
  exchange("several ranges", {
    headers: ["Range: bytes=0-1,3-4", 'If-Range: "abc"'],
    answer: {
      status: 206,
      headers: ["Content-Type", "multipart/byteranges; boundary=b"],
      body: "--b\r\nContent-Range: bytes 0-1/5\r\n\r\nhe\r\n--b--\r\n",
    },
  }),
  exchange("a range beyond the end", {
    headers: ["Range: bytes=900-"],
    answer: { status: 416, headers: ["Content-Range", "bytes */100"], body: "" },
  }),
  exchange("a HEAD for a range", {
    method: "HEAD",
    headers: ["Range: bytes=0-4"],
    answer: { status: 206, headers: ["Content-Range", "bytes 0-4/100"] },
  }),
];

const codings = (["length", "chunked", "close"] as const).flatMap((framing) =>
  ["gzip", "br", "deflate"].map((coding) =>
    exchange(`${coding}, framing ${framing}`, {
      headers: ["Accept-Encoding: gzip, deflate, br"],
      answer: {
        framing,
        body: "\x1f\x8b\x08\x00\xff\x00\r\n0\r\n\r\n",
        headers: ["Content-Encoding", coding, "Vary", "Accept-Encoding"],
      },
    }),
  ),
);

export const EXCHANGES: readonly ExchangeCase[] = [
  ...[methods, uploads, paths, requestHeaders],
  ...[statuses, answers, framings, heads],
  ...[informational, trailers, ranges, codings],
].flat();
