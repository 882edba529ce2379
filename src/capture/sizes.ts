/** How large a request may be before the edge answers by itself: looked for from both sides. */
import type { Limit, Limits } from "../edge/profile.js";
import type { Observation, Question } from "./question.js";
import type { Place } from "./questions.js";

/** Asks one question, and makes sure that ordinary ones still reach the app. */
export type AskOne = (question: Question) => Promise<Observation | undefined>;

type SizeKey = Exclude<keyof Limits, "idleMs" | "firstByte" | "getBody" | "unknownLength">;

/** A size that requests have in steps of one. */
interface Probe {
  readonly key: SizeKey;
  /** "a body of 5 octets". */
  readonly name: (size: number) => string;
  readonly make: (size: number) => Partial<Question>;
  /** Where the search begins: 4 times as much each time until `most`. */
  readonly least: number;
  readonly most: number;
  /** Bounds that servers have as shipped or as people write them. */
  readonly usual: readonly number[];
}

export interface LearnedSizes {
  readonly limits: Limits;
  /** The largest request that passed and the smallest that did not, by bound. */
  readonly observations: readonly Observation[];
  readonly notLearned: readonly string[];
}

const KIB = 1024;
const MIB = KIB * KIB;

const FILL = "X-Devtls-Fill";

/** Octets that a header line takes beside its name and its value. */
const LINE_EXTRA = 2;

function probes({ base, home, below }: Place, controlOctets: number): Probe[] {
  const lead = below ? `${base}/` : `${home}?`;
  return [
    {
      key: "target",
      name: (size) => `a target of ${size} octets`,
      make: (size) => ({ target: lead.padEnd(size, "t") }),
      ...{ least: 512, most: 64 * KIB },
      usual: [2048, 4096, 8177, 8190, 8192, 16_384, 32_768],
    },
    {
      key: "query",
      name: (size) => `a query of ${size} octets`,
      make: (size) => ({ target: `${home}?${"q".repeat(size)}` }),
      ...{ least: 512, most: 64 * KIB },
      usual: [2048, 4096, 8192],
    },
    {
      key: "header",
      name: (size) => `a header of ${size} octets`,
      make: (size) => ({ lines: [FILL, "v".repeat(size - FILL.length - LINE_EXTRA)] }),
      ...{ least: 512, most: 96 * KIB },
      usual: [8190, 8192, 16_384, 32_768, 65_536],
    },
    {
      key: "headers",
      name: (size) => `headers of ${size} octets`,
      make: (size) => ({ lines: filling(size - controlOctets) }),
      ...{ least: 2048, most: 96 * KIB },
      usual: [15_360, 16_384, 32_768, 61_440, 65_536],
    },
    {
      key: "headerLines",
      name: (size) => `${size} header lines`,
      make: (size) => ({ lines: countedLines(size - 1) }),
      ...{ least: 16, most: 400 },
      usual: [100, 101, 128, 200],
    },
    {
      key: "forwardedFor",
      name: (size) => `${size} addresses in X-Forwarded-For`,
      make: (size) => ({
        lines: ["X-Forwarded-For", Array.from({ length: size }, (_, i) => `6.6.6.${i}`).join(", ")],
      }),
      ...{ least: 4, most: 100 },
      usual: [30],
    },
    {
      key: "body",
      name: (size) => `a body of ${size} octets`,
      make: (size) => ({
        method: "POST",
        lines: ["Content-Type", "application/octet-stream", "Content-Length", String(size)],
        body: "b".repeat(size),
      }),
      ...{ least: 16 * KIB, most: 32 * MIB },
      usual: [
        ...[1, 2, 4, 5, 8, 10, 16, 20, 25, 30].flatMap((count) => [count * MIB, count * 1e6]),
        ...[KIB * 100, KIB * 128, KIB * 256, KIB * 512],
      ],
    },
  ];
}

/** Lines of less than any edge's bound for one, that many octets all together. */
function filling(octets: number): string[] {
  const lines: string[] = [];
  // The last one takes the rest, so that it is never too short for its own name.
  for (let left = octets; left > 0; ) {
    const take = left < 3000 ? left : 2000;
    const name = `${FILL}-${100 + lines.length / 2}`;
    lines.push(name, "v".repeat(take - name.length - LINE_EXTRA));
    left -= take;
  }
  return lines;
}

function countedLines(count: number): string[] {
  return Array.from({ length: count }, (_, i) => [`${FILL}-${100 + i}`, "1"]).flat();
}

/**
 * Looks for the bounds of an edge.
 * @param control the ordinary question that the others are made from
 * @param controlOctets what the line that carries the token takes of a head
 */
export async function learnSizes(
  ask: AskOne,
  control: Question,
  place: Place,
  controlOctets: number,
  onProbe: (what: string) => void = () => undefined,
): Promise<LearnedSizes> {
  const limits: Partial<Record<SizeKey, Limit>> = {};
  const observations: Observation[] = [];
  const notLearned: string[] = [];
  for (const probe of probes(place, controlOctets)) {
    onProbe(probe.name(probe.most));
    const found = await search(probe, async (size) => {
      const question = { ...control, name: probe.name(size), ...probe.make(size) };
      return (await ask(question)) ?? { question, clientAddress: "", clientPort: 0, port: 0 };
    });
    if (found === undefined) {
      notLearned.push(`a bound beyond ${probe.name(probe.most)}`);
      continue;
    }
    const { passed, refused } = found;
    const status = refused.seen.answer?.status;
    if (passed === undefined || status === undefined || status < 400) {
      const how = status === undefined ? "closed without an answer" : `answered ${status}`;
      notLearned.push(`${probe.name(refused.size)}: ${how}`);
      continue;
    }
    if (probe.key === "query" && follows(probe, passed.size, limits.target, place)) continue;
    limits[probe.key] = { max: passed.size, status };
    observations.push(passed.seen, refused.seen);
  }
  return { limits, observations, notLearned };
}

/** Whether a query is refused only because it makes the target too long. */
function follows(
  { make }: Probe,
  size: number,
  target: Limit | undefined,
  { below }: Place,
): boolean {
  // Where nothing below the path reaches the app, targets were made long by a query.
  return target !== undefined && (!below || (make(size).target?.length ?? 0) >= target.max);
}

interface Tried {
  readonly size: number;
  readonly seen: Observation;
}

/** The largest size that passes and the smallest that does not; undefined where all pass. */
async function search(
  { least, most, usual }: Probe,
  ask: (size: number) => Promise<Observation>,
): Promise<{ readonly passed: Tried | undefined; readonly refused: Tried } | undefined> {
  let passed: Tried | undefined;
  let refused: Tried | undefined;
  const attempt = async (size: number): Promise<void> => {
    const tried = { size, seen: await ask(size) };
    if (tried.seen.arrived) passed = tried;
    else refused = tried;
  };
  for (let size = least; !refused; size = Math.min(size * 4, most)) {
    await attempt(size);
    if (size === most && !refused) return undefined;
  }
  const between = (size: number): boolean =>
    size > (passed?.size ?? 0) && size < (refused as Tried).size;
  // Most bounds are one of these: two questions instead of twenty.
  for (const size of usual) {
    if (between(size)) await attempt(size);
    if (passed?.size === size && between(size + 1)) await attempt(size + 1);
  }
  while (refused.size - (passed?.size ?? 0) > 1 && passed) {
    await attempt(Math.floor((passed.size + refused.size) / 2));
  }
  return { passed, refused };
}
