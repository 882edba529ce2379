/** What is not the same through an edge and through its simulation. */
import { first } from "../lines.js";
import { isRedirect } from "./inference/plain.js";
import { comparable } from "./inference/response.js";
import { type Aliases, aliasing, masked, seen } from "./inference/seen.js";
import type { Observation, Shows } from "./question.js";
import { ACME_TARGET } from "./questions.js";

export interface Difference {
  /** The question's name. */
  readonly request: string;
  /** Lines that only the edge has, and only the simulation. */
  readonly real: readonly string[];
  readonly simulated: readonly string[];
}

/** The same fact on both sides: where the simulation says its own, the edge's stands for it. */
export interface Sides {
  readonly shows: Shows;
  readonly realTarget: string;
  readonly simulatedTarget: string;
  /** Whether the real app is ours and its response known; an echo's runtime adds lines. */
  readonly known: boolean;
}

/** Compares one question on both sides; undefined where they are the same. */
export function compare(
  real: Observation,
  simulated: Observation,
  sides: Sides,
): Difference | undefined {
  const aliases = aliasesOf(real, simulated, sides);
  const left = describe(real, sides, []);
  const right = describe(simulated, sides, aliases);
  if (left.join("\n") === right.join("\n")) return undefined;
  const only = (one: readonly string[], other: readonly string[]): string[] =>
    one.filter((line) => !other.includes(line));
  const [ownLines, otherLines] = [only(left, right), only(right, left)];
  // The same lines in another order are shown as a whole.
  const whole = ownLines.length === 0 && otherLines.length === 0;
  return {
    request: real.question.name,
    real: whole ? left : ownLines,
    simulated: whole ? right : otherLines,
  };
}

function aliasesOf(real: Observation, simulated: Observation, sides: Sides): Aliases {
  const pairs: [string, string][] = [
    [sides.simulatedTarget, sides.realTarget],
    [String(simulated.port), String(real.port)],
    [String(simulated.clientPort), String(real.clientPort)],
    [simulated.clientAddress, real.clientAddress],
  ];
  return pairs.filter(([from, to]) => from !== "" && to !== "" && from !== "0" && from !== to);
}

function describe(observation: Observation, sides: Sides, aliases: Aliases): string[] {
  const { arrived, answer, question } = observation;
  if (question.reply && answer) {
    const lines = comparable(answer.lines).map((line) => masked(line));
    return [`status ${answer.status}`, ...(sides.known ? lines.map(aliasing(aliases)) : [])].sort();
  }
  if (arrived && question.target === ACME_TARGET) return ["reaches the app"];
  if (arrived) return seen(arrived, sides.shows, aliases);
  if (!answer) return ["closed without an answer"];
  if (!isRedirect(observation)) return [`answered ${answer.status} by the edge itself`];
  // Where the simulation redirects to its own port, production has none to name; and the case of a
  // host says nothing (RFC 9110 4.2.3).
  const location = first(answer.lines, "location") ?? "";
  const to = location.replace(/^(https:\/\/[^/]*?)(?::\d+)?(?=\/|$)/i, (_, origin: string) =>
    origin.toLowerCase(),
  );
  // "%c3" and "%C3" are the same (RFC 3986 6.2.2.1); Apache writes them small.
  return [`${answer.status} to ${to.replace(/%[0-9a-f]{2}/gi, (code) => code.toUpperCase())}`];
}
