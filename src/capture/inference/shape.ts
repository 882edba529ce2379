/**
 * What an edge makes of a request besides its headers' values: order, case, framing, version, path.
 * Every switch that a profile has is tried, beginning with those of the known edge that is nearest;
 * what no question tells apart stays as that edge has it.
 */
import { lower } from "../../edge/names.js";
import { isPart } from "../../edge/parts.js";
import type { HeaderRule, ToApp } from "../../edge/profile.js";
import { PROFILES } from "../../edge/profiles/index.js";
import type { Passing } from "../model.js";
import type { Shows } from "../question.js";
import { likeness, seen } from "./seen.js";
import type { View } from "./views.js";

/** The values that each switch can have; some are made from what was seen. */
type Choices = readonly (readonly [key: keyof ToApp, values: readonly unknown[]])[];

const CHOICES: Choices = [
  ["host", ["keep", "hostname", "with-port", "target", "localhost"]],
  ["version", ["1.0", "1.1", "client"]],
  ["connection", [undefined, "close", "keep-alive", "Keep-Alive"]],
  ["upgradeConnection", [undefined, "upgrade"]],
  ["names", ["keep", "lower", "lower-client", "canonical"]],
  ["http2Names", ["keep", "canonical"]],
  ["hopByHop", ["drop", "by-name", "in-place", "copied", "keep"]],
  ["te", ["named", "bare", "drop"]],
  ["http2Cookie", ["keep", "last"]],
  ["target", ["keep", "reencode", "normalize", "decode", "parse"]],
  ["keepsAbsolute", [undefined, true]],
  ["headAsGet", [undefined, true]],
  ["passesUpgrade", [true, false]],
  ["alwaysUpgrade", [undefined, true]],
  ["movesLength", [true, false]],
  ["mergesLines", [true, false]],
  ["appendsInPlace", [true, false]],
  ["dropsOddNames", [true, false]],
  ["buffersChunked", [true, false, "arrived"]],
  ["answersExpect", [true, false]],
  ["sendsEmptyLength", [true, false]],
];

export interface Draft {
  readonly headers: readonly HeaderRule[];
  readonly toApp: ToApp;
}

/** Rounds over all switches; each but the last makes something better. */
const MAX_ROUNDS = 6;

/**
 * Finds the shape that explains most questions.
 * @param pass what the simulation makes of a profile
 * @param given what is known already and not to be tried
 */
export function learnShape(
  headers: readonly HeaderRule[],
  views: readonly View[],
  shows: Shows,
  pass: (draft: Draft) => Passing,
  given: Partial<ToApp>,
): Draft {
  const wanted = views.map(({ observation }) => seen(observation.arrived, shows));
  const score: Score = (draft, atLeast = 0) => {
    const passing = pass(draft);
    let points = 0;
    for (const [index, { observation }] of views.entries()) {
      // Most drafts are worse than the best one, and most of those show it soon.
      if (points + views.length - index <= atLeast) return 0;
      const like = likeness(wanted[index] as string[], seen(passing(observation), shows));
      points += like === 1 ? 1 : like / 4;
    }
    return points;
  };
  const starts = families().map((toApp): Draft => ({ headers, toApp: withGiven(toApp, given) }));
  const best: Scored[] = [];
  for (const draft of different(starts)) {
    const points = score(draft, best[1]?.points);
    best.push({ draft, points });
    best.sort((a, b) => b.points - a.points).splice(2);
  }
  const climbed = best.map((start) => climb(start.draft, start.points, score, views, shows, given));
  return (climbed.sort((a, b) => b.points - a.points)[0] as Scored).draft;
}

/** @param atLeast the points it has to have more than; otherwise 0 is answer enough */
type Score = (draft: Draft, atLeast?: number) => number;

interface Scored {
  readonly draft: Draft;
  readonly points: number;
}

/** Each once. */
function different(drafts: readonly Draft[]): Draft[] {
  return [...new Map(drafts.map((draft) => [JSON.stringify(draft), draft])).values()];
}

function withGiven(toApp: ToApp, given: Partial<ToApp>): ToApp {
  const merged: Record<string, unknown> = { ...toApp, ...given };
  for (const [key, value] of Object.entries(merged)) if (value === undefined) delete merged[key];
  return merged as unknown as ToApp;
}

