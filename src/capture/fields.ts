/** Header fields that edges are asked with: what clients send, and what hops tell each other. */

export type Fields = readonly (readonly [name: string, value: string])[];

export const AGENT: Fields = [
  ["User-Agent", "curl/8.5.0"],
  ["Accept", "*/*"],
];

export const BROWSER: Fields = [
  ["Connection", "keep-alive"],
  ["sec-ch-ua", '"Chromium";v="140", "Not;A=Brand";v="24"'],
  ["Upgrade-Insecure-Requests", "1"],
  ["User-Agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"],
  ["Accept", "text/html,application/xhtml+xml,*/*;q=0.8"],
  ["Sec-Fetch-Mode", "navigate"],
  ["Accept-Encoding", "gzip, deflate"],
  ["Accept-Language", "en-US,en;q=0.9"],
  ["Cookie", "a=1; b=2"],
  ["Referer", "https://elsewhere.example/"],
];

/** For values whose form counts. */
const OTHERWISE: Readonly<Record<string, string>> = {
  "6.6.6.6": "5.5.5.5, 4.4.4.4",
  "6.6.6.7": "5.5.5.6",
  "6.6.6.8": "5.5.5.7",
  http: "https",
  off: "on",
  "81": "444",
  "for=6.6.6.6;proto=http;host=evil.test": "for=5.5.5.5;proto=https, for=4.4.4.4",
  "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01":
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00",
};

/** By which apps are told of a hop; a client can send them all. */
export const FORGED: Fields = [
  ["X-Forwarded-For", "6.6.6.6"],
  ["X-Forwarded-Proto", "http"],
  ["X-Forwarded-Host", "evil.test"],
  ["X-Forwarded-Port", "81"],
  ["X-Forwarded-Server", "evil.test"],
  ["X-Forwarded-Ssl", "off"],
  ["X-Forwarded-Scheme", "http"],
  ["X-Forwarded-Prefix", "/evil"],
  ["X-Forwarded-Protocol", "http"],
  ["X-Real-IP", "6.6.6.7"],
  ["X-Scheme", "http"],
  ["X-Url-Scheme", "http"],
  ["X-Original-Host", "evil.test"],
  ["X-Original-URL", "/evil"],
  ["X-Original-Forwarded-For", "6.6.6.6"],
  ["X-Request-Id", "client-made"],
  ["X-Correlation-Id", "client-made"],
  ["X-Request-Start", "t=1"],
  ["X-Client-IP", "6.6.6.8"],
  ["X-Cluster-Client-IP", "6.6.6.8"],
  ["True-Client-IP", "6.6.6.8"],
  ["CF-Connecting-IP", "6.6.6.8"],
  ["Forwarded", "for=6.6.6.6;proto=http;host=evil.test"],
  ["Via", "1.1 evil"],
  ["Front-End-Https", "off"],
  ["Remote-User", "evil"],
  ["X-Remote-User", "evil"],
  ["X-Forwarded-User", "evil"],
  ["X-Forwarded-Client-Cert", "Hash=evil"],
  ["X-Amzn-Trace-Id", "Root=1-0-evil"],
  ["traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"],
  ["Proxy", "evil"],
];

/** The same with other values: what is written of one of them is not taken for a fixed text. */
export const FORGED_OTHERWISE: Fields = FORGED.map(([name, value]) => [
  name,
  OTHERWISE[value] ?? `${value}2`,
]);

