/** `devtls serve`: front a dev server with TLS. */
import type { Command } from "commander";
import type { DemoApp } from "../demo/app.js";
import { parseTarget } from "../proxy/upstream/target.js";
import { type Serving, startServing } from "../serve.js";
import { LOOPBACK } from "../settings/serve-options.js";
import { warn } from "./output.js";
import { withExamples } from "./program.js";
import { addServeOptions, readCommandLine, type ServeOptions } from "./serve-options.js";
import { createReporter, type Verbosity } from "./serve-report.js";

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
  const settings = readCommandLine(options);
  const demo = options.demo ? await startDemo() : undefined;
  const target = settings.target ?? parseTarget(`127.0.0.1:${demo?.port}`);
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
  stopOnSignals(async () => {
    await serving.close(GRACE_MS);
    demo?.close();
    report.closed();
  });
  report.listening(serving, {
    target: demo ? "the demo app" : target.url,
    targetUrl: target.url,
    edge: settings.edge.name,
    wantedPort: settings.port,
    demo: options.demo ?? false,
  });
  warnOfExposure(serving);
  if (options.open !== undefined) {
    await openBrowser(new URL(options.open === true ? "/" : options.open, serving.url).href);
  }
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
