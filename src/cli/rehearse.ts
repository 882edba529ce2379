/** `devtls rehearse`: one flow through every edge. */
import { Option } from "commander";
import { rootsOf } from "../ca/environment.js";
import type { Target } from "../proxy/upstream/target.js";
import type { Rehearsal } from "../rehearse/outcome.js";
import { type RehearseOptions, readRehearseOptions } from "../rehearse/read-options.js";
import { type RehearseSettings, rehearse } from "../rehearse/rehearse.js";
import { reportOf, summaryOf } from "../rehearse/report.js";
import { servedAt } from "../rehearse/running.js";
import type { Report } from "../reports/model.js";
import { resolveApps } from "../settings/apps.js";
import { findConfig } from "../settings/config.js";
import { collect, usage } from "./options.js";
import { EXIT, note, printJson, progress } from "./output.js";
import { type Define, version, withExamples } from "./program.js";
import { locator, printRehearsal } from "./rehearse-report.js";
import { type ReportOptions, readReports, writeReports } from "./reports.js";
import { type StartedApp, startApp } from "./started-app.js";
import { runWords, wordsOf } from "./words-of-command.js";

interface Options extends Omit<RehearseOptions, "noProbe">, ReportOptions {
  readonly probe: boolean;
  readonly applyCheck?: string;
  readonly json?: boolean;
}

export const define: Define = (program, command) => {
  const own = program
    .command("rehearse")
    .description(
      "Send one flow through every edge: which platforms will this app break on, and which line mends it? Pages are opened and their links followed; a flow of your own may also send forms, each once an edge. A command after -- is started first and ends with the rehearsal.",
    )
    .argument("[url]", "a page of a running devtls serve, whose app is rehearsed")
    .usage("[options] [url] [-- COMMAND...]")
    .option("--target <target>", "the app: 8000, host:port, http://…, https://…, unix:/path")
    .option("--insecure-target", "accept any certificate from an https target")
    .option(
      "--route <route>",
      "send a path prefix or a host elsewhere, as devtls serve does, repeatable",
      collect,
    )
    .option("--host <name>", "what the site is called, repeatable (default: localhost)", collect)
    .option("--edges <list>", "names, comma-separated; devtls edges lists them", "all")
    .option(
      "--edge-file <file>",
      "an edge of your own beside them, described in JSON, repeatable",
      collect,
    )
    .option(
      "--edge-line <line>",
      "a printed line that the edge is configured with already, repeatable",
      collect,
    )
    .option("--path <path>", "start here too, repeatable (default: /)", collect)
    .option(
      "--depth <n>",
      "follow links of the same origin this deep, at most 20 pages (default: 1)",
    )
    .option(
      "--flow <file>",
      "a recording (HAR 1.2), or steps in JSON: get, submit, request, websocket, expect",
    )
    .option("--read-only", "refuse a flow that sends forms")
    .option("--jobs <n>", "edges at a time (default: 4; 1 with a flow that sends forms)")
    .option("--no-probe", "do not replay a failing GET to find the cause")
    .option(
      "--apply-check <command>",
      "run this (restart the app with a fix in place), and rehearse again",
    )
    .option(
      "--report <format=file>",
      "junit, sarif, markdown, html, github or json, repeatable",
      collect,
    )
    .option("--baseline <file>", "only what this file does not know counts")
    .addOption(new Option("--update-baseline", "write what there is into --baseline"))
    .option("--json", "print as JSON")
    .action((url: string | undefined, options: Options) => run(url, options, command));
  withExamples(
    own,
    `devtls rehearse --target 8000
devtls rehearse -- npm start
devtls rehearse https://localhost:8443/login            the app of a running devtls serve
devtls rehearse --target 8000 --edges heroku,fly        these two only
devtls rehearse --target 8000 --flow login.har          what a browser has recorded
devtls rehearse --target 8000 --report junit=edges.xml  for CI`,
  );
};

async function run(
  url: string | undefined,
  options: Options,
  command: readonly string[] | undefined,
): Promise<void> {
  const reports = readReports(options);
  const plan = await planOf(url, options, command);
  const again =
    options.applyCheck === undefined ? undefined : wordsOf("--apply-check", options.applyCheck);
  let app =
    plan.command &&
    (await startApp(plan.command, {
      json: options.json ?? false,
      cwd: plan.folder,
      target: plan.settings.target,
    }));
  try {
    const settings = { ...plan.settings, target: app?.target ?? (plan.settings.target as Target) };
    const first = await rehearseAloud(settings, options);
    let last = first;
    if (again) {
      note(`Before: ${summaryOf(first)}. Now: ${options.applyCheck}`);
      await runWords("--apply-check", again);
      if (app && plan.command) app = await restarted(app, plan.command, options, plan.folder);
      last = await rehearseAloud({ ...settings, target: app?.target ?? settings.target }, options);
    }
    const subject = settings.target.url;
    const locate = locator(process.cwd());
    const report = reports.judge(reportOf(last, { version: version(), subject, locate }));
    const shown = { ...last, ...(again && { before: first.summary }) };
    if (options.json) printJson(withKnown(shown, report));
    else printRehearsal(last, report, again ? first : undefined);
    writeReports(reports, report, withKnown(shown, report));
    process.exitCode = exitOf(last, report);
  } finally {
    await app?.stop();
  }
}

