/** A site audited: asked, judged, and graded. */
import { DevtlsError, causeOf } from "../errors.js";
import { addressesOf, isLoopback } from "./asking/addresses.js";
import { Outside } from "./asking/outside.js";
import { Pace } from "./asking/pace.js";
import { type Asked, askSite, type Carriers } from "./asking/ways.js";
import { type Check, headerChecks, stated } from "./checks.js";
import { gradeOf, isGradable, type TestResult } from "./rules/observatory.js";
import { judgedWay } from "./rules/site.js";
import { tlsChecks } from "./tls-checks.js";
import { examine, type TlsExamination } from "./tls/examine.js";
import { hstsSeconds } from "./rules/header-tests.js";

export interface AuditSettings {
  readonly url: URL;
  /** Where plain http is, where it is not on port 80. */
  readonly httpUrl?: URL | undefined;
  /** The host is the user's own: it may be asked anything. */
  readonly own: boolean;
  /** Roots to trust, PEM. */
  readonly roots: readonly string[];
  /** SHA-256 of the local authority's certificate. */
  readonly localRoot: string | undefined;
  readonly onProgress: (what: string) => void;
}

export interface HeaderGrade {
  /** null where the site cannot be graded. */
  readonly grade: string | null;
  readonly score: number | null;
  readonly tests: readonly TestResult[];
}

export interface Audit {
  readonly url: string;
  readonly grade: string | null;
  /** Only this machine can see the site, or trusts its certificate. */
  readonly isLocal: boolean;
  readonly headers: HeaderGrade;
  readonly tls: TlsExamination | undefined;
  readonly checks: readonly Check[];
}

/** @throws DevtlsError "request-failed" when nothing answers */
export async function audit(settings: AuditSettings): Promise<Audit> {
  const { url, own, roots, onProgress } = settings;
  const addresses = await addressesOf(url);
  const isHere = addresses.every(isLoopback);
  const isRemote = !isHere && !own;
  const pace = Pace.of(isRemote);
  const host = url.hostname;
  const outside = (insecure: boolean): Outside =>
    new Outside({ roots: insecure ? [] : roots, insecure, pace, isRemote, host });
  const carriers: Carriers = { strict: outside(false), lenient: outside(true) };
  onProgress(`Asking ${url.origin}.`);
  const site = await askSite(host, doorsOf(settings, isRemote), carriers);
  const way = judgedWay(site);
  if (!way.answer) throw unreachable(url, site);
  const { headers, checks: ofHeaders } = judgeHeaders(site);
  const tls = site.https.answer ? await examineTls(settings, addresses, pace, site) : undefined;
  const checks = [...ofHeaders, ...(tls ? tlsChecks(tls) : [])];
  return {
    url: url.href,
    grade: worseGrade(headers.grade, tls?.rating?.grade ?? null),
    isLocal: isHere || (tls?.isLocal ?? false),
    ...{ headers, tls, checks },
  };
}

function doorsOf({ url, httpUrl }: AuditSettings, isRemote: boolean) {
  const corsMethod = isRemote ? ("GET" as const) : ("OPTIONS" as const);
  const at = (scheme: string, port: string): URL =>
    new URL(`${scheme}//${url.hostname}${port === "" ? "" : `:${port}`}${url.pathname}${url.search}`);
  if (url.protocol === "http:") {
    const https = url.port === "" ? at("https:", "") : undefined;
    return { http: url, https, isSamePort: false, corsMethod };
  }
  if (httpUrl) return { http: httpUrl, https: url, isSamePort: false, corsMethod };
  return { http: at("http:", url.port), https: url, isSamePort: url.port !== "", corsMethod };
}

function unreachable(url: URL, { https, http }: Asked): DevtlsError {
  const failure = url.protocol === "https:" ? https.failure : http.failure;
  const why = causeOf(failure ?? "nothing answers").replace(/^could not ask \S+ ?\S*: /, "");
  return new DevtlsError("request-failed", `could not audit ${url.href}: ${why}`, {
    hint: "Is the server running, and is the address right?",
    cause: failure,
  });
}

export function judgeHeaders(site: Asked): { headers: HeaderGrade; checks: Check[] } {
  if (!isGradable(site)) {
    const status = judgedWay(site).answer?.status ?? 0;
    const detail = `The page answers ${status}, which nobody grades. Name another page: devtls audit URL/PATH`;
    const check = stated({ id: "start-page", status: "fail", detail, key: String(status) });
    return { headers: { grade: null, score: null, tests: [] }, checks: [check] };
  }
  const graded = gradeOf(site);
  return { headers: graded, checks: headerChecks(graded, () => []) };
}

async function examineTls(
  { url, roots, localRoot, onProgress }: AuditSettings,
  addresses: readonly string[],
  pace: Pace,
  site: Asked,
): Promise<TlsExamination> {
  onProgress("Asking its TLS, suite by suite.");
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const isAddress = /^[\d.]+$/.test(host) || host.includes(":");
  const server = {
    ...{ host, port: Number(url.protocol === "https:" ? url.port || 443 : 443), pace, addresses },
    name: isAddress ? undefined : host,
  };
  return examine(server, { roots, localRoot }, hstsSeconds(site));
}

const ORDER = [
  ...["A+", "A", "A-", "B+", "B", "B-", "C+", "C", "C-"],
  ...["D+", "D", "D-", "E", "F", "M", "T"],
];

/** The worse of two grades; what there is where one is missing. */
export function worseGrade(one: string | null, other: string | null): string | null {
  if (one === null || other === null) return one ?? other;
  return ORDER.indexOf(one) >= ORDER.indexOf(other) ? one : other;
}
