/** From a profile and a request to the head that the app receives. */
import { first, valuesOf } from "../lines.js";
import { compileArrangement } from "./arrange.js";
import { hyphened, isOdd, lower } from "./names.js";
import type { Parts } from "./parts.js";
import { compileValue } from "./placeholders.js";
import type { ClientFrom, EdgeProfile, EdgeRequest, HeaderRule, ToApp } from "./profile.js";

/** What the command line says over the profile's head. */
export interface HeadOverrides {
  /** `--forwarded-proto`: this X-Forwarded-Proto whatever the edge says; "none" sends none. */
  readonly forwardedProto?: string;
  /** `--set-header`, as pairs, and `--drop-header`: the last word. */
  readonly set?: readonly (readonly [name: string, value: string])[];
  readonly drop?: readonly string[];
}

/** Lines that say where a message ends or how its connection goes on: always devtls's own. */
const OWN_LINES = ["connection", "content-length", "transfer-encoding", "upgrade"];

/** Whether no profile and no option can set or drop this header. */
export function isOwnLine(name: string): boolean {
  return OWN_LINES.includes(lower(name));
}

/**
 * All header lines that the app receives, in order.
 * @param headers the client's end-to-end lines, without Host
 */
export type HeadRewriter = (headers: readonly string[], request: EdgeRequest) => string[];

/** Prepares a profile once, so that a request costs one pass over its headers. */
export function compileHead(profile: EdgeProfile, overrides: HeadOverrides = {}): HeadRewriter {
  const { toApp } = profile;
  const last = lastWord(overrides);
  const rules = [
    ...profile.headers.filter((rule) => !last.has(lower(rule.name))),
    ...last.values(),
  ];
  const arrange = compileArrangement(toApp);
  const https = rulesFor("https", rules, toApp);
  const isSplit = rules.some(({ when }) => when === "https" || when === "http");
  const http = isSplit ? rulesFor("http", rules, toApp) : https;
  const { clientFrom } = toApp;
  return (headers, given) => {
    const request = clientFrom ? withNamedClient(given, headers, clientFrom) : given;
    const { table, hostOf } = request.scheme === "https" ? https : http;
    const parts = divide(headers, request, table, toApp);
    return arrange(hostOf(request, headers), parts, request);
  };
}

/** What holds for one scheme: a header can have a rule for each. */
function rulesFor(
  scheme: EdgeRequest["scheme"],
  rules: readonly HeaderRule[],
  { host }: ToApp,
): { readonly table: RuleTable; readonly hostOf: HostOf } {
  const other = scheme === "https" ? "http" : "https";
  const own = rules.filter(({ when }) => when !== other);
  const hostRule = own.find((rule) => lower(rule.name) === "host");
  return {
    table: compileRules(
      own.filter((rule) => lower(rule.name) !== "host"),
      rules.map(({ name }) => lower(name)),
    ),
    hostOf: hostRule ? hostOverride(hostRule, HOSTS[host]) : HOSTS[host],
  };
}

function withNamedClient(
  given: EdgeRequest,
  headers: readonly string[],
  clientFrom: ClientFrom,
): EdgeRequest {
  const named = namedAddress(headers, clientFrom);
  if (named === undefined) return given;
  return { ...given, clientAddress: named, peerAddress: given.clientAddress };
}

/** `--set-header` and `--drop-header` over `--forwarded-proto`, as rules by lower-case name. */
function lastWord({ forwardedProto, set = [], drop = [] }: HeadOverrides): Map<string, HeaderRule> {
  const last = new Map<string, HeaderRule>();
  const add = (rule: HeaderRule): void => void last.set(lower(rule.name), rule);
  if (forwardedProto !== undefined) {
    const name = "X-Forwarded-Proto";
    if (forwardedProto === "none") add({ name, op: "strip" });
    else add({ name, op: "set", value: literal(forwardedProto) });
  }
  for (const [name, value] of set) add({ name, op: "set", value: literal(value) });
  for (const name of drop) add({ name, op: "strip" });
  return last;
}

/** What the command line says is taken as it is, braces included. */
function literal(value: string): string {
  return value.replaceAll("{", "{{");
}

type HostOf = (request: EdgeRequest, headers: readonly string[]) => string | undefined;

