/** What an edge changes in the responses of an app. */
import type { EdgeRequest, ResponseEdits } from "../../edge/profile.js";
import { profile, unverified } from "../../edge/profiles/build.js";
import { compileResponse } from "../../edge/response.js";
import { eachLine, first, valuesOf } from "../../lines.js";
import type { Observation } from "../question.js";
import { SHOWS_ALL } from "../question.js";
import { isOwn } from "../replies.js";
import { whenOf } from "./infer.js";
import { readings } from "./templates.js";
import { viewOf } from "./views.js";

export interface LearnedResponse {
  readonly response: ResponseEdits;
  readonly notLearned: readonly string[];
}

/** A response on both sides of the edge. */
interface Passed {
  readonly name: string;
  readonly status: number;
  readonly request: EdgeRequest;
  /** What the app was told to send. */
  readonly sent: readonly string[];
  readonly got: readonly string[];
}

/** @param target what `{target}` stood for in the app's answers */
function passedOf(observations: readonly Observation[], target: string): Passed[] {
  return observations.flatMap((observation): Passed[] => {
    const { question, arrived, answer } = observation;
    if (!question.reply || !arrived || !answer) return [];
    const host = target || (first(arrived.lines, "host") ?? "");
    const { request } = viewOf({ ...observation, arrived }, SHOWS_ALL, host);
    const { lines = [] } = question.reply;
    const sent = lines.map((text) => text.replaceAll("{target}", host));
    return [{ name: question.name, status: answer.status, request, sent, got: answer.lines }];
  });
}

/** The names that came without the app's having sent them. */
export function addedNames(observations: readonly Observation[]): string[] {
  const names = new Map<string, string>();
  for (const { got, sent } of passedOf(observations, "")) {
    eachLine(got, (name) => {
      const key = name.toLowerCase();
      if (!isOwn(key) && valuesOf(sent, key).length === 0 && key !== "server") names.set(key, name);
    });
  }
  return [...names.values()];
}

/** @param known whether the app is ours: an echo's runtime may write lines of its own */
export function learnResponse(
  observations: readonly Observation[],
  target: string,
  known: boolean,
): LearnedResponse {
  const passed = passedOf(observations, target);
  if (passed.length === 0) return { response: {}, notLearned: ["responses: not asked"] };
  const names = namesOf(passed);
  const set: [string, string][] = [];
  const fill: [string, string][] = [];
  const add: [string, string][] = [];
  const addToGood: [string, string][] = [];
  const remove: string[] = [];
  let hsts: string | undefined;
  for (const name of names) {
    const key = name.toLowerCase();
    if (URL_HEADERS.includes(key)) continue;
    const without = passed.filter(({ sent }) => valuesOf(sent, key).length === 0);
    const own = passed.filter(({ sent }) => valuesOf(sent, key).length > 0);
    const written = without.filter(({ got }) => valuesOf(got, key).length > 0);
    if (written.length === 0) {
      if (own.length > 0 && own.every(({ got }) => valuesOf(got, key).length === 0))
        remove.push(titled(name));
      continue;
    }
    const several = sameLines(key, without);
    if (several && known) {
      for (const line of several) {
        const always = own.every(({ got }) => valuesOf(got, key).includes(line));
        (always ? add : fill).push([titled(name), line]);
      }
      continue;
    }
    const value = writtenValue(key, written);
    const pair: [string, string] = [titled(name), value];
    const kept = own.every(({ sent, got }) =>
      valuesOf(got, key).includes(valuesOf(sent, key)[0] as string),
    );
    const beside = own.every(
      ({ sent, got }) => valuesOf(got, key).length > valuesOf(sent, key).length,
    );
    const good = without
      .filter(({ status }) => status >= 400)
      .every(({ got }) => valuesOf(got, key).length === 0);
    if (kept && beside && good && without.some(({ status }) => status >= 400)) addToGood.push(pair);
    else if (own.length > 0 && kept && beside) add.push(pair);
    else if (own.length > 0 && kept && known) fill.push(pair);
    else if (own.length > 0 && kept) continue;
    else if (key === "strict-transport-security") hsts = value;
    else set.push(pair);
  }
  const moved = learnLocation(passed);
  const edits: ResponseEdits = {
    ...(set.length > 0 && { set }),
    ...(fill.length > 0 && { fill }),
    ...(add.length > 0 && { add }),
    ...(addToGood.length > 0 && { addToGood }),
    ...(remove.length > 0 && { remove: withSilent(remove.sort()) }),
    ...(hsts !== undefined && { hsts }),
    ...moved,
    ...learnOthers(moved, passed),
  };
  return { response: edits, notLearned: leftOver(passed, edits) };
}

/** Asking for X-Accel-Redirect would send nginx to another page; it goes the way of its like. */
function withSilent(removed: readonly string[]): string[] {
  const also = removed.includes("X-Accel-Buffering") ? ["X-Accel-Redirect"] : [];
  return [...removed, ...also];
}

function namesOf(passed: readonly Passed[]): string[] {
  const names = new Map<string, string>();
  const see = (name: string): void => {
    if (!isOwn(name) && !names.has(name.toLowerCase())) names.set(name.toLowerCase(), name);
  };
  for (const { sent, got } of passed) {
    eachLine(got, see);
    eachLine(sent, see);
  }
  return [...names.values()];
}

function titled(name: string): string {
  return /[A-Z]/.test(name) ? name : name.replace(/(?:^|-)[a-z]/g, (start) => start.toUpperCase());
}

