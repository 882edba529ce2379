/** What `devtls audit` prints for people: the grade, then what fails with the line that mends it. */
import type { Audit } from "../audit/audit.js";
import type { Check, Status } from "../audit/checks.js";
import type { Report } from "../reports/model.js";
import { type Colour, paint, print } from "./output.js";

const COLOURS: Readonly<Record<Status, Colour>> = {
  fail: "red",
  warn: "yellow",
  "not-asked": "dim",
  pass: "green",
};

const ORDER: readonly Status[] = ["fail", "warn", "pass", "not-asked"];

/** Three lines a letter, so that the grade is seen from across the room. */
const LETTERS: Readonly<Record<string, readonly string[]>> = {
  A: ["▄▀▀▄", "█▀▀█", "█  █"],
  B: ["█▀▀▄", "█▀▀▄", "█▄▄▀"],
  C: ["▄▀▀▀", "█   ", "▀▄▄▄"],
  D: ["█▀▀▄", "█  █", "█▄▄▀"],
  E: ["█▀▀▀", "█▀▀ ", "█▄▄▄"],
  F: ["█▀▀▀", "█▀▀ ", "█   "],
  M: ["█▄▄█", "█▀▀█", "█  █"],
  T: ["▀█▀", " █ ", " █ "],
  "+": ["   ", "▄█▄", " ▀ "],
  "-": ["   ", "▄▄▄", "   "],
};

export function printAudit(audit: Audit, report: Report): void {
  const { url, grade, isLocal, headers, tls } = audit;
  for (const line of large(grade ?? "")) print(paint(colourOf(grade), line));
  const notes = [isLocal ? "local: only this machine sees or trusts it" : "", isBaselined(report)];
  print(paint("bold", `${grade ?? "no grade"} for ${url}`) + suffix(notes));
  const score = headers.score === null ? "" : ` (${headers.score})`;
  print(`headers ${headers.grade ?? "-"}${score} as the HTTP Observatory grades`);
  if (tls?.rating) print(`TLS ${tls.rating.grade} (${tls.rating.score}) as SSL Labs grades`);
  for (const { edge, grade: behind, headers: ofEdge } of audit.edges) {
    print(
      `  behind ${edge}: ${paint(colourOf(behind), ofEdge.grade ?? "-")} (${ofEdge.score ?? "-"})`,
    );
  }
  print("");
  for (const status of ORDER) {
    const checks = audit.checks.map((check, at) => ({ check, known: isKnown(report, at) }));
    for (const { check, known } of checks) if (check.status === status) printCheck(check, known);
  }
  print("");
  print(`${report.summary.charAt(0).toUpperCase()}${report.summary.slice(1)}.`);
}

function printCheck({ status, id, detail, fix, where }: Check, known: boolean): void {
  const word = paint(COLOURS[status], status.padEnd(9));
  print(`${word} ${id}${known ? " (known)" : ""}: ${detail}`);
  if (fix.length === 0) return;
  if (where !== undefined) print(paint("dim", `          ${where}`));
  for (const line of fix) print(`          ${paint("green", line)}`);
}

function isKnown({ cases }: Report, at: number): boolean {
  return cases[at]?.results.some(({ known }) => known) ?? false;
}

function isBaselined({ cases }: Report): string {
  const known = cases.some(({ results }) => results.some((result) => result.known));
  return known ? "what the baseline knows does not count" : "";
}

const suffix = (notes: readonly string[]): string => {
  const said = notes.filter(Boolean);
  return said.length === 0 ? "" : ` (${said.join("; ")})`;
};

function large(grade: string): string[] {
  const letters = [...grade].map((letter) => LETTERS[letter] ?? []);
  return [0, 1, 2]
    .map((row) => letters.map((letter) => letter[row] ?? "").join(" "))
    .filter((line) => line.trim() !== "");
}

function colourOf(grade: string | null): Colour {
  if (grade?.startsWith("A")) return "green";
  return grade?.startsWith("B") || grade?.startsWith("C") ? "yellow" : "red";
}
