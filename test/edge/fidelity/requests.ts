/** The requests that both sides get. */
import type { Http1Request, Http2Request } from "./client.js";

/** As a client names the public side; the port is the same for both, whatever they listen on. */
export const HOST = "localhost:8443";

export type Kind = { readonly name: string } & (
  | ({ readonly way: "tls" | "plain" } & Http1Request)
  | ({ readonly way: "http2" } & Http2Request)
);

const http1 =
  (way: "tls" | "plain") =>
  (name: string, lines: readonly string[], body?: string): Kind => ({
    name,
    way,
    lines,
    ...(body !== undefined && { body }),
  });
const tls = http1("tls");
const plain = http1("plain");

const http2 = (name: string, headers: Http2Request["headers"], body?: string): Kind => ({
  name,
  way: "http2",
  headers: { ":method": "GET", ":path": "/", ":scheme": "https", ":authority": HOST, ...headers },
  ...(body !== undefined && { body }),
});

const GET = "GET / HTTP/1.1";
const host = `Host: ${HOST}`;
const agent = "User-Agent: curl/8.5.0";
const accept = "Accept: */*";
const basic = [host, agent, accept];

const BROWSER = [
  host,
  "Connection: keep-alive",
  'sec-ch-ua: "Chromium";v="128", "Not;A=Brand";v="24"',
  "sec-ch-ua-mobile: ?0",
  "Upgrade-Insecure-Requests: 1",
  "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36",
  "Accept: text/html,application/xhtml+xml,*/*;q=0.8",
  "Sec-Fetch-Site: none",
  "Sec-Fetch-Mode: navigate",
  "Accept-Encoding: gzip, deflate, br, zstd",
  "Accept-Language: en-US,en;q=0.9",
  "Cookie: a=1; b=2",
];

const FORWARDED = [
  "X-Forwarded-For: 6.6.6.6",
  "X-Forwarded-Proto: http",
  "X-Forwarded-Host: evil.test",
  "X-Forwarded-Port: 81",
  "X-Forwarded-Server: evil.test",
  "X-Forwarded-Ssl: off",
  "X-Forwarded-Scheme: http",
  "X-Forwarded-Prefix: /evil",
  "X-Real-IP: 6.6.6.6",
  "X-Scheme: http",
  "X-Request-Id: client-made",
  "X-Client-IP: 6.6.6.6",
  "True-Client-IP: 6.6.6.6",
  "CF-Connecting-IP: 6.6.6.6",
  "Forwarded: for=6.6.6.6;proto=http;host=evil.test",
  "Via: 1.1 evil",
  "Front-End-Https: off",
];

const WEBSOCKET = [
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Version: 13",
];

const lower = (lines: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 2)];
    }),
  );

const LONG = `/${"abcdefghi/".repeat(400)}?${"q=0123456789&".repeat(100)}`;

