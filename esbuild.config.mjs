/**
 * Builds dist/. The two commands that people wait for, `cert` and `serve`, get bundles of their own
 * with their packages inside: finding and compiling those file by file would double what the
 * command adds to Node's own start. Everything else leaves what package.json depends on where npm
 * put it.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { build } from "esbuild";

/** What npm installs with devtls; everything else is bundled. */
const DEPENDENCIES = Object.keys(
  JSON.parse(readFileSync("package.json", "utf8")).dependencies,
).flatMap((name) => [name, `${name}/*`]);

const library = {
  bundle: true,
  platform: "node",
  target: "node20.19",
  // Some packages have an old form of module first, which cannot be bundled.
  mainFields: ["module", "main"],
  logLevel: "warning",
};
// Commands print their errors themselves. An error that a program does not catch is printed by Node
// with its line of code, so that the library keeps its lines.
const common = {
  ...library,
  minifyWhitespace: true,
  minifySyntax: true,
  // For reports of crashes only; Node itself does not look for them.
  sourcemap: "external",
  sourcesContent: false,
};
/** Loaded when something went wrong. */
const CRASH = "./crash.js";
/** Loaded by `serve --inspect` only. */
const INSPECTOR = "./inspector.js";
/** Loaded by `serve --lan` only. */
const LAN = "./lan.js";
const BROWSER = "./browser.js";
/** What bin/devtls.js runs: `import()` becomes `require`, see src/cli/browser.ts. */
const bundles = { ...common, supported: { "dynamic-import": false }, outdir: "dist/cli" };

/** The parser of HTML is as large as all the rest, and loaded when there is a page to read. */
const pageApart = (from) => ({
  name: "page-apart",
  setup(build) {
    build.onResolve({ filter: /^\.\/page\.js$/ }, ({ importer, kind }) =>
      importer.endsWith("visitor.ts") && kind === "dynamic-import"
        ? { path: `${from}/visit/page.js`, external: true }
        : undefined,
    );
  },
});
await build({ ...common, entryPoints: ["src/visit/page.ts"], outdir: "dist/visit" });

/** The audit has that parser, too, and the list of public suffixes. */
const auditApart = {
  name: "audit-apart",
  setup(build) {
    build.onResolve({ filter: /^\.\.\/audit\/audit\.js$/ }, ({ kind }) =>
      kind === "dynamic-import" ? { path: "../audit/audit.js", external: true } : undefined,
    );
  },
};
await build({
  ...common,
  entryPoints: ["src/audit/audit.ts"],
  external: DEPENDENCIES,
  plugins: [pageApart("..")],
  outdir: "dist/audit",
});

await build({
  ...common,
  entryPoints: [
    "src/cli/guard.ts",
    "src/cli/trust-known.ts",
    "src/cli/crash.ts",
    "src/cli/inspector.ts",
    "src/cli/lan.ts",
    "src/cli/browser.ts",
  ],
  external: [...DEPENDENCIES, CRASH],
  plugins: [pageApart("..")],
  outdir: "dist/cli",
});
await build({
  ...bundles,
  entryPoints: ["src/cli/main.ts"],
  external: [...DEPENDENCIES, CRASH, INSPECTOR, LAN, BROWSER],
  plugins: [pageApart(".."), auditApart],
});
await build({
  ...library,
  entryPoints: ["src/index.ts"],
  external: DEPENDENCIES,
  plugins: [pageApart(".")],
  outdir: "dist",
});

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
  ...bundles,
  entryPoints: ["src/cli/main-cert.ts"],
  external: ["node-forge/lib/pbe.js", CRASH],
  plugins: [withoutPrograms],
});
await build({
  ...bundles,
  entryPoints: ["src/cli/main-serve.ts"],
  // Mostly there is a leaf already, and nothing is signed; few runs look at the trust stores.
  external: ["selfsigned", "node-forge", "./trust-known.js", CRASH, INSPECTOR, LAN, BROWSER],
  plugins: [withoutPrograms],
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
  sourcemap: false,
  write: false,
});
const code = Buffer.from(outputFiles[0].contents).toString("base64");
const { configSchema } = await import(`data:text/javascript;base64,${code}`);
writeFileSync("dist/config.schema.json", `${JSON.stringify(configSchema(), null, 2)}\n`);

const inlined = {
  commander: "LICENSE",
  "node-forge": "LICENSE",
  tldts: "LICENSE",
  "jsonc-parser": "LICENSE.md",
  parse5: "LICENSE",
  entities: "LICENSE",
  "lean-qr": "LICENSE",
  "dns-packet": "LICENSE",
};
const licences = Object.entries(inlined).map(
  ([name, file]) => `${name}\n\n${readFileSync(`node_modules/${name}/${file}`, "utf8")}`,
);
writeFileSync("dist/cli/LICENSES.txt", licences.join(`\n${"-".repeat(72)}\n\n`));
