/** One flow through every edge: the control first, then the edges, a few at a time. */
import { coversHost, serveNames } from "../ca/leaves.js";
import type { AppMemory } from "../diagnose/app-memory.js";
import type { HeadOverrides } from "../edge/head.js";
import type { EdgeProfile } from "../edge/profile.js";
import { DEFAULT_PROFILE } from "../edge/profiles/index.js";
import { DevtlsError } from "../errors.js";
import type { Route } from "../proxy/routes.js";
import type { Target } from "../proxy/upstream/target.js";
import { openEdgeSide } from "../serving/edge-side.js";
import { Visitor } from "../visit/visitor.js";
import { Doorstep } from "./doorstep.js";
import { joinFixes } from "./fixes.js";
import { changesState, type Flow } from "./flow.js";
import { difference, differs, limited } from "./judge.js";
import {
  concernsProduction,
  type EdgeOutcome,
  identityOf,
  isBreaking,
  type Rehearsal,
  type RehearsalFinding,
} from "./outcome.js";
import { type Walk, walk } from "./walk.js";

export interface RehearseSettings {
  readonly target: Target;
  readonly routes?: readonly Route[];
  /** Names of the site; the first one is what the visitor opens. */
  readonly hosts: readonly string[];
  readonly edges: readonly RehearsedEdge[];
  readonly flow: Flow;
  /** Edges at a time. */
  readonly jobs?: number;
  /** Refuse a flow that changes something. */
  readonly readOnly?: boolean;
  readonly insecureTarget?: boolean;
  /** Roots to trust besides, PEM, where the target has a certificate. */
  readonly roots?: readonly string[];
  /** Replay failing GET requests to find the cause; so unless told otherwise. */
  readonly probe?: boolean;
  /** Told of each edge when it is done. */
  readonly onEdge?: (outcome: EdgeOutcome) => void;
}

export interface RehearsedEdge {
  readonly profile: EdgeProfile;
  /** What somebody has configured it with besides. */
  readonly overrides: HeadOverrides;
}

const DEFAULT_JOBS = 4;

/**
 * Edges at a time. One where a flow changes something: apps keep the sessions of an account in one
 * record (WordPress), and of two logins at once one is forgotten.
 */
export function jobsFor({ steps }: Flow): number {
  return steps.some(changesState) ? 1 : DEFAULT_JOBS;
}

/** For what is being looked into when a walk has ended. */
const LAST_LOOK_MS = 30_000;

/**
 * Runs it.
 * @throws DevtlsError "request-failed" when the app does not answer, "flow-failed" when the flow
 *   cannot be followed under the control and no finding says why, "usage" for a flow that changes
 *   something although it must not
 */
export async function rehearse(settings: RehearseSettings): Promise<Rehearsal> {
  const { flow, edges, jobs = jobsFor(flow), onEdge = () => undefined } = settings;
  if (settings.readOnly) refuseChanges(flow);
  const control = await visitControl(settings);
  judgeControl(settings, control);
  const own = new Set(control.findings.filter((each) => !isOfTheEdge(each)).map(identityOf));
  const outcomes: EdgeOutcome[] = [];
  const waiting = [...edges.entries()];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [index, edge] = next;
      const visited = await visitEdge(settings, edge, index + 1, control);
      const outcome = await judged(settings, { edge, control, visited, own });
      outcomes[index] = outcome;
      onEdge(outcome);
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs, edges.length) }, work));
  const count = (result: EdgeOutcome["result"]): number =>
    outcomes.filter((outcome) => outcome.result === result).length;
  const profiles = edges.map(({ profile }) => profile);
  return {
    control: outcomeOf(control, control.findings),
    edges: outcomes,
    fixes: joinFixes(outcomes, profiles),
    summary: { ok: count("ok"), broken: count("broken"), notReached: count("not-reached") },
  };
}

/**
 * From this machine's own address, or where the flow fails so, from an edge's: an app may have been
 * told to believe that one alone.
 */
async function visitControl(settings: RehearseSettings): Promise<Visited> {
  const near = await visitEdge(settings, { profile: DEFAULT_PROFILE, overrides: {} }, 0);
  if (!near.walk.failure || near.walk.isUnanswered) return near;
  const profile = {
    ...DEFAULT_PROFILE,
    toApp: { ...DEFAULT_PROFILE.toApp, source: "remote" },
  } as const;
  const far = await visitEdge(settings, { profile, overrides: {} }, 0);
  return far.walk.failure ? near : far;
}

function refuseChanges({ steps, name }: Flow): void {
  const step = steps.find(changesState);
  if (!step) return;
  throw new DevtlsError("usage", `could not rehearse ${name} with --read-only: it sends forms`, {
    hint: "Leave --read-only out, or use a flow that only opens pages",
  });
}

interface Visited {
  readonly walk: Walk;
  readonly findings: readonly RehearsalFinding[];
  readonly milliseconds: number;
  /** What the apps have shown. */
  readonly learnt: AppMemory;
}