async function restarted(
  app: StartedApp,
  command: readonly string[],
  { json = false }: Options,
  cwd: string | undefined,
): Promise<StartedApp> {
  await app.stop();
  return startApp(command, { json, cwd, target: app.given });
}

interface Plan {
  readonly settings: Omit<RehearseSettings, "target"> & { readonly target?: Target };
  readonly command: readonly string[] | undefined;
  readonly folder: string | undefined;
}

/** Flags, the configuration file where they name no app, or a running `devtls serve`. */
async function planOf(
  url: string | undefined,
  flags: Options,
  command: readonly string[] | undefined,
): Promise<Plan> {
  if (command && !command[0]) {
    throw usage("a command is missing after --", "For example: devtls rehearse -- npm start");
  }
  if (url !== undefined && (flags.target !== undefined || command)) {
    throw usage(
      "a URL excludes --target and -- COMMAND",
      "The URL is that of a running devtls serve",
    );
  }
  const { probe, ...rest } = flags;
  const options: RehearseOptions = { ...rest, ...(!probe && { noProbe: true }) };
  if (url !== undefined) return servedPlan(url, options);
  const isNamed = flags.target !== undefined || command !== undefined;
  const config = isNamed ? undefined : findConfig(process.cwd());
  const [found] = resolveApps({ ...options, ...(command && { command }) }, [], config);
  const app = found as NonNullable<typeof found>;
  const settings = readRehearseOptions(app.options as RehearseOptions, app.origin, process.env);
  const started = (app.options as { command?: readonly string[] }).command;
  if (!settings.target && !started) {
    throw usage(
      "--target is missing",
      "Name the port of your app: devtls rehearse --target 8000. Or have it started: devtls rehearse -- npm start",
    );
  }
  return { settings: trusting(settings), command: started, folder: app.folder };
}

async function servedPlan(url: string, options: RehearseOptions): Promise<Plan> {
  const { target, host, path } = await servedAt(url, rootsOf(process.env));
  const [app] = resolveApps(
    {
      ...{ ...options, target },
      host: options.host ?? [host],
      ...(options.flow === undefined && { path: [path, ...[options.path ?? []].flat()] }),
    },
    [],
    undefined,
  );
  const { options: read, origin } = app as NonNullable<typeof app>;
  const settings = readRehearseOptions(read as RehearseOptions, origin, process.env);
  return { settings: trusting(settings), command: undefined, folder: undefined };
}

/** An https target may have a certificate of devtls's own. */
function trusting<T extends { readonly target?: Target }>(settings: T): T {
  const { target } = settings;
  return target?.kind === "tcp" && target.tls
    ? { ...settings, roots: rootsOf(process.env) }
    : settings;
}

async function rehearseAloud(settings: RehearseSettings, { json }: Options): Promise<Rehearsal> {
  let done = 0;
  const all = settings.edges.length;
  return rehearse({
    ...settings,
    onEdge: ({ name, result }) => {
      done++;
      if (!json) progress(`${done}/${all} ${name}: ${result}`);
    },
  });
}

/** The JSON of the contract, with what a baseline knows marked. */
function withKnown(rehearsal: object & Rehearsal, report: Report): object {
  const known = new Map(report.cases.map(({ name, results }) => [name, results]));
  const edges = rehearsal.edges.map((edge) => {
    const results = known.get(edge.name) ?? [];
    const isForgiven =
      edge.result === "broken" &&
      report.cases.some(({ name, status }) => name === edge.name && status === "passed");
    const findings = edge.findings.map((finding, at) =>
      results[at]?.known ? { ...finding, known: true } : finding,
    );
    return { ...edge, result: isForgiven ? "ok" : edge.result, findings };
  });
  const count = (result: string): number => edges.filter((edge) => edge.result === result).length;
  const summary = { ok: count("ok"), broken: count("broken"), notReached: count("not-reached") };
  return { ...rehearsal, edges, summary };
}

function exitOf({ summary }: Rehearsal, { cases, common }: Report): number {
  const fails = cases.some(({ status }) => status === "failed");
  const isOwn = common.some(({ level, known }) => level === "error" && !known);
  if (fails || isOwn) return EXIT.problems;
  return summary.notReached > 0 ? EXIT.failed : EXIT.ok;
}
