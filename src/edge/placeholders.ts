/** What `{…}` stands for in the values of a profile. */
import { randomBytes, randomUUID } from "node:crypto";
import type { EdgeRequest } from "./profile.js";

type Value = (request: EdgeRequest) => string;

const hostname = (request: EdgeRequest): string => request.host.replace(/:\d*$/, "").toLowerCase();
const hex = (octets: number) => (): string => randomBytes(octets).toString("hex");

/** The names that can stand in braces. */
export const PLACEHOLDERS: Readonly<Record<string, Value>> = {
  client: (request) => request.clientAddress,
  /** Who the connection came from, also where a hop in front named the client. */
  peer: (request) => request.peerAddress ?? request.clientAddress,
  "client-port": (request) => `${bracketed(request.clientAddress)}:${request.clientPort}`,
  "client-port-number": (request) => String(request.clientPort),
  scheme: (request) => request.scheme,
  "scheme-or-ws": (request) => {
    const websocket = request.upgrade?.toLowerCase() === "websocket";
    return websocket ? (request.scheme === "https" ? "wss" : "ws") : request.scheme;
  },
  "on-or-off": (request) => (request.scheme === "https" ? "on" : "off"),
  /** As the client named it, with the port where it gave one. */
  host: (request) => request.host,
  /** In lower case and without the port. */
  hostname,
  /** The port in Host, else the scheme's own. */
  "host-port": (request) =>
    /:(\d+)$/.exec(request.host)?.[1] ?? (request.scheme === "https" ? "443" : "80"),
  /** The port that the client came in on. */
  port: (request) => String(request.port),
  path: (request) => request.path,
  /** Without the query. */
  "path-only": (request) => request.path.replace(/\?.*$/, ""),
  /** Without the question mark; empty where there is none. */
  query: (request) => /\?(.*)$/.exec(request.path)?.[1] ?? "",
  method: (request) => request.method,
  /** As `$server_protocol` of nginx: HTTP/1.1, HTTP/2.0. */
  protocol: ({ protocol }) => (protocol === "HTTP/2" ? "HTTP/2.0" : protocol),
  /** The app's host and port. */
  target: (request) => request.target,
  "target-localhost": (request) => `localhost${/:\d+$/.exec(request.target)?.[0] ?? ""}`,
  /** What the client sent under the name that the rule's `from` gives. */
  sent: (request) => request.sent ?? "",
  uuid: () => randomUUID(),
  hex8: hex(4),
  hex16: hex(8),
  hex24: hex(12),
  hex32: hex(16),
  /** As mod_unique_id of Apache writes it. */
  "unique-id": () => randomBytes(20).toString("base64").slice(0, 27).replace(/[+/]/g, "_"),
  /** As `$time_iso8601` of nginx, in UTC. */
  iso8601: () => `${new Date().toISOString().slice(0, 19)}+00:00`,
  /** Seconds. */
  "unix-s": () => String(Math.floor(Date.now() / 1000)),
  /** Seconds, 8 hexadecimal digits. */
  "unix-hex": () => Math.floor(Date.now() / 1000).toString(16),
  "unix-ms": () => String(Date.now()),
  "unix-us": () => `${Date.now()}000`,
  "unix-s.ms": () => (Date.now() / 1000).toFixed(3),
};

function bracketed(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}

/**
 * A value with its placeholders, made ready; "{{" is a brace.
 * @throws RangeError naming a placeholder that does not exist
 */
export function compileValue(template: string): Value {
  const parts: (string | Value)[] = [];
  for (const [whole, literal, name] of template.matchAll(
    /((?:[^{]|\{\{)+)|\{([a-z0-9.-]*)\}|\{/g,
  )) {
    const placeholder = name === undefined ? undefined : PLACEHOLDERS[name];
    if (literal !== undefined) parts.push(literal.replaceAll("{{", "{"));
    else if (placeholder) parts.push(placeholder);
    else throw new RangeError(`there is no placeholder ${whole}`);
  }
  const [only] = parts;
  if (only === undefined) return () => "";
  if (parts.length === 1) return typeof only === "string" ? () => only : only;
  return (request) =>
    parts.map((part) => (typeof part === "string" ? part : part(request))).join("");
}
