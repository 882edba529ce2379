/** Requests of HTTP/2 that are malformed, or would be two requests once they are HTTP/1.1. */

export type Field = readonly [name: string, value: string];

const METHOD: Field = [":method", "GET"];
const SCHEME: Field = [":scheme", "https"];
const PATH: Field = [":path", "/bad"];
const AUTHORITY: Field = [":authority", "localhost"];
export const GOOD: readonly Field[] = [METHOD, SCHEME, AUTHORITY, PATH];

/** A request of these fields, its body in these pieces. */
export interface Attack {
  readonly fields: readonly Field[];
  readonly body?: readonly string[];
}

export const without = (...names: string[]): Field[] =>
  GOOD.filter(([name]) => !names.includes(name));

/** Extended CONNECT (RFC 8441 4). */
const extended = (protocol: string, path = "/bad"): Field[] => [
  [":method", "CONNECT"],
  [":protocol", protocol],
  SCHEME,
  AUTHORITY,
  [":path", path],
];

export const ATTACKS: Readonly<Record<string, Attack>> = {
  "a name in upper case": { fields: [...GOOD, ["X-Upper", "1"]] },
  "a name in mixed case": { fields: [...GOOD, ["x-Upper", "1"]] },
  "a request within the path": {
    fields: [...without(":path"), [":path", "/ HTTP/1.1\r\nHost: evil\r\n\r\nGET /bad"]],
  },
  "a blank in the path": { fields: [...without(":path"), [":path", "/a b"]] },
  "a path that is none": { fields: [...without(":path"), [":path", "bad"]] },
  "an empty path": { fields: [...without(":path"), [":path", ""]] },
  "an absolute URL as path": { fields: [...without(":path"), [":path", "http://evil.test/"]] },
  "no path": { fields: without(":path") },
  "no method": { fields: without(":method") },
  "no scheme": { fields: without(":scheme") },
  "two methods": { fields: [METHOD, ...GOOD] },
  "two paths": { fields: [PATH, ...GOOD] },
  "two authorities": { fields: [AUTHORITY, ...GOOD] },
  "an asterisk for GET": { fields: [...without(":path"), [":path", "*"]] },
  "a fragment in the path": { fields: [...without(":path"), [":path", "/bad#a"]] },
  "a backslash for a slash": { fields: [...without(":path"), [":path", "\\bad"]] },
  "a tab in the path": { fields: [...without(":path"), [":path", "/b\td"]] },
  "a NUL in the path": { fields: [...without(":path"), [":path", "/b\0d"]] },
  "a DEL in the path": { fields: [...without(":path"), [":path", "/b\x7fd"]] },
  "a byte beyond ASCII in the path": { fields: [...without(":path"), [":path", "/b\xe4d"]] },
  "a line feed in the path": { fields: [...without(":path"), [":path", "/b\nd"]] },
  "a pseudo field in upper case": { fields: [...without(":path"), [":Path", "/bad"]] },
  "two schemes": { fields: [SCHEME, ...GOOD] },
  "no fields at all": { fields: [] },
  "an empty method": { fields: [[":method", ""], ...without(":method")] },
  "a line break in the method": {
    fields: [[":method", "GET / HTTP/1.1\r\nX: y\r\n\r\nGET"], ...without(":method")],
  },
  "a method that is no token": { fields: [[":method", "GE T"], ...without(":method")] },
  "a line break in the authority": {
    fields: [[":authority", "localhost\r\nx-evil: 1"], ...without(":authority")],
  },
  "a user in the authority": {
    fields: [[":authority", "evil@localhost"], ...without(":authority")],
  },
  "a path in the authority": {
    fields: [[":authority", "localhost/evil"], ...without(":authority")],
  },
  "an empty authority": { fields: [[":authority", ""], ...without(":authority")] },
  "a comma in the authority": {
    fields: [[":authority", "localhost,evil.test"], ...without(":authority")],
  },
  "two ports in the authority": {
    fields: [[":authority", "localhost:1:2"], ...without(":authority")],
  },
  "a blank in the authority": {
    fields: [[":authority", "local host"], ...without(":authority")],
  },
  "a NUL in the authority": {
    fields: [[":authority", "localhost\0.evil"], ...without(":authority")],
  },
  "a Host for another port": { fields: [...GOOD, ["host", "localhost:1"]] },
  "an empty Host beside an authority": { fields: [...GOOD, ["host", ""]] },
  "a path in Host": { fields: [...without(":authority"), ["host", "localhost/evil"]] },
  "a Host beside another authority": { fields: [...GOOD, ["host", "evil.test"]] },
  "two Hosts": { fields: [...without(":authority"), ["host", "localhost"], ["host", "evil.test"]] },
  "neither authority nor Host": { fields: without(":authority") },
  "an unknown pseudo field": { fields: [...GOOD, [":evil", "1"]] },
  "a pseudo field behind others": { fields: [...without(":path"), ["x-a", "b"], PATH] },
  "the pseudo field of responses": { fields: [...GOOD, [":status", "200"]] },
  "Transfer-Encoding": { fields: [...GOOD, ["transfer-encoding", "chunked"]] },
  "Transfer-Encoding on a POST": {
    fields: [[":method", "POST"], ...without(":method"), ["transfer-encoding", "chunked"]],
    body: ["0\r\n\r\nGET /evil HTTP/1.1\r\nHost: localhost\r\n\r\n"],
  },
  Connection: { fields: [...GOOD, ["connection", "close"]] },
  "Connection that names a field": { fields: [...GOOD, ["connection", "x-a"], ["x-a", "b"]] },
  "Keep-Alive": { fields: [...GOOD, ["keep-alive", "timeout=5"]] },
  "Proxy-Connection": { fields: [...GOOD, ["proxy-connection", "close"]] },
  Upgrade: { fields: [...GOOD, ["upgrade", "websocket"]] },
  "TE with a coding": { fields: [...GOOD, ["te", "gzip"]] },
  "TE with trailers and a coding": { fields: [...GOOD, ["te", "trailers, gzip"]] },
  "a length that is no number": { fields: [...GOOD, ["content-length", "+5"]] },
  "a length with a blank": { fields: [...GOOD, ["content-length", "5 5"]] },
  "two lengths": { fields: [...GOOD, ["content-length", "0"], ["content-length", "5"]] },
  "a length that is empty": { fields: [...GOOD, ["content-length", ""]] },
  "a length below nothing": { fields: [...GOOD, ["content-length", "-1"]] },
  "a length in base 16": { fields: [...GOOD, ["content-length", "0x5"]] },
  "a list of lengths": { fields: [...GOOD, ["content-length", "5, 5"]] },
  "a length beyond every number": { fields: [...GOOD, ["content-length", "9".repeat(30)]] },
  "two equal lengths": { fields: [...GOOD, ["content-length", "0"], ["content-length", "0"]] },
  "a length and no body": {
    fields: [[":method", "POST"], ...without(":method"), ["content-length", "5"]],
  },
  "HTTP2-Settings with Upgrade": {
    fields: [...GOOD, ["upgrade", "h2c"], ["http2-settings", "AA"]],
  },
  "a protocol without CONNECT": { fields: [...GOOD, [":protocol", "websocket"]] },
  "a protocol that is unknown": { fields: extended("evil") },
  "a line break in the protocol": { fields: extended("websocket\r\nX-Evil: 1") },
  "an empty protocol": { fields: extended("") },
  "two protocols": { fields: [[":protocol", "websocket"], ...extended("websocket")] },
  "a protocol and no path": {
    fields: extended("websocket").filter(([name]) => name !== ":path"),
  },
  "a WebSocket with a line break in its path": {
    fields: extended("websocket", "/ HTTP/1.1\r\nX-Evil: 1\r\n\r\n"),
  },
  "a WebSocket for another host": {
    fields: [...extended("websocket"), ["host", "evil.test"]],
  },
  "CONNECT with a path": { fields: [[":method", "CONNECT"], ...without(":method")] },
  "CONNECT to another port": {
    fields: [
      [":method", "CONNECT"],
      [":authority", "localhost:22"],
    ],
  },
};

/**
 * Fields that nghttp2 takes out of a request before Node or anybody else can see them; it goes on
 * without them.
 */
export const REMOVED: Readonly<Record<string, Field>> = {
  "a line break in a value": ["x-a", "b\r\nx-evil: 1"],
  "a line feed in a value": ["x-a", "b\nx-evil: 1"],
  "a carriage return in a value": ["x-a", "b\rc"],
  "a NUL in a value": ["x-a", "b\0c"],
  "a line break in a name": ["x-a\r\nx-evil", "1"],
  "a colon in a name": ["x:a", "1"],
  "a blank in a name": ["x a", "1"],
  "an empty name": ["", "1"],
};
