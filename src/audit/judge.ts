/** One entrance judged: its headers graded, its pages looked at, its claims tried. */
import { AppMemory } from "../diagnose/app-memory.js";
import type { Known } from "../diagnose/frameworks/settings.js";
import type { Entrance } from "./asking/entrance.js";
import { type Asked, askSite, reasonOf } from "./asking/ways.js";
import { type Check, headerChecks, type RemedyFor, stated } from "./checks.js";
import { deploymentChecks, pageChecks, type Scene } from "./deployment.js";
import { forgedChecks, schemeChecks } from "./forged.js";
import { openPages, type Pages } from "./pages.js";
import { remediesFor } from "./remedies.js";
import { sharesWithAll } from "./rules/header-tests.js";
import { gradeOf, isGradable, type TestResult } from "./rules/observatory.js";
import { judgedWay } from "./rules/site.js";

export interface HeaderGrade {
  /** null where the site cannot be graded. */
  readonly grade: string | null;
  readonly score: number | null;
  readonly tests: readonly TestResult[];
}

export interface Judged {
  readonly site: Asked;
  readonly headers: HeaderGrade;
  readonly checks: readonly Check[];
  /** The framework that showed itself: "django". */
  readonly framework: string | null;
}

/** @param paths of pages to look at besides */
export async function judge(entrance: Entrance, paths: readonly string[]): Promise<Judged> {
  const { hostname, doors, carriers } = entrance;
  const site = await askSite(hostname, doors, carriers);
  if (!judgedWay(site).answer) {
    return { site, headers: NO_GRADE, checks: [unanswered(site)], framework: null };
  }
  const pages = await openPages(site, entrance, paths);
  const known = recognise(pages);
  const url = (doors.https ?? doors.http)?.href ?? "";
  const place = { url, hasEdge: entrance.isEdge };
  const remedyFor: RemedyFor = (id) => remediesFor(id, known, place);
  const scene: Scene = { site, entrance, pages, remedyFor };
  const { headers, checks } = gradeHeaders(site, remedyFor);
  return {
    ...{ site, headers, framework: known?.framework.id ?? null },
    checks: [
      ...checks,
      ...sharingCheck(site),
      ...pageChecks(scene),
      ...(await deploymentChecks(scene)),
      ...(await forgedChecks(scene)),
      ...(await schemeChecks(scene)),
    ],
  };
}

const NO_GRADE: HeaderGrade = { grade: null, score: null, tests: [] };

/** Nothing else can be said of it: what was not seen neither passes nor fails. */
function unanswered({ https, http }: Asked): Check {
  const detail = `The page cannot be asked: ${reasonOf(https.failure ?? http.failure)}.`;
  return stated({ id: "start-page", status: "fail", detail });
}

/** The same of a server that speaks HTTP/2 only: what HTTP/1.1 was answered is none of its pages. */
export function withoutPage({ site }: Judged): Judged {
  const detail =
    "Not asked: the server speaks HTTP/2 only, and pages are asked over HTTP/1.1 here.";
  const check = stated({ id: "start-page", status: "not-asked", detail });
  return { site, headers: NO_GRADE, checks: [check], framework: null };
}

function gradeHeaders(
  site: Asked,
  remedyFor: RemedyFor,
): { headers: HeaderGrade; checks: readonly Check[] } {
  if (!isGradable(site)) {
    const status = String(judgedWay(site).answer?.status);
    const detail = `The page answers ${status}, which nobody grades. Name another one: devtls audit URL/PATH`;
    const check = stated({ id: "start-page", status: "fail", detail, key: status });
    return { headers: NO_GRADE, checks: [check] };
  }
  const graded = gradeOf(site);
  return { headers: graded, checks: headerChecks(graded, remedyFor) };
}

/** The Observatory has an outcome of 50 points for it, and never finds it: it misses its own Origin. */
function sharingCheck(site: Asked): Check[] {
  if (!site.cors) return [];
  const isOpen = sharesWithAll(site);
  const detail = isOpen
    ? "Any origin may read responses with the visitor's cookies: its Origin comes back, with Access-Control-Allow-Credentials."
    : "No foreign origin may read responses with the visitor's cookies.";
  return [stated({ id: "cors-credentials", status: isOpen ? "fail" : "pass", detail })];
}

function recognise({ all }: Pages): Known | undefined {
  const memory = new AppMemory();
  for (const { url, answer } of all) {
    memory.learn({
      ...{ method: "GET", url: url.href, told: [], status: answer.status, target: "" },
      ...{ response: answer.headers, ...(answer.status >= 400 && { page: answer.body }) },
    });
  }
  return memory.of("").known;
}
