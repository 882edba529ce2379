/** From a profile and a request to the header lines that the app receives. */
import type { EdgeProfile, EdgeRequest, HeaderRule } from "./profile.js";

/** What the command line says over the profile's head. */
export interface HeadOverrides {
  /** `--forwarded-proto`: this X-Forwarded-Proto whatever the edge says; "none" sends none. */
  readonly forwardedProto?: string;
  /** `--set-header`, as pairs, and `--drop-header`: the last word. */
  readonly set?: readonly (readonly [name: string, value: string])[];
  readonly drop?: readonly string[];
}

/**
 * Appends the header lines that the app receives to `lines` and returns it: the client's without
 * Host and hop-by-hop ones, as the profile passes them, then the profile's own.
 */
export type HeadRewriter = (
  lines: string[],
  headers: readonly string[],
  request: EdgeRequest,
) => string[];

/** Prepares a profile once, so that a request costs one pass over its headers. */
export function compileHead(profile: EdgeProfile, overrides: HeadOverrides = {}): HeadRewriter {
  const rules = effectiveRules(profile.headers, overrides);
  const byName = new Map(rules.map((rule) => [rule.name.toLowerCase(), rule]));
  // Most headers of a request have no rule, and their length tells without lower-casing them.
  const lengths = new Set(rules.map((rule) => rule.name.length));
  const writers = rules
    .filter((rule) => rule.op !== "strip" && rule.op !== "pass")
    .map((rule) => ({ rule, value: compileValue(rule.value ?? ""), key: rule.name.toLowerCase() }));
  return (lines, headers, request) => {
    let copies: Map<string, string> | undefined;
    for (let index = 0; index < headers.length; index += 2) {
      const name = headers[index] as string;
      const value = headers[index + 1] as string;
      const rule = lengths.has(name.length) ? byName.get(name.toLowerCase()) : undefined;
      if (!rule || rule.op === "pass" || rule.op === "append-line") {
        lines.push(name, value);
      } else if (rule.op === "append") {
        copies ??= new Map();
        const key = name.toLowerCase();
        const before = copies.get(key);
        copies.set(key, before === undefined ? value : `${before}, ${value}`);
      }
    }
    for (const { rule, value, key } of writers) {
      const before = copies?.get(key);
      const own = value(request);
      lines.push(rule.name, before === undefined ? own : `${before}, ${own}`);
    }
    return lines;
  };
}

function effectiveRules(
  headers: readonly HeaderRule[],
  { forwardedProto, set = [], drop = [] }: HeadOverrides,
): HeaderRule[] {
  let rules = [...headers];
  const replace = (name: string, ...replacement: HeaderRule[]): void => {
    rules = rules.filter((rule) => rule.name.toLowerCase() !== name.toLowerCase());
    rules.push(...replacement);
  };
  if (forwardedProto !== undefined) {
    replace(
      "X-Forwarded-Proto",
      forwardedProto === "none"
        ? { name: "X-Forwarded-Proto", op: "strip" }
        : { name: "X-Forwarded-Proto", op: "set", value: escapeValue(forwardedProto) },
    );
  }
  for (const [name, value] of set) replace(name, { name, op: "set", value: escapeValue(value) });
  for (const name of drop) replace(name, { name, op: "strip" });
  return rules;
}

/** Values from the command line are taken literally. */
function escapeValue(value: string): string {
  return value.replaceAll("{", "{{");
}

type Value = (request: EdgeRequest) => string;

const PLACEHOLDERS: Readonly<Record<string, Value>> = {
  client: (request) => request.clientAddress,
  scheme: (request) => request.scheme,
  host: (request) => request.host,
  hostname: (request) => request.host.replace(/:\d*$/, ""),
  port: (request) => String(request.port),
};

/** @throws RangeError for a placeholder that does not exist */
export function compileValue(template: string): Value {
  const parts: (string | Value)[] = [];
  for (const [, literal, name] of template.matchAll(/((?:[^{]|\{\{)+)|\{([a-z-]+)\}|\{/g)) {
    if (literal !== undefined) parts.push(literal.replaceAll("{{", "{"));
    else if (name !== undefined && PLACEHOLDERS[name]) parts.push(PLACEHOLDERS[name]);
    else throw new RangeError(`there is no placeholder {${name ?? ""}}`);
  }
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) {
    return typeof only === "string" ? () => only : only;
  }
  return (request) =>
    parts.map((part) => (typeof part === "string" ? part : part(request))).join("");
}
