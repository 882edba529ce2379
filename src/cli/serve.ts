/** `devtls serve`: front a dev server with TLS. */
import { join } from "node:path";
import { readIfFile } from "../ca/files.js";
import type { DemoApp } from "../demo/app.js";
import { parseTarget, type Target } from "../proxy/upstream/target.js";
import { type Serving, startServing } from "../serving/serving.js";
import { type App, resolveApps } from "../settings/apps.js";
import { type Config, findConfig } from "../settings/config.js";
import { LOOPBACK, type ReadSettings, readServeOptions } from "../settings/serve-options.js";
import type { ServeInspector } from "./inspector.js";
import type { ServeLan } from "./lan.js";
import type { Launch, Launched } from "./launch.js";
import { usage } from "./options.js";
import { EXIT, note, reportError, warn } from "./output.js";
import { type Define, withExamples, withGuess } from "./program.js";
import { addServeOptions, checkCombination, type ServeOptions } from "./serve-options.js";
import { createReporter, type Reporter } from "./serve-report.js";

/** For running requests to end after SIGINT or SIGTERM. */
const GRACE_MS = 2_000;
/** For a dev server that has just been started, when devtls cannot go on. */
const FAILED_GRACE_MS = 400;

export const define: Define = (program, command) => {
  const serveCommand = addServeOptions(
    program
      .command("serve")
      .description(
        "Front a dev server with TLS and behave as the production edge would. A command after -- is started with devtls and ends with it.",
      )
      .argument("[service...]", "services of devtls.config.json (default: all of them)")
      .usage("[options] [service...] [-- COMMAND...]"),
  ).action((services: string[], options: ServeOptions) =>
    serve(services, command ? { ...options, command } : options),
  );
  if (!command) withGuess(serveCommand, () => guess(process.argv.slice(3)));
  withExamples(
    serveCommand,
    `devtls serve --target 8000                       https://localhost:8443 in front of port 8000
devtls serve -- npm run dev                      start the dev server, too
devtls serve --target 8000 --host app.localhost  under a name of its own
devtls serve --target 8000 --simulate none       as an edge that tells the app nothing
devtls serve --target 5173 --http-port 8080      also plain HTTP, redirected to https
devtls serve --target 5173 --lan                 also on a phone: scan the QR code
devtls serve --demo                              see it at work on the built-in app`,
  );
};

async function serve(services: readonly string[], flags: ServeOptions): Promise<void> {
  const config = flags.demo ? undefined : findConfig(process.cwd());
  // Said always: a file that nobody thought of changes what is served, and to whom.
  if (config) note(`Configuration: ${config.path}`);
  const apps = await appsOf(flags, services, config);
  if (flags.command && apps.length > 1) {
    throw usage("-- COMMAND with several services", "Give each its own in the configuration");
  }
  const nothing = apps.find(({ options }) => isIdle(options));
  if (nothing) throw await missingTarget(nothing.folder ?? process.cwd());
  const planned = apps.map((app) => plan(app));
  const signals = new Signals();
  const running: Running[] = [];
  const orEnd = async (app: Plan | undefined, step: () => Promise<void>): Promise<void> => {
    try {
      await step();
    } catch (error) {
      signals.isReason(app);
      await signals.stop("SIGTERM", FAILED_GRACE_MS);
      throw error;
    }
  };
  for (const each of planned) {
    await orEnd(each, async () => void running.push(await startApp(each, signals)));
  }
  for (const [at, each] of running.entries()) await orEnd(planned[at], () => each.announced);
}

/** `devtls serve 8000` names the dev server, unless a service is called so. */
async function appsOf(
  flags: ServeOptions,
  services: readonly string[],
  config: Config | undefined,
): Promise<App[]> {
  try {
    return resolveApps({ ...flags }, services, config);
  } catch (error) {
    const [target = ""] = services;
    if (services.length === 1 && flags.target === undefined && /^\d+$|:/.test(target)) {
      return resolveApps({ ...flags, target }, [], config);
    }
    throw (flags.command ? undefined : await guess(process.argv.slice(3))) ?? error;
  }
}

