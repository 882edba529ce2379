/** Which site of an nginx configuration is meant, where it listens and what it passes requests to. */
import { DevtlsError } from "../../errors.js";
import { type Directive, unquoted } from "./nginx-syntax.js";

export function refused(cause: string, hint: string): DevtlsError {
  return new DevtlsError("bad-request", `could not capture the configuration: ${cause}`, { hint });
}

interface Port {
  readonly port: number;
  readonly tls: boolean;
}

/** Where a server block listens; nginx takes 80 where it does not say (8000 for others than root). */
export function portsOf(server: Directive): Port[] {
  const list = (server.block ?? []).filter(({ name }) => name === "listen");
  const on = (server.block ?? []).some(({ name, args }) => name === "ssl" && args[0] === "on");
  const ports = list
    .filter(({ args }) => !args.includes("quic") && !args.includes("http3"))
    .map(({ args }) => ({ port: portOf(args[0] ?? ""), tls: on || args.includes("ssl") }));
  return ports.length > 0 || list.length > 0 ? ports : [{ port: 80, tls: on }];
}

/** "443", "[::]:443", "1.2.3.4:443", "1.2.3.4", "unix:/path". */
export function portOf(address: string): number {
  const text = unquoted(address);
  const port = /^(?:.*:)?(\d+)$/.exec(
    text.includes("]") ? text.replace(/^\[.*\]:?/, "") || "80" : text,
  );
  return port && !/^\d+\.\d+\.\d+\.\d+$/.test(text) ? Number(port[1]) : 80;
}

export interface Site {
  readonly name: string;
  /** The blocks that serve it: TLS first. */
  readonly servers: readonly Directive[];
}

function namesOf(server: Directive): string[] {
  const list = (server.block ?? []).filter(({ name }) => name === "server_name");
  return list.flatMap(({ args }) => args.map(unquoted));
}

export function chooseSite(servers: readonly Directive[], wanted: string | undefined): Site {
  const passing = servers.filter(passes);
  const candidates = passing.length > 0 ? passing : servers;
  const concrete = (server: Directive): string[] => namesOf(server).filter(isConcrete);
  const names = [...new Set(candidates.flatMap(concrete))];
  if (wanted === undefined) {
    const sites = new Set(candidates.map((server) => concrete(server)[0] ?? ""));
    if (sites.size > 1) {
      throw new DevtlsError("usage", "could not choose a site: the file has several", {
        hint: `Name one: --server-name ${names.join(", --server-name ")}`,
      });
    }
  }
  const name = wanted ?? names[0] ?? concreteOf(candidates) ?? "localhost";
  const matching = servers.filter((server) => serves(server, name));
  const found = matching.length > 0 ? matching : names.length === 0 ? candidates : [];
  if (found.length === 0) {
    throw new DevtlsError("usage", `could not find the site ${name} in the configuration`, {
      hint: names.length > 0 ? `It has: ${names.join(", ")}` : "It has no names",
    });
  }
  const tls = (server: Directive): number => (portsOf(server).some((port) => port.tls) ? 0 : 1);
  const rank = (server: Directive): number => (passes(server) ? 0 : 2) + tls(server);
  return { name, servers: [...found].sort((a, b) => rank(a) - rank(b)) };
}

function isConcrete(name: string): boolean {
  return /^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(name);
}

/** For "*.example.com" and ".example.com", a name that fits. */
function concreteOf(servers: readonly Directive[]): string | undefined {
  const wild = servers.flatMap(namesOf).find((name) => /^\*?\.[a-z0-9.-]+$/i.test(name));
  return wild?.replace(/^\*?\./, "www.");
}

