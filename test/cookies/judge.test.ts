/** Set-Cookie lines: what is read in them, what is kept, and why the rest is not. */
import { describe, expect, it } from "vitest";
import { parseCookieDate } from "../../src/cookies/date.js";
import { type CookieOrigin, judge, MAX_LIFETIME_MS } from "../../src/cookies/judge.js";
import { RULES } from "../../src/cookies/rules.js";
import { parseSetCookie } from "../../src/cookies/set-cookie.js";
import { JUDGE_CASES } from "./judge-cases.js";
import { DATE_CASES, PARSE_CASES } from "./parse-cases.js";

const NOW = Date.UTC(2026, 0, 1);
const DAY = 86_400_000;

const PLAIN_COOKIE = {
  ...{ name: "", value: "", expires: undefined, maxAge: undefined, domain: "", path: undefined },
  ...{ secure: false, httpOnly: false, partitioned: false, sameSite: "default" },
};

/** "trusted http://localhost/a", "cross-site https://app.test/". */
function originOf(text: string): { origin: CookieOrigin; trustLocalhost: boolean } {
  const [, word, scheme, host, path] = /^(?:(\S+) )?(https?):\/\/([^/*]+)(.*)$/.exec(text) ?? [];
  return {
    origin: {
      scheme: scheme as "https",
      host: host ?? "",
      path: path ?? "",
      crossSite: word === "cross-site",
    },
    trustLocalhost: word === "trusted",
  };
}

describe("A Set-Cookie line holds", () => {
  it.each(PARSE_CASES)("%s", (_what, line, expected) => {
    const wanted = typeof expected === "string" ? expected : { ...PLAIN_COOKIE, ...expected };
    expect(parseSetCookie(line)).toEqual(wanted);
  });
});

describe("A date", () => {
  it.each(DATE_CASES)("%s", (text, iso) => {
    expect(parseCookieDate(text)).toBe(iso === undefined ? undefined : Date.parse(iso));
  });
});

describe("A browser is given", () => {
  it.each(JUDGE_CASES)("%.60s by %s", (line, from, expected) => {
    const { origin, trustLocalhost } = originOf(from);
    const verdict = judge(line, origin, { trustLocalhost, now: NOW });
    if (typeof expected === "string") expect(verdict).toEqual({ kind: "rejected", rule: expected });
    else expect(verdict).toMatchObject({ kind: "stored", cookie: expected });
  });
});

describe("A cookie lives", () => {
  const origin: CookieOrigin = { scheme: "https", host: "app.test", path: "/" };

  it.each<[string, number | undefined]>([
    ["a=1", undefined],
    ["a=1; Max-Age=60", NOW + 60_000],
    ["a=1; Max-Age=0", 0],
    ["a=1; Max-Age=-5", 0],
    [`a=1; Max-Age=${400 * 86_400}`, NOW + MAX_LIFETIME_MS],
    [`a=1; Max-Age=${400 * 86_400 + 1}`, NOW + MAX_LIFETIME_MS],
    [`a=1; Max-Age=${"9".repeat(400)}`, NOW + MAX_LIFETIME_MS],
    ["a=1; Expires=Sat, 31 Jan 2026 00:00:00 GMT", NOW + 30 * DAY],
    ["a=1; Expires=Thu, 31 Dec 2099 00:00:00 GMT", NOW + MAX_LIFETIME_MS],
    ["a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", 0],
    ["a=1; Expires=Thu, 31 Dec 2099 00:00:00 GMT; Max-Age=60", NOW + 60_000],
    ["a=1; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", NOW + 60_000],
    ["a=1; Max-Age=x; Expires=Sat, 31 Jan 2026 00:00:00 GMT", NOW + 30 * DAY],
  ])("%.70s", (line, expires) => {
    const verdict = judge(line, origin, { now: NOW });
    expect(verdict).toMatchObject({ kind: "stored", cookie: { expires } });
  });
});

describe("The catalogue of rules", () => {
  it("has a case for every rule", () => {
    const tried = new Set(JUDGE_CASES.map(([, , expected]) => expected));
    // It takes a jar; the cases of the jar have it.
    const missing = Object.keys(RULES).filter((id) => !tried.has(id as keyof typeof RULES));
    expect(missing).toEqual(["leave-secure-alone"]);
  });

  it("says what happened and where it is written", () => {
    for (const { sentence, section } of Object.values(RULES)) {
      expect(sentence).toMatch(/^(?:has|is|came) [^.]*$/);
      expect(section).toMatch(/^(?:RFC 6265bis 5\.|draft-)/);
    }
  });
});
