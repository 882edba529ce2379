/**
 * The rule that an edge follows with one header, from all that was sent and all that arrived under
 * its name. Rules are tried out with the functions that the simulation uses, so that a rule that
 * explains every question is one that it follows.
 */
import { compileHead } from "../../edge/head.js";
import { lower } from "../../edge/names.js";
import { compileValue } from "../../edge/placeholders.js";
import type { HeaderCase, HeaderRule } from "../../edge/profile.js";
import { profile, unverified } from "../../edge/profiles/build.js";
import { eachLine, has, valuesOf } from "../../lines.js";
import { masked, shownLines } from "./seen.js";
import { readings } from "./templates.js";
import type { Scene, View } from "./views.js";

export interface Learned {
  /** `pass` where the edge leaves the header alone. */
  readonly rule: HeaderRule;
  /** Questions that the rule does not explain. */
  readonly unexplained: readonly View[];
}

/** @param limit how many are too many, so that the rest need not be looked at */
type Trial = (rule: HeaderRule, limit?: number) => readonly View[];

/** Steps that refine a rule; each makes it explain more questions than before. */
const MAX_STEPS = 6;
/** First guesses that are looked at closely. */
const MAX_REFINED = 4;
/** Values that are read for their placeholders. */
const MAX_EXAMPLES = 6;
/** Values that a case is made for. */
const MAX_VALUES = 4;
/** Texts with placeholders that are tried; more where two of them mean the same address mostly. */
const MAX_READINGS = 3;
const MAX_READINGS_NAMED = 6;

/**
 * @param name as the edge or the client writes it
 * @param refines whether rules may hang on other headers and on methods
 */
export function learnRule(
  name: string,
  views: readonly View[],
  scene: Scene,
  refines = true,
): Learned {
  const key = name.toLowerCase();
  const counted = views.filter(({ named }) => !named.includes(key));
  const attempt = trial(name, counted, scene);
  const guesses = firstGuesses(name, counted, scene)
    .map((rule) => ({ rule, unexplained: attempt(rule) }))
    .sort((a, b) => a.unexplained.length - b.unexplained.length)
    .slice(0, MAX_REFINED);
  let best = guesses[0] as Learned;
  if (best.unexplained.length === 0 || !refines || isUnpredictable(best)) return best;
  for (const guess of guesses) {
    let now: Learned = guess;
    for (let step = 0; step < MAX_STEPS && now.unexplained.length > 0; step++) {
      const better = refine(now.rule, now.unexplained, attempt);
      if (!better) break;
      now = better;
    }
    if (now.unexplained.length < best.unexplained.length) best = now;
    if (best.unexplained.length === 0) return best;
  }
  for (const rule of copiesOrNothing(name, counted)) {
    const unexplained = attempt(rule, best.unexplained.length);
    if (unexplained.length < best.unexplained.length) best = { rule, unexplained };
  }
  return best;
}

/** So many questions come out otherwise by more than a condition that was not found. */
const MANY = 20;

/** Whether a value is another one each time for no reason that was found. */
export function isUnpredictable({ rule, unexplained }: Learned): boolean {
  const key = rule.name.toLowerCase();
  const values = unexplained.map((view) => view.values.get(key)?.join());
  return values.length > MANY && new Set(values).size > values.length / 2;
}

/** Which questions a rule does not explain. */
function trial(name: string, views: readonly View[], scene: Scene): Trial {
  const key = name.toLowerCase();
  const asked = views.map((view) => ({ view, wanted: view.values.get(key) ?? [] }));
  return (rule, limit = Number.POSITIVE_INFINITY) => {
    const toApp = scene.clientFrom ? { clientFrom: scene.clientFrom } : {};
    const rewrite = compileHead(
      profile({
        name: "trial",
        title: "",
        headers: [rule],
        toApp,
        plain: { mode: "proxy" },
        proof: unverified(""),
      }),
    );
    const matters = namesIn(rule, scene);
    const unexplained: View[] = [];
    for (const { view, wanted } of asked) {
      const lines = rewrite(only(view.sent, matters), view.request);
      const shown = shownLines(lines, scene.shows).filter(([n]) => n.toLowerCase() === key);
      const values = shown.map(([, value]) => value);
      if (same(key, wanted, values, scene.merges)) continue;
      if (same(key, wanted, values.map(masked), scene.merges)) continue;
      unexplained.push(view);
      if (unexplained.length >= limit) break;
    }
    return unexplained;
  };
}

