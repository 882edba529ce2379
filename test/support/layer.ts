/**
 * Folders of the machine with a layer over them: programs in it see the real paths, and what they
 * write goes into the layer. The machine's own folders stay as they are.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type Outcome, type RunOptions, runProgram, temporaryFolder } from "./cli.js";

export interface Layer {
  /** What comes before a program and its arguments so that it sees the layer. */
  readonly prefix: readonly string[];
  run(command: string, args: readonly string[], options?: RunOptions): Promise<Outcome>;
  /** Where what is written over one of the folders goes; a test may put files there before. */
  upper(folder: string): string;
  /** Everything that was written, by its path. */
  written(): string[];
}

/** @returns a layer, or why there can be none here */
export function layerOver(folders: readonly string[]): Layer | string {
  const base = temporaryFolder();
  const upper = (folder: string): string => join(base, String(folders.indexOf(folder)), "upper");
  const mounts = folders.map((folder, index) => {
    const work = join(base, String(index), "work");
    for (const path of [upper(folder), work]) mkdirSync(path, { recursive: true, mode: 0o755 });
    const options = `lowerdir=${folder},upperdir=${upper(folder)},workdir=${work}`;
    return `mount -t overlay overlay -o ${options} ${folder}`;
  });
  const prefix = ["unshare", "--mount", "sh", "-c", `${mounts.join(" && ")} && exec "$@"`, "sh"];
  const [command = "", ...rest] = prefix;
  const tried = spawnSync(command, [...rest, "true"], { encoding: "utf8" });
  if (tried.status !== 0) {
    return `no layer over ${folders.join(", ")}: ${(tried.error?.message ?? tried.stderr).trim()}`;
  }
  return {
    prefix,
    run: (program, args, options) => runProgram(command, [...rest, program, ...args], options),
    upper,
    written: () =>
      folders.flatMap((folder) =>
        readdirSync(upper(folder), { recursive: true }).map((name) => join(folder, String(name))),
      ),
  };
}
