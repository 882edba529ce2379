/** A diagnosis of exchanges that are given one after the other. */
import { Diagnosis, type DiagnosisContext } from "../../src/diagnose/diagnosis.js";
import type { Ask, Finding, Observation } from "../../src/diagnose/finding.js";

/** All findings, once the last one is out. A defect is an error. */
export async function findingsOf(
  observations: readonly Observation[],
  { ask, context }: { readonly ask?: Ask; readonly context?: Partial<DiagnosisContext> } = {},
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const defects: unknown[] = [];
  const diagnosis = new Diagnosis(
    { edge: "devtls", remote: true, ...context },
    (finding) => void findings.push(finding),
    (error) => void defects.push(error),
  );
  for (const observation of observations) diagnosis.observe(observation, ask);
  await diagnosis.idle();
  if (defects.length > 0) throw defects[0];
  return findings;
}
