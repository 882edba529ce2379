/** Commands on the real machine: what comes back of them, and that none is waited for without end. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { installHint, thisMachine } from "../../src/trust/machine.js";
import { temporaryFolder } from "../support/cli.js";
import { FakeMachine } from "./fake-machine.js";

const machine = thisMachine();

describe("A command", () => {
  it("comes back with its status and what it printed", async () => {
    expect(await machine.run(["sh", "-c", "echo out; echo err >&2; exit 3"])).toEqual({
      status: 3,
      stdout: "out\n",
      stderr: "err\n",
    });
  });

  it("is given its input, and may leave it unread", async () => {
    const stdin = "x".repeat(1 << 20);
    expect((await machine.run(["wc", "-c"], { stdin })).stdout.trim()).toBe(String(1 << 20));
    expect((await machine.run(["true"], { stdin })).status).toBe(0);
  });

  it("speaks English, and has the variables that it is given", async () => {
    const { stdout } = await machine.run(["sh", "-c", "echo $LC_ALL $MORE"], {
      env: { MORE: "and this" },
    });
    expect(stdout).toBe("C and this\n");
  });

  it("that is not there has no status", async () => {
    const { status, stderr } = await machine.run(["/nonexistent/command"]);
    expect(status).toBeNull();
    expect(stderr).toContain("ENOENT");
  });
});

describe("A command that does not end", () => {
  /** A shell that waits for a child of its own, as git does for its helper. */
  function family(): { argv: string[]; pid: () => number } {
    const file = join(temporaryFolder(), "pid");
    const argv = ["sh", "-c", `sleep 600 & echo $! > ${file}; wait`];
    return { argv, pid: () => Number(readFileSync(file, "latin1")) };
  }

  /** As the kernel tells: one that has ended and that nobody has waited for is dead, too. */
  function isAlive(pid: number): boolean {
    const stat = `/proc/${pid}/stat`;
    return existsSync(stat) && !/\) [ZX] /.test(readFileSync(stat, "latin1"));
  }

  it("is ended after its time, with what it has started", async () => {
    const { argv, pid } = family();
    const { signal } = new AbortController();
    expect(await machine.run(argv, { timeoutMs: 500, signal })).toMatchObject({ status: null });
    expect(isAlive(pid())).toBe(false);
  });

  it("is ended when it is told so, with what it has started", async () => {
    const { argv, pid } = family();
    const end = new AbortController();
    const ended = machine.run(argv, { signal: end.signal });
    await expect.poll(() => pidOrNone(pid)).toBeGreaterThan(0);
    end.abort();
    expect(await ended).toMatchObject({ status: null });
    expect(isAlive(pid())).toBe(false);
  });

  it("is ended although it does not listen to that", async () => {
    const script = "trap '' TERM; while :; do sleep 600; done";
    const { signal } = new AbortController();
    const { status } = await machine.run(["sh", "-c", script], { timeoutMs: 100, signal });
    expect(status).toBeNull();
  });
});

function pidOrNone(pid: () => number): number {
  try {
    return pid();
  } catch {
    return 0;
  }
}

describe("A file", () => {
  it("can be written where it is, or where it would be made", () => {
    const folder = temporaryFolder();
    const file = join(folder, "file");
    writeFileSync(file, "text");
    expect(machine.canWrite(file)).toBe(true);
    expect(machine.canWrite(join(folder, "not/yet/there"))).toBe(true);
  });

  it("that is not there is undefined, as is what a folder would say", () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "inner"));
    expect(machine.read(join(folder, "none"))).toBeUndefined();
    expect(machine.read(join(folder, "inner"))).toBeUndefined();
    expect(machine.readBytes(join(folder, "none"))).toBeUndefined();
    expect(machine.realPath(join(folder, "none"))).toBeUndefined();
    expect(machine.list(join(folder, "none"))).toEqual([]);
    expect(machine.list(folder)).toEqual(["inner"]);
  });
});

describe("A package", () => {
  it("is installed by the package manager that is here, and by none that has no such package", () => {
    const packages = { dnf: "nss-tools", apk: "nss-tools" } as const;
    expect(installHint(new FakeMachine({ commands: ["dnf"] }), packages)).toBe(
      "Install it: dnf install nss-tools",
    );
    expect(installHint(new FakeMachine({ commands: ["apt-get"] }), packages)).toBeUndefined();
  });
});
