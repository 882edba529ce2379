/** The built command line, run as a user runs it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

export { folderUntilEnd as temporaryFolder } from "./end.js";

export const PROJECT = join(import.meta.dirname, "../..");
export const LAUNCHER = join(PROJECT, "bin/devtls.js");

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
  readonly uid?: number;
}

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs any program to its end. Variables that are "" or undefined are not passed on. */
export async function runProgram(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Outcome> {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: environment(options.env),
    ...(options.uid !== undefined && { uid: options.uid, gid: options.uid }),
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  child.stdin.on("error", () => undefined); // it may end without reading
  child.stdin.end(options.input ?? "");
  const [status] = (await once(child, "close")) as [number | null];
  return { status, stdout, stderr };
}

export function environment(
  extra: Readonly<Record<string, string | undefined>> = {},
): Record<string, string> {
  const merged = { ...process.env, NO_COLOR: "1", ...extra };
  return Object.fromEntries(
    Object.entries(merged).filter((entry): entry is [string, string] => Boolean(entry[1])),
  );
}

/** Runs `devtls` to its end. */
export function devtls(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  return runProgram(process.execPath, [LAUNCHER, ...args], options);
}

/** A running `devtls serve --json`, its events in the order they came. */
export interface ServeRun {
  readonly child: ChildProcess;
  readonly url: string;
  readonly port: number;
  readonly events: readonly ServeEvent[];
  readonly stderr: () => string;
  /** The first event that fits, past or future. */
  waitFor(test: (event: ServeEvent) => boolean): Promise<ServeEvent>;
  /** Ends it with a signal. @returns the exit status */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

// biome-ignore lint/suspicious/noExplicitAny: events differ by kind, and tests assert their fields
export type ServeEvent = { readonly event: string } & Readonly<Record<string, any>>;

/** Starts `devtls serve` on a free port and waits until it is ready. */
export async function serve(args: readonly string[], options: RunOptions = {}): Promise<ServeRun> {
  const port = await freePort();
  const child = spawn(
    process.execPath,
    [LAUNCHER, "serve", "--port", String(port), "--json", ...args],
    { cwd: options.cwd, env: environment(options.env), stdio: ["ignore", "pipe", "pipe"] },
  );
  const events: ServeEvent[] = [];
  const waiting = new Set<() => void>();
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  createInterface({ input: child.stdout }).on("line", (line) => {
    events.push(JSON.parse(line));
    for (const check of waiting) check();
  });
  const exited = once(child, "close");
  const waitFor = (test: (event: ServeEvent) => boolean): Promise<ServeEvent> =>
    new Promise((resolve, reject) => {
      const check = (): void => {
        const found = events.find(test);
        if (!found) return;
        waiting.delete(check);
        resolve(found);
      };
      waiting.add(check);
      void exited.then(() => reject(new Error(`devtls serve ended: ${stderr}`)));
      check();
    });
  const ready = await waitFor((event) => event.event === "listening");
  return {
    child,
    url: ready.url,
    port,
    events,
    stderr: () => stderr,
    waitFor,
    stop: async (signal = "SIGTERM") => {
      child.kill(signal);
      const [status] = (await exited) as [number | null];
      return status;
    },
  };
}

/** A port that nothing listens on, on either loopback address, at the moment. */
export async function freePort(): Promise<number> {
  const { createServer } = await import("node:net");
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no address");
  return address.port;
}