/** The headers that a rule's outcome hangs on. */
function namesIn(
  { name, from, unless = [], cases = [], when }: HeaderRule,
  scene: Scene,
): Set<string> {
  return new Set([
    name.toLowerCase(),
    ...(from === undefined ? [] : [from]),
    ...unless,
    ...cases.map((one) => one.from),
    ...(scene.clientFrom ? [scene.clientFrom.header] : []),
    ...(when === "own-origin" ? ["origin"] : []),
  ]);
}

function only(lines: readonly string[], names: ReadonlySet<string>): string[] {
  return lines.filter((_, i) => names.has(lower(lines[i - (i % 2)] as string)));
}

function same(key: string, a: readonly string[], b: readonly string[], merges: boolean): boolean {
  if (a.length === b.length) return a.every((value, index) => value === b[index]);
  const cookies = key === "cookie";
  const glued = (list: readonly string[]): string =>
    list.join(", ").replaceAll(", ", cookies ? "; " : ", ");
  return (merges || cookies) && a.length > 0 && b.length > 0 && glued(a) === glued(b);
}

/** Rules that could be at the bottom of it, the likeliest first. */
function firstGuesses(name: string, views: readonly View[], scene: Scene): HeaderRule[] {
  const key = name.toLowerCase();
  const written = views.filter(({ sent, values }) => !has(sent, key) && values.has(key));
  const guesses: HeaderRule[] = [{ name, op: "pass" }];
  const sent = views.filter((view) => has(view.sent, key));
  if (sent.length > 0 && sent.every(({ values }) => !values.has(key))) {
    guesses.push({ name, op: "strip" });
  }
  const values = bestReadings(key, written, scene);
  for (const op of ["set", "append", "append-line"] as const) {
    for (const value of values) guesses.push({ name, op, value });
  }
  for (const glue of [", ", ","] as const) {
    for (const value of values) guesses.push({ name, op: "append", value, glue });
  }
  for (const value of values) guesses.push({ name, op: "set", value, unless: [key] });
  // Where nothing was written that way, such a rule would be the same as none.
  const ways = (["https", "http", "http/2"] as const).filter((when) =>
    written.some(
      ({ request }) =>
        when === request.scheme || (when === "http/2" && request.protocol === "HTTP/2"),
    ),
  );
  for (const when of ways) {
    for (const op of ["set", "append", "append-line"] as const) {
      for (const value of values) guesses.push({ name, op, value, when });
    }
  }
  guesses.push(...copies(name, views), { name, op: "strip" });
  return guesses;
}

/** Readings that explain most of the values that the edge wrote by itself. */
function bestReadings(key: string, written: readonly View[], { clientFrom }: Scene): string[] {
  const different = new Map(written.map((view) => [view.values.get(key)?.[0], view]));
  const examples = [...different.values()].slice(0, MAX_EXAMPLES);
  const all = new Set<string>();
  for (const view of examples) {
    const [value] = rawValues(view, key);
    if (value === undefined) continue;
    const { request } = view;
    const named = clientFrom ? { ...request, peerAddress: request.clientAddress } : request;
    for (const text of readings(value, named)) all.add(text);
  }
  const scored = [...all].map((text) => {
    const write = compileValue(text);
    const hits = written.filter(
      (view) => view.values.get(key)?.[0] === masked(write(view.request)),
    );
    return { text, hits: hits.length };
  });
  const most = Math.max(0, ...scored.map(({ hits }) => hits));
  return scored
    .filter(({ hits }) => hits === most)
    .map(({ text }) => text)
    .slice(0, clientFrom ? MAX_READINGS_NAMED : MAX_READINGS);
}

/** With what is of the moment still in it. */
function rawValues({ observation }: View, key: string): string[] {
  const direct = valuesOf(observation.arrived.lines, key);
  return direct.length > 0 ? direct : valuesOf(observation.arrived.lines, key.replaceAll("-", "_"));
}

/** Rules that hand another header of the client's on under this name. */
function copies(name: string, views: readonly View[]): HeaderRule[] {
  const key = name.toLowerCase();
  const sources = new Map<string, number>();
  for (const { sent, values } of views) {
    const [value] = values.get(key) ?? [];
    if (value === undefined || value === "") continue;
    eachLine(sent, (other, text) => {
      const from = other.toLowerCase();
      if (from !== key && text === value) sources.set(from, (sources.get(from) ?? 0) + 1);
    });
  }
  return [...sources.entries()]
    .sort(([, a], [, b]) => b - a)
    .slice(0, 2)
    .map(([from]) => ({ name, op: "set", value: "{sent}", from }));
}

