/**
 * What every edge is asked about requests. Each question differs from an ordinary one in one thing
 * an edge is known to treat in its own way; what it does with headers follows from all of them.
 */
import {
  AGENT,
  BROWSER,
  type Fields,
  FORGED,
  FORGED_OTHERWISE,
  SELDOM,
  SINGLE,
  WEBSOCKET,
} from "./fields.js";
import type { Question, Way } from "./question.js";

/** Where the questions go. */
export interface Place {
  /** As a browser's address bar has it: "app.example.com", "localhost:8443". */
  readonly authority: string;
  /** The path that the app answers below: "" for all paths, "/devtls-echo". */
  readonly base: string;
  /** The path of ordinary questions: "/", "/devtls-echo", "/api/". */
  readonly home: string;
  /** Whether paths below the base reach the app, too. */
  readonly below: boolean;
  /** Addresses of this machine to ask from, besides the usual one. */
  readonly sources: readonly string[];
  /** Headers that the edge is known to look at or to write. */
  readonly mentions?: Fields;
}

type Extra = Partial<Omit<Question, "lines">>;

/** Mostly a place of its own, that other rules hold for than for the rest of the site. */
export const ACME_TARGET = "/.well-known/acme-challenge/devtls";

const LONG = `${"abcdefghi/".repeat(150)}?${"q=0123456789&".repeat(60)}`;

/** All questions about what the app is told. */
export function requestQuestions(place: Place): Question[] {
  return [...overTls(place), ...overHttp2(place), ...overPlain(place)];
}

function maker(way: Way, { authority, home }: Place) {
  return (name: string, fields: Fields, extra: Extra = {}): Question => ({
    name,
    way,
    version: way === "http2" ? "2" : "1.1",
    method: "GET",
    target: home,
    host: authority,
    lines: fields
      .flat()
      .map((text, i) => (way === "http2" && i % 2 === 0 ? text.toLowerCase() : text)),
    ...extra,
  });
}

/** The authorities by which the same site can be asked for, with what is told of each. */
function hosts({ authority }: Place): [name: string, host: string][] {
  const hostname = authority.replace(/:\d+$/, "");
  const all: [string, string][] = [
    ["Host without a port", hostname],
    ["Host with a port of its own", `${hostname}:8443`],
    ["Host with port 443", `${hostname}:443`],
    ["Host in capitals", authority.toUpperCase()],
  ];
  return all;
}

