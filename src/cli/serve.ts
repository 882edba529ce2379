/** `devtls serve`: front a dev server with TLS. */
import type { DemoApp } from "../demo/app.js";
import { parseTarget, type Target } from "../proxy/upstream/target.js";
import { type Serving, startServing } from "../serve.js";
import { LOOPBACK, type ReadSettings } from "../settings/serve-options.js";
import type { Launch } from "./launch.js";
import { EXIT, note, reportError, warn } from "./output.js";
import { type Define, withExamples } from "./program.js";
import { addServeOptions, readCommandLine, type ServeOptions } from "./serve-options.js";
import { createReporter, type Verbosity } from "./serve-report.js";

/** For running requests to end after SIGINT or SIGTERM. */
const GRACE_MS = 2_000;

export const define: Define = (program, command) => {
  const serveCommand = addServeOptions(
    program
      .command("serve")
      .description(
        "Front a dev server with TLS and behave as the production edge would. A command after -- is started with devtls and ends with it.",
      )
      .usage("[options] [-- COMMAND...]"),
  ).action((options: ServeOptions) => serve(options, command));
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

async function serve(options: ServeOptions, command?: readonly string[]): Promise<void> {
  const settings = readCommandLine(options, command);
  const demo = options.demo ? await startDemo() : undefined;
  const launch = command && (await prepare(command, settings, options));
  const target = demo
    ? parseTarget(`127.0.0.1:${demo.port}`)
    : (launch?.target ?? (settings.target as Target));
  const verbosity: Verbosity = options.quiet ? "quiet" : options.verbose ? "verbose" : "normal";
  const report = createReporter({ json: options.json ?? false, verbosity });
  let serving: Serving;
  try {
    serving = await startServing({ ...settings, target });
  } catch (error) {
    demo?.close();
    throw error;
  }
  report.attach(serving);
  const launched = await launch?.start(serving);
  const signals = stopOnSignals(async (signal) => {
    launched?.signal(signal);
    await Promise.all([serving.close(GRACE_MS), launched?.exited]);
    demo?.close();
    report.closed();
  });
  void launched?.exited.then((status) => {
    if (!signals.signalled) process.exitCode = status;
    return signals.stop("SIGTERM");
  });
  if (launched && verbosity !== "quiet") note(`Waiting for ${command?.join(" ")} to listen.`);
  const found = launched ? await launched.ready : target;
  if (!found) {
    const status = (await launched?.exited) ?? EXIT.failed;
    if (!signals.signalled) reportError(launched?.failure(status), "");
    return;
  }
  report.listening(serving, {
    target: demo ? "the demo app" : found.url,
    targetUrl: found.url,
    edge: settings.edge.name,
    wantedPort: settings.port,
    demo: options.demo ?? false,
  });
  warnOfExposure(serving);
  if (options.open !== undefined) {
    await openBrowser(new URL(options.open === true ? "/" : options.open, serving.url).href);
  }
}

/** Most runs start no dev server, and come up sooner without the code for it. */
async function prepare(
  command: readonly string[],
  settings: ReadSettings,
  options: ServeOptions,
): Promise<Launch> {
  const { prepareLaunch } = await import("./launch.js");
  return prepareLaunch(command, settings, options);
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

interface Stopping {
  /** Whether a signal asked for it. */
  readonly signalled: boolean;
  stop(signal: NodeJS.Signals): Promise<void>;
}

const END_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** The first signal ends in order, a second one at once. */
function stopOnSignals(end: (signal: NodeJS.Signals) => Promise<void>): Stopping {
  let ended: Promise<void> | undefined;
  let signalled = false;
  const stop = (signal: NodeJS.Signals): Promise<void> => {
    ended ??= end(signal).then(() => {
      for (const name of END_SIGNALS) process.off(name, onSignal);
    });
    return ended;
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    if (ended) process.exit();
    signalled = true;
    void stop(signal);
  };
  for (const name of END_SIGNALS) process.on(name, onSignal);
  return {
    get signalled() {
      return signalled;
    },
    stop,
  };
}
