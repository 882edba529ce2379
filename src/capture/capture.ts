/** A whole capture: asking, learning, checking. */
import { setTimeout as delay } from "node:timers/promises";
import type { EdgeProfile, ToApp } from "../edge/profile.js";
import { captured, profile } from "../edge/profiles/build.js";
import { type Asked, type Asking, ask } from "./asking/ask.js";
import { askSimulation, byName } from "./asking/simulation.js";
import { learnBounds } from "./bounds.js";
import { compare, type Difference } from "./compare.js";
import { learnTold, whenOf } from "./inference/infer.js";
import { learnPlain } from "./inference/plain.js";
import { addedNames, learnResponse } from "./inference/response.js";
import { model } from "./model.js";
import type { Observation } from "./question.js";
import { ACME_TARGET, type Place, requestQuestions } from "./questions.js";
import { ownLineQuestions, responseQuestions } from "./replies.js";

export interface CaptureSettings {
  readonly name: string;
  readonly title: string;
  /** What was captured, for the proof. */
  readonly source: string;
  readonly place: Place;
  readonly asking: Asking;
  /** The app's own address as the edge was told it; empty where that is not known. */
  readonly target: string;
  /** Looks for the bounds of sizes, which sends requests that are too large. */
  readonly limits?: boolean;
  /** Waits for the edge to lose patience: five minutes at most. */
  readonly slow?: boolean;
  readonly onStage?: (what: string) => void;
  /** Whether the edge is another machine than this one, so that its peer address says something. */
  readonly remote: boolean;
}

export interface Captured {
  readonly profile: EdgeProfile;
  readonly requests: number;
  /** Questions that come out the same through the simulation. */
  readonly identical: number;
  readonly checked: number;
  readonly differences: readonly Difference[];
  readonly notLearned: readonly string[];
}

/**
 * Captures an edge.
 * @throws DevtlsError "request-failed" for an edge that cannot be asked
 */
export async function capture(settings: CaptureSettings): Promise<Captured> {
  const { place, asking, target } = settings;
  const first = await ask(asking, [...requestQuestions(place), ...responseQuestions(place)]);
  const again = ownLineQuestions(place, addedNames(first.observations));
  const second = again.length === 0 ? undefined : await ask(asking, again);
  const bounds = await learnBounds(settings, first.observations);
  const observations = [
    ...first.observations,
    ...(second?.observations ?? []),
    ...bounds.observations,
  ];
  const known = asking.recorder !== undefined;
  // Learning takes a moment in which nothing else happens; what was said before is to be seen.
  await delay(0);
  const told = learnTold(
    first.observations.filter(({ question }) => !question.reply && question.target !== ACME_TARGET),
    { shows: first.shows, target, model, ...sourceOf(settings, first.peer) },
  );
  const plain = learnPlain(observations, known);
  const response = learnResponse(observations, target, known);
  const edge = profile({
    name: settings.name,
    title: settings.title,
    headers: told.headers,
    toApp: told.toApp,
    plain: plain.plain ?? { mode: "redirect" },
    response: response.response,
    limits: bounds.limits,
    proof: captured(settings.source),
  });
  const hostname = place.authority.replace(/:\d+$/, "").replace(/^\[|\]$/g, "");
  const questions = observations.map(({ question }) => question);
  const simulated = await askSimulation(edge, hostname, questions, asking.token);
  const differences = differencesOf(observations, simulated.observations, {
    shows: first.shows,
    realTarget: target,
    simulatedTarget: simulated.target,
    known,
  });
  return {
    profile: edge,
    requests: first.requests + (second?.requests ?? 0) + bounds.requests,
    identical: observations.length - differences.length,
    checked: observations.length,
    differences,
    notLearned: [
      ...told.notLearned,
      ...answeredAlone(observations, differences),
      ...plain.notLearned,
      ...response.notLearned,
      ...bounds.notLearned,
      ...unasked(first, settings),
    ],
  };
}

/** Where the app sees connections come from, when the edge is elsewhere. */
function sourceOf({ remote }: CaptureSettings, peer: string): { source?: ToApp["source"] } {
  if (!remote || peer === "") return {};
  return { source: /^(?:127\.|::1$|::ffff:127\.)/.test(peer) ? "loopback" : "remote" };
}

function unasked({ missing, shows }: Asked, { remote, asking }: CaptureSettings): string[] {
  return [
    ...(shows.case
      ? []
      : ["names with underscores and dots: what the app runs in shows them as hyphens"]),
    ...(missing.includes("http2") ? ["HTTP/2: the edge does not offer it"] : []),
    ...(missing.includes("plain") && asking.plain ? ["plain http: no answer there"] : []),
    ...(remote
      ? []
      : ["where the app sees the connection come from: the edge ran on this machine"]),
  ];
}

/** What the edge answers by itself, as no profile says why. */
function answeredAlone(
  observations: readonly Observation[],
  differences: readonly Difference[],
): string[] {
  const unlike = new Set(differences.map(({ request }) => request));
  const alone = observations.filter(
    ({ arrived, question }) => !arrived && question.way !== "plain" && unlike.has(question.name),
  );
  if (alone.length === 0) return [];
  const names = alone.map(({ question }) => question.name);
  return [`what the edge or the app's server answers by itself ${whenOf(names)}`];
}

function differencesOf(
  real: readonly Observation[],
  simulated: readonly Observation[],
  sides: Parameters<typeof compare>[2],
): Difference[] {
  const others = byName(simulated);
  return real.flatMap((one): Difference[] => {
    const other = others.get(one.question.name);
    if (!other) return [];
    const difference = compare(one, other, sides);
    return difference ? [difference] : [];
  });
}

/** What is asked of bounds, as it was wished for. */
export function boundsOf({
  limits,
  slow,
  onStage,
}: Pick<CaptureSettings, "limits" | "slow" | "onStage">) {
  return { ...(limits && { limits }), ...(slow && { slow }), ...(onStage && { onStage }) };
}

/** A profile as a file holds it. */
export function profileJson({ name, title, ...rest }: EdgeProfile) {
  return { name, title, evidence: "captured", ...rest };
}
