/** What `devtls serve` can be told, and what of it goes together. */
import type { Command } from "commander";
import { readRequired } from "../ca/files.js";
import type { EdgeProfile } from "../edge/profile.js";
import { findProfile, PROFILES } from "../edge/profiles/index.js";
import { readEdgeProfile } from "../edge/read-profile.js";
import { parseRoute, type Route } from "../proxy/routes.js";
import { parseTarget } from "../proxy/upstream/target.js";
import { parseIp } from "../x509/ip.js";
import { parseName } from "../x509/names.js";
import { collect, parseChoice, parseWholeNumber, usage } from "./options.js";

export interface ServeOptions {
  target?: string;
  insecureTarget?: boolean;
  demo?: boolean;
  route?: Route[];
  host?: string[];
  port?: number;
  bind?: string[];
  cert?: string;
  key?: string;
  httpPort?: number;
  http?: "redirect" | "proxy" | "deny";
  forceHttps?: string[];
  redirectStatus?: number;
  simulate?: EdgeProfile;
  forwardedProto?: string;
  setHeader?: [string, string][];
  dropHeader?: string[];
  limits?: "on" | "off";
  edgeFile?: EdgeProfile;
  open?: string | true;
  json?: boolean;
  quiet?: boolean;
  verbose?: boolean;
}

export const DEFAULT_PORT = 8443;

const parsePort = (option: string): ((text: string) => number) =>
  parseWholeNumber(option, 1, 65535);

export function addServeOptions(command: Command): Command {
  return command
    .option("--target <target>", "the dev server: 8000, host:port, http://…, https://…, unix:/path")
    .option("--insecure-target", "accept any certificate from an https target")
    .option("--demo", "front the built-in demo app")
    .option(
      "--route <route>",
      "send a path prefix (/api=3001) or a host (api.localhost=3001) elsewhere, repeatable",
      collect(checkRoute),
    )
    .option(
      "--host <name>",
      "host name to serve, repeatable (default: localhost)",
      collect(checkHost),
    )
    .option("--port <n>", `TLS port (default: ${DEFAULT_PORT})`, parsePort("--port"))
    .option(
      "--bind <address>",
      "address to listen on, repeatable (default: 127.0.0.1 and ::1)",
      collect(checkAddress),
    )
    .option("--cert <file>", "use this certificate instead of issuing one")
    .option("--key <file>", "the private key of --cert")
    .option("--http-port <n>", "also listen for plain HTTP", parsePort("--http-port"))
    .option(
      "--http <mode>",
      "what plain HTTP does: redirect, proxy or deny (default: as the edge does)",
      parseChoice("--http", ["redirect", "proxy", "deny"] as const),
    )
    .option("--redirect-status <n>", "301, 302, 307 or 308 (default: as the edge does)", (text) =>
      Number(parseChoice("--redirect-status", ["301", "302", "307", "308"])(text)),
    )
    .option(
      "--force-https <path>",
      "redirect plain HTTP below this path only, repeatable",
      collect(checkPath),
    )
    .option(
      "--simulate <edge>",
      "behave as this production edge; `devtls edges` lists them (default: devtls)",
      parseEdge,
    )
    .option("--edge-file <file>", "behave as an edge of your own, described in JSON", readEdgeFile)
    .option(
      "--limits <on|off>",
      "off: with --simulate, without the edge's timeouts and size limits",
      parseChoice("--limits", ["on", "off"] as const),
    )
    .option("--forwarded-proto <value>", "send this X-Forwarded-Proto, `none` for none")
    .option(
      "--set-header <line>",
      "set 'Name: value' on every request, repeatable",
      collect(parseLine),
    )
    .option(
      "--drop-header <name>",
      "remove this header from every request, repeatable",
      collect(checkHeaderName),
    )
    .option("--open [path]", "open the browser when ready")
    .option("--json", "print events as JSON, one a line")
    .option("--quiet", "print problems only")
    .option("--verbose", "print headers too");
}

/** @throws DevtlsError "usage" for options that exclude or need each other */
export function checkCombination(options: ServeOptions): void {
  if (options.demo && options.target !== undefined) {
    throw usage("--demo and --target exclude each other");
  }
  if (!options.demo && options.target === undefined) {
    throw usage(
      "--target is missing",
      "Name the port of your dev server: devtls serve --target 8000. Or try the demo: devtls serve --demo",
    );
  }
  if ((options.cert === undefined) !== (options.key === undefined)) {
    throw usage("--cert and --key go together");
  }
  if (options.httpPort === undefined) {
    if (options.http) throw usage("--http without --http-port", "Add --http-port 8080");
    if (options.redirectStatus) {
      throw usage("--redirect-status without --http-port", "Add --http-port 8080");
    }
  } else if (options.httpPort === (options.port ?? DEFAULT_PORT)) {
    throw usage("--port and --http-port name the same port");
  }
  if (options.simulate && options.edgeFile) {
    throw usage("--simulate and --edge-file exclude each other");
  }
  if (options.limits && !isSimulation(options)) {
    throw usage("--limits without --simulate", "Only a simulated edge has limits");
  }
  if (options.forceHttps && options.httpPort === undefined) {
    throw usage("--force-https without --http-port", "Add --http-port 8080");
  }
  if (options.quiet && options.verbose) throw usage("--quiet and --verbose exclude each other");
  // Before anything is made: a bad target is a usage error.
  if (options.target !== undefined) parseTarget(options.target);
}

/** Only production edges have limits; the default is none. */
export function isSimulation({ simulate, edgeFile }: ServeOptions): boolean {
  return simulate !== undefined || edgeFile !== undefined;
}

function checkHost(text: string): string {
  const name = parseName(text);
  if (name.kind === "dns" || name.kind === "ip") return name.value;
  throw usage(`--host ${text}: not a host name or an IP address`);
}

function checkRoute(text: string): Route {
  const route = parseRoute(text);
  return route.host === undefined ? route : { ...route, host: checkHost(route.host) };
}

function checkAddress(text: string): string {
  if (text === "localhost") return "127.0.0.1";
  if (parseIp(text)) return text;
  throw usage(
    `--bind ${text}: not an IP address`,
    "For every address of this machine: --bind 0.0.0.0",
  );
}

function checkPath(text: string): string {
  if (/^\/[\x21-\x7e]*$/.test(text) && !/[?#]/.test(text)) return text.replace(/(?!^)\/+$/, "");
  throw usage(`--force-https ${text}: not a path`, "Write it as --force-https /admin");
}

function parseEdge(text: string): EdgeProfile {
  const names = PROFILES.map((profile) => profile.name);
  return findProfile(parseChoice("--simulate", names)(text)) as EdgeProfile;
}

function readEdgeFile(path: string): EdgeProfile {
  return readEdgeProfile(readRequired(path).toString("utf8"), path);
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

function checkHeaderName(text: string): string {
  if (TOKEN.test(text)) return text;
  throw usage(`--drop-header ${text}: not a header name`);
}

function parseLine(text: string): [string, string] {
  const colon = text.indexOf(":");
  const name = text.slice(0, Math.max(colon, 0));
  const value = text.slice(colon + 1).trim();
  if (TOKEN.test(name) && /^[\t\x20-\x7e\x80-\xff]*$/.test(value)) return [name, value];
  throw usage(`--set-header ${text}: not a header line`, "Write it as --set-header 'Name: value'");
}
