/** Colour, and readers that leave early. */
import { execFileSync, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, openSync, readSync, writeSync } from "node:fs";
import type { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { environment, LAUNCHER, runProgram } from "../support/cli.js";
import { describeWith } from "../support/tools.js";
import { newSandbox, type Sandbox } from "./sandbox.js";

const RED = "\x1b[31mdevtls:\x1b[0m could not";
const PLAIN = "devtls: could not";

type Variables = Readonly<Record<string, string | undefined>>;

describe("Without a terminal", () => {
  const cases: readonly (readonly [string, Variables, boolean])[] = [
    ["no colour", { NO_COLOR: undefined }, false],
    ["colour with FORCE_COLOR=1", { NO_COLOR: undefined, FORCE_COLOR: "1" }, true],
    ["no colour with FORCE_COLOR=0", { NO_COLOR: undefined, FORCE_COLOR: "0" }, false],
    ["no colour with both", { NO_COLOR: "1", FORCE_COLOR: "1" }, false],
  ];
  for (const [what, env, coloured] of cases) {
    it(`an error has ${what}`, async () => {
      const { stderr } = await newSandbox().run(["cert", "a..b"], { env });
      expect(stderr.startsWith(coloured ? RED : PLAIN)).toBe(true);
    });
  }

  it("results have colour with FORCE_COLOR=1", async () => {
    const box = newSandbox();
    await box.prepare(["ca", "create"]);
    const env = { NO_COLOR: undefined, FORCE_COLOR: "1" };
    const { stdout } = await box.run(["trust", "--check", "--store", "nss"], { env });
    expect(stdout.split("\x1b").length).toBe(3);
    expect(stdout).toMatch(/^.\[\d+m(?:missing|skipped).\[0m {2}Chromium/);
  });

  it("work that may take longer than a second shows no progress", async () => {
    const box = newSandbox();
    await box.prepare(["ca", "create"]);
    const { stderr } = await box.run(["trust", "--check", "--store", "nss"]);
    expect(stderr).not.toContain("Checking");
  });

  it("JSON never has colour", async () => {
    const box = newSandbox();
    const env = { NO_COLOR: undefined, FORCE_COLOR: "1" };
    const { stdout } = await box.run(["cert", "localhost", "--json"], { env });
    expect(stdout).not.toContain("\x1b");
  });
});

describeWith(["script"], "On a terminal", () => {
  async function onTerminal(env: Variables, command = "cert a..b"): Promise<string> {
    const box = newSandbox();
    await box.prepare(["ca", "create"]);
    const line = `"$NODE" "$LAUNCHER" ${command}`;
    const { stdout } = await runProgram("script", ["-qec", line, "/dev/null"], {
      cwd: box.cwd,
      env: { ...box.env, TERM: "xterm", NODE: process.execPath, LAUNCHER, ...env },
    });
    return stdout;
  }

  it("an error has colour", async () => {
    expect(await onTerminal({ NO_COLOR: undefined })).toContain(RED);
  });

  it("an error has no colour with NO_COLOR", async () => {
    expect(await onTerminal({ NO_COLOR: "1" })).toContain(PLAIN);
  });

  it("work that may take longer than a second shows progress", async () => {
    const text = await onTerminal({ NO_COLOR: "1" }, "trust --check --store nss");
    expect(text).toMatch(/^Checking Chromium\s+\(.*\) …\r\n/);
  });

  it("an error has no colour on a dumb one", async () => {
    expect(await onTerminal({ NO_COLOR: undefined, TERM: "dumb" })).toContain(PLAIN);
  });
});

describe("A reader that leaves before anything is written", () => {
  async function runUnread(box: Sandbox, args: readonly string[], unread: "stdout" | "stderr") {
    const options: SpawnOptions = { cwd: box.cwd, env: environment(box.env), stdio: "pipe" };
    const child = spawn(process.execPath, [LAUNCHER, ...args], options);
    // The process has not even begun: what it writes later finds the pipe closed.
    child[unread]?.destroy();
    let rest = "";
    child[unread === "stdout" ? "stderr" : "stdout"]?.on("data", (data) => {
      rest += data;
    });
    const [status] = await once(child, "close");
    return { status, rest };
  }

  const commands = [
    ["--help"],
    ["cert", "--help"],
    ["--version"],
    ["ca", "export"],
    ["ca", "show"],
    ["ca", "show", "--json"],
  ];
  for (const args of commands) {
    it(`is no error: devtls ${args.join(" ")}`, async () => {
      const box = newSandbox();
      await box.prepare(["ca", "create"]);
      expect(await runUnread(box, args, "stdout")).toEqual({ status: 0, rest: "" });
    });
  }

  it("does not keep a certificate from being written", async () => {
    const box = newSandbox();
    expect((await runUnread(box, ["cert", "localhost"], "stdout")).status).toBe(0);
    await box.prepare(["renew", "localhost.pem", "--within", "825"]);
  });

  it("does not keep results from stdout when it left stderr", async () => {
    const box = newSandbox();
    const { rest } = await runUnread(box, ["cert", "localhost"], "stderr");
    expect(rest).toBe("localhost.pem\nlocalhost-key.pem\n");
  });
});

describeWith(["mkfifo"], "A pipe that is full and does not block", () => {
  const FILLING = Buffer.alloc(65_536, ".");

  /** Its reader has it already; what is written has to wait until the reader reads. */
  function fullPipe(box: Sandbox): number {
    execFileSync("mkfifo", [box.path("pipe")]);
    const pipe = openSync(box.path("pipe"), constants.O_RDWR | constants.O_NONBLOCK);
    expect(writeSync(pipe, FILLING)).toBe(FILLING.length);
    return pipe;
  }

  it("gets everything, in order, when it is read at last", async () => {
    const box = newSandbox();
    const pipe = fullPipe(box);
    // Node makes the standard streams of what it starts blocking; a shell hands them on as they are.
    const line = '"$NODE" "$LAUNCHER" cert localhost --p12 >&3';
    const child = spawn("sh", ["-c", line], {
      cwd: box.cwd,
      env: environment({ ...box.env, NODE: process.execPath, LAUNCHER }),
      stdio: ["ignore", "ignore", "pipe", pipe],
    });
    // The note comes after the results, so all of them are waiting by now.
    await once(child.stderr as Readable, "data");
    const read = Buffer.alloc(FILLING.length);
    expect(readSync(pipe, read)).toBe(FILLING.length);
    expect(await once(child, "close")).toEqual([0, null]);
    const length = readSync(pipe, read);
    closeSync(pipe);
    expect(read.toString("latin1", 0, length)).toBe(
      "localhost.pem\nlocalhost-key.pem\nlocalhost.p12\n",
    );
  });
});