/** A rule that only has cases leaves the rest to `toApp.host`. */
function hostOverride(rule: HeaderRule, otherwise: HostOf): HostOf {
  if (rule.op === "pass") {
    const [compiled] = compileRules([rule], []).byKey.values();
    return (request, headers) =>
      caseOf(compiled as CompiledRule, headers, request) ?? otherwise(request, headers);
  }
  return rule.op === "set" ? compileValue(rule.value ?? "") : () => undefined;
}

const HOSTS: Readonly<Record<ToApp["host"], HostOf>> = {
  keep: (request) => request.host,
  hostname: compileValue("{hostname}"),
  "with-port": (request) =>
    /:\d*$/.test(request.host) || request.port === 443 || request.port === 80
      ? request.host
      : `${request.host}:${request.port}`,
  target: (request) => request.target,
  localhost: compileValue("{target-localhost}"),
};

interface CompiledRule extends HeaderRule {
  readonly key: string;
  readonly write: (request: EdgeRequest) => string;
  readonly compiledCases: readonly {
    readonly from: string;
    readonly is?: readonly string[];
    readonly write: (request: EdgeRequest) => string;
  }[];
}

interface RuleTable {
  readonly byKey: ReadonlyMap<string, CompiledRule>;
  /** Lower-case names that have a rule for either scheme. */
  readonly spokenOf: ReadonlySet<string>;
  /** Lengths of their names, by which most headers are told from them without lower-casing. */
  readonly lengths: ReadonlySet<number>;
  /** Beginnings of names that are stripped, lower case. */
  readonly prefixes: readonly string[];
  /** Those that write a line. */
  readonly writing: readonly CompiledRule[];
}

function compileRules(rules: readonly HeaderRule[], spokenOf: readonly string[]): RuleTable {
  const compiled = rules.map((rule) => ({
    ...rule,
    key: lower(rule.name),
    write: compileValue(rule.value ?? ""),
    compiledCases: (rule.cases ?? []).map((one) => ({ ...one, write: compileValue(one.value) })),
  }));
  return {
    byKey: new Map(compiled.map((rule) => [rule.key, rule])),
    spokenOf: new Set(spokenOf),
    lengths: new Set(compiled.map((rule) => rule.key.length)),
    prefixes: compiled
      .filter((rule) => rule.op === "strip" && rule.key.endsWith("*"))
      .map((rule) => rule.key.slice(0, -1)),
    writing: compiled.filter((rule) => rule.op !== "strip" && rule.op !== "pass"),
  };
}

function divide(
  headers: readonly string[],
  request: EdgeRequest,
  table: RuleTable,
  toApp: ToApp,
): Parts {
  const { client, copies } = sift(headers, table, toApp, request);
  const edge: string[] = [];
  const late: string[] = [];
  const gone: number[] = [];
  const latePart = toApp.order.includes("late");
  for (const rule of table.writing) {
    if (!holds(rule, headers, request)) continue;
    const before = copies?.get(rule.key);
    const sent = rule.from === undefined ? undefined : allValues(headers, rule.from);
    const other = rule.cases && caseOf(rule, headers, request);
    if (other === "") {
      if (before) gone.push(before.position);
      continue;
    }
    const own = other ?? rule.write(sent === undefined ? request : { ...request, sent });
    if (own === "" && (sent !== undefined || rule.cases)) continue;
    if (before && toApp.appendsInPlace) {
      client[before.position] = rule.op === "set" ? own : joined(before.value, own, rule);
    } else {
      // What depends on the client's not having sent it is the work of the edge's HTTP client.
      const part = latePart && rule.unless && !rule.from ? late : edge;
      part.push(rule.name, before ? joined(before.value, own, rule) : own);
    }
  }
  // From the end, so that the places of the others stay.
  if (toApp.appendsInPlace) for (const at of gone.sort(descending)) client.splice(at - 1, 2);
  return { client, edge, late };
}

function descending(a: number, b: number): number {
  return b - a;
}

function joined(before: string, own: string, { glue }: HeaderRule): string {
  return glue !== undefined && before === "" ? own : `${before}${glue ?? ", "}${own}`;
}

interface Copy {
  /** Where its value stands among the client's lines, when it stays there. */
  position: number;
  value: string;
}

