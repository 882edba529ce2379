/** What a rehearsal can be told, by a person or a program: checked before anything is asked. */
import { readRequired } from "../ca/files.js";
import type { EdgeProfile } from "../edge/profile.js";
import { PROFILES } from "../edge/profiles/index.js";
import { readEdgeProfile } from "../edge/read-profile.js";
import { causeOf, DevtlsError } from "../errors.js";
import { type Origin, readServeOptions, type ServeOptions } from "../settings/serve-options.js";
import { didYouMean } from "../words.js";
import { appliedTo } from "./edge-lines.js";
import { crawlOf, type Flow, isPath, readFlow } from "./flow.js";
import { flowOfHar, isHar } from "./har.js";
import { jobsFor, type RehearsedEdge, type RehearseSettings } from "./rehearse.js";

export interface RehearseOptions
  extends Pick<ServeOptions, "target" | "insecureTarget" | "route" | "host" | "noProbe"> {
  /** Names of edges, or `all`; all unless told otherwise. */
  readonly edges?: string | readonly string[];
  /** Files that describe edges of one's own, beside those. */
  readonly edgeFile?: string | readonly string[];
  /** Lines that the edges are configured with, as a rehearsal prints them. */
  readonly edgeLine?: string | readonly string[];
  /** Pages to start from; `/` unless told otherwise. */
  readonly path?: string | readonly string[];
  /** How deep to follow links of the same origin; 1 unless told otherwise. */
  readonly depth?: string | number;
  /** A file with steps in JSON or a recording (HAR 1.2); or the steps themselves. */
  readonly flow?: string | object;
  /** Edges at a time; 4 unless told otherwise. */
  readonly jobs?: string | number;
  /** Refuse a flow that changes something on the server. */
  readonly readOnly?: boolean;
}

const MAX_DEPTH = 5;
const MAX_JOBS = 32;

/** `all` is what is deployed to: devtls's own edge is the control. */
const REHEARSED: readonly EdgeProfile[] = PROFILES.filter(({ name }) => name !== "devtls");

export type ReadRehearsal = Omit<RehearseSettings, "target" | "roots" | "onEdge"> &
  Partial<Pick<RehearseSettings, "target">>;

/**
 * Checks options and reads the files that they name.
 * @throws DevtlsError "usage" for a value that cannot be, "file-unreadable"
 */
export function readRehearseOptions(
  options: RehearseOptions,
  origin: Origin,
  env: Readonly<Record<string, string | undefined>>,
): ReadRehearsal {
  const { target, insecureTarget, route, host, noProbe } = options;
  const shared = readServeOptions(
    {
      ...(target !== undefined && { target }),
      ...(insecureTarget !== undefined && { insecureTarget }),
      ...(route !== undefined && { route }),
      ...(host !== undefined && { host }),
      ...(noProbe !== undefined && { noProbe }),
    },
    origin,
  );
  const bad = (option: string, problem: string, hint: string): DevtlsError =>
    new DevtlsError("usage", `${origin.problem(option)}: ${origin.name(option)} ${problem}`, {
      hint,
    });
  const profiles = [
    ...edgesOf(options.edges, bad),
    ...listOf(options.edgeFile).map((file) => readEdgeProfile(readRequired(file).toString(), file)),
  ];
  if (profiles.length === 0)
    throw bad("edges", ": no edge is named", "For all of them: --edges all");
  const lines = appliedTo(profiles, listOf(options.edgeLine), (line, known) =>
    bad("edgeLine", `${line}: no edge that is rehearsed prints such a line`, known),
  );
  const hosts = [...shared.hosts, "localhost"];
  const serves = (name: string): boolean => hosts.includes(name) || isLocal(name);
  const flow = flowOf(options, bad, env, serves);
  return {
    ...(shared.target && { target: shared.target }),
    ...(shared.routes && { routes: shared.routes }),
    hosts: shared.hosts,
    insecureTarget: shared.insecureTarget ?? false,
    ...(noProbe && { probe: false }),
    edges: profiles.map((profile): RehearsedEdge => lines(profile)),
    flow,
    jobs: numberOf("jobs", options.jobs, jobsFor(flow), [1, MAX_JOBS], bad),
    readOnly: options.readOnly ?? false,
  };
}