/** Several lines that are the same whatever the app says, as two servers in a row write them. */
function sameLines(key: string, passed: readonly Passed[]): readonly string[] | undefined {
  const [first, ...others] = passed.map(({ got }) => valuesOf(got, key));
  if (!first || first.length < 2) return undefined;
  return others.every((list) => list.join("\n") === first.join("\n")) ? first : undefined;
}

function writtenValue(key: string, written: readonly Passed[]): string {
  const [sample] = written as [Passed, ...Passed[]];
  const value = valuesOf(sample.got, key)[0] as string;
  const same = written.every(({ got }) => valuesOf(got, key)[0] === value);
  const texts = readings(value, sample.request);
  return (same ? texts.at(-1) : texts[0]) as string;
}

/** Headers with a URL in them that may be the app's own. */
const URL_HEADERS = ["location", "refresh", "content-location"];

/** Which other headers the rule for Location holds for, too. */
function learnOthers(
  moved: Pick<ResponseEdits, "location" | "relocate">,
  passed: readonly Passed[],
): Pick<ResponseEdits, "relocatesAlso"> {
  if (Object.keys(moved).length === 0) return {};
  const also = ["Refresh", "Content-Location"].filter((name) => {
    const key = name.toLowerCase();
    const concerned = passed.filter(({ sent }) => first(sent, key) !== undefined);
    const changed = concerned.some(({ sent, got }) => first(sent, key) !== first(got, key));
    const rule = { ...moved, relocatesAlso: [name] };
    return (
      changed && concerned.every((one) => first(editedBy(rule, one), key) === first(one.got, key))
    );
  });
  return also.length > 0 ? { relocatesAlso: also } : {};
}

/** The rule for Location: none, the known one, or beginnings that are exchanged. */
function learnLocation(passed: readonly Passed[]): Pick<ResponseEdits, "location" | "relocate"> {
  const redirects = passed.filter(({ sent }) => first(sent, "location") !== undefined);
  const fits = (edits: ResponseEdits): boolean =>
    redirects.every((one) => {
      const rewritten = editedBy(edits, one);
      return first(rewritten, "location") === first(one.got, "location");
    });
  if (fits({})) return {};
  if (fits({ location: "public" })) return { location: "public" };
  const pairs = new Map<string, readonly [string, string]>();
  for (const { sent, got, request } of redirects) {
    const [from = "", to = ""] = [first(sent, "location"), first(got, "location")];
    if (from === to) continue;
    for (const [left, right] of exchanges(from, to)) {
      for (const start of readings(left, request).slice(0, 3)) {
        for (const end of readings(right, request).slice(0, 3)) {
          pairs.set(`${start}\n${end}`, [start, end]);
        }
      }
    }
  }
  const single = [...pairs.values()].find((pair) => fits({ relocate: [pair] }));
  if (single) return { relocate: [single] };
  for (const a of pairs.values()) {
    for (const b of pairs.values()) if (fits({ relocate: [a, b] })) return { relocate: [a, b] };
  }
  return {};
}

/** Beginnings that may have been exchanged: as little as differs, and the whole origin. */
function exchanges(from: string, to: string): (readonly [string, string])[] {
  let shared = 0;
  while (shared < Math.min(from.length, to.length) && from.at(-1 - shared) === to.at(-1 - shared))
    shared++;
  const parts = [from.slice(0, from.length - shared), to.slice(0, to.length - shared)] as const;
  const origin = /^[a-z]+:\/\/[^/]*/.exec(from)?.[0] ?? "";
  const rest = from.slice(origin.length);
  const whole = [origin, to.slice(0, to.length - rest.length)] as const;
  return [
    extend(parts[0], from, to) ?? parts,
    ...(origin !== "" && rest !== "" && to.endsWith(rest) ? [whole] : []),
  ];
}

/** A whole scheme or a whole origin, where a part of one changed. */
function extend(left: string, from: string, to: string): [string, string] | undefined {
  const scheme = /^[a-z]+:\/\//;
  const [before] = scheme.exec(from) ?? [];
  const [after] = scheme.exec(to) ?? [];
  if (before === undefined || after === undefined) return undefined;
  if (left.length < before.length) return [before, after];
  const origin = /^[a-z]+:\/\/[^/]*/;
  const [a = "", b = ""] = [origin.exec(from)?.[0], origin.exec(to)?.[0]];
  return from.slice(a.length) === to.slice(b.length) ? [a, b] : undefined;
}

function editedBy(edits: ResponseEdits, { sent, request, status }: Passed): string[] {
  const edge = profile({
    name: "trial",
    title: "",
    headers: [],
    plain: { mode: "proxy" },
    response: edits,
    proof: unverified(""),
  });
  return compileResponse(edge)?.([...sent], request, status) ?? [...sent];
}

function leftOver(passed: readonly Passed[], edits: ResponseEdits): string[] {
  const different = passed.filter((one) => {
    const wanted = comparable(one.got);
    return comparable(editedBy(edits, one)).join("\n") !== wanted.join("\n");
  });
  return different.length === 0
    ? []
    : [`the response's headers ${whenOf(different.map(({ name }) => name))}`];
}

/** A response's header lines in no order, without those of the connection. */
export function comparable(lines: readonly string[]): string[] {
  const list: string[] = [];
  eachLine(lines, (name, value) => {
    if (!isOwn(name)) list.push(`${name.toLowerCase()}: ${value}`);
  });
  return list.sort();
}
