/** `devtls serve`: front a dev server with TLS. */
import type { Command } from "commander";
import { readRequired } from "../ca/files.js";
import type { DemoApp } from "../demo/app.js";
import type { EdgeProfile, PlainRule } from "../edge/profile.js";
import { DEFAULT_PROFILE, findProfile, PROFILES } from "../edge/profiles/index.js";
import { readEdgeProfile } from "../edge/read-profile.js";
import { DevtlsError } from "../errors.js";
import { DEFAULT_REDIRECT_STATUS, type PlainSettings } from "../proxy/plain-http.js";
import { parseRoute, type Route } from "../proxy/routes.js";
import { parseTarget } from "../proxy/upstream/target.js";
import { type OwnCertificate, type Serving, startServing } from "../serve.js";
import { parsePemCertificate } from "../x509/certificate.js";
import { parseIp } from "../x509/ip.js";
import { decodePrivateKey } from "../x509/keys.js";
import { parseName } from "../x509/names.js";
import { collect, parseChoice, parseWholeNumber, usage } from "./options.js";
import { warn } from "./output.js";
import { withExamples } from "./program.js";
import { createReporter, type Verbosity } from "./serve-report.js";

interface ServeOptions {
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

const DEFAULT_PORT = 8443;
const LOOPBACK = ["127.0.0.1", "::1"];

/** For running requests to end after SIGINT or SIGTERM. */
const GRACE_MS = 2_000;

const parsePort = (option: string): ((text: string) => number) =>
  parseWholeNumber(option, 1, 65535);

export function define(program: Command): void {
  const command = program
    .command("serve")
    .description("Front a dev server with TLS and behave as the production edge would.")
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
    .option("--verbose", "print headers too")
    .action(serve);
  withExamples(
    command,
    `devtls serve --target 8000                       https://localhost:8443 in front of port 8000
devtls serve --target 8000 --host app.localhost  under a name of its own
devtls serve --target 8000 --simulate none       as an edge that tells the app nothing
devtls serve --target 5173 --http-port 8080      also plain HTTP, redirected to https
devtls serve --demo                              see it at work on the built-in app`,
  );
}

async function serve(options: ServeOptions): Promise<void> {
  checkCombination(options);
  const own = ownCertificate(options);
  const demo = options.demo ? await startDemo() : undefined;
  const target = parseTarget(demo ? `127.0.0.1:${demo.port}` : (options.target as string));
  const hosts = options.host ?? ["localhost"];
  const verbosity: Verbosity = options.quiet ? "quiet" : options.verbose ? "verbose" : "normal";
  const report = createReporter({ json: options.json ?? false, verbosity });
  let serving: Serving;
  try {
    serving = await startServing({
      target,
      ...(options.route && { routes: options.route }),
      hosts,
      addresses: options.bind ?? LOOPBACK,
      port: options.port ?? DEFAULT_PORT,
      orNextPort: options.port === undefined,
      edge: edgeOf(options),
      overrides: {
        ...(options.forwardedProto !== undefined && { forwardedProto: options.forwardedProto }),
        ...(options.setHeader && { set: options.setHeader }),
        ...(options.dropHeader && { drop: options.dropHeader }),
      },
      limits: options.limits !== "off" && isSimulation(options),
      ...(options.httpPort !== undefined && { plain: plainSettings(options, options.httpPort) }),
      ...(own && { own }),
      insecureTarget: options.insecureTarget ?? false,
    });
  } catch (error) {
    demo?.close();
    throw error;
  }
  report.attach(serving);
  stopOnSignals(async () => {
    await serving.close(GRACE_MS);
    demo?.close();
    report.closed();
  });
  report.listening(serving, {
    target: demo ? "the demo app" : target.url,
    targetUrl: target.url,
    edge: edgeOf(options).name,
    wantedPort: options.port ?? DEFAULT_PORT,
    demo: options.demo ?? false,
  });
  warnOfExposure(serving);
  if (options.open !== undefined) {
    await openBrowser(new URL(options.open === true ? "/" : options.open, serving.url).href);
  }
}

/** Only production edges have limits; the default is none. */
function isSimulation({ simulate, edgeFile }: ServeOptions): boolean {
  return simulate !== undefined || edgeFile !== undefined;
}

function edgeOf({ simulate, edgeFile }: ServeOptions): EdgeProfile {
  return edgeFile ?? simulate ?? DEFAULT_PROFILE;
}

/** The edge's rule for plain HTTP, and what the command line says over it. */
function plainSettings(options: ServeOptions, port: number): PlainSettings {
  const { plain } = edgeOf(options);
  const rule: PlainRule =
    options.http === undefined || options.http === plain.mode
      ? plain
      : { mode: options.http, status: DEFAULT_REDIRECT_STATUS };
  const status = options.redirectStatus;
  return {
    port,
    rule: status === undefined ? rule : { ...rule, status, otherStatus: status },
    forcePaths: options.forceHttps ?? [],
  };
}

async function startDemo(): Promise<DemoApp> {
  const { startDemoApp } = await import("../demo/app.js");
  return startDemoApp();
}

function checkCombination(options: ServeOptions): void {
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

/** @throws DevtlsError for a pair that does not fit or has expired */
function ownCertificate({ cert, key }: ServeOptions): OwnCertificate | undefined {
  if (cert === undefined || key === undefined) return undefined;
  const pem = readRequired(cert).toString("latin1");
  const keyPem = readRequired(key).toString("latin1");
  const certificate = parsePemCertificate(pem);
  if (!certificate.x509.checkPrivateKey(decodePrivateKey(keyPem))) {
    throw new DevtlsError("key-mismatch", `could not use ${key}: it is not the key of ${cert}`, {
      hint: "Name the key that the certificate was made with, or leave both out to have one issued",
    });
  }
  if (certificate.notAfter.getTime() < Date.now()) {
    const day = certificate.notAfter.toISOString().slice(0, 10);
    throw new DevtlsError("certificate-expired", `could not use ${cert}: it expired on ${day}`, {
      hint: `Issue it again: devtls renew ${cert}`,
    });
  }
  return { cert: pem, key: keyPem, certificate };
}

function warnOfExposure(serving: Serving): void {
  const open = serving.addresses.filter((address) => !LOOPBACK.includes(address));
  if (open.some((address) => !/^127\./.test(address))) {
    warn(`listening on ${open.join(", ")}: other machines can reach your dev server.`);
  }
}

async function openBrowser(url: string): Promise<void> {
  try {
    const { default: open } = await import("open");
    await open(url);
  } catch {
    warn(`could not open a browser. Open ${url} yourself.`);
  }
}

/** The first signal ends in order, a second one at once. */
function stopOnSignals(stop: () => Promise<void>): void {
  let stopping = false;
  const onSignal = (): void => {
    if (stopping) process.exit(0);
    stopping = true;
    void stop().then(() => {
      process.off("SIGINT", onSignal);
      process.off("SIGTERM", onSignal);
    });
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
}
