/** A rehearsal in the form that every report is written from. Pure. */
import type { Case, Location, Report, Result, Rule } from "../reports/model.js";
import { ALL_EXPLANATIONS } from "./explanations.js";
import { identityOf, isBreaking, type Rehearsal, type RehearsalFinding } from "./outcome.js";

export interface ReportOptions {
  readonly version: string;
  /** What was rehearsed: "http://localhost:8000". */
  readonly subject: string;
  /** Where the lines of a finding go, when that is known. */
  readonly locate?: (finding: RehearsalFinding) => Location | undefined;
}

/** One line: "survived 21 of 33 edges". */
export function summaryOf({ summary, edges }: Rehearsal): string {
  const { ok, notReached } = summary;
  const missed = notReached === 0 ? "" : `, ${notReached} not reached`;
  return `survived ${ok} of ${edges.length} edge${edges.length === 1 ? "" : "s"}${missed}`;
}

export function reportOf(
  rehearsal: Rehearsal,
  { version, subject, locate = () => undefined }: ReportOptions,
): Report {
  const { control, edges, fixes } = rehearsal;
  const shown = new Set(edges.flatMap(({ findings }) => findings.map(identityOf)));
  const common = control.findings.filter((finding) => !shown.has(identityOf(finding)));
  const codes = new Set(
    [...common, ...edges.flatMap(({ findings }) => findings)].map(({ code }) => code),
  );
  return {
    ...{ version, subject, command: "devtls rehearse", unit: "edge" },
    summary: summaryOf(rehearsal),
    rules: [...codes].sort().map(ruleOf),
    common: common.map((finding) => resultOf(finding, "control", locate)),
    cases: edges.map(({ name, result, findings, milliseconds }): Case => {
      const results = findings.map((finding) => resultOf(finding, name, locate));
      if (result !== "not-reached") {
        return { name, status: result === "ok" ? "passed" : "failed", results, milliseconds };
      }
      const detail = "the app stopped answering before";
      return { name, status: "skipped", detail, results, milliseconds };
    }),
    fixes: fixes.map(({ fix, framework, cures }) => ({ fix, framework, cures })),
  };
}

function ruleOf(code: RehearsalFinding["code"]): Rule {
  const { what, why } = ALL_EXPLANATIONS[code];
  return { id: code, description: what, help: why };
}

function resultOf(
  finding: RehearsalFinding,
  edge: string,
  locate: (finding: RehearsalFinding) => Location | undefined,
): Result {
  const { code, cause, confidence, explanation, url, chain, fix } = finding;
  const location = locate(finding);
  return {
    ...{ rule: code, level: isBreaking(finding) ? "error" : "warning" },
    fingerprint: `${edge} ${identityOf(finding)}`,
    title: `${code}: ${cause} (${confidence})`,
    ...{ message: explanation, url, chain, fix },
    ...(location && { location }),
  };
}
