/** What the checks see of this machine. */
import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { mergedBundle } from "../ca/environment.js";
import { systemCode } from "../errors.js";
import { statePaths } from "../paths.js";
import { thisMachine } from "../trust/machine.js";
import type { DoctorContext, Listener, ProjectConfig } from "./check.js";

/** A resolver that does not answer is not waited for as long as its own timeouts last. */
const RESOLVE_TIMEOUT_MS = 1500;

/** @param readConfig reads the project's configuration, which is the command line's to do */
export function thisContext(
  directory: string,
  cwd: string,
  readConfig: () => ProjectConfig | undefined,
): DoctorContext {
  const paths = statePaths(directory);
  return {
    machine: thisMachine(),
    paths,
    cwd,
    now: Date.now(),
    nodeVersion: process.versions.node,
    status: (path) => {
      const found = statSync(path, { throwIfNoEntry: false });
      if (!found) return undefined;
      return {
        mode: found.mode & 0o777,
        isDirectory: found.isDirectory(),
        modified: found.mtimeMs,
      };
    },
    resolve: async (host) => {
      const answers = await withTimeout(lookup(host, { all: true }));
      return answers.map(({ address }) => address);
    },
    probe,
    listenerOf,
    mergedBundle: (rootPem) => mergedBundle(paths.bundle, rootPem),
    readConfig,
  };
}

async function withTimeout<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error("no answer")), RESOLVE_TIMEOUT_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Whether one could listen there: undefined, or the code of the error. */
export async function probe(address: string, port: number): Promise<string | undefined> {
  const server = createServer();
  try {
    server.listen(port, address);
    await once(server, "listening");
    server.close();
    await once(server, "close");
    return undefined;
  } catch (error) {
    return systemCode(error) ?? "EUNKNOWN";
  }
}

/** State 0A of proc(5)'s net/tcp is LISTEN; the fields are slot, local, remote, state, …, inode. */
const LISTENING = "0A";

/** Who listens on a port; undefined where /proc does not tell, as for another user's process. */
export async function listenerOf(port: number, proc = "/proc"): Promise<Listener | undefined> {
  const inodes = ["tcp", "tcp6"].flatMap((table) =>
    read(join(proc, "net", table))
      .split("\n")
      .map((line) => line.trim().split(/\s+/))
      .filter(([, local = "", , state]) => {
        const at = Number.parseInt(local.split(":")[1] ?? "", 16);
        return state === LISTENING && at === port;
      })
      .flatMap((fields) => fields[9] ?? []),
  );
  if (inodes.length === 0) return undefined;
  const sockets = inodes.map((inode) => `socket:[${inode}]`);
  for (const pid of list(proc).filter((name) => /^\d+$/.test(name))) {
    const folder = join(proc, pid, "fd");
    if (!list(folder).some((name) => sockets.includes(link(join(folder, name))))) continue;
    return { pid: Number(pid), command: read(join(proc, pid, "comm")).trim() };
  }
  return undefined;
}

function read(path: string): string {
  return attempt(() => readFileSync(path, "utf8")) ?? "";
}

function list(path: string): string[] {
  return attempt(() => readdirSync(path)) ?? [];
}

function link(path: string): string {
  return attempt(() => readlinkSync(path)) ?? "";
}

/** Processes end and other users' may not be looked at: what cannot be read is not there. */
function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
