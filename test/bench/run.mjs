/**
 * `npm run bench`: measures and prints tables. `npm run bench -- --write` also writes the figures
 * to test/bench/results.json and the tables into test/bench/README.md, and a summary into README.md. `npm run bench -- cold` runs one suite,
 * `--quick` takes fewer and shorter rounds, to see that it works.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { acmeTables, measureAcme } from "./acme.mjs";
import { burstTables, measureBurst } from "./burst.mjs";
import { coldTables, measureCold } from "./cold.mjs";
import { loadTables, measureLoad } from "./load.mjs";
import { PROJECT } from "./measure.mjs";
import { measureMemory, memoryTables } from "./memory.mjs";
import { measureModules, modulesTables } from "./modules.mjs";
import { summaryTable } from "./summary.mjs";

/** @type {Record<string, { measure: (options: { quick: boolean }) => Promise<any>, tables: (figures: any) => string }>} */
const SUITES = {
  acme: { measure: measureAcme, tables: acmeTables },
  burst: { measure: measureBurst, tables: burstTables },
  cold: { measure: measureCold, tables: coldTables },
  load: { measure: measureLoad, tables: loadTables },
  memory: { measure: measureMemory, tables: memoryTables },
  modules: { measure: measureModules, tables: modulesTables },
};

const args = process.argv.slice(2);
const write = args.includes("--write");
const chosen = args.filter((arg) => !arg.startsWith("--"));
// "summary" measures nothing: it writes the table of what was measured before.
const unknown = chosen.filter((name) => !SUITES[name] && name !== "summary");
if (unknown.length > 0) {
  console.error(
    `There is no suite ${unknown.join(", ")}. Suites: ${Object.keys(SUITES).join(", ")}`,
  );
  process.exit(2);
}

const results = join(PROJECT, "test/bench/results.json");
for (const [name, suite] of Object.entries(SUITES)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  const figures = await suite.measure({ quick: args.includes("--quick") });
  const tables = suite.tables(figures);
  console.log(`${tables}\n`);
  if (write) {
    record(name, figures);
    insert("test/bench/README.md", name, tables);
  }
}
if (write) insert("README.md", "summary", summaryTable(JSON.parse(readFileSync(results, "utf8"))));

/** @param {string} name @param {unknown} figures */
function record(name, figures) {
  const all = JSON.parse(readFileSync(results, "utf8"));
  all[name] = {
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    processors: cpus().length,
    figures,
  };
  writeFileSync(results, `${JSON.stringify(all, null, 2)}\n`);
}

/** Puts the tables between the marks `<!-- bench: NAME -->` and `<!-- end of bench -->`. */
function insert(
  /** @type {string} */ file,
  /** @type {string} */ name,
  /** @type {string} */ tables,
) {
  const path = join(PROJECT, file);
  const text = readFileSync(path, "utf8");
  const begin = `<!-- bench: ${name} -->`;
  const end = "<!-- end of bench -->";
  const from = text.indexOf(begin);
  const to = text.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`${file} has no marks for ${name}`);
  writeFileSync(path, `${text.slice(0, from + begin.length)}\n${tables}\n\n${text.slice(to)}`);
}
