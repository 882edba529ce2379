/** The package as npm delivers it: packed, and installed into an empty folder. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PROJECT, runProgram } from "../support/cli.js";
import { npmSettings } from "../support/fresh-clone.js";

export interface Packed {
  readonly tarball: string;
  /** Paths in it. */
  readonly files: readonly string[];
}

async function npm(cwd: string, args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await runProgram("npm", args, {
    cwd,
    env: await npmSettings(),
  });
  if (status !== 0) throw new Error(`npm ${args.join(" ")}: ${stderr}`);
  return stdout;
}

/** Packs what was built; building again would pull dist/ from under the other tests. */
export async function pack(folder: string): Promise<Packed> {
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  const printed: unknown = JSON.parse(await npm(PROJECT, args));
  // npm 12 prints an object by package name, older ones a list.
  const [entry] = Object.values(
    printed as Record<string, { filename: string; files: { path: string }[] }>,
  );
  if (!entry) throw new Error("npm pack printed nothing");
  return {
    tarball: join(folder, entry.filename),
    files: entry.files.map(({ path }) => path),
  };
}

/** Installs packages into an empty folder, as somebody does who has nothing yet. */
export async function install(folder: string, packages: readonly string[]): Promise<void> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), "{}");
  await npm(folder, ["install", "--no-audit", "--no-fund", "--prefer-offline", ...packages]);
}

/** Runs what a package put into a folder's node_modules/.bin. */
export function npx(folder: string, args: readonly string[], env: Record<string, string> = {}) {
  return runProgram("npx", ["--no-install", ...args], { cwd: folder, env });
}
