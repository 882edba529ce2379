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

/** Values that a second edge in front would send, one header a question. */
export const SINGLE: Fields = [
  ["X-Forwarded-For", "6.6.6.6"],
  ["X-Forwarded-For", "6.6.6.6, 7.7.7.7"],
  ["X-Forwarded-For", "6.6.6.6, 10.1.2.3"],
  ["X-Forwarded-For", "unknown"],
  ["X-Forwarded-For", ""],
  ["X-Forwarded-Proto", "https"],
  ["X-Forwarded-Proto", "http"],
  ["X-Forwarded-Proto", "HTTPS"],
  ["X-Forwarded-Proto", "https, http"],
  ["X-Forwarded-Proto", ""],
  ["X-Forwarded-Host", "front.test"],
  ["X-Forwarded-Port", "444"],
  ["X-Forwarded-Ssl", "on"],
  ["X-Forwarded-Scheme", "https"],
  ["X-Scheme", "https"],
  ["Front-End-Https", "on"],
  ["Forwarded", "for=6.6.6.6"],
  ["X-Real-IP", "6.6.6.6"],
  ["X-Client-IP", "6.6.6.6"],
  ["True-Client-IP", "6.6.6.6"],
  ["CF-Connecting-IP", "6.6.6.6"],
  ["CF-Visitor", '{"scheme":"https"}'],
  ["X-Request-Id", "client-made"],
  ["X-Correlation-Id", "client-made"],
  ["CloudFront-Forwarded-Proto", "https"],
  ["Accept-Encoding", "identity"],
  ["Accept-Encoding", "gzip"],
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
