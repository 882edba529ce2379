/** The HTTP Observatory's tests and grade of a site (algorithm 6). */
import { testCookies } from "./cookie-test.js";
import { testCsp } from "./csp-test.js";
import {
  hasHsts,
  testCors,
  testEmbedderPolicy,
  testFrameOptions,
  testHsts,
  testOpenerPolicy,
  testRedirection,
  testReferrer,
  testResourcePolicy,
  testTypeOptions,
} from "./header-tests.js";
import { modifierOf, type OutcomeId, type Score, scoreOf, type TestId } from "./outcomes.js";
import { testScripts } from "./script-test.js";
import { judgedWay, type Site } from "./site.js";

export interface TestResult {
  readonly id: TestId;
  readonly result: OutcomeId;
  readonly modifier: number;
}

export interface Graded extends Score {
  readonly tests: readonly TestResult[];
}

/** Whether a site can be graded by what it answers: pages, redirects, and what asks for a login. */
export function isGradable(site: Site): boolean {
  const status = judgedWay(site).answer?.status;
  if (status === undefined) return false;
  return (status >= 200 && status < 400) || status === 401 || status === 403;
}

/** Grades it, in the Observatory's order of tests. */
export function gradeOf(site: Site): Graded {
  const csp = testCsp(site);
  const results: Readonly<Record<TestId, OutcomeId>> = {
    "content-security-policy": csp.outcome,
    cookies: testCookies(site, hasHsts(site)),
    "cross-origin-resource-sharing": testCors(site),
    redirection: testRedirection(site),
    "referrer-policy": testReferrer(site),
    "strict-transport-security": testHsts(site),
    "subresource-integrity": testScripts(site),
    "x-content-type-options": testTypeOptions(site),
    "x-frame-options": testFrameOptions(site, csp.namesFrames),
    "cross-origin-resource-policy": testResourcePolicy(site),
    "cross-origin-embedder-policy": testEmbedderPolicy(site),
    "cross-origin-opener-policy": testOpenerPolicy(site),
  };
  const tests = Object.entries(results).map(([id, result]) => ({
    ...{ id: id as TestId, result, modifier: modifierOf(result) },
  }));
  return { ...scoreOf(tests.map(({ result }) => result)), tests };
}
