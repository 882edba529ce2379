/** Programs that run while a test looks at them, and the surroundings they run in. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  environment,
  LAUNCHER,
  type Outcome,
  type RunOptions,
  runProgram,
  type ServeRun,
  serve,
} from "./cli.js";
import { atEnd, folderUntilEnd } from "./end.js";
import { lockSystemStore } from "./system-store.js";

export { atEnd, folderUntilEnd } from "./end.js";

/** Somebody's home folder that nobody else uses, with the state directory of devtls in it. */
export interface Home {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Where the authority's certificate is, once there is one. */
  readonly root: string;
}

export function temporaryHome(): Home {
  const folder = folderUntilEnd("devtls-home-");
  const state = join(folder, "state");
  return {
    folder,
    env: { HOME: folder, DEVTLS_HOME: state, XDG_DATA_HOME: "", XDG_CONFIG_HOME: "" },
    root: join(state, "rootCA.pem"),
  };
}

export interface Running {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** What matches in stdout or stderr, past or future. */
  waitFor(pattern: RegExp): Promise<RegExpExecArray>;
  /** The exit status; null when a signal ended it. */
  readonly exited: Promise<number | null>;
  /** Signals the program and all that it started, as Ctrl-C does, and waits for their end. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** Starts a program; its whole process group ends with the test file at the latest. */
export function start(
  command: string,
  args: readonly string[],
  options: Pick<RunOptions, "cwd" | "env" | "uid"> = {},
): Running {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: environment(options.env),
    ...(options.uid !== undefined && { uid: options.uid, gid: options.uid }),
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { stdout: "", stderr: "" };
  const checks = new Set<() => void>();
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      output[name] += text;
      for (const check of checks) check();
    });
  }
  const exited = once(child, "close").then(([status]) => status as number | null);
  const stop = (signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> => {
    signalGroup(child, signal);
    return exited;
  };
  atEnd(() => stop("SIGKILL"));
  return {
    child,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    exited,
    waitFor: (pattern) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          const found = pattern.exec(output.stdout) ?? pattern.exec(output.stderr);
          if (!found) return;
          checks.delete(check);
          resolve(found);
        };
        checks.add(check);
        void exited.then(() =>
          reject(
            new Error(`${command} ended without ${pattern}: ${output.stdout}${output.stderr}`),
          ),
        );
        check();
      }),
    stop,
  };
}

function signalGroup(leader: ChildProcess, signal: NodeJS.Signals): void {
  try {
    process.kill(-(leader.pid as number), signal);
  } catch {
    // All of it has ended by itself.
  }
}

/** `devtls serve --json` on a free port; it ends with the test file at the latest. */
export async function serveJson(args: readonly string[], home: Home): Promise<ServeRun> {
  const run = await serve(args, { env: home.env });
  atEnd(() => run.stop("SIGKILL"));
  return run;
}

export interface TextServe extends Running {
  readonly url: string;
}

/** `devtls serve` as people start it, ready to answer. */
export async function serveText(args: readonly string[], home: Home): Promise<TextServe> {
  const run = start(process.execPath, [LAUNCHER, "serve", ...args], { env: home.env });
  const [, url] = await run.waitFor(/^(https:\S+) -> \S.*\n/m);
  return { ...run, url: url as string };
}

/** Where a test file waits for its turn on the ports that are devtls's defaults. */
const DEFAULT_PORTS_LOCK = join(tmpdir(), "devtls-default-ports.lock");

/** Runs something while no other test file uses the default ports. */
export async function withDefaultPorts<T>(action: () => Promise<T>): Promise<T> {
  const release = await lockSystemStore(DEFAULT_PORTS_LOCK);
  try {
    return await action();
  } finally {
    release();
  }
}

/** Runs curl without a progress bar. */
export function curl(args: readonly string[], options?: RunOptions): Promise<Outcome> {
  return runProgram("curl", ["--silent", "--show-error", ...args], options);
}

/** Arguments with which curl trusts the authority of this home and nobody else. */
export function trusting(home: Home): string[] {
  return ["--cacert", home.root];
}
