/** A site audited: asked by every way that was named, judged, and graded. */
import type { EdgeProfile } from "../edge/profile.js";
import { DEFAULT_PROFILE } from "../edge/profiles/index.js";
import { DevtlsError } from "../errors.js";
import { parseTarget, type Target } from "../proxy/upstream/target.js";
import { targetBehind } from "../rehearse/running.js";
import { isHandshakeError, isNotTls } from "../visit/network.js";
import { addressesOf, isLoopback } from "./asking/addresses.js";
import { edgeEntrance } from "./asking/edge.js";
import type { Entrance } from "./asking/entrance.js";
import { Outside } from "./asking/outside.js";
import { Pace } from "./asking/pace.js";
import { type Asked, type Doors, reasonOf } from "./asking/ways.js";
import { type Check, stated } from "./checks.js";
import { type HeaderGrade, type Judged, judge, withoutPage } from "./judge.js";
import { preloadCheck } from "./preload-checks.js";
import { hstsSeconds } from "./rules/header-tests.js";
import { judgedWay } from "./rules/site.js";
import { examine, type TlsExamination } from "./tls/examine.js";
import { tlsChecks } from "./tls-checks.js";

export interface AuditSettings {
  readonly url: URL;
  /** Where plain http is, where it is not on port 80. */
  readonly httpUrl?: URL | undefined;
  /** The host is the user's own: it may be asked anything. */
  readonly own: boolean;
  /** Edges to ask a local target through; none for straight. */
  readonly edges: readonly EdgeProfile[];
  /** Pages to look at besides. */
  readonly paths: readonly string[];
  /** Roots to trust, PEM. */
  readonly roots: readonly string[];
  /** SHA-256 of the local authority's certificate. */
  readonly localRoot: string | undefined;
  readonly onProgress: (what: string) => void;
}

export interface EdgeAudit {
  readonly edge: string;
  readonly grade: string | null;
  readonly headers: HeaderGrade;
  readonly checks: readonly Check[];
}

export interface Audit {
  readonly url: string;
  readonly grade: string | null;
  /** Only this machine can see the site, or trusts its certificate. */
  readonly isLocal: boolean;
  readonly framework: string | null;
  readonly headers: HeaderGrade;
  readonly tls: TlsExamination | undefined;
  readonly checks: readonly Check[];
  /** One for each edge that was asked for; what stands above is the worst of them. */
  readonly edges: readonly EdgeAudit[];
}

/** What all entrances share. */
interface Ground {
  readonly addresses: readonly string[];
  readonly isHere: boolean;
  readonly isRemote: boolean;
  readonly pace: Pace;
  readonly outside: (insecure: boolean) => Outside;
}

/**
 * Audits a page.
 * @throws DevtlsError "request-failed" when nothing answers, "usage" for an edge before a remote host
 */
export async function audit(settings: AuditSettings): Promise<Audit> {
  const { url, paths, onProgress } = settings;
  const ground = await groundOf(settings);
  onProgress(`Asking ${url.origin}.`);
  const entrances = await entrancesOf(settings, ground);
  const judged: { readonly edge: string | undefined; readonly found: Judged }[] = [];
  try {
    for (const entrance of entrances) {
      if (entrance.edge !== undefined) onProgress(`Asking through ${entrance.edge}.`);
      const found = await judge(entrance, paths);
      const failure = failureOf(url, found.site);
      // What browsers cannot talk to can still be examined, and be told why.
      if (failure !== undefined && !isHandshakeError(failure)) throw unreachable(url, failure);
      judged.push({ edge: entrance.edge, found });
    }
  } finally {
    for (const entrance of entrances) entrance.close();
  }
  const [first] = judged;
  const tls = first && (await examineTls(settings, ground, first.found.site));
  const failure = first && failureOf(url, first.found.site);
  if (failure !== undefined && !tls?.rating) throw unreachable(url, failure);
  const isLocal = ground.isHere || (tls?.isLocal ?? false);
  const told = judged.map(({ edge, found }) => ({
    edge,
    found: tls?.isHttp2Only && edge === undefined ? withoutPage(found) : found,
  }));
  const all = told.map(({ edge, found }) => ({
    ...{ edge, found, grade: worseGrade(found.headers.grade, tls?.rating?.grade ?? null) },
    checks: [
      ...found.checks,
      ...(tls ? tlsChecks(tls) : []),
      preloadCheck(found.site, tls, isLocal),
    ],
  }));
  const worst = all.reduce((one, other) => (isWorse(other, one) ? other : one));
  return {
    ...{ url: url.href, grade: worst.grade, isLocal, tls },
    framework: worst.found.framework,
    headers: worst.found.headers,
    checks: [...worst.checks, ...differenceCheck(all)],
    edges: all.flatMap(({ edge, grade, found: { headers }, checks }) =>
      edge === undefined ? [] : [{ edge, grade, headers, checks }],
    ),
  };
}

