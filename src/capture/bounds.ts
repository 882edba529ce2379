/** The bounds of an edge: what ordinary questions tell of them, and what is asked on request. */
import type { Limits } from "../edge/profile.js";
import { type Asking, beginAsking } from "./asking/ask.js";
import { encodeControl } from "./control.js";
import { CONTROL, type Observation, type Question } from "./question.js";
import { type Place, requestQuestions } from "./questions.js";
import { learnSizes } from "./sizes.js";
import { learnTimeouts } from "./timeouts.js";

export interface BoundSettings {
  readonly place: Place;
  readonly asking: Asking;
  readonly limits?: boolean;
  readonly slow?: boolean;
  readonly onStage?: (what: string) => void;
}

export interface LearnedBounds {
  readonly limits: Limits;
  /** Requests at a bound and beyond it, for the check. */
  readonly observations: readonly Observation[];
  readonly notLearned: readonly string[];
  readonly requests: number;
}

/** @param observations what came of the ordinary questions */
export async function learnBounds(
  settings: BoundSettings,
  observations: readonly Observation[],
): Promise<LearnedBounds> {
  const [control] = requestQuestions(settings.place) as [Question, ...Question[]];
  const sizes = await sizesOf(settings, control);
  const timeouts = await timeoutsOf(settings, control);
  return {
    limits: { ...refusals(observations), ...sizes.limits, ...timeouts.limits },
    observations: sizes.observations,
    notLearned: [...sizes.notLearned, ...timeouts.notLearned],
    requests: sizes.requests + timeouts.requests,
  };
}

async function sizesOf(
  { limits, place, asking, onStage }: BoundSettings,
  control: Question,
): Promise<LearnedBounds> {
  const none = { limits: {}, observations: [], requests: 0 };
  if (!limits) return { ...none, notLearned: ["limits of size: not asked (--limits)"] };
  const { before: _, onAnswer: __, ...bare } = asking;
  const asker = await beginAsking(bare, control);
  const line = encodeControl({ token: asking.token, number: 0, reply: {} });
  const controlOctets = CONTROL.length + 2 + line.length;
  const learned = await learnSizes(
    (question) => asker.ask(question),
    control,
    place,
    controlOctets,
    (what) => onStage?.(`looking for the bound: ${what}`),
  );
  return { ...learned, requests: asker.requests };
}

async function timeoutsOf(
  { slow, asking, onStage }: BoundSettings,
  control: Question,
): Promise<Omit<LearnedBounds, "observations">> {
  if (!slow) return { limits: {}, notLearned: ["timeouts: not asked (--slow)"], requests: 0 };
  const door = asking.tls ?? asking.plain;
  if (!door) return { limits: {}, notLearned: [], requests: 0 };
  onStage?.("waiting for the edge to lose patience: five minutes at most");
  return learnTimeouts(door, control, asking.token, asking.signal);
}

/** What is refused however small it is. */
function refusals(observations: readonly Observation[]): Limits {
  const refused = (name: string, but: string): number | undefined => {
    const find = (wanted: string) => observations.find(({ question }) => question.name === wanted);
    const one = find(name);
    if (!one || one.arrived || !find(but)?.arrived) return undefined;
    const status = one.answer?.status ?? 0;
    return status >= 400 ? status : undefined;
  };
  const chunked = refused("POST chunked", "POST");
  const getBody = refused("GET with a body", "POST");
  return {
    ...(chunked !== undefined && { unknownLength: { max: 0, status: chunked } }),
    ...(getBody !== undefined && { getBody: { max: 0, status: getBody } }),
  };
}