/** What else apps and edges are told by, each with a value that nobody takes for an ordinary one. */
export const SELDOM: Fields = [
  ...["X-Forwarded-By", "X-Forwarded-Uri", "X-Forwarded-Method", "X-Forwarded-Path"],
  ...[
    "X-Forwarded-Client-IP",
    "X-Forwarded-Email",
    "X-Forwarded-Groups",
    "X-Forwarded-Access-Token",
  ],
  ...["X-Forwarded-Preferred-Username", "X-Forwarded-Proto-Version", "X-Forwarded-Tlsversion"],
  ...["X-Original-Uri", "X-Original-Method", "X-Original-Proto", "X-Original-Remote-Addr"],
  ...["X-Rewrite-URL", "X-Script-Name", "X-Base-Path", "X-Host", "X-Https", "HTTPS", "X-Port"],
  ...["X-HTTP-Method-Override", "X-Method-Override", "X-Http-Destinationurl", "X-NginX-Proxy"],
  ...["X-Remote-Addr", "X-Remote-IP", "X-Originating-IP", "X-ProxyUser-Ip", "Client-IP"],
  ...["Proxy-Client-IP", "WL-Proxy-Client-IP", "WL-Proxy-SSL", "X-Envoy-External-Address"],
  ...["Fastly-Client-IP", "Fastly-SSL", "X-Azure-ClientIP", "X-Azure-FDID", "X-ARR-SSL"],
  ...["X-Appengine-User-Ip", "Fly-Client-IP", "Ali-Cdn-Real-Ip", "Incap-Client-IP"],
  ...["CF-Ray", "CF-IPCountry", "CDN-Loop", "X-Amz-Cf-Id", "X-Cloud-Trace-Context", "X-Varnish"],
  ...["X-B3-TraceId", "X-B3-Sampled", "tracestate", "baggage", "uber-trace-id", "X-Unique-ID"],
  ...["X-Trace-Id", "X-Queue-Start", "X-Timer", "X-Edge", "X-Proxy-ID", "X-Forwarded-Country"],
  ...["Remote-Name", "Remote-Email", "Remote-Groups", "X-Auth-Request-User", "X-Auth-User"],
  ...["X-Auth-Request-Email", "X-Auth-Request-Access-Token", "X-WebAuth-User", "X-User"],
  ...["X-Authenticated-User", "X-SSL", "X-SSL-Client-Cert", "X-SSL-Client-CN", "X-Client-Cert"],
  ...["X-SSL-Client-Verify", "SSL-Client-Verify", "Ssl-Client-Cert", "SSL-Client-Subject-Dn"],
  ...["X-Client-Verify", "Ssl-Offloaded", "X-SSL-Protocol", "X-SSL-Cipher", "Early-Data"],
  ...["X-Sendfile-Type", "X-Accel-Mapping", "X-Accel-Internal", "X-Debug", "X-Device"],
  ...["X-Geo-Country", "X-Country-Code", "GeoIP-Country-Code", "X-GeoIP-Country"],
  ...["Surrogate-Capability", "DNT", "Save-Data"],
  ...["X-Requested-With", "X-CSRF-Token", "X-Api-Key", "Priority"],
].map((name) => [name, "devtls-made"]);

/** Values that a second edge in front would send, one header a question. */
export const SINGLE: Fields = [
  ["X-Forwarded-For", "6.6.6.6"],
  ["X-Forwarded-For", "6.6.6.6, 7.7.7.7"],
  ["X-Forwarded-For", "6.6.6.6, 10.1.2.3"],
  ["X-Forwarded-For", "5.5.5.5:1234"],
  ["X-Forwarded-For", "2001:db8::5"],
  ["X-Forwarded-For", "unknown"],
  ["X-Forwarded-For", ""],
  ["X-Forwarded-Proto", "https"],
  ["X-Forwarded-Proto", "http"],
  ["X-Forwarded-Proto", "HTTPS"],
  ["X-Forwarded-Proto", "https, http"],
  ["X-Forwarded-Proto", "http, https"],
  ["X-Forwarded-Proto", "wss"],
  ["X-Forwarded-Proto", "other"],
  ["X-Forwarded-Proto", ""],
  ["X-Forwarded-Host", "front.test"],
  ["X-Forwarded-Host", "back.test:8080"],
  ["X-Forwarded-Port", "444"],
  ["X-Forwarded-Port", "8081"],
  ["X-Forwarded-Ssl", "on"],
  ["X-Forwarded-Ssl", "other"],
  ["X-Forwarded-Scheme", "https"],
  ["X-Scheme", "https"],
  ["Front-End-Https", "on"],
  ["Forwarded", "for=6.6.6.6"],
  ["Forwarded", "for=5.5.5.5;proto=https"],
  ["X-Real-IP", "6.6.6.6"],
  ["X-Real-IP", "5.5.5.5"],
  ["X-Real-IP", "10.1.2.3"],
  ["X-Client-IP", "6.6.6.6"],
  ["True-Client-IP", "6.6.6.6"],
  ["CF-Connecting-IP", "6.6.6.6"],
  ["CF-Connecting-IP", "5.5.5.5"],
  ["CF-Visitor", '{"scheme":"https"}'],
  ["X-Request-Id", "client-made"],
  ["X-Request-Id", "client-made-too"],
  ["X-Correlation-Id", "client-made"],
  ["CloudFront-Forwarded-Proto", "https"],
  ["Accept-Encoding", "identity"],
  ["Accept-Encoding", "gzip"],
  ["Accept-Encoding", "gzip, deflate, br, zstd"],
  ["Range", "bytes=0-1"],
  ["Origin", "https://elsewhere.example"],
  ["Authorization", "Basic dTpw"],
  ["Proxy-Authorization", "Basic dTpw"],
  ["Content-Type", "text/plain"],
  ["Pragma", "no-cache"],
  ["X-Devtls-Unheard-Of", "1"],
];

export const WEBSOCKET: Fields = [
  ["Upgrade", "websocket"],
  ["Connection", "Upgrade"],
  ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="],
  ["Sec-WebSocket-Version", "13"],
];
