/** Processes that a dev server started, and the ports they listen on. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  readonly session: number;
}

/**
 * The process with this id, everything below it, and everything in its session: a process whose
 * parent is gone is still in the session that it was started in.
 * @returns process ids that run now
 */
export function processTree(root: number): number[] {
  const rows = process.platform === "linux" ? rowsOfProc() : rowsOfPs();
  const tree = new Set(rows.filter(({ session }) => session === root).map(({ pid }) => pid));
  tree.add(root);
  for (let size = 0; size !== tree.size; ) {
    size = tree.size;
    for (const { pid, parent } of rows) if (tree.has(parent)) tree.add(pid);
  }
  return rows.map(({ pid }) => pid).filter((pid) => tree.has(pid));
}

/** Sends a signal to processes; those that are gone do not matter. */
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It ended in the meantime.
    }
  }
}

function rowsOfProc(): ProcessRow[] {
  return processIds().flatMap((pid) => {
    // The name stands in parentheses and may hold anything (proc(5), /proc/pid/stat).
    const text = readProc(`/proc/${pid}/stat`);
    const [state, parent, , session] = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return state === undefined || state === "" || state === "Z"
      ? []
      : [{ pid, parent: Number(parent), session: Number(session) }];
  });
}

function rowsOfPs(): ProcessRow[] {
  const text = execFileSync("ps", ["-A", "-o", "pid=,ppid=,pgid=,stat="], { encoding: "utf8" });
  return text
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state]) => !state?.startsWith("Z"))
    .map(([pid, parent, group]) => ({
      pid: Number(pid),
      parent: Number(parent),
      session: Number(group),
    }));
}

function processIds(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** "" for what is gone or belongs to somebody else. */
function readProc(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

/** TCP ports that these processes listen on, lowest first. */
export function listeningPorts(pids: readonly number[]): number[] {
  const ports = process.platform === "linux" ? portsOfProc(pids) : portsOfLsof(pids);
  return [...new Set(ports)].sort((a, b) => a - b);
}

function portsOfProc(pids: readonly number[]): number[] {
  const sockets = new Set(pids.flatMap(socketsOf));
  const tables = readProc("/proc/self/net/tcp") + readProc("/proc/self/net/tcp6");
  return tables.split("\n").flatMap((line) => {
    // sl local_address rem_address st … inode (proc(5), /proc/net/tcp); 0A is LISTEN.
    const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
    const listens = state === "0A" && inode !== undefined && sockets.has(inode);
    return listens ? [Number.parseInt(local?.split(":")[1] ?? "", 16)] : [];
  });
}

function socketsOf(pid: number): string[] {
  let names: string[];
  try {
    names = readdirSync(`/proc/${pid}/fd`);
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${name}`))?.[1];
      return inode === undefined ? [] : [inode];
    } catch {
      return [];
    }
  });
}

function portsOfLsof(pids: readonly number[]): number[] {
  const args = ["-nP", "-a", "-iTCP", "-sTCP:LISTEN", "-Fn", "-p", pids.join(",")];
  try {
    const text = execFileSync("lsof", args, {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    return [...text.matchAll(/^n.*:(\d+)$/gm)].map(([, port]) => Number(port));
  } catch {
    // It exits with 1 when there are none.
    return [];
  }
}

/**
 * Octets that these processes have written so far, wherever to (proc(5), /proc/pid/io); 0 where the
 * system does not say.
 */
export function writtenBy(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const count = /^wchar: (\d+)$/m.exec(readProc(`/proc/${pid}/io`))?.[1];
    return sum + Number(count ?? 0);
  }, 0);
}
