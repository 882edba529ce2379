/** Where requests go: the dev server, as `--target` names it. */
import { DevtlsError } from "../../errors.js";

export type Target = TcpTarget | UnixTarget;

export interface TcpTarget {
  readonly kind: "tcp";
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  /** How people and Host headers name it: "http://localhost:8000". */
  readonly url: string;
  /** "localhost:8000", without the scheme's default port. */
  readonly authority: string;
}

interface UnixTarget {
  readonly kind: "unix";
  readonly path: string;
  readonly tls: false;
  readonly url: string;
  readonly authority: string;
}

const HINT =
  "Give a port (8000), host:port, http://host:port, https://host:port or unix:/path/to/socket";

const NO_PATH = "a path in it has no effect; requests keep the path they came with";

function refuse(text: string, reason: string): DevtlsError {
  return new DevtlsError("usage", `could not use the target ${JSON.stringify(text)}: ${reason}`, {
    hint: HINT,
  });
}

/** Reads a target: `8000`, `host:port`, `http://…`, `https://…`, `unix:/path`. @throws "usage" */
export function parseTarget(given: string): Target {
  const text = given.trim();
  if (text.startsWith("unix:")) return unixTarget(text);
  // As programs print it: ":8000", "8000/".
  const alone = /^:?(\d+)\/?$/.exec(text)?.[1];
  if (alone !== undefined) return tcpTarget("http:", "localhost", checkPort(text, alone));
  const url = parseUrl(text);
  if (url.username || url.password) throw refuse(text, "a user name in it has no effect");
  if (url.pathname !== "/" || url.search || url.hash) {
    throw refuse(text, NO_PATH);
  }
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const port = url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
  if (port === 0) throw refuse(text, "port 0 is no port to connect to");
  return tcpTarget(url.protocol, host, port);
}

function parseUrl(text: string): URL {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== "http" && scheme !== "https") {
    throw refuse(text, `the scheme ${scheme} is not supported`);
  }
  if (scheme === undefined && !/:\d+\/?$/.test(text)) {
    throw refuse(text, /^(?:[^/?#]*:)?\d+[/?#]/.test(text) ? NO_PATH : "it names no port");
  }
  const port = /:(\d+)\/?$/.exec(text)?.[1];
  if (port !== undefined) checkPort(text, port);
  try {
    const url = new URL(scheme === undefined ? `http://${text}` : text);
    if (url.hostname === "") throw refuse(text, "it names no host");
    return url;
  } catch (error) {
    if (error instanceof DevtlsError) throw error;
    throw refuse(text, "it is neither a port, an address nor a URL");
  }
}

function checkPort(text: string, port: string): number {
  const value = Number(port);
  if (value < 1 || value > 65535) throw refuse(text, "ports go from 1 to 65535");
  return value;
}

function tcpTarget(protocol: string, host: string, port: number): TcpTarget {
  const tls = protocol === "https:";
  const shown = host.includes(":") ? `[${host}]` : host;
  const isDefault = port === (tls ? 443 : 80);
  const authority = isDefault ? shown : `${shown}:${port}`;
  return { kind: "tcp", host, port, tls, url: `${protocol}//${authority}`, authority };
}

function unixTarget(text: string): UnixTarget {
  const path = text.slice("unix:".length).replace(/^\/\/(?=\/)/, "");
  if (!path.startsWith("/")) throw refuse(text, "the socket needs an absolute path");
  return { kind: "unix", path, tls: false, url: `unix:${path}`, authority: "localhost" };
}

/**
 * The addresses to try for a host, in order. localhost and the names below it stand for the
 * loopback addresses (RFC 6761 6.3), which not every resolver knows; other names are left to DNS.
 */
export function addressesOf(target: TcpTarget): string[] {
  return /(?:^|\.)localhost$/.test(target.host) ? ["127.0.0.1", "::1"] : [target.host];
}

export function isLoopback(address: string): boolean {
  return address === "::1" || /^127(?:\.\d{1,3}){3}$/.test(address) || address === "localhost";
}
