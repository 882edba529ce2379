/**
 * Which absolute URLs are the app's own although a browser that came over https should never get
 * them: http URLs of the public host, and URLs of addresses that only the edge knows.
 */
import { isLoopbackHost } from "../cookies/hosts.js";
import { valuesOf } from "../lines.js";
import type { Observation } from "./finding.js";

export type Leak =
  /** The public host, without TLS. */
  | "http"
  /** An address of the app that browsers outside of this machine, or of its network, cannot reach. */
  | "internal"
  /** The public host over https without its port: right where the site is on 443. */
  | "port";

/** What an address has to be told from. */
export interface Seen extends Pick<Observation, "url" | "told" | "target" | "fromLan"> {
  /** Where devtls itself answers plain HTTP. */
  readonly plainPort?: number | undefined;
  /** The site has no port here, and the browser another one. */
  readonly standIn?: boolean | undefined;
}

/** The header lines that tell an app its own name. */
const HOST_HEADERS = ["host", "x-forwarded-host", "x-original-host"];

/** Of those and of Forwarded, by which most headers are told from them without lower-casing. */
const HOST_LENGTHS = new Set([...HOST_HEADERS, "forwarded"].map((name) => name.length));

/** What servers call the address that they listen on. */
const LOOPBACK_NAMES = ["localhost", "127.0.0.1", "[::1]", "0.0.0.0"];

/** The addresses of one app, as URLs may have them. */
export class OwnAddresses {
  /** As they stand in URLs, in lower case, and what an http URL of each is. */
  readonly authorities: ReadonlyMap<string, Leak>;
  /** What an https URL of each is; nothing of the public host. */
  readonly #secure: ReadonlyMap<string, Leak>;
  /** Correct links of a page to itself are many, and asked about for each. */
  readonly #public: ReadonlySet<string>;

  /** @param seen a request that came over https */
  constructor(seen: Seen) {
    const authorities = new Map<string, Leak>();
    const secure = new Map<string, Leak>();
    const { hostname, host } = new URL(seen.url);
    const told = hostsTold(seen.told);
    const add = (authority: string, leak: Leak, withTls: Leak | undefined): void => {
      if (authority === host || authorities.has(authority)) return;
      authorities.set(authority, leak);
      if (withTls) secure.set(authority, withTls);
    };
    for (const authority of targetNames(seen.target)) add(authority, "internal", "internal");
    // What the app listens on, under the name that is served: a base URL that was written down.
    const port = portOf(seen.target);
    if (port !== undefined) add(`${hostname}:${port}`, "internal", "internal");
    // devtls speaks no TLS there.
    if (seen.plainPort !== undefined) add(`${hostname}:${seen.plainPort}`, "http", "internal");
    for (const authority of told) {
      const isPublic = nameOf(authority) === hostname;
      // With a port of its own another server answers there.
      const withTls = isPublic && !/:\d+$/.test(authority) ? "port" : "internal";
      add(authority, isPublic ? "http" : "internal", withTls);
    }
    // Under the name that the edge sent, with the port that is written down.
    const { port: publicPort } = new URL(seen.url);
    for (const authority of told) {
      if (publicPort !== "") add(`${nameOf(authority)}:${publicPort}`, "internal", "internal");
    }
    authorities.set(host, "http");
    if (seen.standIn) secure.set(host, "port");
    if (host === hostname) authorities.set(`${hostname}:443`, "http");
    // Apps lose the port and mean themselves; without a port localhost is another server.
    else if (!isLoopbackHost(bare(hostname))) add(hostname, "http", "port");
    this.authorities = authorities;
    this.#secure = secure;
    const isRight = ([name, leak]: [string, Leak]): boolean => leak === "http" && !secure.has(name);
    this.#public = new Set([...authorities].filter(isRight).map(([name]) => name));
  }

  /** Whether an https URL of this authority is as browsers should get it. */
  isPublic(authority: string): boolean {
    return this.#public.has(authority);
  }

  /**
   * What a URL gives away; undefined for relative ones, those of other servers, and for the public
   * host over https.
   */
  classify(text: string): Leak | undefined {
    const [, scheme = "https", authority = ""] =
      /^\s*(?:(https?|wss?):)?\/\/([^/?#\s\\"'<>]+)/i.exec(text) ?? [];
    if (authority === "") return undefined;
    const isSecure = /^(?:https|wss)$/i.test(scheme);
    const host = authority.toLowerCase().replace(/^[^@]*@/, "");
    const name = host.replace(isSecure ? /:443$/ : /:80$/, "");
    return isSecure ? this.#secure.get(name) : this.authorities.get(name);
  }
}

/** What tells the app its name, as it was sent: the same text makes the same addresses. */
export function hostLines(told: readonly string[]): string {
  let lines = "";
  for (let index = 0; index < told.length; index += 2) {
    const name = told[index] as string;
    if (!HOST_LENGTHS.has(name.length)) continue;
    const value = told[index + 1] as string;
    const key = name.toLowerCase();
    if (key === "forwarded") lines += /host=[^;,]+/i.exec(value)?.[0] ?? "";
    else if (HOST_HEADERS.includes(key)) lines += `${value} `;
  }
  return lines;
}

/** The names under which the app was asked, in lower case. */
export function hostsTold(told: readonly string[]): string[] {
  const named = HOST_HEADERS.flatMap((name) => valuesOf(told, name));
  const forwarded = valuesOf(told, "forwarded").flatMap(
    (value) => /(?:^|[;,\s])host="?([^";,\s]+)/i.exec(value)?.slice(1) ?? [],
  );
  const hosts = [...named.flatMap((value) => value.split(",")), ...forwarded];
  return hosts
    .map((host) => host.trim().toLowerCase().replace(/:80$/, ""))
    .filter((host) => /^(?:\[[0-9a-f:.]+\]|[\w.-]+)(?::\d+)?$/.test(host));
}

function targetNames(target: string): string[] {
  // A socket has no address that could stand in a URL.
  if (!/^https?:/.test(target)) return [];
  const { host, hostname } = new URL(target);
  if (!isLoopbackHost(bare(hostname)) && hostname !== "0.0.0.0") return [host];
  return LOOPBACK_NAMES.map((name) => name + host.slice(hostname.length));
}

function portOf(target: string): string | undefined {
  if (!/^https?:/.test(target)) return undefined;
  const { port } = new URL(target);
  return port === "" ? undefined : port;
}

function nameOf(authority: string): string {
  return authority.replace(/:\d+$/, "");
}

function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, "");
}