function serves(server: Directive, name: string): boolean {
  return namesOf(server).some((own) => {
    if (own === name || own === "_") return own === name;
    if (own.startsWith("*.")) return name.endsWith(own.slice(1));
    if (own.startsWith(".")) return name === own.slice(1) || name.endsWith(own);
    if (own.endsWith(".*")) return name.startsWith(own.slice(0, -1));
    if (!own.startsWith("~")) return false;
    try {
      return new RegExp(own.slice(1).replace(/\(\?P?</g, "(?<"), "i").test(name);
    } catch {
      return false;
    }
  });
}

const PASSES = ["proxy_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "grpc_pass"];

function passes(server: Directive): boolean {
  return walk(server.block ?? []).some(({ name }) => PASSES.includes(name));
}

function walk(list: readonly Directive[]): Directive[] {
  return list.flatMap((one) => [one, ...walk(one.block ?? [])]);
}

export interface App {
  /** As a *_pass directive names it. */
  readonly authority: string;
  readonly base: string;
  readonly home: string;
  readonly fastcgi: boolean;
}

/** The scheme may be a variable, too: "$upstream_proto://$upstream_app:$upstream_port". */
const SCHEME = /^(?:https?|grpcs?|\$\{?\w+\}?):\/\//;

/** What a *_pass directive names, without the scheme. */
export function withoutScheme(value: string): string {
  return unquoted(value).replace(SCHEME, "");
}

/** "backend" of "http://backend/path", "127.0.0.1:9000" of fastcgi_pass, "$name" of a variable. */
export function authorityOf(value: string): string {
  const text = withoutScheme(value);
  return text.startsWith("unix:")
    ? text
    : text.replace(/(?:\/|\$(?:request_)?uri\b|\$is_args).*$/, "");
}

export function chooseApp(
  servers: readonly Directive[],
  upstreams: readonly Directive[],
  wanted: string | undefined,
): App {
  const all = servers.flatMap(({ block = [] }) => passesIn(block, "", namedPaths(block, "/")));
  // HTTP first: what speaks gRPC only is chosen by name.
  const found = [...all].sort(
    (a, b) => Number(a.by === "grpc_pass") - Number(b.by === "grpc_pass"),
  );
  if (found.length === 0) {
    throw refused("the site passes nothing on", "Name the site that does: --server-name NAME");
  }
  const servesWanted = ({ authority }: { authority: string }): boolean =>
    authority === wanted || serversOf(authority, upstreams).includes(wanted as string);
  const root =
    found.find(({ path }) => path === "/") ?? found.find(({ path }) => path === "") ?? found[0];
  const chosen = wanted === undefined ? root : found.find(servesWanted);
  if (!chosen) {
    const known = [...new Set(found.map(({ authority }) => authority))];
    throw new DevtlsError("usage", `could not find the upstream ${wanted} in the site`, {
      hint: `It has: ${known.join(", ")}`,
    });
  }
  if (chosen.by === "grpc_pass") {
    throw refused(
      `it passes requests to ${chosen.authority} by gRPC, which serve does not speak to apps`,
      "Name another upstream of the site: --upstream ADDRESS",
    );
  }
  const base = chosen.path.startsWith("/") ? chosen.path.replace(/\/$/, "") : "";
  const home = base === "" ? "/" : chosen.path;
  return { authority: chosen.authority, base, home, fastcgi: chosen.by !== "proxy_pass" };
}

function serversOf(name: string, upstreams: readonly Directive[]): string[] {
  const own = upstreams.find(({ args }) => unquoted(args[0] ?? "") === name);
  return (own?.block ?? []).filter((one) => one.name === "server").map(({ args }) => args[0] ?? "");
}

/** For named locations, the path of the location that they stand in for (`try_files … @app`). */
function namedPaths(list: readonly Directive[], path: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const { name, args, block } of list) {
    const last = args.at(-1) ?? "";
    const leads = (name === "try_files" || name === "error_page") && last.startsWith("@");
    if (leads && !found.has(last)) found.set(last, path);
    const inner = namedPaths(block ?? [], name === "location" ? locationPath(args, path) : path);
    for (const [key, place] of inner) {
      // The shortest one leads to most of the site.
      if (place.length < (found.get(key)?.length ?? Number.POSITIVE_INFINITY))
        found.set(key, place);
    }
  }
  return found;
}

/** Which path fits a regular expression nobody can say. */
function locationPath(args: readonly string[], path: string): string {
  return args[0] === "~" || args[0] === "~*" ? "~" : unquoted(args.at(-1) ?? path);
}

/** Every *_pass with the path of its location. */
function passesIn(
  list: readonly Directive[],
  path: string,
  named: ReadonlyMap<string, string>,
): { path: string; authority: string; by: string }[] {
  return list.flatMap(({ name, args, block: inner }) => {
    if (PASSES.includes(name)) {
      return [{ path, authority: authorityOf(args[0] ?? ""), by: name }];
    }
    const own = name === "location" ? locationPath(args, path) : path;
    return inner ? passesIn(inner, named.get(own) ?? own, named) : [];
  });
}

/** Upstream names by which FastCGI is spoken, or what is replaced by it. */
export function fastcgiNames(directives: readonly Directive[]): Set<string> {
  const list = walk(directives).filter(
    ({ name }) => PASSES.includes(name) && name !== "proxy_pass" && name !== "grpc_pass",
  );
  return new Set(list.map(({ args }) => authorityOf(args[0] ?? "")));
}
