/**
 * The machine as trust stores see it: its files, its commands, its user. Everything goes through
 * here, so that the stores of every system are tested on any system.
 */
import { spawn } from "node:child_process";
import {
  accessSync,
  constants,
  existsSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
} from "node:fs";
import { delimiter, dirname, isAbsolute, join } from "node:path";
import { type Place, thisPlace } from "../paths.js";

export interface RunOptions {
  readonly stdin?: string;
  /** The command may talk to the terminal (sudo asks for a password). */
  readonly terminal?: boolean;
  readonly timeoutMs?: number;
  /** Variables besides those of the user's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Ends the command and all that it has started. */
  readonly signal?: AbortSignal;
}

export interface RunResult {
  /** The exit status; null when it was not started or was ended by a signal. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Machine extends Place {
  readonly isRoot: boolean;
  /** Whether somebody can answer a password prompt. */
  readonly hasTerminal: boolean;
  exists(path: string): boolean;
  /** undefined when it is not there or cannot be read */
  read(path: string): string | undefined;
  /** undefined when it is not there or cannot be read */
  readBytes(path: string): Buffer | undefined;
  /** The path without symbolic links; undefined when there is nothing. */
  realPath(path: string): string | undefined;
  /** Whether this user may write a file, or make it in the nearest folder that is there. */
  canWrite(path: string): boolean;
  /** The names in a folder; none when it is not there. */
  list(path: string): readonly string[];
  /** The full path of a command, given by name or path; undefined when it cannot be run. */
  which(command: string): string | undefined;
  run(argv: readonly string[], options?: RunOptions): Promise<RunResult>;
}

const PACKAGE_MANAGERS = {
  "apt-get": "apt-get install",
  dnf: "dnf install",
  zypper: "zypper install",
  pacman: "pacman -S",
  apk: "apk add",
  brew: "brew install",
} as const;

/** How to install something with the package manager that is here, by its package in each. */
export function installHint(
  machine: Machine,
  packages: Readonly<Partial<Record<keyof typeof PACKAGE_MANAGERS, string>>>,
): string | undefined {
  for (const [manager, command] of Object.entries(PACKAGE_MANAGERS)) {
    const name = packages[manager as keyof typeof PACKAGE_MANAGERS];
    if (name && machine.which(manager)) return `Install it: ${command} ${name}`;
  }
  return undefined;
}

/** update-ca-certificates takes seconds on a slow disk; a keychain prompt waits for a person. */
const DEFAULT_TIMEOUT_MS = 120_000;

/** From the request to end to the end that cannot be refused. */
const GRACE_MS = 2_000;

const SYSTEM_PATHS = ["/usr/sbin", "/sbin", "/usr/local/sbin"];

export function thisMachine(): Machine {
  const place = thisPlace();
  return {
    ...place,
    isRoot: process.getuid?.() === 0,
    hasTerminal: process.stdin.isTTY === true,
    exists: existsSync,
    read: (path) => attempt(() => readFile(path)?.toString("utf8")),
    readBytes: (path) => attempt(() => readFile(path)),
    realPath: (path) => attempt(() => realpathSync(path)),
    canWrite: (path) => isWritable(path),
    list: (path) => attempt(() => readdirSync(path)) ?? [],
    which: (command) => {
      if (isAbsolute(command)) return isExecutable(command) ? command : undefined;
      // The tools of the system administrator are not on every user's PATH.
      const folders = [...(place.env.PATH ?? "").split(delimiter), ...SYSTEM_PATHS];
      const names = place.platform === "win32" ? [command, `${command}.exe`] : [command];
      return folders
        .filter(Boolean)
        .flatMap((folder) => names.map((name) => join(folder, name)))
        .find(isExecutable);
    },
    run,
  };
}

/** Nothing of what is no file: a pipe that is found in a folder would be waited for. */
function readFile(path: string): Buffer | undefined {
  return statSync(path).isFile() ? readFileSync(path) : undefined;
}

function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}

function isExecutable(path: string): boolean {
  return (
    attempt(() => {
      accessSync(path, constants.X_OK);
      return true;
    }) ?? false
  );
}

function isWritable(path: string): boolean {
  if (!existsSync(path)) return dirname(path) !== path && isWritable(dirname(path));
  return (
    attempt(() => {
      accessSync(path, constants.W_OK);
      return true;
    }) ?? false
  );
}

function run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const [command = "", ...rest] = argv;
  // What can be ended early is ended with all that it has started: a helper that is left behind
  // keeps the output open. A command at the terminal has to stay in the terminal's group.
  const ownGroup = options.signal !== undefined && process.platform !== "win32";
  return new Promise((resolve) => {
    const child = spawn(command, rest, {
      // With a terminal, sudo reads the password from it, not from stdin.
      stdio: ["pipe", "pipe", options.terminal ? "inherit" : "pipe"],
      detached: ownGroup,
      // What these tools print is compared and shown: no translation.
      env: { ...process.env, LC_ALL: "C", ...options.env },
    });
    const kill = (signal: NodeJS.Signals): void => {
      if (child.pid === undefined) return;
      // The group is there as long as one of it is.
      if (ownGroup) attempt(() => process.kill(-(child.pid as number), signal));
      else child.kill(signal);
    };
    let grace: NodeJS.Timeout | undefined;
    const end = (): void => {
      kill("SIGTERM");
      grace = setTimeout(kill, GRACE_MS, "SIGKILL");
    };
    const time = setTimeout(end, options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    const done = (status: number | null, more = ""): void => {
      clearTimeout(time);
      clearTimeout(grace);
      options.signal?.removeEventListener("abort", end);
      resolve({ status, stdout, stderr: stderr + more });
    };
    options.signal?.addEventListener("abort", end);
    let stdout = "";
    let stderr = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.on("error", (error) => {
      if (child.pid === undefined) done(null, error.message);
    });
    child.on("close", (status) => done(status));
    // A command that does not read its input closes the pipe.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(options.stdin ?? "");
  });
}
