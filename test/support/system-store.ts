/**
 * The system trust store for tests, in two ways.
 *
 * A copy of it, which is the usual one: programs run in a mount namespace where copies stand in
 * the places of the store's folders. They see the real paths and change nothing of the machine.
 *
 * The machine's own, for programs that no namespace holds: one test file at a time has it.
 */
import { spawnSync } from "node:child_process";
import {
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll } from "vitest";
import { type Outcome, type RunOptions, runProgram } from "./cli.js";
import { folderUntilEnd } from "./end.js";

/** What update-ca-certificates reads and writes. */
export const STORE_FOLDERS = ["/etc/ssl/certs", "/usr/local/share/ca-certificates"] as const;

/** Programs that update-ca-certificates starts afterwards: the one of Java takes dpkg's lock. */
const HOOKS = "/etc/ca-certificates/update.d";

const NAMESPACE = [
  "unshare",
  "--mount",
  ...(process.getuid?.() === 0 ? [] : ["--map-root-user"]),
] as const;

/** Which public roots are in the store, one a line; those with "!" in front are not. */
const PUBLIC_ROOTS = "/etc/ca-certificates.conf";

/** A dozen instead of 150: every change of the store goes through all of them. */
function shortened(list: string): string {
  let chosen = 0;
  const lines = list.split("\n").map((line) => {
    if (!/^mozilla\//.test(line)) return line;
    chosen++;
    return chosen <= 12 ? line : `!${line}`;
  });
  return lines.join("\n");
}

/** Why a copy cannot be had here, or undefined when it can. */
export function whyNoStoreCopy(): string | undefined {
  const [command, ...args] = NAMESPACE;
  const { status, stderr, error } = spawnSync(command, [...args, "true"], { encoding: "utf8" });
  if (status === 0) return undefined;
  return `no mount namespace: ${(error?.message ?? stderr).trim()}`;
}

export interface StoreCopy {
  /** What comes before a program and its arguments so that it sees the copy. */
  readonly prefix: readonly string[];
  run(command: string, args: readonly string[], options?: RunOptions): Promise<Outcome>;
  /** Every file of the store with its type, mode, and content or target. */
  snapshot(): Record<string, string>;
  /** The folder of the programs that update-ca-certificates starts; it is empty. */
  readonly hooks: string;
}

/** A copy of the machine's system store for this test file, which may ask for it in a hook. */
export async function copySystemStore(): Promise<StoreCopy> {
  const base = folderUntilEnd("devtls-store-");
  const copies = STORE_FOLDERS.map((folder, index) => {
    const copy = join(base, String(index));
    cpSync(folder, copy, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
    return copy;
  });
  const hooks = join(base, "hooks");
  mkdirSync(hooks);
  const roots = join(base, "ca-certificates.conf");
  writeFileSync(roots, shortened(readFileSync(PUBLIC_ROOTS, "utf8")));
  const mounts = [...STORE_FOLDERS, HOOKS, PUBLIC_ROOTS].map(
    (path) => `mount --bind "$1" ${path} && shift`,
  );
  const script = `${mounts.join(" && ")} && exec "$@"`;
  const prefix = [...NAMESPACE, "sh", "-c", script, "sh", ...copies, hooks, roots];
  const run: StoreCopy["run"] = (command, args, options) =>
    runProgram(prefix[0] as string, [...prefix.slice(1), command, ...args], options);
  // Whatever was put into the store by hand since its last update is settled first, so that
  // a difference found later is the tested program's.
  const settled = await run("update-ca-certificates", ["--fresh"]);
  if (settled.status !== 0) throw new Error(`update-ca-certificates: ${settled.stderr}`);
  return {
    prefix,
    run,
    hooks,
    snapshot: () => Object.assign({}, ...copies.map((copy, i) => list(copy, STORE_FOLDERS[i]))),
  };
}

function list(folder: string, shown = folder): Record<string, string> {
  const entries: Record<string, string> = {};
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    const { mode } = lstatSync(path);
    const bits = mode.toString(8);
    if (lstatSync(path).isDirectory()) Object.assign(entries, list(path, join(shown, name)));
    else if (lstatSync(path).isSymbolicLink()) {
      entries[join(shown, name)] = `${bits} -> ${readlinkSync(path)}`;
    } else entries[join(shown, name)] = `${bits} ${readFileSync(path, "latin1")}`;
  }
  return entries;
}

const LOCK = join(tmpdir(), "devtls-system-store.lock");
const POLL_MS = 50;
/** The test file that has it may start a browser several times. */
const LOCK_TIMEOUT_MS = 180_000;

/** Gives this test file the machine's own system store, alone, until its tests are done. */
export function useSystemStore(): void {
  let release: () => void = () => undefined;
  beforeAll(async () => {
    release = await lockSystemStore();
  }, LOCK_TIMEOUT_MS);
  afterAll(() => release());
}

/** Waits until nobody else has the lock. @returns what gives it back */
export async function lockSystemStore(lock = LOCK): Promise<() => void> {
  // The folder comes to its name with the holder's pid in it: a rename onto a folder that is
  // not empty fails, so one process wins, and no lock is ever without its holder.
  const mine = mkdtempSync(`${lock}-`);
  writeFileSync(join(mine, "pid"), String(process.pid));
  const deadline = Date.now() + LOCK_TIMEOUT_MS;
  for (;;) {
    try {
      renameSync(mine, lock);
      return () => rmSync(lock, { recursive: true, force: true });
    } catch (error) {
      if (Date.now() > deadline) {
        rmSync(mine, { recursive: true });
        throw new Error(`${lock} is held by process ${holderOf(lock)}`, { cause: error });
      }
    }
    const holder = holderOf(lock);
    if (holder !== undefined && !isAlive(holder)) takeAway(lock, holder);
    else await delay(POLL_MS);
  }
}

function holderOf(lock: string): number | undefined {
  try {
    return Number(readFileSync(join(lock, "pid"), "utf8"));
  } catch {
    return undefined; // given back meanwhile
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Removes the lock of a process that has ended; put back if it changed hands meanwhile. */
function takeAway(lock: string, holder: number): void {
  const aside = `${lock}-stale-${process.pid}`;
  try {
    renameSync(lock, aside);
    if (holderOf(aside) !== holder) renameSync(aside, lock);
  } catch {
    return; // another process was quicker
  }
  rmSync(aside, { recursive: true, force: true });
}
