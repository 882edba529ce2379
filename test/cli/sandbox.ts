/** A home, a state directory and a working folder for one test, and what is said of a run. */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { devtls, type Outcome, type RunOptions, temporaryFolder } from "../support/cli.js";

export interface Sandbox {
  readonly home: string;
  /** DEVTLS_HOME; not there until a command makes it. */
  readonly state: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  run(args: readonly string[], options?: RunOptions): Promise<Outcome>;
  /** Runs what has to succeed for a test to begin. */
  prepare(args: readonly string[]): Promise<Outcome>;
  /** A path in the working folder. */
  path(name: string): string;
}

export function newSandbox(): Sandbox {
  const base = temporaryFolder("devtls-box-");
  const home = join(base, "home");
  const cwd = join(base, "project");
  const state = join(base, "state");
  mkdirSync(home);
  mkdirSync(cwd);
  const env = {
    HOME: home,
    DEVTLS_HOME: state,
    DEVTLS_DEBUG: undefined,
    XDG_DATA_HOME: undefined,
    XDG_CONFIG_HOME: undefined,
  };
  const run: Sandbox["run"] = (args, options = {}) =>
    devtls(args, { cwd, ...options, env: { ...env, ...options.env } });
  return {
    home,
    state,
    cwd,
    env,
    run,
    prepare: async (args) => {
      const outcome = await run(args);
      expect(outcome.status, outcome.stderr).toBe(0);
      return outcome;
    },
    path: (name) => join(cwd, name),
  };
}

/** Everything below a folder by its path: mode and content. Empty when there is no folder. */
export function contentsOf(folder: string, prefix = ""): Record<string, string> {
  if (!existsSync(folder)) return {};
  const entries: Record<string, string> = { [prefix || "."]: modeOf(folder) };
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const shown = join(prefix, name);
    if (statSync(path).isDirectory()) Object.assign(entries, contentsOf(path, shown));
    else entries[shown] = `${modeOf(path)} ${readFileSync(path, "latin1")}`;
  }
  return entries;
}

/** Permission bits as `chmod` takes them: "600". */
export function modeOf(path: string): string {
  return (statSync(path).mode & 0o7777).toString(8);
}

export interface Failure {
  readonly status: 1 | 2;
  /** The whole first line after "devtls: ", or a pattern in it. */
  readonly message: string | RegExp;
  /** The next command, without its indentation. */
  readonly hint: string | RegExp;
}

/** An error as the contract has it: what could not be done and why, then the next command. */
export function expectFailure(outcome: Outcome, failure: Failure): void {
  const [first = "", ...rest] = outcome.stderr.trimEnd().split("\n");
  expect(first).toMatch(/^devtls: could not [a-z]+ .*: ./);
  expectText(first.replace(/^devtls: /, ""), failure.message);
  expectText(rest.map((line) => line.replace(/^ {2}/, "")).join("\n"), failure.hint);
  expect(outcome.stderr).not.toMatch(/^\s+at .*\d+:\d+\)?$/m);
  expect(outcome.stdout).toBe("");
  expect(outcome.status).toBe(failure.status);
}

function expectText(actual: string, expected: string | RegExp): void {
  if (typeof expected === "string") expect(actual).toBe(expected);
  else expect(actual).toMatch(expected);
}

/** A refused command: the error of the contract, and nothing made or changed anywhere. */
export async function expectRefused(
  box: Sandbox,
  args: readonly string[],
  failure: Failure,
): Promise<void> {
  const folders = [box.state, box.cwd, box.home];
  const before = folders.map((folder) => contentsOf(folder));
  const outcome = await box.run(args);
  expectFailure(outcome, failure);
  expect(folders.map((folder) => contentsOf(folder))).toEqual(before);
}