function overTls(place: Place): Question[] {
  const ask = maker("tls", place);
  const path = (rest: string): string => `${place.base}${rest}`;
  const { home } = place;
  const body = { method: "POST", body: "hello" };
  const length: Fields = [...AGENT, ["Content-Length", "5"]];
  const chunked = { method: "POST", chunked: true };
  const coded: Fields = [...AGENT, ["Transfer-Encoding", "chunked"]];
  const below: Question[] = [
    ask("encoded characters", AGENT, { target: path("/%25/%7Eme?x=%2F+y") }),
    ask("an encoded slash", AGENT, { target: path("/a%2Fb") }),
    ask("punctuation", AGENT, { target: path("/~me/a;b=1,2/!$&'()*+:@=-._?~!$'()*,;:@") }),
    ask("encoded punctuation", AGENT, { target: path("/%7Eme/%41%2e%3a%20%C3%A9/x") }),
    ask("an encoded dot segment", AGENT, { target: path("/a/b/%2e%2e/x") }),
    ask("dots at the end", AGENT, { target: path("/a/b/..") }),
    ask("dots and double slashes", AGENT, { target: path("/a//./b/../c//d?e=../f") }),
    ask("quotes and brackets", AGENT, { target: path('/a[0]|{b}"^`') }),
    ask("a long target", AGENT, { target: path(`/${LONG}`) }),
    ask("an absolute request target", AGENT, {
      target: `https://${place.authority}${path("/a?b")}`,
    }),
    ask("a slash at the end", AGENT, { target: path("/a/") }),
  ];
  return [
    ask("GET as curl sends it", AGENT),
    ask("GET as a browser sends it", BROWSER),
    ask("GET with nothing but Host", []),
    ask("GET with Host last", AGENT, { hostAt: 4 }),
    ...hosts(place).map(([name, host]) => ask(name, AGENT, { host })),
    ...place.sources.map((from) => ask(`from ${from}`, AGENT, { from })),
    ...place.sources.map((from) =>
      ask(`from ${from}, all forged`, [...AGENT, ...FORGED], { from }),
    ),
    ask("HEAD", AGENT, { method: "HEAD" }),
    ask(
      "OPTIONS",
      [...AGENT, ["Origin", "https://elsewhere.example"], ["Access-Control-Request-Method", "PUT"]],
      {
        method: "OPTIONS",
      },
    ),
    ask("DELETE", AGENT, { method: "DELETE" }),
    ask("DELETE with a length of 0", [...AGENT, ["Content-Length", "0"]], { method: "DELETE" }),
    ask("PATCH", [...AGENT, ["Content-Length", "2"]], { method: "PATCH", body: "{}" }),
    ask("PUT with a length of 0", [...AGENT, ["Content-Length", "0"]], { method: "PUT" }),
    ask("POST without a body", AGENT, { method: "POST" }),
    ask(
      "POST",
      [
        ...AGENT,
        ["Content-Type", "application/x-www-form-urlencoded"],
        ["Content-Length", "5"],
        ["Origin", "https://elsewhere.example"],
      ],
      body,
    ),
    ask("POST with the length first", [["content-length", "5"], ...AGENT], body),
    ask("POST chunked", [...coded, ["Content-Type", "text/plain"]], {
      ...chunked,
      body: ["hello"],
    }),
    ask("POST in several chunks", coded, { ...chunked, body: ["hello", " ", "world"] }),
    ask("POST chunked and empty", coded, { ...chunked, body: [] }),
    ask("POST that expects 100", [...length, ["Expect", "100-continue"]], body),
    ask("GET with a body", [...AGENT, ["Content-Length", "2"]], { body: "{}" }),
    ask("all forged", [...AGENT, ...FORGED]),
    ask("all forged, before the others", [...FORGED, ...AGENT]),
    ask("all forged, otherwise", [...AGENT, ...FORGED_OTHERWISE]),
    ...seldom().map((some, index) =>
      ask(`what is seldom sent (${index + 1})`, [...AGENT, ...some]),
    ),
    ask("all forged, in lower case", [
      ...AGENT,
      ...FORGED.map(([n, v]) => [n.toLowerCase(), v] as const),
    ]),
    ask("all forged and empty", [...AGENT, ...FORGED.map(([n]) => [n, ""] as const)]),
    ask("all forged, POST", [...length, ...FORGED], body),
    ...each([...SINGLE, ...(place.mentions ?? [])]).map(([name, value]) =>
      ask(`${name}: ${value}`, [...AGENT, [name, value]]),
    ),
    ask("X-Forwarded-For twice", [
      ...AGENT,
      ["X-Forwarded-For", "6.6.6.6"],
      ["X-Other", "1"],
      ["X-Forwarded-For", "7.7.7.7"],
    ]),
    ask("one name twice", [...AGENT, ["X-Twice", "1"], ["X-Between", "2"], ["X-Twice", "3"]]),
    ask("one name twice, in two cases", [...AGENT, ["X-Twice", "1"], ["x-twice", "3"]]),
    ask("underscores", [
      ...AGENT,
      ["X_Under", "1"],
      ["x_forwarded_for", "6.6.6.6"],
      ["X-After", "2"],
    ]),
    ask("unusual names", [...AGENT, ["X.Dot", "1"], ["X!Bang", "2"], ["X-1-a", "3"]]),
    ask("names in all cases", [
      ["user-agent", "curl/8.5.0"],
      ["ACCEPT", "*/*"],
      ["x-lower-case", "1"],
      ["X-UPPER-CASE", "2"],
      ["eTaG-liKE", "3"],
    ]),
    ask("empty values", [...AGENT, ["X-Empty", ""], ["Referer", ""]]),
    ask("spaces within a value", [...AGENT, ["X-Padded", "a  b"]]),
    ask("latin1 in a value", [...AGENT, ["X-Name", "J\xe9r\xf4me"]]),
    ask("utf-8 in a value", [...AGENT, ["X-Name", "J\xc3\xa9r\xc3\xb4me"]]),
    ask("a long value", [...AGENT, ["X-Long", "v".repeat(2000)]]),
    ask("cookies", [...AGENT, ["Cookie", 'a=1; b="two"; c=%20'], ["X-After", "1"]]),
    ask("Pragma and Cache-Control", [...AGENT, ["Pragma", "no-cache"], ["Cache-Control", "a=1"]]),
    ask("Cookie twice", [...AGENT, ["Cookie", "a=1"], ["X-Between", "1"], ["Cookie", "b=2"]]),
    ask("conditions", [...AGENT, ...CONDITIONS]),
    // A cache asks for the whole, but with what changes something it has no part in.
    ...["POST", "PUT", "PATCH", "DELETE"].map((method) =>
      ask(
        `${method} with conditions and a range`,
        [...length, ["Range", "bytes=0-1"], ...CONDITIONS],
        { ...body, method },
      ),
    ),
    ask("a query", AGENT, { target: `${home}?&&a&=` }),
    ...(place.below ? below : []),
    ask("TE: trailers", [...AGENT, ["TE", "trailers"], ["Connection", "TE"]]),
    ask("TE that Connection does not name", [...AGENT, ["TE", "trailers"]]),
    ask("TE for more than trailers", [...AGENT, ["TE", "gzip, trailers;q=0.5"]]),
    ask("Connection names a header", [...AGENT, ["X-Hop", "1"], ["Connection", "X-Hop, close"]]),
    ask("Connection: close", [["Connection", "close"], ...AGENT]),
    ask("Keep-Alive and Proxy-Connection", [
      ...AGENT,
      ["Keep-Alive", "timeout=5"],
      ["Proxy-Connection", "keep-alive"],
    ]),
    ask("upgrade to WebSocket", [...AGENT, ...WEBSOCKET, ["Origin", "https://elsewhere.example"]]),
    ask("upgrade to WebSocket, all forged", [...AGENT, ...WEBSOCKET, ...FORGED]),
    ask("upgrade among other options", [
      ...AGENT,
      ...WEBSOCKET.map(([name, value]) =>
        name === "Connection" ? ([name, "keep-alive, Upgrade"] as const) : ([name, value] as const),
      ),
    ]),
    ask("upgrade to something else", [...AGENT, ["Upgrade", "foo/2"], ["Connection", "Upgrade"]]),
    ask("POST chunked with trailers", [...coded, ["Trailer", "X-Sum"]], {
      ...chunked,
      body: ["hello"],
      trailers: ["X-Sum", "1"],
    }),
    ask("HTTP/1.0", AGENT, { version: "1.0" }),
    ask("HTTP/1.0 with keep-alive", [...AGENT, ["Connection", "keep-alive"]], { version: "1.0" }),
    ask("HTTP/1.0 POST", length, { ...body, version: "1.0" }),
  ];
}

