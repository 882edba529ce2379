/** The quick path leaves out what would find nothing: with it and without, the same is found. */
import { expect, it } from "vitest";
import { Diagnosis } from "../../src/diagnose/diagnosis.js";
import type { Observation } from "../../src/diagnose/finding.js";
import { DEFAULT_PROFILE } from "../../src/edge/profiles/index.js";
import { randomFrom } from "../support/random.js";

const SELF = "https://app.test:8443";
const TARGET = "http://localhost:8000";
const TOLD = ["Host", "app.test:8443", "X-Forwarded-Proto", "https"];
const PATHS = ["/a", "/b", "/login", "/"];
const LOCATIONS = [...PATHS, ...PATHS.map((path) => SELF + path), "http://app.test:8443/a"];
const LINES: readonly string[][] = [
  [],
  [],
  [],
  ["X-Powered-By", "Express"],
  ["Set-Cookie", "connect.sid=s%3Aabcdefghijklmnop; HttpOnly"],
  ["Set-Cookie", "sid=1; Secure; HttpOnly"],
  ["Strict-Transport-Security", "max-age=60"],
];
const SENT: readonly string[][] = [
  [],
  [],
  ["Cookie", "sid=1"],
  ["Authorization", "Bearer x"],
  ["Origin", SELF],
];

/** Exchanges of one app, of which most are nothing special. */
function exchangesFrom(seed: number): Observation[] {
  const random = randomFrom(seed);
  const of = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  return Array.from({ length: 14 }, () => {
    const status = of([200, 200, 200, 302, 302, 401, 403, 404]);
    const location = status === 302 ? ["Location", of(LOCATIONS)] : [];
    return {
      method: of(["GET", "GET", "GET", "POST"]),
      url: SELF + of(PATHS),
      told: [...TOLD, ...of(SENT)],
      status,
      response: [...of(LINES), ...location],
      target: TARGET,
    };
  });
}

async function found(exchanges: readonly Observation[], quick: boolean): Promise<string[]> {
  const findings: string[] = [];
  const diagnosis = new Diagnosis(
    { edge: DEFAULT_PROFILE },
    ({ code, url }) => findings.push(`${code} ${url}`),
    (error) => {
      throw error;
    },
  );
  const known = { method: "GET", url: `${SELF}/plain`, told: TOLD, status: 200, target: TARGET };
  // The app is known after a while; only then anything is left out.
  for (let look = 0; look < 30; look++) {
    diagnosis.observe({ ...known, response: ["X-Powered-By", "Express"] });
  }
  for (const seen of exchanges) {
    const { method, status, told, response, target, url } = seen;
    const isLeftOut =
      quick && diagnosis.isUneventful(method, status, told, response, target, () => url);
    if (!isLeftOut) diagnosis.observe(seen);
    await diagnosis.idle();
  }
  return [...findings, ...diagnosis.open.map(({ finding }) => `open ${finding.code}`)];
}

it("finds the same in 300 random histories", async () => {
  let findings = 0;
  for (let seed = 0; seed < 300; seed++) {
    const exchanges = exchangesFrom(seed);
    const all = await found(exchanges, false);
    expect(await found(exchanges, true), `seed ${seed}`).toEqual(all);
    findings += all.length;
  }
  expect(findings).toBeGreaterThan(300);
});

it.each([
  ["a login", { method: "POST", url: `${SELF}/login`, status: 302, response: ["Location", "/"] }],
  ["a redirect", { method: "GET", url: `${SELF}/a`, status: 302, response: ["Location", "/"] }],
])("looks at the page after %s", async (_, before) => {
  const diagnosis = new Diagnosis({}, () => undefined);
  const page = { method: "GET", url: `${SELF}/`, told: TOLD, status: 200, target: TARGET };
  for (let look = 0; look < 30; look++) diagnosis.observe({ ...page, response: [] });
  const quick = (): boolean =>
    diagnosis.isUneventful("GET", 200, TOLD, [], TARGET, () => `${SELF}/`);
  for (let look = 0; look < 30 && !quick(); look++) {
    diagnosis.observe({ ...page, response: ["X-Powered-By", "Express"] });
  }
  expect(quick()).toBe(true);
  diagnosis.observe({ ...before, told: TOLD, target: TARGET });
  expect(quick()).toBe(false);
});
