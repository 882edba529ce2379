/** Checks: what an audit says besides its grades, each with its status and the lines that mend it. */

import type { Graded } from "./rules/observatory.js";
import { passes, type TestId, wordsOf } from "./rules/outcomes.js";

export type Status = "pass" | "warn" | "fail" | "not-asked";

export interface Check {
  /** The same in every run: "content-security-policy", "tls-protocol". */
  readonly id: string;
  readonly status: Status;
  /** What was seen, in a sentence or two. */
  readonly detail: string;
  /** Lines that are ready to paste. */
  readonly fix: readonly string[];
  /** Where they go: "Django, settings.py". */
  readonly where?: string;
  /** What tells findings of one check apart: the outcome, the page. */
  readonly key?: string;
}

/** Lines for a check, and where they go. */
export interface Remedy {
  readonly where: string;
  readonly lines: readonly string[];
}

export type RemedyFor = (id: string) => readonly Remedy[];

/** Names of cookies and hosts are a server's to choose. */
const MAX_DETAIL = 1_000;

/** A check with the lines that mend it, where it needs any. */
export function stated(
  check: Omit<Check, "fix" | "where">,
  remedies: readonly Remedy[] = [],
): Check {
  const needs = check.status === "fail" || check.status === "warn";
  const fix = needs ? remedies.flatMap(({ lines }) => lines) : [];
  const [first] = remedies;
  const detail =
    check.detail.length > MAX_DETAIL ? `${check.detail.slice(0, MAX_DETAIL)}…` : check.detail;
  return { ...check, detail, fix, ...(fix.length > 0 && first && { where: first.where }) };
}

/** The Observatory's tests as checks: what costs points fails, what it lets pass at a price warns. */
export function headerChecks({ tests }: Graded, remedyFor: RemedyFor): Check[] {
  return tests.map(({ id, result, modifier }) => {
    const status = !passes(result) ? "fail" : modifier < 0 ? "warn" : "pass";
    return stated(
      { id, status, detail: wordsOf(result), key: result },
      remedyFor(id satisfies TestId),
    );
  });
}
