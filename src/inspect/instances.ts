/**
 * Where the inspectors of this user are, for programs that ask them: a file each, which only the
 * user can read, because a token stands in it.
 */
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { makeDirectory, readIfThere, writeFiles } from "../ca/files.js";
import { systemCode } from "../errors.js";

export interface Instance {
  readonly pid: number;
  /** Where the app is served. */
  readonly url: string;
  /** The origin of the inspector. */
  readonly inspector: string;
  readonly token: string;
  /** The working directory of `serve`. */
  readonly folder: string;
}

function folderOf(stateDirectory: string): string {
  return join(stateDirectory, "inspectors");
}

function pathOf(stateDirectory: string, { pid, inspector }: Pick<Instance, "pid" | "inspector">) {
  return join(folderOf(stateDirectory), `${pid}-${new URL(inspector).port}.json`);
}

/** @throws DevtlsError "file-unwritable" */
export function remember(stateDirectory: string, instance: Instance): void {
  makeDirectory(folderOf(stateDirectory), 0o700);
  const data = `${JSON.stringify(instance)}\n`;
  writeFiles([{ path: pathOf(stateDirectory, instance), data, mode: 0o600 }]);
}

/** Forgets the instances of a process. */
export function forget(stateDirectory: string, pid: number): void {
  for (const name of names(stateDirectory)) {
    if (name.startsWith(`${pid}-`)) rmSync(join(folderOf(stateDirectory), name), { force: true });
  }
}

/** The instances that run; what a crash left behind is cleared away. */
export function runningInstances(stateDirectory: string): Instance[] {
  return names(stateDirectory).flatMap((name) => {
    const path = join(folderOf(stateDirectory), name);
    const instance = read(path);
    if (instance && isRunning(instance.pid)) return [instance];
    rmSync(path, { force: true });
    return [];
  });
}

function names(stateDirectory: string): string[] {
  try {
    return readdirSync(folderOf(stateDirectory)).filter((name) => /^\d+-\d+\.json$/.test(name));
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    throw error;
  }
}

function read(path: string): Instance | undefined {
  try {
    const { pid, url, inspector, token, folder } = JSON.parse(
      readIfThere(path)?.toString("utf8") ?? "",
    );
    const isWhole =
      Number.isSafeInteger(pid) &&
      [url, inspector, token, folder].every((e) => typeof e === "string");
    return isWhole && /^https:\/\/127\.0\.0\.1:\d+$/.test(inspector)
      ? { pid, url, inspector, token, folder }
      : undefined;
  } catch {
    return undefined;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === "EPERM";
  }
}
