/** What V8 compiled of a bundle is kept beside it, and is never what decides whether a command works. */
import {
  chmodSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { beforeEach, describe, expect, it } from "vitest";
import { type Outcome, PROJECT, runProgram, temporaryFolder } from "../support/cli.js";

let folder: string;
let kept: string;

/** The parts of the package that `devtls cert` needs, in a folder of their own. */
beforeEach(() => {
  folder = temporaryFolder();
  for (const part of ["package.json", "bin", "dist/cli/main-cert.js"]) {
    cpSync(join(PROJECT, part), join(folder, part), { recursive: true });
  }
  kept = join(folder, "dist/cli/main-cert.js.compiled");
});

async function cert(env: Record<string, string> = {}): Promise<Outcome> {
  const state = join(temporaryFolder(), "state");
  return await runProgram(process.execPath, [join(folder, "bin/devtls.js"), "cert", "localhost"], {
    cwd: temporaryFolder(),
    env: { NODE_OPTIONS: undefined, DEVTLS_HOME: state, ...env },
  });
}

describe("The compiled code of devtls cert", () => {
  it("is kept by the first run, added to by the next ones and left as it is from the fifth on", async () => {
    const states: unknown[] = [];
    for (let run = 1; run <= 6; run++) {
      expect((await cert()).status).toBe(0);
      const { ino, mtimeMs } = statSync(kept);
      states.push([ino, mtimeMs]);
    }
    expect(new Set(states.map(String)).size).toBe(4);
    expect(states.slice(3)).toEqual([states[3], states[3], states[3]]);
    expect(readdirSync(join(folder, "dist/cli")).sort()).toEqual([
      "main-cert.js",
      "main-cert.js.compiled",
    ]);
  });

  it("has in it what a run needs that came after --help", async () => {
    await runProgram(process.execPath, [join(folder, "bin/devtls.js"), "cert", "--help"]);
    const { size } = statSync(kept);
    await cert();
    expect(statSync(kept).size).toBeGreaterThan(size * 1.1);
  });

  it("is written by its owner alone, whatever the umask: who may write it has their code run", async () => {
    const script = `umask 0; exec "$@"`;
    const command = [process.execPath, join(folder, "bin/devtls.js"), "cert", "localhost"];
    const { status } = await runProgram("sh", ["-c", script, "sh", ...command], {
      cwd: temporaryFolder(),
      env: { NODE_OPTIONS: undefined, DEVTLS_HOME: join(temporaryFolder(), "state") },
    });
    expect(status).toBe(0);
    expect(statSync(kept).mode & 0o777).toBe(0o644);
  });

  it.each([
    ["damaged in the middle", (whole: Buffer) => flipped(whole, whole.length >> 1)],
    ["damaged in its digest", (whole: Buffer) => flipped(whole, 3)],
    ["cut off", (whole: Buffer) => whole.subarray(0, 1000)],
    ["shorter than a digest", (whole: Buffer) => whole.subarray(0, 7)],
    ["empty", () => Buffer.alloc(0)],
  ])("is made again when it is %s", async (_, damage) => {
    await cert();
    const whole = readFileSync(kept);
    writeFileSync(kept, damage(whole));
    const outcome = await cert();
    expect(outcome).toMatchObject({ status: 0, stderr: expect.not.stringContaining("rror") });
    // It counts its runs anew.
    expect(readFileSync(kept)[32]).toBe(1);
    await cert();
    expect(readFileSync(kept)[32]).toBe(2);
  });

  it("is not used for another bundle of the same length", async () => {
    await cert();
    const bundle = join(folder, "dist/cli/main-cert.js");
    const source = readFileSync(bundle, "latin1");
    writeFileSync(bundle, source.replaceAll("valid until", "holds until"), "latin1");
    expect((await cert()).stderr).toContain("holds until");
  });

  it.skipIf(process.getuid?.() !== 0)("is not missed by who may not write it", async () => {
    const home = temporaryFolder();
    chmodSync(folder, 0o755);
    chmodSync(home, 0o777);
    const outcome = await runProgram(
      process.execPath,
      [join(folder, "bin/devtls.js"), "cert", "localhost"],
      { cwd: home, env: { NODE_OPTIONS: undefined, DEVTLS_HOME: join(home, "state") }, uid: 65534 },
    );
    expect(outcome.status, outcome.stderr).toBe(0);
    expect(readdirSync(join(folder, "dist/cli"))).toEqual(["main-cert.js"]);
  });

  it("is neither kept nor read with NODE_DISABLE_COMPILE_CACHE", async () => {
    const off = { NODE_DISABLE_COMPILE_CACHE: "1" };
    expect((await cert(off)).status).toBe(0);
    expect(existsSync(kept)).toBe(false);
  });

  it("is made by runs at the same time, and whole", async () => {
    const outcomes = await Promise.all([cert(), cert(), cert(), cert()]);
    expect(outcomes.map(({ status }) => status)).toEqual([0, 0, 0, 0]);
    expect(readdirSync(join(folder, "dist/cli")).sort()).toEqual([
      "main-cert.js",
      "main-cert.js.compiled",
    ]);
    expect(readFileSync(kept)[32]).toBeLessThanOrEqual(4);
    const before = readFileSync(kept)[32] as number;
    await cert();
    expect(readFileSync(kept)[32]).toBe(Math.min(before + 1, 4));
  });
});

// Code that V8 kept cannot do that (nodejs/node#43663).
it.each(["main.js", "main-cert.js", "main-serve.js"])(
  "%s imports nothing when it runs",
  async (name) => {
    const { metafile } = await build({
      entryPoints: [join(PROJECT, "dist/cli", name)],
      bundle: true,
      packages: "external",
      external: ["*"],
      platform: "node",
      metafile: true,
      write: false,
    });
    const imports = Object.values(metafile.outputs).flatMap(({ imports }) => imports);
    expect(imports.length).toBeGreaterThan(3);
    expect(imports.filter(({ kind }) => kind === "dynamic-import")).toEqual([]);
  },
);

function flipped(whole: Buffer, at: number): Buffer {
  const copy = Buffer.from(whole);
  copy.writeUInt8(copy.readUInt8(at) ^ 0xff, at);
  return copy;
}
