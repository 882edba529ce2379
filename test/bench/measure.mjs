/** Measuring whole processes: rounds in turn, medians, ratios within one run. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { delimiter, join } from "node:path";
import { connect } from "node:tls";

export const PROJECT = join(import.meta.dirname, "../..");
export const LAUNCHER = join(PROJECT, "bin/devtls.js");

/** @param {number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Settings of this machine that lengthen Node's start by reading a file of certificates. */
const TRUST = /^(?:NODE_EXTRA_CA_CERTS|NODE_OPTIONS|SSL_CERT_FILE|SSL_CERT_DIR|npm_.*)$/i;

/** The environment of a fresh machine. @param {Record<string, string>} [extra] */
export function plainEnvironment(extra) {
  const inherited = Object.entries(process.env).filter(([name]) => !TRUST.test(name));
  return { ...Object.fromEntries(inherited), ...extra };
}

/** Where a program is, or undefined. @param {string} program */
export function which(program) {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin"];
  return folders.map((folder) => join(folder, program)).find(existsSync);
}

/**
 * Wall-clock milliseconds of commands that end by themselves. They run in turn, A B C A B C, so
 * that a machine that slows down slows all of them.
 * @param {{ name: string, argv: string[], env?: Record<string, string> }[]} commands
 * @param {{ rounds: number, cwd: string }} options
 * @returns {Map<string, number>} medians by name
 */
export function timeCommands(commands, { rounds, cwd }) {
  /** @type {Map<string, number[]>} */
  const times = new Map(commands.map(({ name }) => [name, []]));
  for (let round = -1; round < rounds; round++) {
    for (const { name, argv, env } of commands) {
      const [program, ...args] = argv;
      const begin = process.hrtime.bigint();
      const { status, stderr } = spawnSync(program, args, {
        cwd,
        env: plainEnvironment(env),
        stdio: ["ignore", "pipe", "pipe"],
      });
      const elapsed = Number(process.hrtime.bigint() - begin) / 1e6;
      if (status !== 0) throw new Error(`${argv.join(" ")} ended with ${status}: ${stderr}`);
      // The first round warms the disk's cache.
      if (round >= 0) times.get(name)?.push(elapsed);
    }
  }
  return new Map([...times].map(([name, values]) => [name, median(values)]));
}

/**
 * Runs a command to its end. @returns what it printed
 * @param {string[]} argv
 * @param {{ cwd: string, env?: Record<string, string> }} options
 */
export function runOnce([program, ...args], { cwd, env }) {
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd,
    env: plainEnvironment(env),
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${stderr}`);
  return stdout;
}

/**
 * Milliseconds from starting a server to the first byte of its first response over TLS.
 * @param {{ name: string, argv: string[], port: number, env?: Record<string, string> }[]} servers
 * @param {{ rounds: number, cwd: string }} options
 */
export async function timeFirstByte(servers, { rounds, cwd }) {
  /** @type {Map<string, number[]>} */
  const times = new Map(servers.map(({ name }) => [name, []]));
  for (let round = -1; round < rounds; round++) {
    for (const { name, argv, port, env } of servers) {
      const begin = process.hrtime.bigint();
      const child = start(argv, { cwd, env });
      await firstByte(port);
      const elapsed = Number(process.hrtime.bigint() - begin) / 1e6;
      await stop(child);
      if (round >= 0) times.get(name)?.push(elapsed);
    }
  }
  return new Map([...times].map(([name, values]) => [name, median(values)]));
}

/**
 * @param {string[]} argv
 * @param {{ cwd?: string, env?: Record<string, string> | undefined }} options
 */
export function start([program, ...args], { cwd, env } = {}) {
  // Apache ends by a signal to its whole process group.
  return spawn(program, args, { cwd, env: plainEnvironment(env), detached: true, stdio: "ignore" });
}

/** @param {import("node:child_process").ChildProcess} child */
export async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

/** Linux counts the time of a process in hundredths of a second (proc(5), sysconf _SC_CLK_TCK). */
const TICK_US = 10_000;

/** Microseconds of processor time that these processes have taken so far. @param {number[]} pids */
export function cpuTime(pids) {
  const ticks = pids.map((pid) => {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return Number(fields[11]) + Number(fields[12]);
  });
  return TICK_US * ticks.reduce((sum, value) => sum + value, 0);
}

/** Asks again and again until a response begins. @param {number} port */
export async function firstByte(port) {
  const deadline = Date.now() + 20_000;
  while (Date.now() < deadline) {
    if (await attempt(port)) return;
  }
  throw new Error(`nothing answered on port ${port}`);
}

/** @param {number} port @returns {Promise<boolean>} */
function attempt(port) {
  return new Promise((resolve) => {
    // The certificate is not what is measured here.
    const socket = connect({
      host: "127.0.0.1",
      port,
      servername: "localhost",
      rejectUnauthorized: false,
    });
    socket.once("secureConnect", () => {
      socket.write(`GET / HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: close\r\n\r\n`);
    });
    socket.once("data", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => setTimeout(() => resolve(false), 2));
  });
}

/** @returns {Promise<number>} */
export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  server.close();
  await once(server, "close");
  return port;
}

/**
 * @param {string[]} head
 * @param {(string | number)[][]} rows
 */
export function markdownTable(head, rows) {
  const line = (/** @type {(string | number)[]} */ cells) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
