/** A real server that runs for the time of a capture, as nobody, in a folder of its own. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  accessSync,
  chownSync,
  constants,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
} from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { DevtlsError } from "../../errors.js";

/** nobody and nogroup, on every Linux. */
const NOBODY = 65_534;
/** For a server to end in order before it is killed. */
const GRACE_MS = 2_000;
const LOOK_AGAIN_MS = 20;

export interface ProgramSettings {
  /** The program as errors name it, and where it is. */
  readonly name: string;
  readonly path: string;
  readonly args: readonly string[];
  readonly folder: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Ports it has to listen on. */
  readonly ports: readonly number[];
  /** The built guard program, which ends the server when devtls is gone. */
  readonly guard?: string;
}

export interface RunningProgram {
  stop(): Promise<void>;
}

/** Where a program is, or undefined; servers are often in sbin, which users have not in PATH. */
export function findProgram(name: string, env: NodeJS.ProcessEnv): string | undefined {
  const folders = [...(env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin", "/usr/local/sbin"];
  return folders
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return statSync(path).isFile();
      } catch {
        return false;
      }
    });
}

/** A folder for one run. */
export function makeFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "devtls-edge-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Hands a folder and all that is in it to the account that the server runs as. */
export function handOver(folder: string): void {
  if (process.getuid?.() !== 0) return;
  for (const name of ["", ...(readdirSync(folder, { recursive: true }) as string[])]) {
    chownSync(join(folder, name), NOBODY, NOBODY);
  }
}

/** Who the server runs as: the user, or nobody where that is root. */
function account(): { uid?: number; gid?: number } {
  return process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
}

/** Free ports of 127.0.0.1. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(async (server) => {
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      const address = server.address();
      return typeof address === "object" && address ? address.port : 0;
    }),
  );
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

/**
 * Starts a server and waits until it listens.
 * @throws DevtlsError "command-failed" with what it said where it ends before
 */
export async function startProgram(settings: ProgramSettings): Promise<RunningProgram> {
  const { name, folder, ports } = settings;
  const [command, args] = commandOf(settings);
  const child = spawn(command, args, {
    cwd: folder,
    env: {
      PATH: process.env.PATH ?? "",
      HOME: folder,
      XDG_DATA_HOME: folder,
      XDG_CONFIG_HOME: folder,
      ...settings.env,
    },
    stdio: ["ignore", "pipe", "pipe", settings.guard ? "pipe" : "ignore"],
    detached: true,
    ...(settings.guard ? {} : account()),
  });
  let said = "";
  const listen = (text: Buffer): void => {
    said = `${said}${text}`.slice(-8_000);
  };
  child.stdout?.on("data", listen);
  child.stderr?.on("data", listen);
  child.stdio[3]?.on("error", () => undefined);
  let ended = false;
  const exited = new Promise<void>((resolve) => {
    const end = (): void => {
      ended = true;
      resolve();
    };
    child.once("close", end);
    child.once("error", (error) => {
      said += error.message;
      end();
    });
  });
  const stop = async (): Promise<void> => {
    if (ended) return;
    signal(child.pid, "SIGTERM");
    const killed = setTimeout(() => signal(child.pid, "SIGKILL"), GRACE_MS);
    await exited;
    clearTimeout(killed);
  };
  for (const port of ports) {
    while (!(await accepts(port))) {
      if (ended) throw failed(name, said);
      await delay(LOOK_AGAIN_MS);
    }
  }
  return { stop };
}

/** Through the guard the account is changed by setpriv, as the guard itself has to see devtls's files. */
function commandOf({ path, args, guard }: ProgramSettings): [string, string[]] {
  if (!guard) return [path, [...args]];
  const { uid } = account();
  const as =
    uid === undefined || !findProgram("setpriv", process.env)
      ? []
      : ["setpriv", `--reuid=${uid}`, `--regid=${uid}`, "--clear-groups"];
  return [process.execPath, [guard, ...as, path, ...args]];
}

function signal(pid: number | undefined, name: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, name);
  } catch {
    // It has ended by itself.
  }
}

function failed(name: string, said: string): DevtlsError {
  const lines = said.trim().split("\n");
  const telling = lines.filter((line) => /emerg|error|fatal|alert/i.test(line));
  const cause = (telling.at(-1) ?? lines.at(-1) ?? "").trim() || "it ended without a word";
  return new DevtlsError(
    "command-failed",
    `could not run ${name} with this configuration: ${cause}`,
    {
      hint: "Check the file with the program itself, then run this again",
    },
  );
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

/** Runs a program to its end. */
export function runOnce(
  path: string,
  args: readonly string[],
  folder: string,
): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr, error } = spawnSync(path, [...args], {
    cwd: folder,
    env: {
      PATH: process.env.PATH ?? "",
      HOME: folder,
      XDG_DATA_HOME: folder,
      XDG_CONFIG_HOME: folder,
    },
    encoding: "utf8",
    maxBuffer: 32 * 1024 * 1024,
    ...account(),
  });
  return { status, stdout: stdout ?? "", stderr: stderr || (error?.message ?? "") };
}
