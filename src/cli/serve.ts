/** `devtls serve`: front a dev server with TLS. */
import type { DemoApp } from "../demo/app.js";
import { parseTarget, type Target } from "../proxy/upstream/target.js";
import { type Serving, startServing } from "../serving/serving.js";
import { type App, resolveApps } from "../settings/apps.js";
import { findConfig } from "../settings/config.js";
import { LOOPBACK, type ReadSettings, readServeOptions } from "../settings/serve-options.js";
import type { ServeInspector } from "./inspector.js";
import type { Launch, Launched } from "./launch.js";
import { usage } from "./options.js";
import { EXIT, note, reportError, warn } from "./output.js";
import { type Define, withExamples } from "./program.js";
import { addServeOptions, checkCombination, type ServeOptions } from "./serve-options.js";
import { createReporter, type Reporter } from "./serve-report.js";

/** For running requests to end after SIGINT or SIGTERM. */
const GRACE_MS = 2_000;

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
  withExamples(
    serveCommand,
    `devtls serve --target 8000                       https://localhost:8443 in front of port 8000
devtls serve -- npm run dev                      start the dev server, too
devtls serve --target 8000 --host app.localhost  under a name of its own
devtls serve --target 8000 --simulate none       as an edge that tells the app nothing
devtls serve --target 5173 --http-port 8080      also plain HTTP, redirected to https
devtls serve --demo                              see it at work on the built-in app`,
  );
};

async function serve(services: readonly string[], flags: ServeOptions): Promise<void> {
  const config = flags.demo ? undefined : findConfig(process.cwd());
  // Said always: a file that nobody thought of changes what is served, and to whom.
  if (config) note(`Configuration: ${config.path}`);
  const apps = resolveApps({ ...flags }, services, config);
  if (flags.command && apps.length > 1) {
    throw usage("-- COMMAND with several services", "Give each its own in the configuration");
  }
  const planned = apps.map((app) => plan(app));
  const signals = new Signals();
  const running: Running[] = [];
  for (const each of planned) {
    try {
      running.push(await startApp(each, signals));
    } catch (error) {
      await signals.stop("SIGTERM");
      throw error;
    }
  }
  for (const each of running) await each.announced;
}

interface Plan {
  readonly app: App;
  readonly options: ServeOptions;
  readonly settings: ReadSettings;
}

/** Everything is checked before anything is started. @throws DevtlsError "usage" */
function plan(app: App): Plan {
  const options = app.options as ServeOptions;
  checkCombination(options);
  return { app, options, settings: readServeOptions(options, app.origin) };
}

interface Running {
  /** Fulfilled when its ready line is printed, or when it ended before. */
  readonly announced: Promise<void>;
}

async function startApp({ app, options, settings }: Plan, signals: Signals): Promise<Running> {
  const { command } = options;
  const demo = options.demo ? await startDemo() : undefined;
  const launch = command && (await prepare(command, settings, options, app.folder));
  const target = demo
    ? parseTarget(`127.0.0.1:${demo.port}`)
    : (launch?.target ?? (settings.target as Target));
  const report = createReporter({
    json: options.json ?? false,
    verbosity: options.quiet ? "quiet" : options.verbose ? "verbose" : "normal",
    service: app.name,
  });
  const inspector = options.inspect ? await prepareInspector(options, settings, target) : undefined;
  let serving: Serving;
  try {
    serving = await startServing({
      ...settings,
      target,
      ...(inspector && { watchers: [inspector.watch] }),
    });
    await inspector?.start(serving);
  } catch (error) {
    demo?.close();
    throw error;
  }
  report.attach(serving);
  const launched = await launch?.start(serving);
  signals.onStop(async (signal) => {
    launched?.signal(signal);
    inspector?.close();
    await Promise.all([serving.close(GRACE_MS), launched?.exited]);
    demo?.close();
    report.closed(serving.findings());
  });
  void launched?.exited.then((status) => {
    if (!signals.signalled) process.exitCode = status;
    return signals.stop("SIGTERM");
  });
  const found = launched ? waitFor(launched, command ?? [], options, signals) : target;
  const announce = async (): Promise<void> => {
    const actual = await found;
    if (!actual) return;
    await announceReady(serving, actual, report, { app, options, settings });
    inspector?.announce();
  };
  return { announced: announce() };
}

/** @returns where the dev server listens; undefined when it ended before, which is said */
async function waitFor(
  launched: Launched,
  command: readonly string[],
  { quiet }: ServeOptions,
  signals: Signals,
): Promise<Target | undefined> {
  if (!quiet) note(`Waiting for ${command.join(" ")} to listen.`);
  const found = await launched.ready;
  if (found) return found;
  const status = (await launched.exited) || EXIT.failed;
  if (!signals.signalled) reportError(launched.failure(status), "");
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
    const { default: open } = await import("open");
    await open(url);
  } catch {
    warn(`could not open a browser. Open ${url} yourself.`);
  }
}

const END_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

type Ending = (signal: NodeJS.Signals) => Promise<void>;

/** The first signal ends everything in order, a second one at once. */
class Signals {
  /** Whether somebody asked for the end. */
  signalled = false;
  readonly #endings: Ending[] = [];
  #stopped: Promise<void> | undefined;

  constructor() {
    for (const name of END_SIGNALS) process.on(name, this.#onSignal);
  }

  onStop(ending: Ending): void {
    this.#endings.push(ending);
  }

  stop(signal: NodeJS.Signals): Promise<void> {
    this.#stopped ??= Promise.all(this.#endings.map((ending) => ending(signal))).then(() => {
      for (const name of END_SIGNALS) process.off(name, this.#onSignal);
    });
    return this.#stopped;
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    if (this.#stopped) process.exit();
    this.signalled = true;
    void this.stop(signal);
  };
}