function overHttp2(place: Place): Question[] {
  const ask = maker("http2", place);
  const hostname = place.authority.replace(/:\d+$/, "");
  const crumbs: Fields = [
    ["user-agent", "curl/8.5.0"],
    ["cookie", "a=1"],
    ["cookie", "b=2"],
    ["accept", "*/*"],
  ];
  const body = { method: "POST", body: "hello" };
  const type: Fields = [["content-type", "text/plain"]];
  return [
    ask("HTTP/2 GET", AGENT),
    ask("HTTP/2 as a browser sends it", BROWSER.slice(1)),
    ask("HTTP/2 without a header", []),
    ask("HTTP/2 HEAD", AGENT, { method: "HEAD" }),
    ask("HTTP/2 all forged", [...AGENT, ...FORGED]),
    ...seldom().map((some, index) =>
      ask(`HTTP/2 what is seldom sent (${index + 1})`, [...AGENT, ...some]),
    ),
    ask("HTTP/2 one name twice", [
      ["user-agent", "a"],
      ["x-twice", "1"],
      ["x-twice", "3"],
      ["x-a", "2"],
    ]),
    ask("HTTP/2 cookie crumbs", crumbs),
    ask("HTTP/2 a cookie among others", [
      ["accept", "*/*"],
      ["cookie", "a=1"],
      ["x-after", "2"],
    ]),
    ask("HTTP/2 Pragma", [["pragma", "no-cache"]]),
    ask("HTTP/2 underscores", [
      ["x_under", "1"],
      ["x-after", "2"],
    ]),
    ask("HTTP/2 TE: trailers", [
      ["te", "trailers"],
      ["x-after", "2"],
    ]),
    ask("HTTP/2 authority without a port", [["accept", "*/*"]], { host: hostname }),
    ask("HTTP/2 authority with a port", [["accept", "*/*"]], { host: `${hostname}:8443` }),
    ask("HTTP/2 POST with a length", [...type, ["content-length", "5"], ["x-after", "1"]], body),
    ask("HTTP/2 POST without a length", [...type, ["x-after", "1"]], {
      method: "POST",
      body: ["he", "llo"],
    }),
    ask("HTTP/2 POST without a body", [["accept", "*/*"]], { method: "POST" }),
  ];
}