/** The same by an edge that keeps the client's own line of this name away. */
function copiesOrNothing(name: string, views: readonly View[]): HeaderRule[] {
  return copies(name, views).map(({ from = "" }) => ({
    name,
    op: "set",
    value: "",
    cases: [{ from, value: "{sent}" }],
  }));
}

/** The step that makes a rule explain most more, if one does. */
function refine(rule: HeaderRule, failing: readonly View[], attempt: Trial): Learned | undefined {
  let best: Learned | undefined;
  for (const candidate of refinements(rule, failing)) {
    const limit = (best?.unexplained ?? failing).length;
    const unexplained = attempt(candidate, limit);
    if (unexplained.length < limit) {
      best = { rule: candidate, unexplained };
      if (unexplained.length === 0) break;
    }
  }
  return best;
}

function refinements(rule: HeaderRule, failing: readonly View[]): HeaderRule[] {
  const key = rule.name.toLowerCase();
  const result: HeaderRule[] = [];
  const methods = [...new Set(failing.map(({ request }) => request.method))];
  if (rule.op === "strip") return exceptFor(methods, rule);
  const others = namesSentIn(failing);
  if (rule.op !== "pass") {
    const { unless = [] } = rule;
    if (rule.when === undefined) result.push({ ...rule, when: "http/1" });
    result.push(...exceptFor(methods, rule));
    if (rule.cases === undefined) {
      for (const other of others) {
        if (!unless.includes(other)) result.push({ ...rule, unless: [...unless, other] });
      }
    }
  }
  const writes = rule.op === "pass" ? passThrough(rule) : rule;
  // A rule with cases is no rule for the client's own line unless it says so.
  for (const other of [key, ...others.filter((name) => name !== key)]) {
    const concerned = failing.filter(({ sent }) => has(sent, other));
    const values = [...new Set(concerned.map(({ sent }) => valuesOf(sent, other).join(", ")))]
      .filter((value) => value !== "")
      .slice(0, MAX_VALUES);
    if (values.length === 0) continue;
    const made = [
      { from: other, value: "{sent}" },
      { from: other, is: values, value: "{sent}" },
      ...values.map((value) => ({ from: other, is: [value], value: "{sent}" })),
      ...caseValues(key, concerned, other),
    ];
    for (const one of made) {
      result.push({ ...writes, cases: [one, ...(writes.cases ?? [])] });
    }
  }
  return result;
}

/** The rule without all of these methods, and without each of them. */
function exceptFor(methods: readonly string[], rule: HeaderRule): HeaderRule[] {
  const { notFor = [] } = rule;
  const others = methods.filter((method) => !notFor.includes(method));
  const several = others.length > 1 ? [others] : [];
  return [...several, ...others.map((method) => [method])].map((more) => ({
    ...rule,
    notFor: [...notFor, ...more],
  }));
}

/** A rule that keeps the client's line, as one that could say so of single cases. */
function passThrough(rule: HeaderRule): HeaderRule {
  const key = rule.name.toLowerCase();
  return { name: rule.name, op: "set", value: "{sent}", from: key };
}

/** What arrived where another header had one value, as it is or read anew. */
function caseValues(key: string, views: readonly View[], other: string): HeaderCase[] {
  const cases = new Map<string, HeaderCase>();
  for (const view of views) {
    const sent = valuesOf(view.sent, other).join(", ");
    if (sent === "") continue;
    const [arrived] = rawValues(view, key);
    // What hangs on the value in the same way whatever it is comes first.
    if (arrived?.startsWith(sent) && arrived !== sent) {
      const [rest] = readings(arrived.slice(sent.length), view.request);
      cases.set(`\n${sent}`, { from: other, value: `{sent}${rest}` });
    }
    const texts = arrived === undefined ? [""] : readings(arrived, view.request);
    for (const value of [texts.at(-1) as string, texts[0] as string]) {
      cases.set(`${sent}\n${value}`, { from: other, is: [sent], value });
      // A part of what the client sent is no fixed text.
      if (value === "" || !sent.includes(value)) cases.set(`\n${value}`, { from: other, value });
    }
  }
  return [...cases.values()].slice(0, 8);
}

function namesSentIn(views: readonly View[]): string[] {
  const counts = new Map<string, number>();
  for (const { sent } of views) {
    eachLine(sent, (name) => {
      const key = name.toLowerCase();
      if (!COMMON.has(key)) counts.set(key, (counts.get(key) ?? 0) + 1);
    });
  }
  return [...counts.entries()].sort(([, a], [, b]) => b - a).map(([name]) => name);
}

/** Sent with nearly every question, so that nothing hangs on them. */
const COMMON = new Set(["user-agent", "accept", "content-length", "transfer-encoding"]);