/** What was meant by arguments that mean nothing; most runs have no use for the code. */
async function guess(words: readonly string[]): Promise<Error | undefined> {
  const { forgottenDashes } = await import("./guesses.js");
  return forgottenDashes(words, process.cwd());
}

function isIdle({ target, command, demo }: ServeOptions): boolean {
  return target === undefined && !command && !demo;
}

async function missingTarget(folder: string): Promise<Error> {
  const guesses = await import("./guesses.js");
  return guesses.missingTarget((name) => readIfFile(join(folder, name))?.toString("utf8"));
}

interface Plan {
  readonly app: App;
  readonly options: ServeOptions;
  readonly settings: ReadSettings;
}

/** Everything is checked before anything is started. @throws DevtlsError "usage" */
function plan(app: App): Plan {
  const options = app.options as ServeOptions;
  checkCombination(options, (name) => app.sources.get(name) === "command line");
  return { app, options, settings: readServeOptions(options, app.origin) };
}

interface Running {
  /** Fulfilled when its ready line is printed, or when it ended before. */
  readonly announced: Promise<void>;
}

async function startApp({ app, options, settings }: Plan, signals: Signals): Promise<Running> {
  const { command } = options;
  // What is open is known from the moment it is: a start that fails closes it.
  const open: Ending[] = [];
  let end = (): void => undefined;
  signals.onStop(async (signal, graceMs) => {
    await Promise.all(open.map((ending) => ending(signal, graceMs)));
    end();
  });
  const demo = options.demo ? await startDemo() : undefined;
  if (demo) open.push(async () => demo.close());
  const lan = options.lan ? await prepareLan(app, options, settings) : undefined;
  // Some dev servers ask under which names they are served.
  const hosts = lan ? [...settings.hosts, lan.host] : settings.hosts;
  const launch = command && (await prepare(command, { ...settings, hosts }, options, app.folder));
  if (launch) open.push(() => launch.release());
  const target = demo
    ? parseTarget(`127.0.0.1:${demo.port}`)
    : (launch?.target ?? (settings.target as Target));
  const report = createReporter({
    json: options.json ?? false,
    verbosity: options.quiet ? "quiet" : options.verbose ? "verbose" : "normal",
    requests: options.requests ?? (options.quiet ? "none" : command ? "problems" : "all"),
    service: app.name,
  });
  const inspector = options.inspect ? await prepareInspector(options, settings, target) : undefined;
  const serving = await startServing({
    ...settings,
    target,
    ...(launch && { starting: launch.name }),
    ...(inspector && { watchers: [inspector.watch], seen: inspector.seen }),
  });
  open.push((_signal, graceMs) => serving.close(graceMs));
  if (inspector) open.push(async () => inspector.close());
  if (lan) open.push(() => lan.close());
  await inspector?.start(serving);
  report.attach(serving);
  const launched = await launch?.start(serving);
  if (launched) open.push((signal, graceMs) => endLaunched(launched, signal, graceMs));
  end = () => report.closed(serving.findings());
  void launched?.exited.then((status) => {
    if (signals.isReason(launched)) process.exitCode = status;
    return signals.stop("SIGTERM", GRACE_MS);
  });
  const found = launched ? waitFor(launched, signals) : target;
  const announce = async (): Promise<void> => {
    const actual = await found;
    if (!actual) return;
    await announceReady(serving, actual, report, { app, options, settings });
    inspector?.announce();
    await lan?.start(serving, actual);
    launched?.onOwnUrl(() => report.again(serving, actual.url));
  };
  return { announced: announce() };
}

/** The dev server ends in order; what takes longer than anybody wants to wait is killed. */
async function endLaunched(
  launched: Launched,
  signal: NodeJS.Signals,
  graceMs: number,
): Promise<void> {
  launched.signal(signal);
  // Its guard kills at the end of a grace of its own; this is for less.
  const timer = graceMs < GRACE_MS ? setTimeout(() => launched.kill(), graceMs) : undefined;
  await launched.exited;
  clearTimeout(timer);
}

