/** `devtls doctor`: what is wrong on this machine, and what to do about it. */
import type { Command } from "commander";
import { type Check, count, type ProjectConfig, type Status } from "../doctor/check.js";
import { thisContext } from "../doctor/machine.js";
import { examine } from "../doctor/run.js";
import { stateDirectory } from "../paths.js";
import { findConfig, type Options } from "../settings/config.js";
import {
  type Colour,
  EXIT,
  isTerminal,
  note,
  paint,
  print,
  printJson,
  progress,
  table,
} from "./output.js";
import { withExamples } from "./program.js";

export function define(program: Command): void {
  const command = program
    .command("doctor")
    .description(
      "Check the authority, the trust stores, certificates, ports, names and variables of this machine. Changes nothing; exit 3 when there is a problem.",
    )
    .option("--all", "list what is well, too, on a terminal")
    .option("--json", "print the checks as JSON")
    .action(doctor);
  withExamples(
    command,
    `devtls doctor          one line a check: ok, warning or problem, with what to do
devtls doctor --json   {"checks":[{"id","status","detail","fix"}]}`,
  );
}

async function doctor(options: { all?: boolean; json?: boolean }): Promise<void> {
  progress("Examining …");
  const cwd = process.cwd();
  const checks = await examine(thisContext(stateDirectory(), cwd, () => readConfig(cwd)));
  if (options.json) {
    printJson({
      checks: checks.map(({ id, status, detail, fix }) => ({ id, status, detail, fix })),
    });
  } else {
    show(checks, options.all ?? false);
  }
  const problems = checks.some(({ status }) => status === "problem");
  process.exitCode = problems ? EXIT.problems : EXIT.ok;
}

function readConfig(cwd: string): ProjectConfig | undefined {
  const config = findConfig(cwd);
  if (!config) return undefined;
  const apps: Options[] = [config.shared, ...config.services.values()];
  return {
    path: config.path,
    ports: unique(
      apps.flatMap(({ port, httpPort }) => [port, httpPort].map(Number)).filter((port) => port > 0),
    ),
    hosts: unique(apps.flatMap(({ host }) => host ?? []).map(String)),
  };
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}

const COLOURS: Readonly<Record<Status, Colour>> = {
  ok: "green",
  warning: "yellow",
  problem: "red",
};

const ORDER: readonly Status[] = ["problem", "warning", "ok"];

/** Problems first; on a terminal what is well is folded into a line. */
function show(checks: readonly Check[], all: boolean): void {
  const folded = isTerminal("stdout") && !all;
  const sorted = ORDER.flatMap((wanted) => checks.filter(({ status }) => status === wanted));
  const shown = sorted.filter(({ status }) => !folded || status !== "ok");
  const rows = shown.map(({ id, status, detail, fix }) => [
    paint(COLOURS[status], status),
    id,
    `${detail}${fix === null ? "" : `. Fix: ${fix}`}`,
  ]);
  if (rows.length > 0) print(table(rows));
  const well = checks.length - shown.length;
  if (well > 0) print(`${paint("green", "ok")}: ${count(well, "check")}, listed with --all`);
  const [problems, warnings] = (["problem", "warning"] as const).map((wanted) =>
    count(checks.filter(({ status }) => status === wanted).length, wanted),
  );
  note(`${count(checks.length, "check")}: ${problems}, ${warnings}`);
}
