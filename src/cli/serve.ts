/** `devtls serve`: front a dev server with TLS. */
import type { Command } from "commander";
import { readRequired } from "../ca/files.js";
import type { DemoApp } from "../demo/app.js";
import type { EdgeProfile, PlainRule } from "../edge/profile.js";
import { DEFAULT_PROFILE } from "../edge/profiles/index.js";
import { DevtlsError } from "../errors.js";
import { DEFAULT_REDIRECT_STATUS, type PlainSettings } from "../proxy/plain-http.js";
import { parseTarget } from "../proxy/upstream/target.js";
import { type OwnCertificate, type Serving, startServing } from "../serve.js";
import { parsePemCertificate } from "../x509/certificate.js";
import { decodePrivateKey } from "../x509/keys.js";
import { warn } from "./output.js";
import { withExamples } from "./program.js";
import {
  addServeOptions,
  checkCombination,
  DEFAULT_PORT,
  isSimulation,
  type ServeOptions,
} from "./serve-options.js";
import { createReporter, type Verbosity } from "./serve-report.js";

const LOOPBACK = ["127.0.0.1", "::1"];

/** For running requests to end after SIGINT or SIGTERM. */
const GRACE_MS = 2_000;

export function define(program: Command): void {
  const command = addServeOptions(
    program
      .command("serve")
      .description("Front a dev server with TLS and behave as the production edge would."),
  ).action(serve);
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
