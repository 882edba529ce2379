/**
 * Builds dist/. The two commands that people wait for, `cert` and `serve`, get bundles of their own
 * with their packages inside: finding and compiling those file by file would double what the
 * command adds to Node's own start. Everything else leaves packages where npm put them.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { build } from "esbuild";

const { dependencies } = JSON.parse(readFileSync("package.json", "utf8"));

const library = {
  bundle: true,
  platform: "node",
  target: "node20.19",
  logLevel: "warning",
};
// Commands print their errors themselves. An error that a program does not catch is printed by Node
// with its line of code, so that the library keeps its lines.
const common = { ...library, minifyWhitespace: true, minifySyntax: true };
/** Loaded by `serve --inspect` only. */
const INSPECTOR = "./inspector.js";

await build({
  ...common,
  entryPoints: ["src/cli/main.ts", "src/cli/guard.ts", "src/cli/inspector.ts"],
  // What is not among the dependencies of the package comes along.
  external: [INSPECTOR, ...Object.keys(dependencies).flatMap((name) => [name, `${name}/*`])],
  outdir: "dist/cli",
});
await build({ ...library, entryPoints: ["src/index.ts"], packages: "external", outdir: "dist" });

// Vite's configuration files are modules.
await build({
  ...library,
  entryPoints: ["src/vite.mts"],
  format: "esm",
  external: ["./index.js"],
  outExtension: { ".js": ".mjs" },
  outdir: "dist",
});

/**
 * commander asks for node:child_process when it is loaded, and more of Node comes along; it uses it
 * for subcommands that are programs of their own, which devtls has none of.
 */
const withoutPrograms = {
  name: "without-programs",
  setup(build) {
    build.onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      importer.includes("/node_modules/commander/")
        ? { path: resolve("src/cli/no-child-process.ts") }
        : undefined,
    );
  },
};

await build({
  ...common,
  entryPoints: ["src/cli/main-cert.ts"],
  external: ["node-forge/lib/pbe.js"],
  plugins: [withoutPrograms],
  outdir: "dist/cli",
});
await build({
  ...common,
  entryPoints: ["src/cli/main-serve.ts"],
  // Mostly there is a leaf already, and nothing is signed.
  external: ["open", "selfsigned", "node-forge", INSPECTOR],
  plugins: [withoutPrograms],
  outdir: "dist/cli",
});

// The inspector's page is one file: its script and style stand in it, and nothing else is loaded.
const page = await build({
  bundle: true,
  minify: true,
  format: "iife",
  target: ["chrome110", "firefox115", "safari16.4"],
  logLevel: "warning",
  entryPoints: { page: "src/inspect/page/page.ts", style: "src/inspect/page/style.css" },
  outdir: "dist",
  write: false,
});
const partOf = (ending) =>
  page.outputFiles
    .find(({ path }) => path.endsWith(ending))
    .text.trim()
    .replaceAll("</", "<\\/");
writeFileSync(
  "dist/cli/inspector.html",
  readFileSync("src/inspect/page/page.html", "utf8")
    .replace("/*style*/", () => partOf("style.css"))
    .replace("/*script*/", () => partOf("page.js")),
);

const { outputFiles } = await build({
  ...common,
  entryPoints: ["src/settings/schema.ts"],
  format: "esm",
  write: false,
});
const code = Buffer.from(outputFiles[0].contents).toString("base64");
const { configSchema } = await import(`data:text/javascript;base64,${code}`);
writeFileSync("dist/config.schema.json", `${JSON.stringify(configSchema(), null, 2)}\n`);

const inlined = ["commander", "node-forge", "tldts"];
const licences = inlined.map(
  (name) => `${name}\n\n${readFileSync(`node_modules/${name}/LICENSE`, "utf8")}`,
);
writeFileSync("dist/cli/LICENSES.txt", licences.join(`\n${"-".repeat(72)}\n\n`));
