/** What clients get: requests at and over the bounds, and responses that servers edit. */
import type { Http1Request } from "./client.js";
import { HOST } from "./requests.js";

const KIB = 1024;
const host = `Host: ${HOST}`;
const many = (count: number, length: number): string[] =>
  Array.from({ length: count }, (_, index) => `X-Fill-${100 + index}: ${"v".repeat(length)}`);
const post = (length: number): Http1Request => ({
  lines: ["POST / HTTP/1.1", host, `Content-Length: ${length}`],
  body: "b".repeat(length),
});
const chunked = (length: number): Http1Request => ({
  lines: ["POST / HTTP/1.1", host, "Transfer-Encoding: chunked"],
  body: `${length.toString(16)}\r\n${"b".repeat(length)}\r\n0\r\n\r\n`,
});
const get = (...lines: string[]): Http1Request => ({ lines: ["GET / HTTP/1.1", host, ...lines] });

export const SIZES: readonly (readonly [name: string, request: Http1Request])[] = [
  ["a body of 1 MiB", post(KIB * KIB)],
  ["a body of 1 MiB and an octet", post(KIB * KIB + 1)],
  ["a chunked body of 1 MiB", chunked(KIB * KIB)],
  ["a chunked body of 1 MiB and an octet", chunked(KIB * KIB + 1)],
  ["a target of 4000 octets", { lines: [`GET /${"t".repeat(3999)} HTTP/1.1`, host] }],
  ["a target of 8000 octets", { lines: [`GET /${"t".repeat(7999)} HTTP/1.1`, host] }],
  ["a target of 8300 octets", { lines: [`GET /${"t".repeat(8299)} HTTP/1.1`, host] }],
  ["a target of 12000 octets", { lines: [`GET /${"t".repeat(11999)} HTTP/1.1`, host] }],
  ["a header of 8000 octets", get(...many(1, 8000))],
  ["a header of 8300 octets", get(...many(1, 8300))],
  ["three headers of 4000 octets", get(...many(3, 4000))],
  ["headers of 17000 octets", get(...many(4, 4250))],
  ["five headers of 8000 octets", get(...many(5, 8000))],
  ["90 header lines", get(...many(90, 1))],
  ["120 header lines", get(...many(120, 1))],
  ["an encoded slash", { lines: ["GET /a%2Fb HTTP/1.1", host] }],
];

export const METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE"] as const;

/** Heads that an app answers with, as text/plain; `APP` stands for its own address. */
export const RESPONSES: readonly (readonly [name: string, lines: readonly string[]])[] = [
  ["an ordinary one", ["200 OK", "ETag: W/1", "X-App: 1", "Cache-Control: no-store"]],
  ["one with Server and Date", ["200 OK", "Server: app/1", "Date: Sat, 29 Oct 1994 19:43:31 GMT"]],
  ["two cookies", ["200 OK", "Set-Cookie: a=1", "X-Between: 1", "Set-Cookie: b=2; Path=/"]],
  ["a redirect to its own address", ["302 Found", "Location: http://APP/next?a=b"]],
  ["a redirect to its own root", ["302 Found", "Location: http://APP/"]],
  ["a redirect to its own address over https", ["302 Found", "Location: https://APP/next"]],
  ["a redirect to localhost", ["302 Found", "Location: http://localhost/next"]],
  ["a redirect to the public address over http", ["301 Moved", `Location: http://${HOST}/next`]],
  ["a relative redirect", ["303 See Other", "Location: /next"]],
  ["HSTS", ["200 OK", "Strict-Transport-Security: max-age=1"]],
  ["lines for nginx", ["200 OK", "X-Pad: 1", "X-Accel-Expires: 0", "X-Accel-Buffering: no"]],
  ["hop-by-hop lines", ["200 OK", "Connection: X-Hop", "X-Hop: 1", "Keep-Alive: timeout=5"]],
  ["Via", ["200 OK", "Via: 1.1 app"]],
  ["Alt-Svc", ["200 OK", 'Alt-Svc: h3=":1"']],
  ["no Content-Type", ["200 OK"]],
];

/** Where devtls leaves something out that a server does, and why. */
export const LEFT_OUT: readonly {
  readonly server: string;
  readonly response?: string;
  /** Lines of the server's that devtls has not. */
  readonly line?: RegExp;
  readonly reason: string;
}[] = [
  { server: "caddy", line: /^alt-svc: h3=":\d{4,}"/, reason: "devtls offers no HTTP/3" },
  { server: "caddy", response: "Alt-Svc", reason: "Caddy's own Alt-Svc takes its place" },
  {
    server: "caddy",
    response: "no Content-Type",
    reason: "Go guesses it from the body, which devtls does not look at",
  },
];