/** Each pair once, whatever the case of its name. */
function each(fields: Fields): Fields {
  const pairs = fields.map((pair) => [pair.join("\n").toLowerCase(), pair] as const);
  return [...new Map(pairs.reverse()).values()].reverse();
}

/** Servers take a hundred lines at most. */
function seldom(): Fields[] {
  const half = Math.ceil(SELDOM.length / 2);
  return [SELDOM.slice(0, half), SELDOM.slice(half)];
}

/** By which an edge behind another one knows that the client came over TLS. */
const TOLD_HTTPS: Fields = [
  ["X-Forwarded-Proto", "https"],
  ["X-Forwarded-Ssl", "on"],
  ["X-Forwarded-Port", "443"],
  ["X-Forwarded-Scheme", "https"],
  ["CF-Visitor", '{"scheme":"https"}'],
];

const CONDITIONS: Fields = [
  ["If-None-Match", '"a"'],
  ["If-Modified-Since", "Sat, 29 Oct 1994 19:43:31 GMT"],
  ["If-Match", '"b"'],
  ["If-Unmodified-Since", "Sat, 29 Oct 2044 19:43:31 GMT"],
  ["If-Range", '"c"'],
];

/** Of these, what the edge redirects is for plain.ts; what reaches the app tells of its headers. */
function overPlain(place: Place): Question[] {
  const ask = maker("plain", { ...place, authority: place.authority.replace(/:\d+$/, "") });
  const body = { method: "POST", body: "hello" };
  const methods = ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"];
  return [
    ...methods.map((method) => ask(`plain http ${method}`, AGENT, { method })),
    ask("plain http POST", [...AGENT, ["Content-Length", "5"]], body),
    ask("plain http GET with a query", AGENT, { target: `${place.base}/a%20b?c=d` }),
    ask("plain http HTTP/1.0", AGENT, { version: "1.0" }),
    // Elsewhere than below a path of the app's that is another app's.
    ...(place.base === ""
      ? [ask("plain http for a certificate", AGENT, { target: ACME_TARGET })]
      : []),
    ask("plain http, all forged", [...AGENT, ...FORGED]),
    ...TOLD_HTTPS.map(([name, value]) =>
      ask(`plain http, told https by ${name}`, [...AGENT, [name, value]]),
    ),
    ask("plain http, told of others", [...AGENT, ["X-Forwarded-For", "6.6.6.6"]]),
    ask("plain http with dots and encoded characters", AGENT, {
      target: `${place.base}/a//./b/../%7Ec%2Bd?e=%2F`,
    }),
    ask("plain http upgrade", [...AGENT, ...WEBSOCKET]),
    ask("plain http Host with a port", AGENT, {
      host: `${place.authority.replace(/:\d+$/, "")}:8080`,
    }),
  ];
}