/** One walk through one edge; its visitor has an address and a cookie jar of its own. */
async function visitEdge(
  settings: RehearseSettings,
  { profile, overrides }: RehearsedEdge,
  index: number,
  control?: Visited,
): Promise<Visited> {
  const started = performance.now();
  const { hosts, flow } = settings;
  const origin = `https://${urlHost(hosts[0] ?? "localhost")}`;
  const names = serveNames([...hosts, ...routedHosts(settings)]);
  const covers = (hostname: string): boolean => coversHost(names, hostname);
  const findings: RehearsalFinding[] = [];
  const defects: unknown[] = [];
  const octet = 2 + (index % 250);
  const side = await openEdgeSide({
    ...{ target: settings.target, edge: profile, overrides, limits: true, hsts: "pass" },
    ...(settings.routes && { routes: settings.routes }),
    ...(settings.insecureTarget && { insecureTarget: true }),
    ...(settings.probe === false && { probe: false }),
    ...(control && { learnt: control.learnt }),
    watchers: [Doorstep.watcher(() => doorstep)],
    roots: settings.roots ?? [],
    covers,
    served: () => ({ url: origin, port: 443, plainPort: 80 }),
    onFinding: (finding) => void findings.push(finding),
    onDefect: (error) => void defects.push(error),
  });
  const doorstep: Doorstep = new Doorstep({
    route: side.route,
    plain: profile.plain,
    address: `127.0.1.${octet}`,
    covers,
  });
  const visitor = new Visitor({ carrier: doorstep });
  try {
    const walked = await walk(flow, {
      ...{ visitor, doorstep, origin },
      ...(control && !control.walk.failure && { pages: control.walk.pages }),
    });
    await side.diagnosing.close(LAST_LOOK_MS);
    if (defects.length > 0) throw defects[0];
    const milliseconds = performance.now() - started;
    return {
      ...{ walk: walked, milliseconds, learnt: side.diagnosing.learnt },
      findings: distinct(findings.filter(concernsProduction)),
    };
  } finally {
    for (const { pool } of side.forwardings.values()) pool.close();
  }
}

function routedHosts({ routes = [] }: RehearseSettings): string[] {
  return routes.flatMap(({ host }) => (host === undefined ? [] : [host]));
}

function urlHost(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

function distinct(findings: readonly RehearsalFinding[]): RehearsalFinding[] {
  return [...new Map(findings.map((each) => [identityOf(each), each])).values()];
}

function judgeControl(
  { target, flow }: RehearseSettings,
  { walk: walked, findings }: Visited,
): void {
  if (walked.isUnanswered) {
    throw new DevtlsError(
      "request-failed",
      `could not rehearse ${target.url}: the app does not answer`,
      {
        hint: "Is it running, and on this port? Or have it started: devtls rehearse -- npm start",
      },
    );
  }
  const { failure } = walked;
  if (!failure || findings.some(isBreaking)) return;
  const problem = `could not follow ${flow.name} under the control, ${failure.step}: ${failure.what}`;
  throw new DevtlsError("flow-failed", problem, {
    hint:
      flow.steps.length === 1 && flow.steps[0]?.kind === "get"
        ? "The control is the app without any edge, so this is the app's own. Another page to start from: --path /…"
        : "The control is the app without any edge, so this is the app's own, or the flow's.",
  });
}

/** What comes from how the edge and the app speak with each other, and not from the app alone. */
const OF_THE_EDGE: readonly string[] = [
  ...["insecure-location", "cookie-missing", "csrf-origin-mismatch", "mixed-content"],
  ...["cookie-not-secure", "websocket-refused", "host-refused", "contradictory-scheme-headers"],
];

function isOfTheEdge({ code, cause }: RehearsalFinding): boolean {
  if (code !== "redirect-loop") return OF_THE_EDGE.includes(code);
  return !/^(?:slash-ping-pong|login-cookie-lost|unknown)$/.test(cause);
}

interface Case {
  readonly edge: RehearsedEdge;
  readonly control: Visited;
  readonly visited: Visited;
  /** What the control shows by itself. */
  readonly own: ReadonlySet<string>;
}

async function judged(settings: RehearseSettings, one: Case): Promise<EdgeOutcome> {
  const { edge, control, visited, own } = one;
  const { name } = edge.profile;
  const findings = visited.findings.filter((finding) => !own.has(identityOf(finding)));
  if (visited.walk.isUnanswered && !(await answers(settings))) {
    return { name, ...outcomeOf(visited, findings), result: "not-reached" };
  }
  const limit = limited(visited.walk, edge.profile);
  if (limit) findings.push(limit);
  else if (!findings.some(isBreaking) && failsAlike(control.walk, visited.walk)) {
    // What explains it there explains it here, where an edge's own cookie may hide it.
    findings.push(...control.findings.filter(isBreaking));
  } else if (!findings.some(isBreaking)) {
    const what = difference(control.walk, visited.walk);
    if (what !== undefined) findings.push(differs(what, edge.profile));
  }
  return { name, ...outcomeOf(visited, findings) };
}

function failsAlike({ failure }: Walk, other: Walk): boolean {
  return failure !== undefined && JSON.stringify(failure) === JSON.stringify(other.failure);
}

function outcomeOf(
  { walk: walked, milliseconds }: Visited,
  findings: readonly RehearsalFinding[],
): Omit<EdgeOutcome, "name"> {
  const result = findings.some(isBreaking) ? "broken" : "ok";
  return { result, pages: walked.pages.length, findings, milliseconds: Math.round(milliseconds) };
}

/** Whether the app is still there, asked as the control asked it. */
async function answers(settings: RehearseSettings): Promise<boolean> {
  const flow: Flow = { name: "", steps: settings.flow.steps.slice(0, 1), depth: 0 };
  const again = await visitEdge(
    { ...settings, flow, probe: false },
    { profile: DEFAULT_PROFILE, overrides: {} },
    0,
  );
  return !again.walk.isUnanswered;
}