/** The shapes of the known edges, each once, captured ones first. */
function families(): ToApp[] {
  const known = new Map<string, ToApp>();
  for (const { toApp } of PROFILES) {
    const { source: _, ...rest } = toApp;
    known.set(JSON.stringify(rest), { ...toApp, source: "remote" });
  }
  return [...known.values()];
}

function climb(
  start: Draft,
  points: number,
  score: Score,
  views: readonly View[],
  shows: Shows,
  given: Partial<ToApp>,
): Scored {
  let best: Scored = { draft: start, points };
  const tried = new Set<string>();
  for (let round = 0; round < MAX_ROUNDS && best.points < views.length; round++) {
    const before = best.points;
    for (const next of moves(best.draft, views, shows, given)) {
      const draft = next(best.draft);
      const key = JSON.stringify(draft);
      if (!draft || tried.has(key)) continue;
      tried.add(key);
      const points = score(draft, best.points);
      if (points > best.points + 1e-9) best = { draft, points };
    }
    if (best.points === before) break;
  }
  return best;
}

/** Whether a rule writes a line among the edge's own; Host has a part for itself. */
function writes({ name, op }: HeaderRule): boolean {
  return op !== "pass" && op !== "strip" && lower(name) !== "host";
}

type Move = (draft: Draft) => Draft | undefined;

function moves(draft: Draft, views: readonly View[], shows: Shows, given: Partial<ToApp>): Move[] {
  const list: Move[] = [];
  for (const [key, values] of CHOICES) {
    if (key in given) continue;
    for (const value of values) {
      list.push(({ headers, toApp }) => {
        if (toApp[key] === value) return undefined;
        const changed: Record<string, unknown> = { ...toApp, [key]: value };
        if (value === undefined) delete changed[key];
        return { headers, toApp: changed as unknown as ToApp };
      });
    }
  }
  if (shows.order) {
    for (const order of observedOrders(draft, views)) {
      list.push(({ headers, toApp }) => ({
        headers: sortedRules(headers, views),
        toApp: { ...toApp, order },
      }));
    }
    for (const order of sortedOrders(draft)) {
      list.push(({ headers, toApp }) => ({ headers, toApp: { ...toApp, order } }));
    }
    for (const { toApp } of PROFILES) {
      list.push((now) => ({ headers: now.headers, toApp: { ...now.toApp, order: toApp.order } }));
    }
    list.push(({ headers, toApp }) => ({ headers: sortedRules(headers, views), toApp }));
    list.push(...singles(draft), ...rewritten(draft, views));
  }
  return list;
}

/** A line of the client's that the edge writes itself (`proxy_set_header Range $http_range`). */
function rewritten({ headers }: Draft, views: readonly View[]): Move[] {
  const own = new Set(headers.filter(writes).map(({ name }) => lower(name)));
  const ahead = new Map(views.flatMap(nameAhead).map((name) => [lower(name), name]));
  return [...ahead]
    .filter(([key]) => !own.has(key))
    .map(([key, name]): Move => {
      const rule: HeaderRule = { name, op: "set", value: "{sent}", from: key };
      return ({ headers: rules, toApp }) => ({
        headers: [rule, ...rules.filter((other) => lower(other.name) !== key)],
        toApp,
      });
    });
}

/** The first of a client's lines to arrive, where it was sent behind others that arrived, too. */
function nameAhead({ observation, sent }: View): string[] {
  const names = sent.filter((_, index) => index % 2 === 0).map(lower);
  const arrived = observation.arrived.lines.filter((_, index) => index % 2 === 0);
  const keys = arrived.map(lower);
  const at = keys.findIndex((key) => names.includes(key) && !STRUCTURE.has(key));
  if (at < 0) return [];
  const before = names.slice(0, names.indexOf(keys[at] as string));
  return before.some((name) => keys.includes(name)) ? [arrived[at] as string] : [];
}

/** Moves that give one header a place of its own. */
function singles({ headers, toApp }: Draft): Move[] {
  const names = headers.filter(writes).map(({ name }) => name);
  return names.flatMap((name) => {
    const rest = toApp.order.filter((part) => lower(part) !== lower(name));
    const places = Array.from({ length: rest.length + 1 }, (_, at) => at);
    const own = places.map(
      (at): Move =>
        (now) => ({
          headers: now.headers,
          toApp: { ...now.toApp, order: [...rest.slice(0, at), name, ...rest.slice(at)] },
        }),
    );
    return own;
  });
}

