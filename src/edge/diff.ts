/** What two profiles do not do alike. */
import { lower } from "./names.js";
import type { EdgeProfile, HeaderRule } from "./profile.js";

/** One thing that is otherwise: undefined where a side has nothing of it. */
export interface Unlike {
  /** "X-Forwarded-For", "toApp.host", "plain.status". */
  readonly what: string;
  readonly a: string | undefined;
  readonly b: string | undefined;
}

/** Compares two profiles; names, titles and proofs do not count. */
export function diffProfiles(a: EdgeProfile, b: EdgeProfile): Unlike[] {
  const [left, right] = [factsOf(a), factsOf(b)];
  return [...new Set([...left.keys(), ...right.keys()])].flatMap((what): Unlike[] => {
    const [one, other] = [left.get(what), right.get(what)];
    return one === other ? [] : [{ what, a: one, b: other }];
  });
}

function factsOf({ headers, toApp, plain, limits, response }: EdgeProfile): Map<string, string> {
  const facts = new Map<string, string>();
  for (const rule of headers) facts.set(named(rule.name, facts), ruleText(rule));
  const writing = headers.filter(({ op }) => op !== "pass" && op !== "strip");
  // One line has no order.
  if (writing.length > 1 && !toApp.order.includes("sorted")) {
    facts.set("order of its lines", writing.map(({ name }) => lower(name)).join(", "));
  }
  for (const [section, fields] of Object.entries({ toApp, plain, limits, response })) {
    for (const [key, value] of Object.entries(fields)) {
      if (value !== undefined) facts.set(`${section}.${key}`, textOf(value, key));
    }
  }
  return facts;
}

/** Names differ in case only by who writes them; of several rules for one, each counts. */
function named(name: string, facts: ReadonlyMap<string, string>): string {
  const known = [...facts.keys()].find((other) => lower(other) === lower(name));
  return known === undefined ? name : `${name} (again)`;
}

function ruleText({ name: _, op, value, unverified: __, ...conditions }: HeaderRule): string {
  const when = Object.entries(conditions)
    .map(([key, text]) => `${key} ${textOf(text, key)}`)
    .sort();
  const said = value === undefined ? op : `${op} ${value}`;
  return when.length === 0 ? said : `${said} (${when.join("; ")})`;
}

function textOf(value: unknown, key: string): string {
  if (typeof value !== "object" || value === null) return String(value);
  if (key === "remove" && Array.isArray(value)) return value.map(String).sort().join(", ");
  if (Array.isArray(value) && value.every((one) => typeof one === "string"))
    return value.join(", ");
  return JSON.stringify(value);
}
