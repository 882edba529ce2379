/** `devtls edges`: what can be simulated, and what each edge does. */
import type { Command } from "commander";
import { readRequired } from "../ca/files.js";
import { diffProfiles } from "../edge/diff.js";
import { formatBound } from "../edge/limits.js";
import { type EdgeProfile, evidenceOf, type HeaderRule, type Limits } from "../edge/profile.js";
import { findProfile, PROFILES } from "../edge/profiles/index.js";
import { readEdgeProfile } from "../edge/read-profile.js";
import { didYouMean, usage } from "./options.js";
import { type Colour, columnsOf, EXIT, note, paint, print, printJson, table } from "./output.js";
import { withExamples } from "./program.js";

export function define(program: Command): void {
  const command = program
    .command("edges")
    .description("List the production edges that can be simulated, or show one in full.")
    .argument("[name]", "show this one")
    .option("--json", "print as JSON")
    .action(edges);
  const diff = command
    .command("diff")
    .description("Show what two edges do not do alike; exit 3 when there is something.")
    .argument("<a>", "an edge's name, or a profile's file")
    .argument("<b>", "another")
    .option("--json", "print as JSON")
    .action(compare);
  withExamples(
    diff,
    `devtls edges diff nginx nginx-1.30
devtls edges diff last-month.json edge.json`,
  );
  withExamples(
    command,
    `devtls edges
devtls edges heroku
devtls edges diff nginx edge.json
devtls serve --target 8000 --simulate heroku`,
  );
}

function edges(name: string | undefined, { json }: { json?: boolean }): void {
  const chosen = name === undefined ? PROFILES : [find(name)];
  if (json) printJson({ edges: chosen.map(toJson) });
  else if (name === undefined) print(list(chosen));
  else for (const profile of chosen) print(describe(profile));
}

/** A CI job that notices that an edge is not what it was: exit 3. */
function compare(a: string, b: string, { json }: { json?: boolean }): void {
  const unlike = diffProfiles(read(a), read(b));
  process.exitCode = unlike.length > 0 ? EXIT.problems : EXIT.ok;
  if (json) {
    const none = (text: string | undefined) => text ?? null;
    printJson({
      a,
      b,
      differences: unlike.map((one) => ({ ...one, a: none(one.a), b: none(one.b) })),
    });
  } else if (unlike.length === 0) {
    note(`${a} and ${b} do the same.`);
  } else {
    print(table([["", a, b], ...unlike.map((one) => [one.what, one.a ?? "-", one.b ?? "-"])]));
  }
}

/** A built-in edge by its name, or a file's. */
function read(name: string): EdgeProfile {
  const known = findProfile(name);
  if (known) return known;
  if (!/[./\\]/.test(name)) return find(name);
  return readEdgeProfile(readRequired(name).toString("utf8"), name);
}

function find(name: string): EdgeProfile {
  const found = PROFILES.find((profile) => profile.name === name);
  if (found) return found;
  const names = PROFILES.map((profile) => profile.name);
  throw usage(
    `there is no edge '${name}' (${didYouMean(name, names)})`,
    `One of: ${names.join(", ")}`,
  );
}

function toJson(profile: EdgeProfile) {
  const { name, title, ...rest } = profile;
  return { name, title, evidence: evidenceOf(profile), ...rest };
}

const COLOURS: Readonly<Record<ReturnType<typeof evidenceOf>, Colour>> = {
  captured: "green",
  documented: "cyan",
  unverified: "yellow",
};

function list(profiles: readonly EdgeProfile[]): string {
  const titles = Math.max(...profiles.map(({ title }) => title.length));
  // In a narrow terminal the title is what wraps, and comes last.
  const narrow = columnsOf("stdout") < titles + 40;
  return table(
    profiles.map((profile) => {
      const evidence = evidenceOf(profile);
      const shown = paint(COLOURS[evidence], evidence);
      return narrow ? [profile.name, shown, profile.title] : [profile.name, profile.title, shown];
    }),
  );
}

