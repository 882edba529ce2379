/**
 * `devtls ca rotate` and what writes certificates, one of them stopped at each of its file calls in
 * turn while the other runs: what is left is one pair that the authority in place signed.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { beforeAll, describe, expect, it } from "vitest";
import { newSandbox, type Sandbox } from "../cli/sandbox.js";
import { environment, LAUNCHER } from "../support/cli.js";
import { list } from "./state.js";

const PRELOAD = join(import.meta.dirname, "stop-at.cjs");
/** More than any command here makes; it ends the search should none be the last. */
const MOST_CALLS = 80;
const AT_ONCE = 3;

const ROTATE = ["ca", "rotate", "--yes"];
const read = (path: string): X509Certificate => new X509Certificate(readFileSync(path));

interface Run {
  readonly child: ChildProcess;
  readonly over: Promise<number | null>;
  /** Settles when the run has said this word, or is over: whether it said it. */
  said(word: string): Promise<boolean>;
  stderr(): string;
}

function start(box: Sandbox, args: readonly string[], stopAt?: number): Run {
  const child = spawn(process.execPath, ["--require", PRELOAD, LAUNCHER, ...args], {
    cwd: box.cwd,
    env: environment({ ...box.env, ...(stopAt && { DEVTLS_STOP_AT: String(stopAt) }) }),
    stdio: ["ignore", "ignore", "pipe"],
  });
  const lines: string[] = [];
  const reader = createInterface({ input: child.stderr as NonNullable<typeof child.stderr> });
  reader.on("line", (line) => lines.push(line));
  const over = once(child, "close").then(([status]) => status as number | null);
  const said = (word: string): Promise<boolean> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (lines.includes(word)) resolve(true);
      };
      reader.on("line", look);
      over.then(() => resolve(lines.includes(word)));
      look();
    });
  return { child, over, said, stderr: () => lines.join("\n") };
}

interface Pair {
  readonly box: Sandbox;
  readonly at: number;
  readonly struck: boolean;
  readonly first: { status: number | null; stderr: string };
  readonly second: { status: number | null; stderr: string };
}

describe.each([
  ["devtls cert, devtls ca rotate meanwhile", ["cert", "localhost"], ROTATE],
  ["devtls ca rotate, devtls cert meanwhile", ROTATE, ["cert", "localhost"]],
  ["devtls ca rotate, devtls renew meanwhile", ROTATE, ["renew"]],
] as const)("Stopped at each call: %s", (_, firstArgs, secondArgs) => {
  let template: Sandbox;
  const pairs: Pair[] = [];

  async function runAt(at: number): Promise<Pair> {
    const box = newSandbox();
    cpSync(template.state, box.state, { recursive: true });
    cpSync(template.cwd, box.cwd, { recursive: true });
    const first = start(box, firstArgs, at);
    const struck = await first.said("stopped");
    const second = start(box, secondArgs);
    // It is over after this, or waits for the first.
    await second.said("waits");
    if (struck) first.child.kill("SIGCONT");
    const [one, two] = await Promise.all([first.over, second.over]);
    return {
      box,
      at,
      struck,
      first: { status: one, stderr: first.stderr() },
      second: { status: two, stderr: second.stderr() },
    };
  }

  beforeAll(async () => {
    template = newSandbox();
    await template.prepare(["cert", "localhost", "--days", "20"]);
    for (let at = 1; at < MOST_CALLS; at += AT_ONCE) {
      const batch = await Promise.all(Array.from({ length: AT_ONCE }, (_, n) => runAt(at + n)));
      pairs.push(...batch.filter(({ struck }) => struck));
      if (!batch.every(({ struck }) => struck)) return;
    }
    throw new Error("no run got to its end");
  }, 240_000);

  it("both end well", () => {
    expect(pairs.length).toBeGreaterThan(8);
    for (const { first, second, at } of pairs) {
      expect(first.status, `call ${at}: ${first.stderr}`).toBe(0);
      expect(second.status, `call ${at}: ${second.stderr}`).toBe(0);
    }
  });

  it("the certificate is of the authority in place, which is the new one", () => {
    const old = read(join(template.state, "rootCA.pem"));
    for (const { box, at } of pairs) {
      const root = read(join(box.state, "rootCA.pem"));
      expect(root.fingerprint256, `call ${at}`).not.toBe(old.fingerprint256);
      const leaf = read(box.path("localhost.pem"));
      expect(leaf.verify(root.publicKey), `call ${at}`).toBe(true);
    }
  });

  it("its key is the one beside it, and nothing else is left", () => {
    for (const { box, at } of pairs) {
      const key = createPrivateKey(readFileSync(box.path("localhost-key.pem")));
      expect(read(box.path("localhost.pem")).checkPrivateKey(key), `call ${at}`).toBe(true);
      expect(list(box.cwd), `call ${at}`).toEqual(["localhost-key.pem", "localhost.pem"]);
      expect(list(box.state), `call ${at}`).toEqual(["rootCA-key.pem", "rootCA.pem"]);
    }
  });
});