async function groundOf({ url, httpUrl = url, own, roots }: AuditSettings): Promise<Ground> {
  const addresses = await addressesOf(url);
  const isHere = [...addresses, ...(await addressesOf(httpUrl))].every(isLoopback);
  const isRemote = !isHere && !own;
  const politePace = Pace.of(true);
  const pace = isRemote ? politePace : Pace.of(false);
  const outside = (insecure: boolean): Outside =>
    // Reading all roots takes longer than a request.
    new Outside({
      ...{ roots: insecure ? [] : roots, insecure, pace, politePace, isRemote, addresses },
      host: url.hostname,
    });
  return { addresses, isHere, isRemote, pace, outside };
}

async function entrancesOf(settings: AuditSettings, ground: Ground): Promise<Entrance[]> {
  const { url, edges, roots } = settings;
  const target = await targetOf(settings, ground);
  if (edges.length > 0 && !target) {
    throw new DevtlsError(
      "usage",
      `could not audit ${url.href} behind an edge: it is not on this machine`,
      {
        hint: "An edge is simulated in front of a local app: devtls audit http://localhost:8000/ --simulate nginx",
      },
    );
  }
  // What `serve` does for a development host, taking HSTS away above all, is none of the app's.
  const profiles = edges.length > 0 ? edges : target?.isServed ? [DEFAULT_PROFILE] : [];
  if (!target || profiles.length === 0) return [straight(settings, ground)];
  return Promise.all(
    profiles.map(async (profile) => {
      const entrance = await edgeEntrance({
        ...{ target: target.target, profile, roots, hostname: url.hostname },
        ...{ path: `${url.pathname}${url.search}`, outside: ground.outside(false) },
      });
      return edges.length > 0 ? entrance : { ...entrance, edge: undefined };
    }),
  );
}

/** The app behind the URL, when it is here: that of a running `serve`, or what listens there. */
async function targetOf(
  { url, edges, roots }: AuditSettings,
  { isHere }: Ground,
): Promise<{ readonly target: Target; readonly isServed: boolean } | undefined> {
  if (!isHere) return undefined;
  const served =
    url.protocol === "https:" ? await targetBehind(url, roots).catch(() => undefined) : undefined;
  if (served !== undefined) return { target: parseTarget(served), isServed: true };
  return edges.length > 0 ? { target: parseTarget(url.origin), isServed: false } : undefined;
}

function straight(settings: AuditSettings, { isRemote, outside }: Ground): Entrance {
  return {
    ...{ edge: undefined, isEdge: false, hostname: settings.url.hostname, mayForge: !isRemote },
    doors: doorsOf(settings, isRemote),
    carriers: { strict: outside(false), lenient: outside(true) },
    close: () => undefined,
  };
}