/** Rules that write lines, in the order in which their lines arrive; the others stay behind. */
function sortedRules(headers: readonly HeaderRule[], views: readonly View[]): HeaderRule[] {
  const writing = headers.filter(writes);
  const rest = headers.filter((rule) => !writes(rule));
  const before = precedence(
    writing.map(({ name }) => lower(name)),
    views,
  );
  return [...sortBy(writing, (rule) => lower(rule.name), before), ...rest];
}

/** How often one label stood before another. */
type Precedence = (a: string, b: string) => number;

function precedence(
  labels: readonly string[],
  views: readonly View[],
  labelOf: (name: string) => string = lower,
): Precedence {
  const counts = new Map<string, number>();
  for (const { observation, sent } of views) {
    const own = new Set<string>();
    for (let i = 0; i < sent.length; i += 2) own.add(lower(sent[i] as string));
    const { lines } = observation.arrived;
    const found = new Map<string, number>();
    for (let i = 0; i < lines.length; i += 2) {
      const name = lower(lines[i] as string);
      const label = labelOf(name);
      // What the client sent as well may stand where the client had it.
      if (labels.includes(label) && !(own.has(name) && label === name && !STRUCTURE.has(name))) {
        if (!found.has(label)) found.set(label, i);
      }
    }
    for (const [a, at] of found) {
      for (const [b, other] of found) {
        if (at < other) counts.set(`${a}\n${b}`, (counts.get(`${a}\n${b}`) ?? 0) + 1);
      }
    }
  }
  return (a, b) => (counts.get(`${a}\n${b}`) ?? 0) - (counts.get(`${b}\n${a}`) ?? 0);
}

function sortBy<T>(items: readonly T[], keyOf: (item: T) => string, before: Precedence): T[] {
  const sorted: T[] = [];
  for (const item of items) {
    let at = sorted.length;
    while (at > 0 && before(keyOf(item), keyOf(sorted[at - 1] as T)) > 0) at--;
    sorted.splice(at, 0, item);
  }
  return sorted;
}

const STRUCTURE: ReadonlyMap<string, string> = new Map([
  ["host", "host"],
  ["content-length", "framing"],
  ["transfer-encoding", "framing"],
  ["connection", "connection"],
  ["upgrade", "upgrade"],
]);

/** The orders of parts that the requests had, as a list of parts and single names. */
function observedOrders({ headers }: Draft, views: readonly View[]): string[][] {
  const writing = headers.filter(writes);
  const names = new Map(writing.map(({ name }) => [lower(name), name]));
  const labelOf = (name: string): string =>
    STRUCTURE.get(name) ?? (names.has(name) ? name : "client");
  const labels = ["host", ...names.keys(), "connection", "upgrade", "framing", "client"];
  const before = precedence(labels, views, labelOf);
  const sorted = sortBy(labels, (label) => label, before);
  const groups = grouped(sorted, names);
  return [groups, withoutUpgrade(groups)].flatMap((order) => [order, withLate(order)]);
}

/** The longest run of the edge's own lines is the part `edge`; others stand by their names. */
function grouped(sorted: readonly string[], names: ReadonlyMap<string, string>): string[] {
  const runs: string[][] = [];
  for (const label of sorted) {
    const run = runs.at(-1);
    if (names.has(label) && run && names.has(run[0] as string)) run.push(label);
    else runs.push([label]);
  }
  const own = runs.filter((run) => names.has(run[0] as string));
  const longest = own.sort((a, b) => b.length - a.length)[0];
  const order = runs.flatMap((run) => {
    if (run === longest) return ["edge"];
    return run.map((label) => names.get(label) ?? label);
  });
  return order.includes("edge") ? order : [...order.filter(isPart), "edge"];
}

/** A proxy that sorts, before one that does not: one name of the latter's behind all others. */
function sortedOrders({ headers }: Draft): string[][] {
  const names = headers.filter(writes).map(({ name }) => name);
  const before = ["host", "user-agent", "sorted", "late"];
  return [[], ...names.map((name) => [name])].map((last) => [
    ...before,
    ...last,
    "framing",
    "connection",
  ]);
}

function withoutUpgrade(order: readonly string[]): string[] {
  return order.filter((part) => part !== "upgrade");
}

/** `client` and `edge` by name, for edges that sort. */
function withLate(order: readonly string[]): string[] {
  const at = order.indexOf("client");
  const rest = order.filter((part) => part !== "client" && part !== "edge");
  return [...rest.slice(0, at), "sorted", ...rest.slice(at)];
}
