/** `devtls doctor`: what is wrong on this machine, and what to do about it. */
import type { Command } from "commander";
import { type Check, count, type ProjectConfig, type Status } from "../doctor/check.js";
import { thisContext } from "../doctor/machine.js";
import { examine } from "../doctor/run.js";
import { stateDirectory } from "../paths.js";
import { findConfig, type Options } from "../settings/config.js";
import { type Colour, EXIT, note, paint, print, printJson, progress } from "./output.js";
import { withExamples } from "./program.js";

export function define(program: Command): void {
  const command = program
    .command("doctor")
    .description(
      "Check the authority, the trust stores, certificates, ports, names and variables of this machine. Changes nothing; exit 3 when there is a problem.",
    )
    .option("--json", "print the checks as JSON")
    .action(doctor);
  withExamples(
    command,
    `devtls doctor          one line a check: ok, warning or problem, with what to do
devtls doctor --json   {"checks":[{"id","status","detail","fix"}]}`,
  );
}

async function doctor(options: { json?: boolean }): Promise<void> {
  progress("Examining …");
  const cwd = process.cwd();
  const checks = await examine(thisContext(stateDirectory(), cwd, () => readConfig(cwd)));
  if (options.json) {
    printJson({
      checks: checks.map(({ id, status, detail, fix }) => ({ id, status, detail, fix })),
    });
  } else {
    show(checks);
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

function show(checks: readonly Check[]): void {
  const width = Math.max(...checks.map(({ id }) => id.length));
  for (const { id, status, detail, fix } of checks) {
    const word = paint(COLOURS[status], status.padEnd("warning".length));
    print(`${word}  ${id.padEnd(width)}  ${detail}${fix === null ? "" : `. Fix: ${fix}`}`);
  }
  const [problems, warnings] = (["problem", "warning"] as const).map((wanted) =>
    count(checks.filter(({ status }) => status === wanted).length, wanted),
  );
  note(`${count(checks.length, "check")}: ${problems}, ${warnings}`);
}
