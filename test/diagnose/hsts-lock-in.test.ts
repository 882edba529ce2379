/** What Strict-Transport-Security would have done to a development host. */
import { describe, expect, it } from "vitest";
import { hstsLockIn, parseHsts } from "../../src/diagnose/detectors/hsts-lock-in.js";
import type { Finding } from "../../src/diagnose/finding.js";
import { lookAt } from "../support/diagnosis.js";

const YEAR = 31_536_000;

const TARGET = "http://localhost:8000";

function seen(value: string, url = "https://app.test:8443/", other: string[] = []) {
  const response = [...other, "Strict-Transport-Security", value];
  return { method: "GET", url, told: [], status: 200, response, target: TARGET };
}

const find = (exchange: ReturnType<typeof seen>, hstsPassed = false): Finding | undefined =>
  lookAt(hstsLockIn, exchange, { context: { hstsPassed } });

describe("The field's value", () => {
  const policy = (maxAge: number, includeSubDomains = false, preload = false) => ({
    maxAge,
    includeSubDomains,
    preload,
  });

  it.each<[string, ReturnType<typeof parseHsts>]>([
    ["max-age=0", policy(0)],
    ["max-age=31536000", policy(YEAR)],
    ["MAX-AGE=10 ; INCLUDESUBDOMAINS", policy(10, true)],
    ['max-age="10"', policy(10)],
    ["includeSubDomains; max-age=10; preload", policy(10, true, true)],
    [";;max-age = 10;;", policy(10)],
    ["max-age=10; unknown=x; other", policy(10)],
    ["max-age=99999999999999", policy(99_999_999_999_999)],
    ["", undefined],
    ["includeSubDomains", undefined],
    ["max-age", undefined],
    ["max-age=", undefined],
    ["max-age=-1", undefined],
    ["max-age=1.5", undefined],
    ["max-age=ten", undefined],
    ["max-age=1; max-age=2", undefined],
    ["max-age=1; includeSubDomains; includesubdomains", undefined],
  ])("%s", (value, expected) => {
    expect(parseHsts(value)).toEqual(expected);
  });
});

describe("The finding", () => {
  it("says what is locked, on which ports and for how long", () => {
    const finding = find(seen(`max-age=${YEAR}`));
    expect(finding).toMatchObject({
      code: "hsts-lock-in",
      cause: "host",
      confidence: "proved",
      url: "https://app.test:8443/",
      framework: null,
      fix: [],
    });
    expect(finding?.explanation).toMatch(
      /^Strict-Transport-Security would have locked app\.test to https for 365 days, on every port/,
    );
    expect(finding?.explanation).toContain("devtls removed it");
  });

  it("counts the hosts below with includeSubDomains", () => {
    const finding = find(seen("max-age=172800; includeSubDomains; preload"));
    expect(finding?.cause).toBe("include-subdomains");
    expect(finding?.explanation).toContain("app.test and every host below it to https for 2 days");
    expect(finding?.explanation).toContain("preload has no effect by itself");
  });

  it.each([
    ["1", "1 second"],
    ["59", "59 seconds"],
    ["60", "1 minute"],
    ["7200", "2 hours"],
    ["86400", "1 day"],
    ["63072000", "730 days"],
  ])("%s seconds are %s", (age, text) => {
    expect(find(seen(`max-age=${age}`))?.explanation).toContain(`for ${text},`);
  });

  it("says how to unlock a browser that was told", () => {
    const finding = find(seen("max-age=60"), true);
    expect(finding?.explanation).toContain("locks app.test");
    expect(finding?.fix).toEqual(["devtls serve --hsts 0"]);
  });

  it.each(["https://localhost:8443/", "https://app.localhost/"])(
    "is likely on %s, where only Safari obeys",
    (url) => {
      const finding = find(seen("max-age=60", url));
      expect(finding?.confidence).toBe("likely");
      expect(finding?.explanation).toContain("Safari does not");
    },
  );

  it("has the line that switches it off in the framework", () => {
    const finding = find(seen("max-age=60", undefined, ["Server", "WSGIServer/0.2"]));
    expect(finding).toMatchObject({ framework: "django", fix: ["SECURE_HSTS_SECONDS = 0"] });
  });

  it.each<[string, string, string?]>([
    ["an unlocking", "max-age=0; includeSubDomains"],
    ["plain http", "max-age=60", "http://app.test:8080/"],
    ["an IPv4 address", "max-age=60", "https://127.0.0.1:8443/"],
    ["an IPv6 address", "max-age=60", "https://[::1]:8443/"],
    ["a value that browsers ignore", "max-age=soon"],
  ])("is not made of %s", (_what, value, url) => {
    expect(find(seen(value, url))).toBeUndefined();
  });

  it("is not made of a response without it", () => {
    const response = ["Content-Type", "text/html"];
    expect(find({ ...seen(""), response })).toBeUndefined();
  });

  it("goes by the first of several", () => {
    const twice = seen("max-age=60", undefined, ["strict-transport-security", "max-age=0"]);
    expect(find(twice)).toBeUndefined();
  });
});