export const KINDS: readonly Kind[] = [
  tls("GET as curl sends it", [GET, ...basic]),
  tls("GET as a browser sends it", [GET, ...BROWSER]),
  tls("GET with nothing but Host", [GET, host]),
  tls("GET with Host last", [GET, agent, accept, host]),
  tls("Host without a port", [GET, "Host: localhost", agent]),
  tls("Host in capitals", [GET, "Host: LOCALHOST:8443", agent]),
  tls("Host with port 443", [GET, "Host: localhost:443", agent]),
  tls("Host with an empty port", [GET, "Host: localhost:", agent]),
  tls("Host as an IPv4 address", [GET, "Host: 127.0.0.1:8443", agent]),
  tls("Host as an IPv6 literal", [GET, "Host: [::1]:8443", agent]),
  tls("Host as an IPv6 literal without a port", [GET, "Host: [::1]", agent]),
  tls("absolute request target", [`GET https://${HOST}/a?b HTTP/1.1`, ...basic]),
  tls("HEAD", ["HEAD / HTTP/1.1", ...basic]),
  tls("OPTIONS", [
    "OPTIONS /api HTTP/1.1",
    ...basic,
    "Origin: https://localhost:8443",
    "Access-Control-Request-Method: PUT",
  ]),
  tls("DELETE", ["DELETE /thing/1 HTTP/1.1", ...basic]),
  tls("DELETE with a length of 0", ["DELETE /thing/1 HTTP/1.1", ...basic, "Content-Length: 0"]),
  tls("PATCH", ["PATCH /thing/1 HTTP/1.1", ...basic, "Content-Length: 2"], "{}"),
  tls("PUT with an empty body", ["PUT /thing/1 HTTP/1.1", ...basic, "Content-Length: 0"]),
  tls("POST without a body", ["POST / HTTP/1.1", ...basic]),
  tls(
    "POST with a length",
    [
      "POST /form HTTP/1.1",
      ...basic,
      "Content-Type: application/x-www-form-urlencoded",
      "Content-Length: 7",
      "Origin: https://localhost:8443",
    ],
    "a=1&b=2",
  ),
  tls(
    "POST with the length as first line",
    ["POST /form HTTP/1.1", "content-length: 5", ...basic],
    "hello",
  ),
  tls(
    "POST chunked",
    ["POST /form HTTP/1.1", ...basic, "Transfer-Encoding: chunked", "Content-Type: text/plain"],
    "5\r\nhello\r\n0\r\n\r\n",
  ),
  tls(
    "POST chunked in several chunks",
    ["POST /form HTTP/1.1", ...basic, "Transfer-Encoding: chunked"],
    "5\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n0\r\n\r\n",
  ),
  tls(
    "POST chunked and empty",
    ["POST /form HTTP/1.1", ...basic, "Transfer-Encoding: chunked"],
    "0\r\n\r\n",
  ),
  tls(
    "POST that expects 100",
    ["POST /form HTTP/1.1", ...basic, "Content-Length: 5", "Expect: 100-continue"],
    "hello",
  ),
  tls("GET with a body", ["GET /search HTTP/1.1", ...basic, "Content-Length: 2"], "{}"),
  tls("every forwarded header, client-sent", [GET, ...basic, ...FORWARDED]),
  tls("every forwarded header before the others", [GET, ...FORWARDED, ...basic]),
  tls("two lines of X-Forwarded-For", [
    GET,
    ...basic,
    "X-Forwarded-For: 6.6.6.6",
    "X-Other: 1",
    "X-Forwarded-For: 7.7.7.7",
  ]),
  tls("X-Forwarded-For in lower case", [GET, host, "x-forwarded-for: 6.6.6.6", agent]),
  tls("empty X-Forwarded-For", [GET, ...basic, "X-Forwarded-For:", "X-Real-IP:"]),
  tls("a list in X-Forwarded-Proto", [GET, ...basic, "X-Forwarded-Proto: https, http"]),
  tls("two lines of one header", [GET, ...basic, "X-Twice: 1", "X-Between: 2", "X-Twice: 3"]),
  tls("two lines of one header in two cases", [GET, ...basic, "X-Twice: 1", "x-twice: 3"]),
  tls("underscores", [GET, ...basic, "X_Under: 1", "x_forwarded_for: 6.6.6.6", "X-After: 2"]),
  tls("underscored twins of forwarded headers", [
    GET,
    ...basic,
    "X_Forwarded_Proto: https",
    "X-Forwarded_Proto: https",
    "X-Forwarded-For: 6.6.6.6",
    "X_Forwarded_For: 7.7.7.7",
    "x_forwarded_host: evil.test",
  ]),
  tls("unusual characters in names", [GET, ...basic, "X.Dot: 1", "X!Bang: 2", "X-1-a: 3"]),
  tls("upper, lower and mixed case names", [
    "GET / HTTP/1.1",
    "HOST: localhost:8443",
    "user-agent: curl/8.5.0",
    "ACCEPT: */*",
    "x-lower-case: 1",
    "X-UPPER-CASE: 2",
    "eTaG-liKE: 3",
  ]),
  tls("empty values", [GET, ...basic, "X-Empty:", "X-Spaces:    ", "Referer:"]),
  tls("spaces around values", [GET, ...basic, "X-Padded:   a  b   ", "X-Tab:\ta"]),
  tls("latin1 in a value", [GET, ...basic, "X-Name: J\xe9r\xf4me"]),
  tls("cookies", [GET, ...basic, 'Cookie: a=1; b="two"; c=%20', "X-After: 1"]),
  tls("two Cookie lines", [GET, ...basic, "Cookie: a=1", "X-Between: 1", "Cookie: b=2"]),
  tls("authorization", [GET, ...basic, "Authorization: Basic dTpw", "Proxy: evil"]),
  tls("conditional and range", [
    GET,
    ...basic,
    'If-None-Match: "a"',
    "If-Modified-Since: Sat, 29 Oct 1994 19:43:31 GMT",
    "Range: bytes=0-1",
    'If-Range: "a"',
  ]),
  tls("long URL", [`GET ${LONG} HTTP/1.1`, ...basic]),
  tls("encoded slashes and friends", ["GET /a%2Fb%2f/%25/%7Eme?x=%2F+y HTTP/1.1", ...basic]),
  tls("punctuation in the target", [
    "GET /~me/a;b=1,2/!$&'()*+:@=-._?~!$'()*,;:@ HTTP/1.1",
    ...basic,
  ]),
  tls("encoded punctuation in the target", [
    "GET /%7Eme/%41%2e%3a%20%C3%A9/%2e%2e/x HTTP/1.1",
    ...basic,
  ]),
  tls("dots at the end of the target", ["GET /a/b/.. HTTP/1.1", ...basic]),
  tls("dots and double slashes", ["GET //a/./b/../c//d?e=../f HTTP/1.1", ...basic]),
  tls("a query without a value", ["GET /?&&a&= HTTP/1.1", ...basic]),
  tls("quotes and brackets in the target", ['GET /a[0]|{b}"^` HTTP/1.1', ...basic]),
  tls("a fragment in the target", ["GET /a#b HTTP/1.1", ...basic]),
  tls("TE: trailers", [GET, ...basic, "TE: trailers", "Connection: TE"]),
  tls("TE that Connection does not name", [GET, ...basic, "TE: trailers"]),
  tls("TE that asks for more than trailers", [GET, ...basic, "TE: gzip, trailers;q=0.5"]),
  tls("Connection names a header", [GET, ...basic, "X-Hop: 1", "Connection: X-Hop, close"]),
  tls("Connection: close", [GET, host, "Connection: close", agent]),
  tls("Keep-Alive and Proxy-Connection", [
    GET,
    ...basic,
    "Keep-Alive: timeout=5",
    "Proxy-Connection: keep-alive",
    "Proxy-Authorization: Basic dTpw",
  ]),
  tls("Accept-Encoding: identity", [GET, ...basic, "Accept-Encoding: identity"]),
  tls("upgrade to WebSocket", [
    GET,
    ...basic,
    ...WEBSOCKET,
    "Origin: https://localhost:8443",
    "X-Forwarded-Proto: http",
  ]),
  tls("upgrade to something else", [GET, ...basic, "Upgrade: foo/2", "Connection: Upgrade"]),
  tls("HTTP/1.0", ["GET / HTTP/1.0", ...basic]),
  tls("HTTP/1.0 with keep-alive", ["GET / HTTP/1.0", ...basic, "Connection: keep-alive"]),
  tls("HTTP/1.0 without Host", ["GET / HTTP/1.0", agent]),
  tls("HTTP/1.0 POST", ["POST / HTTP/1.0", ...basic, "Content-Length: 5"], "hello"),
  http2("HTTP/2 GET", lower(basic.slice(1))),
  http2("HTTP/2 GET as a browser sends it", lower(BROWSER.slice(2))),
  http2("HTTP/2 GET without a header", {}),
  http2("HTTP/2 HEAD", { ":method": "HEAD", ...lower(basic.slice(1)) }),
  http2("HTTP/2 every forwarded header, client-sent", lower([...basic.slice(1), ...FORWARDED])),
  http2("HTTP/2 two fields of one name", { "user-agent": "a", "x-twice": ["1", "3"], "x-a": "2" }),
  http2("HTTP/2 cookies as fields of their own", {
    "user-agent": "curl/8.5.0",
    cookie: ["a=1", "b=2"],
    accept: "*/*",
  }),
  http2("HTTP/2 one cookie between others", { accept: "*/*", cookie: "a=1", "x-after": "2" }),
  http2("HTTP/2 underscores", { x_under: "1", "x-after": "2" }),
  http2("HTTP/2 TE: trailers", { te: "trailers", "x-after": "2" }),
  http2("HTTP/2 authority without a port", { ":authority": "localhost", accept: "*/*" }),
  http2("HTTP/2 authority as an IPv6 literal", { ":authority": "[::1]:8443", accept: "*/*" }),
  http2(
    "HTTP/2 POST with a length",
    { ":method": "POST", "content-type": "text/plain", "content-length": "5", "x-after": "1" },
    "hello",
  ),
  http2(
    "HTTP/2 POST without a length",
    { ":method": "POST", "content-type": "text/plain", "x-after": "1" },
    "hello",
  ),
  http2("HTTP/2 POST without a body", { ":method": "POST", accept: "*/*" }),
  http2("HTTP/2 long URL", { ":path": LONG }),
  plain("plain HTTP GET", [GET, ...basic]),
  plain("plain HTTP GET, told https", [GET, ...basic, ...FORWARDED, "X-Forwarded-Proto: https"]),
  plain(
    "plain HTTP POST",
    ["POST /form HTTP/1.1", ...basic, "Content-Length: 5", "Origin: http://localhost:8443"],
    "hello",
  ),
  plain("plain HTTP/1.0", ["GET / HTTP/1.0", "Host: localhost", agent]),
  plain("plain HTTP upgrade", [GET, ...basic, ...WEBSOCKET]),
];