type Bad = (option: string, problem: string, hint: string) => DevtlsError;

function listOf(value: string | readonly string[] | undefined): string[] {
  return value === undefined ? [] : typeof value === "string" ? [value] : [...value];
}

function edgesOf(value: RehearseOptions["edges"], bad: Bad): readonly EdgeProfile[] {
  if (value === undefined) return REHEARSED;
  return profilesNamed(listOf(value), (name, why) =>
    bad("edges", `${name}: ${why}`, "They are listed by: devtls edges"),
  );
}

/**
 * The edges of comma-separated names, each once; `all` is what is deployed to.
 * @param refuse makes the error for a name that there is not
 */
export function profilesNamed(
  texts: readonly string[],
  refuse: (name: string, why: string) => DevtlsError,
): readonly EdgeProfile[] {
  const names = texts.flatMap((text) => text.split(",")).map((name) => name.trim());
  const known = PROFILES.map(({ name }) => name);
  const found = names.filter(Boolean).flatMap((name) => {
    if (name === "all") return REHEARSED;
    const profile = PROFILES.find((each) => each.name === name);
    if (profile) return [profile];
    throw refuse(name, didYouMean(name, known));
  });
  return [...new Set(found)];
}

function numberOf(
  option: string,
  value: string | number | undefined,
  otherwise: number,
  [from, to]: readonly [number, number],
  bad: Bad,
): number {
  if (value === undefined) return otherwise;
  const number = /^\d{1,6}$/.test(String(value)) ? Number(value) : Number.NaN;
  if (number >= from && number <= to) return number;
  throw bad(
    option,
    `${value}: not a whole number from ${from} to ${to}`,
    `For example: ${otherwise}`,
  );
}

function flowOf(
  options: RehearseOptions,
  bad: Bad,
  env: Readonly<Record<string, string | undefined>>,
  serves: (hostname: string) => boolean,
): Flow {
  const { flow, path, depth } = options;
  if (flow === undefined) {
    const paths = listOf(path);
    const wrong = paths.find((each) => !isPath(each));
    if (wrong !== undefined) throw bad("path", `${wrong}: not a path`, "Write it as --path /login");
    const deep = numberOf("depth", depth, 1, [0, MAX_DEPTH], bad);
    return crawlOf(paths.length > 0 ? paths : ["/"], deep);
  }
  if (path !== undefined || depth !== undefined) {
    throw bad("flow", "excludes --path and --depth", "A flow says itself which pages it opens");
  }
  const variable = (name: string): string | undefined => env[name];
  if (typeof flow === "object") return readFlow(flow, "the flow", variable);
  const value = jsonIn(flow);
  return isHar(value)
    ? flowOfHar(value, flow, { serves, variable })
    : readFlow(value, flow, variable);
}

function jsonIn(file: string): object {
  let value: unknown;
  try {
    // Some browsers begin their recordings with a byte order mark.
    value = JSON.parse(
      readRequired(file)
        .toString("utf8")
        .replace(/^\ufeff/, ""),
    );
  } catch (error) {
    if (error instanceof DevtlsError) throw error;
    throw new DevtlsError("usage", `could not read ${file}: it is no JSON: ${causeOf(error)}`, {
      hint: "A flow is steps in JSON, or a recording that a browser has saved as HAR",
    });
  }
  if (typeof value === "object" && value !== null) return value;
  throw new DevtlsError("usage", `could not read ${file}: it is no JSON object`);
}

/** A recording may have been made at whatever this machine is called. */
function isLocal(hostname: string): boolean {
  return /^(?:localhost|127(?:\.\d+){3}|::1)$/.test(hostname);
}
