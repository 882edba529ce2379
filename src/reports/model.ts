/**
 * What a rehearsal or an audit found, in the one form that every report is written from. Text comes
 * from apps and is not to be trusted: each writer escapes it for its own format.
 */

/** A kind of finding: a finding code, or the id of a check. */
export interface Rule {
  /** "redirect-loop" */
  readonly id: string;
  /** One sentence. */
  readonly description: string;
  /** Why it happens and what ends it, in sentences. */
  readonly help: string;
}

/** Where in the project the line is to go. */
export interface Location {
  /** Relative to the project's folder, with slashes: "config/settings.py". */
  readonly file: string;
  /** From 1 on. */
  readonly line?: number;
}

/** As SARIF 3.27.10: an error makes its case fail, the others do not. */
type Level = "error" | "warning" | "note";

export interface Result {
  /** The id of a {@link Rule}. */
  readonly rule: string;
  readonly level: Level;
  /** The same in every run as long as the cause is the same; what baselines hold. */
  readonly fingerprint: string;
  /** One line: "redirect-loop: app-ignores-forwarded-proto (proved)". */
  readonly title: string;
  /** What happened and why, in sentences. */
  readonly message: string;
  /** The public URL it was seen on. */
  readonly url?: string;
  readonly location?: Location;
  /** The hops as a small text diagram: "browser  GET https://…", "app      301, Location: …". */
  readonly chain?: readonly string[];
  /** Lines that are ready to paste. */
  readonly fix: readonly string[];
  /** The baseline has it: it does not count. */
  readonly known?: boolean;
}

/** One edge, or one check. */
export interface Case {
  readonly name: string;
  readonly status: "passed" | "failed" | "skipped";
  /** Why it was skipped, or what else there is to say; one line. */
  readonly detail?: string;
  readonly results: readonly Result[];
  readonly milliseconds?: number;
}

/** One line and the cases that it mends. */
interface SharedFix {
  readonly fix: string;
  /** What it is for: "django". */
  readonly framework: string | null;
  readonly cures: readonly string[];
}

export interface Report {
  /** The version of devtls. */
  readonly version: string;
  /** "devtls rehearse" */
  readonly command: string;
  /** What was looked at: "http://localhost:8000". */
  readonly subject: string;
  /** One line: "survived 21 of 33 edges". */
  readonly summary: string;
  /** What a case is called: "edge", "check". */
  readonly unit: string;
  /** Every rule that a result names. */
  readonly rules: readonly Rule[];
  /** What is wrong whatever the case is: said once. */
  readonly common: readonly Result[];
  readonly cases: readonly Case[];
  /** The fewest that mend the most, best first. */
  readonly fixes: readonly SharedFix[];
}

export const HOME_PAGE = "https://www.npmjs.com/package/devtls";

/** Results that count: those that no baseline has. */
export function fresh(results: readonly Result[]): readonly Result[] {
  return results.filter(({ known }) => !known);
}

/** The cases in the order in which people read them: failed, skipped, passed. */
export function worstFirst(cases: readonly Case[]): readonly Case[] {
  const rank = { failed: 0, skipped: 1, passed: 2 } as const;
  return [...cases].sort((a, b) => rank[a.status] - rank[b.status]);
}
