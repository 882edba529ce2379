/** `--report` and `--baseline`, for every command that finds things. */
import { accessSync, constants, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { readRequired, unwritable, writeFiles } from "../ca/files.js";
import { type Baseline, formatBaseline, parseBaseline, withBaseline } from "../reports/baseline.js";
import { format, parseWanted, type Wanted } from "../reports/formats.js";
import type { Report } from "../reports/model.js";
import { usage } from "./options.js";
import { note } from "./output.js";

export interface ReportOptions {
  readonly report?: readonly string[];
  readonly baseline?: string;
  readonly updateBaseline?: boolean;
}

export interface Reports {
  readonly wanted: readonly Wanted[];
  /** The baseline file to write. */
  readonly update: string | undefined;
  /** The report with what the baseline knows marked. */
  judge(report: Report): Report;
}

/**
 * Reads the options, and looks whether the files can be written: before anything takes its time.
 * @throws DevtlsError "usage", "file-unreadable", "file-unwritable"
 */
export function readReports({ report = [], baseline, updateBaseline }: ReportOptions): Reports {
  const wanted = report.map(parseWanted);
  if (updateBaseline && baseline === undefined) {
    throw usage(
      "--update-baseline without --baseline",
      "Name the file: --baseline known.json --update-baseline",
    );
  }
  const files = [
    ...wanted.map(({ file }) => file),
    ...(updateBaseline && baseline ? [baseline] : []),
  ];
  const twice = files.find(
    (file, at) => files.map((each) => resolve(each)).indexOf(resolve(file)) < at,
  );
  if (twice !== undefined) throw usage(`two reports into one file: ${twice}`);
  for (const file of files) checkWritable(file);
  const known: Baseline | undefined =
    baseline === undefined || updateBaseline
      ? undefined
      : parseBaseline(readRequired(baseline).toString("utf8"), baseline);
  return {
    wanted,
    update: updateBaseline ? baseline : undefined,
    judge: (found) => (known ? withBaseline(found, known) : found),
  };
}

function checkWritable(file: string): void {
  try {
    if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) {
      throw Object.assign(new Error("is a directory"), { code: "EISDIR" });
    }
    const folder = dirname(resolve(file));
    if (!statSync(folder).isDirectory())
      throw Object.assign(new Error("no folder"), { code: "ENOTDIR" });
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw unwritable(file, error);
  }
}

/**
 * Writes all of them, or none.
 * @param json what `--json` prints
 * @throws DevtlsError "file-unwritable"
 */
export function writeReports({ wanted, update }: Reports, report: Report, json: unknown): void {
  const files = wanted.map((each) => ({
    path: each.file,
    data: format(each.format, report, json),
    mode: 0o644,
  }));
  if (update !== undefined) files.push({ path: update, data: formatBaseline(report), mode: 0o644 });
  if (files.length === 0) return;
  writeFiles(files);
  note(`Wrote ${files.map(({ path }) => path).join(", ")}.`);
}
