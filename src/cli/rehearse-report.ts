/** What `devtls rehearse` prints for people, and where in the project a fix goes. */
import { readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { drawingOfChain, drawText } from "../drawing/drawing.js";
import type { Rehearsal, RehearsalFinding } from "../rehearse/outcome.js";
import { summaryOf } from "../rehearse/report.js";
import { type Location, type Report, type Result, worstFirst } from "../reports/model.js";
import { capital } from "../words.js";
import { note, paint, print, table } from "./output.js";

const WORDS = { passed: "ok", failed: "broken", skipped: "not reached" } as const;
const COLOURS = { passed: "green", failed: "red", skipped: "yellow" } as const;

/** @param before the rehearsal before the fix, with --apply-check */
export function printRehearsal(rehearsal: Rehearsal, report: Report, before?: Rehearsal): void {
  const { control } = rehearsal;
  if (report.common.length > 0) {
    print("Without any edge, so the app's own:");
    for (const result of report.common) print(`  ${lineOf(result)}`);
    print("");
  }
  const rows = worstFirst(report.cases).flatMap(({ name, status, results, detail }) => {
    const lines = [...results.map(lineOf), ...(detail === undefined ? [] : [detail])];
    const [first = "", ...more] = lines;
    return [[name, status, first], ...more.map((line) => ["", "", line])];
  });
  const shown = table([
    ["edge", "result", "finding"],
    ...rows.map(([name = "", status = "", line = ""]) => [name, wordOf(status), line]),
  ]);
  for (const line of shown.split("\n")) print(coloured(line.trimEnd()));
  print("");
  printExplanations(report);
  printFixes(rehearsal);
  const pages = `${control.pages} page${control.pages === 1 ? "" : "s"}`;
  const now = summaryOf(rehearsal);
  const known = report.cases.some(({ results }) => results.some((result) => result.known));
  print(
    before
      ? `${capital(summaryOf(before))}, now ${rehearsal.summary.ok} of ${rehearsal.edges.length}.`
      : `${capital(now)} (${pages}).${known ? " What the baseline knows does not count." : ""}`,
  );
}

function wordOf(status: string): string {
  return WORDS[status as keyof typeof WORDS] ?? "";
}

function lineOf({ title, url, known }: Result): string {
  const path = url !== undefined && URL.canParse(url) ? new URL(url).pathname : "";
  return `${known ? "(known) " : ""}${title}${path === "" ? "" : ` at ${path}`}`;
}

function coloured(line: string): string {
  const [, head, word, rest] = /^(\S* +)(ok|broken|not reached)\b(.*)$/.exec(line) ?? [];
  if (head === undefined || word === undefined) return line;
  const status = (Object.keys(WORDS) as (keyof typeof WORDS)[]).find((key) => WORDS[key] === word);
  return `${head}${paint(COLOURS[status ?? "passed"], word)}${rest}`;
}

/** Each kind of finding once, by the first edge that shows it. */
function printExplanations({ cases, common }: Report): void {
  const seen = new Set<string>();
  for (const result of [...common, ...cases.flatMap(({ results }) => results)]) {
    if (seen.has(result.title) || result.known) continue;
    seen.add(result.title);
    note(`${paint("yellow", result.title, "stderr")}\n  ${result.message}`);
    for (const line of chainLines(result)) note(paint("dim", `    ${line}`, "stderr"));
  }
  if (seen.size > 0) note("");
}

/** Drawn, where it says who speaks; the title stands above it already. */
function chainLines({ title, rule, chain = [] }: Result): readonly string[] {
  const drawing = drawingOfChain(title, chain, rule === "redirect-loop");
  return drawing ? drawText(drawing).slice(1) : chain;
}

function printFixes({ fixes, edges }: Rehearsal): void {
  if (fixes.length === 0) return;
  print("To fix it:");
  for (const { fix, where, cures } of fixes) {
    const all = cures.length === edges.length ? "all of them" : cures.join(", ");
    print(
      `  ${where === "" ? "" : `${where}; `}for ${cures.length} edge${cures.length === 1 ? "" : "s"}: ${all}`,
    );
    for (const line of fix.split("\n")) print(`    ${paint("green", line)}`);
  }
  print("");
}

/** Folders in which no configuration of the project is. */
const SKIPPED = /^(?:node_modules|vendor|dist|build|target|coverage|__pycache__|venv|\..*)$/;
const MAX_DEPTH = 4;
const MAX_FILES = 5_000;

/** Where the lines of a finding go: the file that its fix names, when the project has one such. */
export function locator(folder: string): (finding: RehearsalFinding) => Location | undefined {
  let files: readonly string[] | undefined;
  return (finding) => {
    for (const { where } of finding.fixes) {
      const name =
        /[\w.-]+\.(?:py|[cm]?[jt]sx?|rb|php|ini|json|ya?ml|properties|cs|go|exs?|conf)\b/.exec(
          where,
        )?.[0];
      if (name === undefined) continue;
      files ??= filesIn(folder);
      const [found, ...others] = files.filter((file) => file === name || file.endsWith(`/${name}`));
      if (found !== undefined && others.length === 0) return { file: found };
    }
    return undefined;
  };
}

function filesIn(folder: string): string[] {
  const found: string[] = [];
  const walk = (path: string, depth: number): void => {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      if (found.length >= MAX_FILES) return;
      const inner = join(path, entry.name);
      if (entry.isFile()) found.push(relative(folder, inner).split(sep).join("/"));
      else if (entry.isDirectory() && depth > 0 && !SKIPPED.test(entry.name))
        tryWalk(inner, depth - 1);
    }
  };
  const tryWalk = (path: string, depth: number): void => {
    try {
      walk(path, depth);
    } catch {
      // A folder that may not be read holds no file of this project.
    }
  };
  tryWalk(folder, MAX_DEPTH);
  return found;
}
