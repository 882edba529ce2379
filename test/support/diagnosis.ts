/** A diagnosis of exchanges that are given one after the other. */
import { startBodyScan } from "../../src/diagnose/body-reading.js";
import type { BodyObservation, Detector } from "../../src/diagnose/detector.js";
import { Diagnosis, type DiagnosisContext } from "../../src/diagnose/diagnosis.js";
import type { Ask, Finding, FindingCode, Observation } from "../../src/diagnose/finding.js";
import { Memory } from "../../src/diagnose/memory.js";
import type { TrialOutcome } from "../../src/diagnose/trials.js";
import { DEFAULT_PROFILE, findProfile } from "../../src/edge/profiles/index.js";

/** An edge on another machine that people write the usual lines for. */
const REMOTE = {
  ...DEFAULT_PROFILE,
  toApp: { ...DEFAULT_PROFILE.toApp, source: "remote" },
} as const;

export interface DiagnosisOptions {
  readonly ask?: Ask | undefined;
  /** The name of the edge; {@link REMOTE} unless told otherwise. */
  readonly edge?: string;
  readonly context?: Partial<DiagnosisContext>;
}

/** An exchange, with the text of its body where there is one to be read. */
export type Exchanged = Observation & { readonly text?: string | Buffer };

/** All findings, once the last one is out. A defect is an error. */
export async function findingsOf(
  exchanges: readonly Exchanged[],
  options: DiagnosisOptions = {},
): Promise<Finding[]> {
  return (await diagnosed(exchanges, options)).findings;
}

/** The same, with the diagnosis itself. */
export async function diagnosed(
  exchanges: readonly Exchanged[],
  { ask, edge, context }: DiagnosisOptions = {},
): Promise<{ readonly findings: Finding[]; readonly diagnosis: Diagnosis }> {
  const findings: Finding[] = [];
  const defects: unknown[] = [];
  const whole = { edge: edge === undefined ? REMOTE : findProfile(edge), ...context };
  const diagnosis = new Diagnosis(
    whole,
    (finding) => void findings.push(finding),
    (error) => void defects.push(error),
  );
  for (const { text, ...observation } of exchanges) {
    diagnosis.observe(observation, ask);
    const read = text === undefined ? undefined : withBody(observation, text, whole);
    if (read) diagnosis.observeBody(read, ask);
  }
  await diagnosis.idle();
  if (defects.length > 0) throw defects[0];
  return { findings, diagnosis };
}

function withBody(
  observation: Observation,
  text: string | Buffer,
  context: DiagnosisContext,
): BodyObservation | undefined {
  const scan = startBodyScan(observation, context);
  scan?.push(Buffer.from(text));
  return scan && { ...observation, body: scan.finish() };
}

/** What a detector says of one exchange without anybody being asked. */
export function lookAt<Seen>(
  detector: Detector<Seen>,
  observation: BodyObservation,
  { context = {}, verdict = { kind: "unasked" } }: LookOptions = {},
): Finding | undefined {
  const memory = new Memory(context);
  memory.apps.learn(observation);
  const [sighting] = detector.look(observation, memory);
  const app = memory.apps.of(observation.target);
  return sighting && detector.explain(sighting.seen, { edge: REMOTE, app, verdict, context });
}

export interface LookOptions {
  readonly context?: DiagnosisContext;
  readonly verdict?: TrialOutcome;
}

/** The first finding of a code in one exchange. */
export async function findingOf(
  code: FindingCode,
  exchange: Exchanged,
  options?: DiagnosisOptions,
): Promise<Finding | undefined> {
  return (await findingsOf([exchange], options)).find((finding) => finding.code === code);
}
