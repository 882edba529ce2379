#!/usr/bin/env node

const { createHash } = require("node:crypto");
const { readFileSync, renameSync, rmSync, writeFileSync } = require("node:fs");
const { createRequire, Module } = require("node:module");
const { dirname, join } = require("node:path");
const { Script } = require("node:vm");

const DIGEST_OCTETS = 32;

/** A run compiles what it needs: --help does little of it. What later runs add is kept, too. */
const ADDING_RUNS = 4;

// The commands that people wait for have bundles of their own; see src/cli/main-cert.ts.
const own = ["cert", "serve"].includes(process.argv[2]);
run(join(__dirname, "../dist/cli", own ? `main-${process.argv[2]}.js` : "main.js"));

/**
 * Runs a bundle like `require`, with what V8 compiled of it in an earlier run: compiling anew is a
 * third of what devtls adds to Node's own start. The compiled code lies beside the bundle, so that
 * only who can write the bundle can write it, and it goes with the bundle when npm removes the
 * package. As Node's own cache (`module.enableCompileCache`, from Node 22.1 on) it can be switched
 * off by NODE_DISABLE_COMPILE_CACHE.
 */
function run(bundle) {
  const source = readFileSync(bundle);
  const path = `${bundle}.compiled`;
  const isOff = process.env.NODE_DISABLE_COMPILE_CACHE;
  const { runs, cachedData } = (!isOff && read(path, source)) || { runs: 0 };
  const head = "(function (exports, require, module, __filename, __dirname) { ";
  // esbuild writes ASCII.
  const script = new Script(`${head}${source.latin1Slice()}\n})`, {
    filename: bundle,
    columnOffset: -head.length,
    cachedData,
  });
  const loaded = new Module(bundle);
  const load = createRequire(bundle);
  script.runInThisContext()(loaded.exports, load, loaded, bundle, dirname(bundle));
  // V8 itself refuses what a V8 of another version, or with other flags, has compiled.
  const before = cachedData === undefined || script.cachedDataRejected ? 0 : runs;
  if (!isOff && before < ADDING_RUNS) keep(script, path, source, before + 1);
}

/** The digest of a bundle and of what was compiled of it: V8 would run damaged code. */
function digestOf(source, runs, compiled) {
  return createHash("sha256").update(source).update(runs).update(compiled).digest();
}

/** What was compiled of exactly this bundle, and in how many runs; or undefined. */
function read(path, source) {
  let file;
  try {
    file = readFileSync(path);
  } catch {
    return undefined;
  }
  const digest = file.subarray(0, DIGEST_OCTETS);
  const runs = file.subarray(DIGEST_OCTETS, DIGEST_OCTETS + 1);
  const cachedData = file.subarray(DIGEST_OCTETS + 1);
  if (!digestOf(source, runs, cachedData).equals(digest)) return undefined;
  return { runs: runs[0], cachedData };
}

/**
 * Written when the start is over, as V8 forgets code that has not run for a while, or when the
 * command ends before. Who may not write here compiles again in the next run.
 */
function keep(script, path, source, runs) {
  const write = () => {
    clearTimeout(timer);
    process.off("exit", write);
    const temporary = `${path}.${process.pid}`;
    try {
      const compiled = script.createCachedData();
      // Not by the umask: who may write it has their code run.
      const count = Buffer.of(runs);
      const digest = digestOf(source, count, compiled);
      writeFileSync(temporary, Buffer.concat([digest, count]), { flag: "wx", mode: 0o644 });
      writeFileSync(temporary, compiled, { flag: "a" });
      renameSync(temporary, path);
    } catch {
      rmSync(temporary, { force: true });
    }
  };
  const timer = setTimeout(write, 2000).unref();
  process.on("exit", write);
}
