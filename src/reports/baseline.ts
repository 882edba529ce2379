/** Baselines: what is known to be wrong, so that only what is new counts. */
import { DevtlsError } from "../errors.js";
import type { Case, Report, Result } from "./model.js";

const VERSION = 1;

/** Fingerprints; the file holds them sorted, one a line, so that a diff of it can be read. */
export type Baseline = ReadonlySet<string>;

/**
 * Reads a baseline file.
 * @param file named in the error
 * @throws DevtlsError "usage" for text that is none
 */
export function parseBaseline(text: string, file: string): Baseline {
  const { version, findings } = objectIn(text, file);
  if (version !== VERSION) {
    throw unreadable(
      file,
      `its version is ${JSON.stringify(version)}, and this devtls knows ${VERSION}`,
    );
  }
  if (!Array.isArray(findings) || !findings.every((each) => typeof each === "string")) {
    throw unreadable(file, "its findings are no list of texts");
  }
  return new Set(findings);
}

function objectIn(text: string, file: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw unreadable(file, "it is no JSON");
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw unreadable(file, "it is no JSON object");
}

function unreadable(file: string, why: string): DevtlsError {
  return new DevtlsError("usage", `could not read the baseline ${file}: ${why}`, {
    hint: "To write it anew, run the same command with --update-baseline",
  });
}

/** The text of a baseline file that knows everything in a report. */
export function formatBaseline(report: Report): string {
  const all = [report.common, ...report.cases.map(({ results }) => results)].flat();
  const findings = [...new Set(all.map(({ fingerprint }) => fingerprint))].sort();
  return `${JSON.stringify({ version: VERSION, findings }, null, 2)}\n`;
}

/** Marks what a baseline knows; a case of which no error is new has passed. */
export function withBaseline(report: Report, baseline: Baseline): Report {
  const marked = (result: Result): Result =>
    baseline.has(result.fingerprint) ? { ...result, known: true } : result;
  const judged = (one: Case): Case => {
    const results = one.results.map(marked);
    const isForgiven =
      one.status === "failed" &&
      results.length > 0 &&
      results.every(({ level, known }) => known || level !== "error");
    return { ...one, results, status: isForgiven ? "passed" : one.status };
  };
  return { ...report, common: report.common.map(marked), cases: report.cases.map(judged) };
}
