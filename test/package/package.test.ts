/** What `npm install devtls` gives: complete, typed, and nothing besides. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { PROJECT, runProgram } from "../support/cli.js";
import { folderUntilEnd, temporaryHome } from "../support/programs.js";
import { install, npx, type Packed, pack } from "./installed.js";

const base = folderUntilEnd("devtls-package-");
let packed: Packed;
beforeAll(async () => {
  packed = await pack(base);
});

const tool = (name: string, ...args: string[]) =>
  runProgram(join(PROJECT, "node_modules/.bin", name), args, { cwd: PROJECT });

describe("The packed package", () => {
  it("holds what runs and what describes it", () => {
    const kinds = new Set(packed.files.map((path) => path.replace(/\/.*/, "/")));
    expect([...kinds].sort()).toEqual(
      [
        "CHANGELOG.md",
        "LICENSE",
        "README.md",
        "SECURITY.md",
        "bin/",
        "dist/",
        "package.json",
      ].sort(),
    );
    expect(packed.files).toContain("dist/index.js");
    expect(packed.files).toContain("dist/types/index.d.ts");
    expect(packed.files.filter((path) => /\.test\.|(?<!\.d)\.m?ts$/.test(path))).toEqual([]);
  });

  it("gives publint nothing to say", async () => {
    const { status, stdout } = await tool("publint", packed.tarball, "--strict");
    expect(stdout).not.toMatch(/^(?:Suggestions|Warnings|Errors):/m);
    expect(status).toBe(0);
  });

  it.each([
    ["the library, from CommonJS and ES modules", [".", "--profile", "node16"]],
    // Vite's configuration files are ES modules.
    ["the Vite plugin, from ES modules", ["./vite", "--profile", "esm-only"]],
  ])("resolves with types: %s", async (_what, [entry = "", ...profile]) => {
    const { status, stdout } = await tool(
      "attw",
      ...[packed.tarball, "--entrypoints", entry, ...profile],
    );
    expect(status, stdout).toBe(0);
  });
});

describe("The installed package", () => {
  const folder = join(base, "project");
  const home = temporaryHome();
  beforeAll(() => install(folder, [packed.tarball]), 120_000);

  it("runs by npx in an empty folder", async () => {
    const { stdout } = await npx(folder, ["devtls", "--version"], home.env);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    const cert = await npx(folder, ["devtls", "cert", "localhost", "--json"], home.env);
    expect(JSON.parse(cert.stdout)).toMatchObject({ names: ["localhost"] });
  });

  it.each([
    [
      "an ES module",
      "main.mjs",
      'import { serve, issue, DevtlsError } from "devtls"; import plugin from "devtls/vite"; console.log(typeof serve, typeof issue, typeof DevtlsError, plugin().name);',
    ],
    [
      "CommonJS",
      "main.cjs",
      'const { serve, issue, DevtlsError } = require("devtls"); console.log(typeof serve, typeof issue, typeof DevtlsError, "devtls");',
    ],
  ])("is a library for %s", async (_what, name, code) => {
    writeFileSync(join(folder, name), code);
    const outcome = await runProgram(process.execPath, [name], { cwd: folder });
    expect(outcome).toEqual({
      status: 0,
      stdout: "function function function devtls\n",
      stderr: "",
    });
  });

  it("adds no handler to the process when it is imported", async () => {
    const code =
      'const before = process.eventNames().length; require("devtls"); console.log(process.eventNames().length - before);';
    writeFileSync(join(folder, "quiet.cjs"), code);
    const outcome = await runProgram(process.execPath, ["quiet.cjs"], { cwd: folder });
    expect(outcome).toEqual({ status: 0, stdout: "0\n", stderr: "" });
  });
});
