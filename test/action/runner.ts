/**
 * Runs the steps of a composite action as GitHub's runner does: expressions, `if`, bash with -e, and
 * GITHUB_ENV, GITHUB_OUTPUT and GITHUB_STEP_SUMMARY as files.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { parse } from "yaml";
import { PROJECT, runProgram } from "../support/cli.js";
import { folderUntilEnd } from "../support/programs.js";

interface ActionStep {
  readonly id: string;
  readonly if?: string;
  readonly shell: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly run: string;
}

export interface Action {
  readonly inputs: Readonly<
    Record<string, { readonly default?: string; readonly required?: boolean }>
  >;
  readonly outputs: Readonly<Record<string, { readonly value: string }>>;
  readonly runs: { readonly using: string; readonly steps: readonly ActionStep[] };
}

export interface ActionRun {
  readonly succeeded: boolean;
  /** The steps that ran, with their exit status. */
  readonly ran: Readonly<Record<string, number | null>>;
  readonly outputs: Readonly<Record<string, string>>;
  readonly log: string;
  readonly summary: string;
  readonly env: Readonly<Record<string, string>>;
}

export function readAction(): Action {
  return parse(readFileSync(join(PROJECT, "action.yml"), "utf8")) as Action;
}

type Outputs = Readonly<Record<string, string>>;

export interface RunnerOptions {
  readonly inputs?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly environment?: "github-hosted" | "self-hosted";
  /** What every shell is started with, such as a layer over the machine's own files. */
  readonly prefix?: readonly string[];
}

export async function runAction({
  inputs: given = {},
  env: surroundings = {},
  cwd,
  environment = "github-hosted",
  prefix = [],
}: RunnerOptions): Promise<ActionRun> {
  const action = readAction();
  const defaults = Object.entries(action.inputs).map(([name, input]) => [
    name,
    input.default ?? "",
  ]);
  const inputs: Outputs = { ...Object.fromEntries(defaults), ...given };
  const steps: Record<string, { outputs: Outputs }> = {};
  const folder = folderUntilEnd("devtls-action-");
  const files = { env: join(folder, "env"), summary: join(folder, "summary") };
  for (const file of Object.values(files)) writeFileSync(file, "");
  mkdirSync(join(folder, "temp"));
  const ran: Record<string, number | null> = {};
  let succeeded = true;
  let log = "";
  for (const step of action.runs.steps) {
    const context = { inputs, steps, runner: { environment } };
    const condition = step.if ?? "success()";
    const runs = evaluate(condition, context, succeeded);
    // Without a function of its own, a condition holds while nothing has failed.
    const isAsked = /\b(?:always|failure|success|cancelled)\(/.test(condition);
    if (runs !== "true" || (!isAsked && !succeeded)) continue;
    const output = join(folder, `output-${step.id}`);
    const script = join(folder, `${step.id}.sh`);
    writeFileSync(output, "");
    writeFileSync(script, fill(step.run, context, succeeded));
    const own = Object.entries(step.env ?? {}).map(([name, value]) => [
      name,
      fill(String(value), context, succeeded),
    ]);
    const shell = [...prefix, "bash", "--noprofile", "--norc", "-e", "-o", "pipefail", script];
    const { status, stdout, stderr } = await runProgram(shell[0] as string, shell.slice(1), {
      ...(cwd !== undefined && { cwd }),
      env: {
        ...{ ...surroundings, ...pairsIn(readFileSync(files.env, "utf8")) },
        ...{
          RUNNER_TEMP: join(folder, "temp"),
          GITHUB_ACTION_PATH: PROJECT,
          GITHUB_ENV: files.env,
        },
        ...{ GITHUB_OUTPUT: output, GITHUB_STEP_SUMMARY: files.summary, GITHUB_ACTIONS: "true" },
        ...Object.fromEntries(own),
      },
    });
    ran[step.id] = status;
    log += stdout + stderr;
    steps[step.id] = { outputs: pairsIn(readFileSync(output, "utf8")) };
    if (status !== 0) succeeded = false;
  }
  const context = { inputs, steps, runner: { environment } };
  const outputs = Object.entries(action.outputs).map(([name, { value }]) => [
    name,
    fill(value, context, succeeded),
  ]);
  return {
    ...{ succeeded, ran, log, outputs: Object.fromEntries(outputs) },
    summary: readFileSync(files.summary, "utf8"),
    env: pairsIn(readFileSync(files.env, "utf8")),
  };
}

function fill(text: string, context: object, succeeded: boolean): string {
  return text.replace(/\$\{\{.*?\}\}/gs, (expression) => evaluate(expression, context, succeeded));
}

/** The expressions that the action uses are JavaScript but for `==` and names with dashes. */
function evaluate(text: string, context: object, succeeded: boolean): string {
  const code = text.replace(/^\s*\$\{\{|\}\}\s*$/g, "").replace(/==/g, "===");
  const functions = { always: () => true, success: () => succeeded, failure: () => !succeeded };
  const value: unknown = runInNewContext(code.replace(/\.(\w+)/g, "?.$1"), {
    ...context,
    ...functions,
  });
  return value === undefined || value === null ? "" : String(value);
}

/** `NAME=value` a line, as the files of the runner have them. */
function pairsIn(text: string): Record<string, string> {
  const lines = text.split("\n").filter(Boolean);
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf("=");
      if (at < 1) throw new Error(`Unable to process file command: invalid format '${line}'`);
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
}