function doorsOf({ url, httpUrl }: AuditSettings, isRemote: boolean): Doors {
  const corsMethod = isRemote ? "GET" : "OPTIONS";
  const at = (scheme: string, port: string): URL =>
    new URL(
      `${scheme}//${url.hostname}${port === "" ? "" : `:${port}`}${url.pathname}${url.search}`,
    );
  if (url.protocol === "http:") {
    const https = url.port === "" ? at("https:", "") : undefined;
    return { http: url, https, isSamePort: false, corsMethod };
  }
  if (httpUrl) return { http: httpUrl, https: url, isSamePort: false, corsMethod };
  return { http: at("http:", url.port), https: url, isSamePort: url.port !== "", corsMethod };
}

/** Why nothing answered, where nothing did. */
function failureOf(url: URL, site: Asked): unknown {
  if (judgedWay(site).answer) return undefined;
  const { failure } = url.protocol === "https:" ? site.https : site.http;
  return failure ?? new Error("nothing answers");
}

function unreachable(url: URL, failure: unknown): DevtlsError {
  const plain = url.href.replace(/^https:/, "http:");
  return new DevtlsError("request-failed", `could not audit ${url.href}: ${reasonOf(failure)}`, {
    hint: isNotTls(failure)
      ? `Ask it so: devtls audit ${plain}`
      : "Is the server running, and is the address right?",
    cause: failure,
  });
}

/** A server that answers takes a second; a slow one must not hold an audit for ever. */
const LOCAL_TLS_MS = 30_000;
const REMOTE_TLS_MS = 120_000;

/** The TLS of the URL itself, whatever is simulated behind it. */
async function examineTls(
  { url, roots, localRoot, onProgress }: AuditSettings,
  { addresses, pace }: Ground,
  site: Asked,
): Promise<TlsExamination | undefined> {
  const isPlain = url.protocol === "http:";
  if (isPlain && (url.port !== "" || !site.https.answer)) return undefined;
  onProgress("Asking its TLS, suite by suite.");
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const isAddress = /^[\d.]+$/.test(host) || host.includes(":");
  const server = {
    ...{ host, port: isPlain ? 443 : Number(url.port || 443), pace, addresses },
    name: isAddress ? undefined : host,
    until: performance.now() + (pace.isLimited ? REMOTE_TLS_MS : LOCAL_TLS_MS),
  };
  return examine(server, { roots, localRoot }, hstsSeconds(site));
}

interface Behind {
  readonly edge: string | undefined;
  readonly grade: string | null;
  readonly found: Judged;
  readonly checks: readonly Check[];
}

/** What changes from edge to edge. */
function differenceCheck(all: readonly Behind[]): Check[] {
  if (all.length < 2) return [];
  const id = "edge-differences";
  const outcomes = new Map<string, Map<string, string[]>>();
  for (const { edge = "", found } of all) {
    for (const check of found.checks) {
      const of = outcomes.get(check.id) ?? new Map<string, string[]>();
      of.set(check.status, [...(of.get(check.status) ?? []), edge]);
      outcomes.set(check.id, of);
    }
  }
  const differing = [...outcomes].filter(([, of]) => of.size > 1);
  if (differing.length === 0) {
    return [stated({ id, status: "pass", detail: `All ${all.length} edges show the same.` })];
  }
  const said = differing.map(([check, of]) => {
    const parts = [...of].map(([status, edges]) => `${status} behind ${edges.join(", ")}`);
    return `${check}: ${parts.join("; ")}`;
  });
  const detail = `${said.join(". ")}.`;
  return [stated({ id, status: "warn", detail, key: differing.map(([check]) => check).join(",") })];
}

const ORDER = [
  ...["A+", "A", "A-", "B+", "B", "B-", "C+", "C", "C-"],
  ...["D+", "D", "D-", "E", "F", "M", "T"],
];

/** The worse of two grades; what there is where one is missing. */
function worseGrade(one: string | null, other: string | null): string | null {
  if (one === null || other === null) return one ?? other;
  return ORDER.indexOf(one) >= ORDER.indexOf(other) ? one : other;
}

function isWorse(one: Behind, other: Behind): boolean {
  const [a, b] = [one, other].map(({ found }) => found.headers.score ?? -1) as [number, number];
  return a < b;
}