/** The client's lines that pass, and the values that the edge appends to. */
function sift(
  headers: readonly string[],
  { byKey, spokenOf, lengths, prefixes }: RuleTable,
  toApp: ToApp,
  request: EdgeRequest,
): { client: string[]; copies: Map<string, Copy> | undefined } {
  const client: string[] = [];
  let copies: Map<string, Copy> | undefined;
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string;
    const value = headers[index + 1] as string;
    const rule = lengths.has(name.length) ? byKey.get(lower(name)) : undefined;
    if (prefixes.length > 0 && startsWithAny(name, prefixes)) continue;
    if (toApp.dropsOddNames && isOdd(name)) continue;
    if (toApp.dropsTwins && name.includes("_") && spokenOf.has(hyphened(name))) continue;
    if (toApp.answersExpect && name.length === 6 && lower(name) === "expect") continue;
    if (!rule || keepsClient(rule, headers, request)) {
      client.push(name, value);
    } else if (rule.op === "append" || (rule.op === "set" && toApp.appendsInPlace)) {
      copies ??= new Map();
      const copy = copies.get(rule.key);
      if (copy) {
        copy.value += `, ${value}`;
      } else {
        const position = client.length + 1;
        if (toApp.appendsInPlace) client.push(name, value);
        copies.set(rule.key, { position, value });
      }
    }
  }
  return { client, copies };
}

function keepsClient(
  rule: CompiledRule,
  headers: readonly string[],
  request: EdgeRequest,
): boolean {
  if (rule.op === "pass" || rule.op === "append-line") return true;
  return !holds(rule, headers, request);
}

/** What the first case that holds says, or undefined. */
function caseOf(
  { compiledCases }: CompiledRule,
  headers: readonly string[],
  request: EdgeRequest,
): string | undefined {
  for (const { from, is, write } of compiledCases) {
    const sent = allValues(headers, from);
    if (sent !== "" && (is === undefined || is.includes(sent))) return write({ ...request, sent });
  }
  return undefined;
}

/** The address that the client names, where it is one. */
function namedAddress(
  headers: readonly string[],
  { header, take }: ClientFrom,
): string | undefined {
  const named = allValues(headers, header)
    .split(",")
    .map((entry) => entry.trim());
  const candidates = take === "last-public" ? named.filter((entry) => !isPrivate(entry)) : named;
  const found = withoutPort((take === "first" ? candidates[0] : candidates.at(-1)) ?? named[0]);
  return found !== undefined && ADDRESS.test(found) ? found : undefined;
}

/** "1.2.3.4:5" and "[::1]:5" as "1.2.3.4" and "::1". */
function withoutPort(address: string | undefined): string | undefined {
  const [, v6, v4] = /^(?:\[([^\]]*)\](?::\d+)?|([\d.]+):\d+)$/.exec(address ?? "") ?? [];
  return v6 ?? v4 ?? address;
}

const ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]*:[0-9A-Fa-f:.]+)$/;

/** RFC 1918, loopback, and their like in IPv6. */
function isPrivate(address: string): boolean {
  return /^(?:10\.|127\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|169\.254\.|::1$|f[cd]|fe80)/i.test(
    address,
  );
}

/** Whether the conditions of a rule are met. */
function holds(rule: CompiledRule, headers: readonly string[], request: EdgeRequest): boolean {
  const { when, unless, notFor, from } = rule;
  if (when === undefined && unless === undefined && notFor === undefined && from === undefined) {
    return true;
  }
  if (from !== undefined && first(headers, from) === undefined) return false;
  if (notFor?.includes(request.method)) return false;
  if (unless && hasAny(headers, unless)) return false;
  if (when === "own-origin") {
    return first(headers, "origin") === `${request.scheme}://${request.host}`;
  }
  if (when === "http/1") return request.protocol !== "HTTP/2";
  if (when === "http/2") return request.protocol === "HTTP/2";
  return when === undefined || when === request.scheme;
}

function startsWithAny(name: string, prefixes: readonly string[]): boolean {
  const key = lower(name);
  return prefixes.some((prefix) => key.startsWith(prefix));
}

function hasAny(headers: readonly string[], names: readonly string[]): boolean {
  return names.some((name) => first(headers, name) !== undefined);
}

/** The values of all lines of a name, with commas between them. */
function allValues(headers: readonly string[], name: string): string {
  return valuesOf(headers, name).join(", ");
}