function describe(profile: EdgeProfile): string {
  const { toApp, proof } = profile;
  const facts: [string, string][] = [
    ["Host", HOSTS[toApp.host]],
    ["HTTP to the app", version(profile)],
    ...shape(toApp),
    ["connects from", toApp.source === "remote" ? "another machine (127.0.0.2)" : "127.0.0.1"],
    ["WebSocket", toApp.passesUpgrade ? "passed" : "not passed: Upgrade is dropped"],
    ["plain HTTP", plain(profile)],
    ...limits(profile.limits),
    ...response(profile),
  ];
  return [
    `${profile.name}: ${profile.title}`,
    "",
    "Headers for the app (what is not named here passes as it is):",
    table(profile.headers.map(headerRow), "  "),
    "",
    table(facts, "  "),
    "",
    "Evidence:",
    table(
      Object.entries(proof).map(([section, { evidence, source }]) => [section, evidence, source]),
      "  ",
    ),
  ].join("\n");
}

function headerRow(rule: HeaderRule): string[] {
  const { name, op, value, when, unless, notFor, from, unverified } = rule;
  const conditions = [
    when === "own-origin" ? "where it is the public origin" : when && `on ${when} only`,
    unless && `unless the client sent ${unless.join(" or ")}`,
    from && `where the client sent ${from}`,
    notFor && `not for ${notFor.join(", ")}`,
    unverified && "unverified",
  ].filter(Boolean);
  const remark = conditions.length > 0 && `(${conditions.join("; ")})`;
  return [op, name, ...(value || remark ? [[value, remark].filter(Boolean).join(" ")] : [])];
}

const HOSTS: Readonly<Record<EdgeProfile["toApp"]["host"], string>> = {
  keep: "as the client named it",
  hostname: "as the client named it, without the port",
  "with-port": "as the client named it, with the listener's port where that is not 443 or 80",
  target: "rewritten to the app's own address",
  localhost: "localhost and the app's port",
};

/** What becomes of the lines that no rule names, where an edge does not leave them alone. */
function shape(toApp: EdgeProfile["toApp"]): [string, string][] {
  const facts = [
    toApp.names === "lower" && "names in lower case",
    toApp.names === "canonical" && "names in canonical case",
    toApp.mergesLines && "lines of one name merged",
    toApp.dropsOddNames && "names with other than letters, digits and hyphens dropped",
    toApp.dropsTwins && "names of these headers with underscores dropped",
    toApp.order.includes("sorted") && "sorted by name",
  ].filter((fact) => fact !== false);
  const body = [
    toApp.buffersChunked === "arrived" && "a chunked one that has come whole sent with its length",
    toApp.buffersChunked === true && "a chunked one collected and sent with its length",
    toApp.answersExpect && "Expect answered by the edge",
    toApp.headAsGet === true && "that of GET asked for where the client wants HEAD",
  ].filter((fact) => fact !== false);
  const prefix = toApp.replacesPrefix?.join(" becomes ");
  const path = [PATHS[toApp.target], prefix].filter(Boolean).join("; ");
  return [
    ...(facts.length > 0 ? [["other headers", facts.join("; ")] as [string, string]] : []),
    ...(HOP_BY_HOP[toApp.hopByHop]
      ? [["hop by hop", HOP_BY_HOP[toApp.hopByHop]] as [string, string]]
      : []),
    ...(body.length > 0 ? [["body", body.join("; ")] as [string, string]] : []),
    ...(path ? [["path", path] as [string, string]] : []),
  ];
}

const PATHS: Readonly<Record<EdgeProfile["toApp"]["target"], string>> = {
  keep: "",
  reencode: "encoded anew",
  normalize: "dots and double slashes resolved, encoded anew; 404 for an encoded slash",
  decode: "decoded, dots and double slashes resolved",
  parse: "double slashes resolved",
};

