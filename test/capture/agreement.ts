/** How often a captured profile and the real server agree about requests that the capture never saw. */
import { ask } from "../../src/capture/asking/ask.js";
import { askSimulation, byName } from "../../src/capture/asking/simulation.js";
import type { CaptureSettings } from "../../src/capture/capture.js";
import { compare, type Difference } from "../../src/capture/compare.js";
import { requestQuestions } from "../../src/capture/questions.js";
import type { EdgeProfile } from "../../src/edge/profile.js";
import { randomRequests } from "./random-requests.js";

export interface Agreement {
  readonly asked: number;
  readonly differences: readonly Difference[];
}

const COUNT = 100;

/** Asks the real server and `serve` with the profile for the same. */
export async function agreement(
  { asking, place, target }: CaptureSettings,
  profile: EdgeProfile,
  seed: number,
): Promise<Agreement> {
  // The first is the capture's own, by which an asker sees that the app is there.
  const control = requestQuestions(place).slice(0, 1);
  const random = randomRequests(place, COUNT, seed);
  const real = await ask(asking, [...control, ...random]);
  const questions = real.observations.map(({ question }) => question);
  const hostname = place.authority.replace(/:\d+$/, "");
  const ours = await askSimulation(profile, hostname, questions, asking.token);
  const others = byName(ours.observations);
  const sides = {
    shows: real.shows,
    realTarget: target,
    simulatedTarget: ours.target,
    known: asking.recorder !== undefined,
  };
  const compared = real.observations.slice(1);
  return {
    asked: compared.length,
    differences: compared.flatMap((one) => {
      const other = others.get(one.question.name);
      const difference = other && compare(one, other, sides);
      return difference ? [difference] : [];
    }),
  };
}
