/**
 * Builds dist/. The two commands that people wait for, `cert` and `serve`, get bundles of their own
 * with their packages inside: finding and compiling those file by file would double what the
 * command adds to Node's own start. Everything else leaves packages where npm put them.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const common = {
  bundle: true,
  platform: "node",
  target: "node20.19",
  minifyWhitespace: true,
  minifySyntax: true,
  logLevel: "warning",
};

await build({
  ...common,
  entryPoints: ["src/cli/main.ts", "src/index.ts"],
  packages: "external",
  outdir: "dist",
  outbase: "src",
});

const inlined = ["commander", "node-forge"];
await build({
  ...common,
  entryPoints: ["src/cli/main-serve.ts"],
  external: ["open", "selfsigned", "node-forge/lib/pbe.js"],
  outdir: "dist/cli",
});
await build({
  ...common,
  entryPoints: ["src/cli/main-cert.ts"],
  external: ["node-forge/lib/pbe.js"],
  // commander asks for it when it is loaded, and node:net and the streams come along; it is used
  // for subcommands that are programs of their own, which devtls has none of.
  alias: { "node:child_process": "./src/cli/no-child-process.ts" },
  outdir: "dist/cli",
});

const licences = inlined.map(
  (name) => `${name}\n\n${readFileSync(`node_modules/${name}/LICENSE`, "utf8")}`,
);
writeFileSync("dist/cli/LICENSES.txt", licences.join(`\n${"-".repeat(72)}\n\n`));
