import type { EdgeProfile } from "../edge/profile.js";
import type { RehearsalFinding } from "./outcome.js";

export interface FixLines {
  readonly where: string;
  readonly lines: readonly string[];
}

export function fixesFor(profile: EdgeProfile) {
  return (profile as { fixes?: Readonly<Record<string, readonly string[]>> & { where: never } })
    .fixes;
}

export function fixesOf(finding: RehearsalFinding): readonly FixLines[] {
  return (
    (finding as { fixes?: readonly FixLines[] }).fixes ??
    finding.fix.map((line) => ({ where: "", lines: [line] }))
  );
}
