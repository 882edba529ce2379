/** Help and version: examples first, on stdout, and everything that helps ends with status 0. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { SUMMARIES } from "../../src/cli/commands.js";
import { PROJECT } from "../support/cli.js";
import { contentsOf, newSandbox } from "./sandbox.js";

const COMMANDS = Object.keys(SUMMARIES);
const CA_COMMANDS = ["create", "show", "path", "export", "import", "rotate", "delete"].map(
  (name) => `ca ${name}`,
);

describe("Help", () => {
  for (const command of ["", ...COMMANDS, ...CA_COMMANDS]) {
    it.concurrent(`begins with examples, then options: devtls ${command} --help`, async () => {
      const words = command.split(" ").filter(Boolean);
      const { status, stdout, stderr } = await newSandbox().run([...words, "--help"]);
      const example = `  devtls ${command}`.trimEnd();
      expect(stdout.startsWith(`Examples:\n${example}`), stdout).toBe(true);
      expect(stdout.indexOf("\nOptions:\n")).toBeGreaterThan(0);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    });
  }

  it("lists every command with what it does", async () => {
    const { stdout } = await newSandbox().run(["--help"]);
    const [, list = ""] = stdout.split("Commands:\n");
    const lines = list.trimEnd().split("\n");
    expect(lines.map((line) => line.trim().split(/ {2,}/)[0])).toEqual(COMMANDS);
    for (const line of lines) expect(line).toMatch(/^ {2}[a-z]+ {2,}[a-z]/);
  });

  it("lists the commands of devtls ca and no other", async () => {
    const { stdout } = await newSandbox().run(["ca", "--help"]);
    const [, list = ""] = stdout.split("Commands:\n");
    const names = [...list.matchAll(/^ {2}([a-z]+)/gm)].map((match) => `ca ${match[1]}`);
    expect(names).toEqual(CA_COMMANDS);
  });

  it("is printed to stderr with status 2 when there is no command", async () => {
    const { status, stdout, stderr } = await newSandbox().run([]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^Examples:\n/);
  });

  it("names every option of the contract for devtls cert", async () => {
    const { stdout } = await newSandbox().run(["cert", "--help"]);
    const options = [...stdout.matchAll(/^ {2}(?:-h, )?(--[a-z0-9-]+)/gm)].map((match) => match[1]);
    expect(options).toEqual([
      ...["--cert-file", "--key-file", "--p12-file", "--out-dir", "--days", "--rsa", "--client"],
      ...["--csr", "--p12", "--p12-password", "--fullchain", "--json", "--help"],
    ]);
  });

  it("says what cookies and HSTS of devtls serve can be", async () => {
    const { stdout } = await newSandbox().run(["serve", "--help"]);
    const text = stdout.replace(/\s+/g, " ");
    expect(text).toMatch(/--cookies <mode> strict: .* secure: .* insecure: .* \(default: pass\)/);
    expect(text).toMatch(/--hsts <mode> Strict-Transport-Security: .* \(default: strip\)/);
  });

  it("makes nothing", async () => {
    const box = newSandbox();
    for (const command of COMMANDS) await box.run([command, "--help"]);
    expect(
      [box.state, box.home, box.cwd].flatMap((folder) => Object.keys(contentsOf(folder))),
    ).toEqual([".", "."]);
  });

  it("is given for -h too", async () => {
    const box = newSandbox();
    const [short, long] = await Promise.all([box.run(["cert", "-h"]), box.run(["cert", "--help"])]);
    expect(short).toEqual(long);
  });
});

describe("devtls --version", () => {
  it("prints the version of the package and nothing else", async () => {
    const { version } = JSON.parse(readFileSync(join(PROJECT, "package.json"), "utf8"));
    const outcome = await newSandbox().run(["--version"]);
    expect(outcome).toEqual({ status: 0, stdout: `${version}\n`, stderr: "" });
  });
});
