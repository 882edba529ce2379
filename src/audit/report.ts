/** An audit in the form that every report is written from. Pure. */
import type { Case, Report, Result, Rule } from "../reports/model.js";
import type { Audit } from "./audit.js";
import type { Check, Status } from "./checks.js";

const STATUS = {
  pass: "passed",
  warn: "passed",
  fail: "failed",
  "not-asked": "skipped",
} as const satisfies Record<Status, Case["status"]>;

/** One line: "grade B (headers B, TLS A+), 3 of 31 checks fail". */
function summaryOf(audit: Audit): string {
  const failed = audit.checks.filter(({ status }) => status === "fail").length;
  const parts = [
    `headers ${audit.headers.grade ?? "without a grade"}`,
    ...(audit.tls ? [`TLS ${audit.tls.rating?.grade ?? "without a grade"}`] : []),
  ];
  const where = audit.isLocal ? " (local)" : "";
  return `grade ${audit.grade ?? "none"}${where}: ${parts.join(", ")}; ${failed} of ${audit.checks.length} checks fail`;
}

export function reportOf(audit: Audit, version: string): Report {
  const { checks, url } = audit;
  const ids = [...new Set(checks.map(({ id }) => id))].sort();
  return {
    ...{ version, command: "devtls audit", subject: url, summary: summaryOf(audit), unit: "check" },
    rules: ids.map((id) => ruleOf(id, checks)),
    common: [],
    cases: checks.map((check) => caseOf(check, url)),
    fixes: fixesOf(checks),
  };
}

function ruleOf(id: string, checks: readonly Check[]): Rule {
  const own = checks.find((check) => check.id === id);
  return { id, description: titleOf(id), help: own?.detail ?? "" };
}

/** "x-frame-options" reads as "x frame options". */
function titleOf(id: string): string {
  const words = id.replaceAll("-", " ");
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}

function caseOf(check: Check, url: string): Case {
  const { id, status, detail } = check;
  const isFinding = status === "fail" || status === "warn";
  return {
    ...{ name: nameOf(check), status: STATUS[status] },
    ...(!isFinding && { detail }),
    results: isFinding ? [resultOf(check, id, url)] : [],
  };
}

function resultOf({ status, detail, fix, key = "" }: Check, rule: string, url: string): Result {
  return {
    ...{ rule, level: status === "fail" ? "error" : "warning", message: detail, url, fix },
    fingerprint: `${rule} ${key}`.trim(),
    title: key === "" ? rule : `${rule}: ${key}`,
  };
}

/** One name for each case of a report. */
function nameOf({ id, key = "" }: Check): string {
  return key === "" ? id : `${id}: ${key}`;
}

function fixesOf(checks: readonly Check[]): Report["fixes"] {
  const cures = new Map<string, string[]>();
  for (const check of checks) {
    if (check.fix.length === 0) continue;
    const fix = check.fix.join("\n");
    cures.set(fix, [...(cures.get(fix) ?? []), check.id]);
  }
  return [...cures].map(([fix, cured]) => ({ fix, framework: null, cures: cured }));
}
