/**
 * `npm run check`: values of src/ that are exported and that no other file uses. A file uses one when
 * it imports the file that exports it and mentions its name. Types stay with the signatures that
 * they are part of.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

const PROJECT = join(import.meta.dirname, "..");

/** What programs of other people import, and what is handed on as a whole. */
const PUBLIC = ["src/index.ts", "src/vite.mts", "src/cli/topics/index.ts"];

const SPECIFIER = /(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\(\s*)["'](\.[^"']*)["']/g;
const EXPORTED = /^export (?:async )?(?:function\*?|const|let|class|abstract class|enum) (\w+)/gm;
const LISTED = /^export \{([^}]*)\}(?: from)?/gm;

const files = ["src", "test"].flatMap((folder) =>
  readdirSync(join(PROJECT, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => /\.(?:ts|mts|mjs|cjs)$/.test(path) && !path.includes("node_modules"))
    .map((path) => join(folder, path)),
);
const texts = new Map(files.map((file) => [file, readFileSync(join(PROJECT, file), "utf8")]));

/** @type {Map<string, string[]>} who imports a file */
const importers = new Map();
for (const [file, text] of texts) {
  for (const [, specifier = ""] of text.matchAll(SPECIFIER)) {
    const path = relative(PROJECT, join(PROJECT, dirname(file), specifier));
    const target = [path, path.replace(/\.js$/, ".ts"), path.replace(/\.mjs$/, ".mts")].find(
      (candidate) => texts.has(candidate),
    );
    if (target) importers.set(target, [...(importers.get(target) ?? []), file]);
  }
}

/** @param {string} text */
function exportsOf(text) {
  const listed = [...text.matchAll(LISTED)].flatMap(([, names = ""]) =>
    names
      .split(",")
      .filter((name) => !/^\s*type\s/.test(name))
      .map((name) => name.replace(/^.*\sas\s/, "").trim()),
  );
  return [...[...text.matchAll(EXPORTED)].map(([, name = ""]) => name), ...listed].filter(Boolean);
}

const unused = [...texts].flatMap(([file, text]) => {
  if (!file.startsWith("src/") || PUBLIC.includes(file)) return [];
  const users = (importers.get(file) ?? []).map((user) => texts.get(user) ?? "");
  const isUsed = (/** @type {string} */ name) =>
    users.some((user) => new RegExp(`\\b${name}\\b`).test(user));
  // Commands are looked up by name when they are called.
  return exportsOf(text).flatMap((name) =>
    name === "define" || isUsed(name) ? [] : [`${file}: ${name}`],
  );
});

for (const line of unused) console.error(`${line} is exported, and nobody uses it`);
process.exit(unused.length > 0 ? 1 : 0);