/** @returns where the dev server listens; undefined when it ended before, which is said */
async function waitFor(launched: Launched, signals: Signals): Promise<Target | undefined> {
  const found = await launched.ready;
  if (found) return found;
  const status = (await launched.exited) || EXIT.failed;
  if (signals.isReason(launched)) await reportError(launched.failure(status), "");
  return undefined;
}

async function announceReady(
  serving: Serving,
  target: Target,
  report: Reporter,
  { options, settings }: Plan,
): Promise<void> {
  if (options.fault) {
    warn(`the certificate is wrong on purpose (${options.fault}): clients are to refuse it.`);
  }
  report.listening(serving, {
    target: options.demo ? "the demo app" : target.url,
    targetUrl: target.url,
    edge: settings.edge.name,
    wantedPort: settings.port,
    demo: options.demo ?? false,
  });
  warnOfExposure(serving);
  if (serving.unkept) warn(`${serving.unkept}. The certificate is in memory for this run only.`);
  if (options.open) {
    await openBrowser(new URL(options.open === true ? "/" : options.open, serving.url).href);
  }
}

/** Most runs start no dev server, and come up sooner without the code for it. */
async function prepare(
  command: readonly string[],
  settings: ReadSettings,
  options: ServeOptions,
  folder: string | undefined,
): Promise<Launch> {
  const { prepareLaunch } = await import("./launch.js");
  return prepareLaunch(command, settings, options, folder);
}

/** In a bundle of its own, which only `--inspect` loads. */
async function prepareInspector(
  options: ServeOptions,
  settings: ReadSettings,
  target: Target,
): Promise<ServeInspector> {
  const { prepare } = await import("./inspector.js");
  return prepare(options, settings, target);
}

/** The same for `--lan`. */
async function prepareLan(
  { name, folder = process.cwd() }: App,
  options: ServeOptions,
  settings: ReadSettings,
): Promise<ServeLan> {
  const { prepare } = await import("./lan.js");
  return prepare(options, settings, { folder, service: name });
}

async function startDemo(): Promise<DemoApp> {
  const { startDemoApp } = await import("../demo/app.js");
  return startDemoApp();
}

function warnOfExposure(serving: Serving): void {
  const open = serving.addresses.filter((address) => !LOOPBACK.includes(address));
  if (open.some((address) => !/^127\./.test(address))) {
    warn(`listening on ${open.join(", ")}: other machines can reach your dev server.`);
  }
}

async function openBrowser(url: string): Promise<void> {
  try {
    const { showInBrowser } = await import("./browser.js");
    await showInBrowser(url);
  } catch {
    warn(`could not open a browser. Open ${url} yourself.`);
  }
}

const END_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** @param graceMs for what is under way */
type Ending = (signal: NodeJS.Signals, graceMs: number) => Promise<void>;

/** The first signal ends everything in order, a second one at once. */
class Signals {
  /** Why this ends: a signal, an app that did not start, or one that ended. */
  #reason: unknown;
  readonly #endings: Ending[] = [];
  #stopped: Promise<void> | undefined;

  constructor() {
    for (const name of END_SIGNALS) process.on(name, this.#onSignal);
  }

  /** Whether this is what everything ends for: whatever comes first is, and the others follow. */
  isReason(reason: unknown): boolean {
    this.#reason ??= reason;
    return this.#reason === reason;
  }

  onStop(ending: Ending): void {
    this.#endings.push(ending);
  }

  stop(signal: NodeJS.Signals, graceMs: number): Promise<void> {
    this.#stopped ??= Promise.all(this.#endings.map((ending) => ending(signal, graceMs))).then(
      () => {
        for (const name of END_SIGNALS) process.off(name, this.#onSignal);
      },
    );
    return this.#stopped;
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    if (this.#stopped) process.exit();
    this.isReason(signal);
    void this.stop(signal, GRACE_MS);
  };
}
