/** Starting a dev server, finding its port, and ending it with everything that it started. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { DevtlsError } from "../errors.js";
import { listeningPorts, processTree, signalAll, writtenBy } from "./processes.js";

/** A dev server takes its time to compile; looking is cheap. */
const LOOK_AGAIN_MS = 100;
/** Nothing written for so long is silence; looked for during half a minute. */
const SILENCE_MS = 1_000;
const SILENCE_LOOKS = 30;
/** Longer than a local server takes to accept; one that does not is asked again. */
const ANSWER_MS = 1_000;

/** Node's inspector listens there while a debugger is attached, and speaks HTTP (`--inspect`). */
const INSPECTOR = { from: 9229, to: 9239 };

export interface DevServerOptions {
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** Where it runs; here unless told otherwise. */
  readonly cwd: string | undefined;
  /** The port that it is told to use. */
  readonly port: number | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where what it prints goes: on as it is, or to stderr when stdout is somebody else's. */
  readonly stdout: "stdout" | "stderr" | ((chunk: Buffer) => void);
  /** The built guard program. */
  readonly guard: string;
}

export interface DevServer {
  /** The exit status, as a shell would give it: 128 and the number of the signal that ended it. */
  readonly exited: Promise<number>;
  /** Why it could not be started ("ENOENT"), when it could not. */
  failure(): string | undefined;
  /**
   * Waits until it listens, on the port it was told or on any where it speaks HTTP.
   * @returns undefined when it ended before
   */
  findPort(): Promise<number | undefined>;
  /**
   * Waits until something listens at this place.
   * @param onOther told once of a port where it speaks HTTP meanwhile
   * @returns false when it ended before
   */
  listensAt(place: Place, onOther: (port: number) => void): Promise<boolean>;
  /**
   * Waits until it has written something and then nothing for a moment, as after what a dev server
   * says of itself when it is ready.
   * @returns false when that does not come within half a minute, or it ended before
   */
  fellSilent(): Promise<boolean>;
  /** Passes a signal on to every process of it. */
  signal(signal: NodeJS.Signals): void;
  /** Ends every process of it at once. */
  kill(): void;
}

/** A host with a port, or the path of a socket. */
export type Place = { readonly host: string; readonly port: number } | { readonly path: string };

const STDOUT = { stdout: "inherit", stderr: 2, seen: "pipe" } as const;

/** A command with its port where `{port}` stands. */
export function withPort(command: readonly string[], port: number | undefined): string[] {
  return command.map((word) =>
    port === undefined ? word : word.replaceAll("{port}", String(port)),
  );
}

/** Starts it. A program that is not there shows in {@link DevServer.failure} once it exited. */
export function startDevServer(options: DevServerOptions): DevServer {
  const { command, port, stdout } = options;
  const child = spawn(process.execPath, [options.guard, ...command], {
    // A session of its own: Ctrl-C comes to devtls first, which passes it on, once.
    detached: true,
    cwd: options.cwd,
    stdio: ["inherit", STDOUT[typeof stdout === "string" ? stdout : "seen"], "inherit", "pipe"],
    env: options.env,
  });
  const pid = child.pid as number;
  if (typeof stdout !== "string") child.stdout?.on("data", stdout);
  let failure = "";
  const pipe = child.stdio[3] as NodeJS.ReadableStream;
  pipe.setEncoding("utf8");
  pipe.on("data", (text: string) => {
    failure += text;
  });
  pipe.on("error", () => undefined);
  let running = true;
  const exited = once(child, "close").then(([code, signal]) => {
    running = false;
    // Nobody is left to end them when the guard itself was killed.
    if (signal) signalAll(processTree(pid), "SIGKILL");
    return (code as number | null) ?? 137;
  });
  return {
    exited,
    failure: () => failure || undefined,
    fellSilent: async () => {
      const before = writtenBy(processTree(pid));
      let last = before;
      for (let look = 0; running && look < SILENCE_LOOKS; look++) {
        await Promise.race([exited, later(SILENCE_MS)]);
        const now = writtenBy(processTree(pid));
        if (running && now === last && now !== before) return true;
        last = now;
      }
      return false;
    },
    signal: (signal) => signalAll([pid], signal),
    kill: () => {
      if (running) signalAll(processTree(pid), "SIGKILL");
    },
    findPort: async () => {
      while (running) {
        const found = await openPort(pid, port);
        if (found !== undefined) return found;
        await Promise.race([exited, later(LOOK_AGAIN_MS)]);
      }
      return undefined;
    },
    listensAt: async (place, onOther) => {
      let told = false;
      while (running) {
        if (await accepts(place)) return true;
        const other = told ? undefined : await openPort(pid, undefined);
        if (other !== undefined) {
          told = true;
          onOther(other);
        }
        await Promise.race([exited, later(LOOK_AGAIN_MS)]);
      }
      return false;
    },
  };
}

/** The expected port when something answers there, else a port of the tree that speaks HTTP. */
async function openPort(root: number, expected: number | undefined): Promise<number | undefined> {
  const ports = listeningPorts(processTree(root));
  if (expected !== undefined && (await onLoopback(expected, undefined))) return expected;
  for (const port of ports) {
    const inspects = port >= INSPECTOR.from && port <= INSPECTOR.to;
    if (!inspects && (await speaksHttp(port))) return port;
  }
  return undefined;
}

function later(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Whether something accepts connections there. */
function accepts(place: Place): Promise<boolean> {
  // What is on this machine may listen on one loopback address only.
  return "port" in place && isLoopback(place.host)
    ? onLoopback(place.port, undefined)
    : talk(place, undefined);
}

/** "localhost", 127.0.0.0/8 and ::1. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\./.test(host);
}

/**
 * Hot reload, debuggers and databases listen, too. HEAD has no effects (RFC 9110 9.2.1), and the
 * first bytes of the answer are enough.
 */
function speaksHttp(port: number): Promise<boolean> {
  const head = `HEAD / HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: close\r\n\r\n`;
  return onLoopback(port, head);
}

async function onLoopback(port: number, request: string | undefined): Promise<boolean> {
  const hosts = ["127.0.0.1", "::1"];
  const answers = await Promise.all(hosts.map((host) => talk({ host, port }, request)));
  return answers.includes(true);
}

/** Whether the other side accepts, and answers a request in HTTP when there is one. */
function talk(place: Place, request: string | undefined): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(place);
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(ANSWER_MS, () => end(false));
    socket.once("error", () => end(false));
    socket.once("close", () => end(false));
    socket.once("connect", () => {
      if (request === undefined) end(true);
      else socket.write(request);
    });
    socket.once("data", (data) => end(data.toString("latin1").startsWith("HTTP/")));
  });
}

export interface ReservedPort {
  readonly port: number;
  /** Frees it for the program that it is for. Again, it does nothing. */
  release(): Promise<void>;
}

/** Takes a port that nobody uses, nor is going to. @param taken ports for others */
export async function reservePort(taken: readonly number[]): Promise<ReservedPort> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const release = async (): Promise<void> => {
    if (!server.listening) return;
    server.close();
    await once(server, "close");
  };
  if (!taken.includes(port)) return { port, release };
  const other = await reservePort(taken);
  await release();
  return other;
}

/** What keeps a command from starting, in words. */
export function startFailure(command: readonly string[], cause: string): DevtlsError {
  const [program = ""] = command;
  return new DevtlsError(
    "command-failed",
    `could not start ${program}: ${cause === "ENOENT" ? "no such program" : cause}`,
    { hint: `Run it by itself first: ${command.join(" ")}` },
  );
}
