/** What a run loads: cold start is a feature, and every file and module that is loaded costs. */
import { readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { build } from "esbuild";
import { beforeAll, describe, expect, it } from "vitest";
import { PROJECT, runProgram } from "../support/cli.js";
import { newSandbox, type Sandbox } from "./sandbox.js";

const HOOK = join(import.meta.dirname, "fixtures/record-modules.cjs");

/**
 * What `devtls cert` must not pay for, as process.moduleLoadList names it. Streams are not among it:
 * node:crypto needs them.
 */
const COSTLY = /^(?:_?https?|_?http_|http2|_?tls|net|tty|dns|readline|worker_threads|zlib)\b/;

interface Loaded {
  /** Paths in the project, with "/". */
  readonly files: readonly string[];
  /** Node's own modules that the run loaded, those of its start among them. */
  readonly builtins: readonly string[];
}

async function load(box: Sandbox, args: readonly string[]): Promise<Loaded> {
  const record = box.path("loaded.json");
  const launcher = join(PROJECT, "bin/devtls.js");
  const outcome = await runProgram(process.execPath, ["--require", HOOK, launcher, ...args], {
    cwd: box.cwd,
    env: { ...box.env, NODE_OPTIONS: undefined, DEVTLS_TEST_RECORD: record },
  });
  expect(outcome.status, outcome.stderr).toBe(0);
  const { files, builtins } = JSON.parse(readFileSync(record, "utf8")) as Loaded;
  return {
    files: files.filter((path) => path !== HOOK).map(inProject),
    builtins: builtins
      .filter((name) => name.startsWith("NativeModule "))
      .map((name) => name.slice("NativeModule ".length)),
  };
}

function inProject(path: string): string {
  return relative(PROJECT, path).split(sep).join("/");
}

function packageOf(path: string): string | undefined {
  return /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
}

describe("devtls cert localhost", () => {
  let loaded: Loaded;
  beforeAll(async () => {
    loaded = await load(newSandbox(), ["cert", "localhost"]);
  });

  // The launcher runs the bundle itself, as what it compiled before.
  it("loads no file beside the launcher and its own bundle", () => {
    expect(loaded.files).toEqual(["bin/devtls.js"]);
  });

  it("does not load Node's HTTP, TLS or sockets", () => {
    expect(loaded.builtins).toContain("crypto");
    expect(loaded.builtins.filter((name) => COSTLY.test(name))).toEqual([]);
  });

  it("loads the encryption of PKCS#12 with --p12 only", async () => {
    const { files } = await load(newSandbox(), ["cert", "localhost", "--p12"]);
    const more = files.filter((path) => !loaded.files.includes(path));
    expect(more).toContain("node_modules/node-forge/lib/pbe.js");
    expect([...new Set(more.map(packageOf))]).toEqual(["node-forge"]);
  });
});

describe("The bundle of devtls cert", () => {
  let inputs: readonly string[];
  beforeAll(async () => {
    const { metafile } = await build({
      entryPoints: [join(PROJECT, "src/cli/main-cert.ts")],
      absWorkingDir: PROJECT,
      bundle: true,
      platform: "node",
      metafile: true,
      write: false,
      external: ["node-forge/lib/pbe.js"],
    });
    inputs = Object.keys(metafile.inputs);
  });

  it("holds commander and the encoder of node-forge, and no other package", () => {
    const packages = inputs.map(packageOf).filter((name) => name !== undefined);
    expect([...new Set(packages)].sort()).toEqual(["commander", "node-forge"]);
    const forge = inputs.filter((path) => packageOf(path) === "node-forge").sort();
    // lib/asn1 requires the other four.
    const names = ["asn1", "baseN", "forge", "oids", "util"];
    expect(forge).toEqual(names.map((name) => `node_modules/node-forge/lib/${name}.js`));
  });

  it("holds nothing of the proxy, the edges, the trust stores, the diagnosis or the demo", () => {
    const folders = inputs.map((path) => /^src\/([^/]+)\//.exec(path)?.[1]);
    expect([...new Set(folders.filter(Boolean))].sort()).toEqual(["ca", "cli", "x509"]);
    expect(inputs).not.toContain("src/serve.ts");
  });
});

describe("A command that serves nothing", () => {
  for (const args of [["--help"], ["--version"], ["ca", "create"], ["ca", "path"], ["renew"]]) {
    it(`loads no package but commander and node-forge: devtls ${args.join(" ")}`, async () => {
      const box = newSandbox();
      if (args[0] === "renew") await box.prepare(["ca", "create"]);
      const { files } = await load(box, args);
      const packages = new Set(files.map(packageOf).filter((name) => name !== undefined));
      expect([...packages].filter((name) => !["commander", "node-forge"].includes(name))).toEqual(
        [],
      );
    });

    it(`loads neither HTTP nor TLS: devtls ${args.join(" ")}`, async () => {
      const box = newSandbox();
      if (args[0] === "renew") await box.prepare(["ca", "create"]);
      const { builtins } = await load(box, args);
      expect(builtins.filter((name) => /^(?:_?https?|_?http_|http2|_?tls)\b/.test(name))).toEqual(
        [],
      );
    });
  }
});

describe("devtls serve --help", () => {
  it("does not load the package that opens a browser", async () => {
    const { files } = await load(newSandbox(), ["serve", "--help"]);
    expect(files.filter((path) => packageOf(path) === "open")).toEqual([]);
  });
});
