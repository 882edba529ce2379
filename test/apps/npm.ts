/** Applications that npm brings, installed from their lock files into a folder that is kept. */
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { runProgram } from "../support/cli.js";
import { npmSettings } from "../support/fresh-clone.js";
import { atEnd } from "../support/programs.js";
import { lockSystemStore } from "../support/system-store.js";

const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "devtls-test-apps");

/**
 * Installs what a package-lock.json names, unless it has been.
 * @param folder with package.json and package-lock.json
 * @returns the folder that has node_modules
 */
export async function installed(folder: string): Promise<string> {
  const lock = readFileSync(join(folder, "package-lock.json"));
  const name = createHash("sha256").update(lock).update(process.version).digest("hex").slice(0, 16);
  const place = join(CACHE, name);
  mkdirSync(CACHE, { recursive: true });
  const release = await lockSystemStore(`${place}.lock`);
  try {
    if (existsSync(place)) return place;
    const unfinished = `${place}.new`;
    rmSync(unfinished, { recursive: true, force: true });
    mkdirSync(unfinished);
    for (const file of ["package.json", "package-lock.json"]) {
      cpSync(join(folder, file), join(unfinished, file));
    }
    // Not `npm ci`, which stops at packages for other systems that a registry does not have.
    const { status, stderr } = await runProgram(
      "npm",
      ["install", "--no-save", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"],
      { cwd: unfinished, env: await npmSettings() },
    );
    if (status !== 0) throw new Error(`npm install: ${stderr}`);
    renameSync(unfinished, place);
    return place;
  } finally {
    release();
  }
}

/**
 * A copy of a project below an installed folder, where it finds the packages as in its own.
 * @returns its folder, which goes with the test file
 */
export function projectIn(packages: string, source: string): string {
  const folder = mkdtempSync(join(packages, "project-"));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(source, folder, { recursive: true });
  return folder;
}