const HOP_BY_HOP: Readonly<Record<EdgeProfile["toApp"]["hopByHop"], string>> = {
  drop: "",
  "by-name": "what Connection names passes",
  "in-place": "all but close and keep-alive passes, in place",
  keep: "all passes, in place",
  copied: "all but Connection passes, from the last line to the first",
};

function version({ toApp }: EdgeProfile): string {
  const number = toApp.version === "client" ? "as the client" : `HTTP/${toApp.version}`;
  return toApp.connection === undefined
    ? `${number}, kept alive`
    : `${number}, Connection: ${toApp.connection}`;
}

function plain({ plain: rule }: EdgeProfile): string {
  if (rule.mode === "proxy") return "passed to the app, told that it is http";
  if (rule.mode === "deny") return "not answered";
  const methods = rule.methods ? ` for ${rule.methods.join(" and ")}; other methods pass` : "";
  const others = rule.otherForHead ? "methods other than GET" : "methods other than GET and HEAD";
  const other = rule.otherStatus ? `, ${rule.otherStatus} for ${others}` : "";
  const old = rule.http10Status ? `; ${rule.http10Status} for HTTP/1.0` : "";
  const except = rule.exceptPaths ? `; not below ${rule.exceptPaths.join(" and ")}` : "";
  const { from, is } = rule.unless ?? { is: [] };
  const unless = from ? `; not where the client sent ${from}: ${is.join(" or ")}` : "";
  return `redirect to https, ${rule.status ?? 308}${other}${methods}${old}${except}${unless}`;
}

const UNITS = {
  body: "octets",
  getBody: "octets",
  unknownLength: "octets",
  target: "octets",
  query: "octets",
  header: "octets",
  headers: "octets",
  headerLines: "lines",
  forwardedFor: "lines",
  firstByte: "milliseconds",
} as const satisfies Readonly<Record<Exclude<keyof Limits, "idleMs">, string>>;

const LIMIT_NAMES: Readonly<Record<keyof typeof UNITS, string>> = {
  body: "request body",
  getBody: "body of a GET",
  unknownLength: "body without length",
  target: "request target",
  query: "query",
  header: "one header",
  headers: "all headers",
  headerLines: "header lines",
  forwardedFor: "addresses in For",
  firstByte: "first byte",
};

function limits(bounds: Limits): [string, string][] {
  const rows = (Object.keys(UNITS) as (keyof typeof UNITS)[]).flatMap((key): [string, string][] => {
    const bound = bounds[key];
    if (!bound) return [];
    const code = bound.code ? ` (${bound.code})` : "";
    const beyond = `${bound.status}${code}`;
    const text =
      bound.max === 0
        ? `answered ${beyond}`
        : `${formatBound(bound.max, UNITS[key])}, beyond it ${beyond}`;
    return [[LIMIT_NAMES[key], text]];
  });
  if (bounds.idleMs !== undefined) {
    rows.push([
      "silence",
      `${formatBound(bounds.idleMs, "milliseconds")} within a response or WebSocket, then broken off`,
    ]);
  }
  return rows;
}

function response({ response: edits }: EdgeProfile): [string, string][] {
  const lines = (pairs: typeof edits.set = []) => pairs.map((pair) => pair.join(": ")).join(", ");
  const rows: [string, string][] = [];
  if (edits.set) rows.push(["response sets", lines(edits.set)]);
  if (edits.fill) rows.push(["response has", `${lines(edits.fill)}, unless the app sends its own`]);
  if (edits.add) rows.push(["response adds", lines(edits.add)]);
  if (edits.hsts) rows.push(["response adds", `Strict-Transport-Security: ${edits.hsts}`]);
  if (edits.remove) rows.push(["response drops", edits.remove.join(", ")]);
  const urls = ["Location", ...(edits.relocatesAlso ?? [])].join(", ");
  if (edits.location) rows.push([urls, "backend URLs are rewritten, others left alone"]);
  return rows;
}
