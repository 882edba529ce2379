/** The Observatory's rules where no site in the comparison leads. */
import { describe, expect, it } from "vitest";
import { gradeOf, isGradable } from "../../src/audit/rules/observatory.js";
import {
  modifierOf,
  OUTCOMES,
  type OutcomeId,
  passes,
  scoreOf,
  wordsOf,
} from "../../src/audit/rules/outcomes.js";
import type { Answer, Site, Way } from "../../src/audit/rules/site.js";
import { tokenItem } from "../../src/audit/rules/structured-field.js";

const HOST = "www.example.com";

function way(url: string, answer: Answer | undefined, route: readonly string[] = []): Way {
  const all = route.map((each) => new URL(each));
  return { start: new URL(url), route: all, answer, isVerified: true, cookies: [] };
}

function siteWith(headers: readonly string[], more: Partial<Site> = {}): Site {
  const answer: Answer = {
    status: 200,
    headers: ["Content-Type", "text/html", ...headers],
    body: "",
  };
  return {
    hostname: HOST,
    http: way(`http://${HOST}/`, answer, [`http://${HOST}/`, `https://${HOST}/`]),
    https: way(`https://${HOST}/`, answer, [`https://${HOST}/`]),
    cors: undefined,
    isPreloaded: () => false,
    ...more,
  };
}

const resultOf = (site: Site, id: string): string | undefined =>
  gradeOf(site).tests.find((test) => test.id === id)?.result;

describe("The table of outcomes", () => {
  it("has 77, each with a sentence and a multiple of five", () => {
    expect(OUTCOMES).toHaveLength(77);
    expect(OUTCOMES.filter((id) => modifierOf(id) % 5 !== 0)).toEqual([]);
    expect(OUTCOMES.filter((id) => !/^[A-Zh].+\.$/.test(wordsOf(id)))).toEqual([]);
  });

  it("lets what costs nothing pass, and insecure images", () => {
    const odd = OUTCOMES.filter((id) => passes(id) !== modifierOf(id) >= 0);
    expect(odd).toEqual(["csp-implemented-with-insecure-scheme-in-passive-content-only"]);
  });
});

describe("A score", () => {
  it.each<readonly [OutcomeId[], number, string]>([
    [[], 100, "A+"],
    [["csp-implemented-with-no-unsafe-default-src-none"], 110, "A+"],
    [["x-content-type-options-not-implemented"], 95, "A"],
    [["x-content-type-options-not-implemented", "corp-implemented-with-same-origin"], 105, "A+"],
    [
      ["hsts-implemented-max-age-less-than-six-months", "corp-implemented-with-same-site"],
      100,
      "A+",
    ],
    [["hsts-not-implemented", "corp-implemented-with-same-site"], 80, "B+"],
    [["csp-not-implemented", "x-content-type-options-not-implemented"], 70, "B"],
    [["csp-not-implemented", "x-frame-options-not-implemented", "hsts-not-implemented"], 35, "D"],
    [
      [
        "cookies-session-without-secure-flag",
        "csp-not-implemented",
        "hsts-not-implemented",
        "x-frame-options-not-implemented",
      ],
      0,
      "F",
    ],
  ])("of %j is %i, %s", (outcomes, score, grade) => {
    expect(scoreOf(outcomes)).toEqual({ score, grade });
  });
});

describe("The preload list", () => {
  const isPreloaded = (name: string): boolean => name.endsWith("example.com");

  it("outweighs a missing header, and the redirects of its hosts need nothing else", () => {
    const site = siteWith([], { isPreloaded });
    expect(resultOf(site, "strict-transport-security")).toBe("hsts-preloaded");
    expect(resultOf(site, "redirection")).toBe("redirection-all-redirects-preloaded");
  });
});

describe("Policies of one header", () => {
  it.each([
    ["default-src 'none', default-src 'self'", "csp-implemented-with-no-unsafe-default-src-none"],
    ["default-src 'self' https:, default-src 'self'", "csp-implemented-with-no-unsafe"],
    [
      "script-src 'self', object-src 'none'",
      "csp-implemented-with-unsafe-inline-in-style-src-only",
    ],
    ["default-src 'self', ", "csp-header-invalid"],
    ["default-src https://a.example/%zz, default-src https://a.example/%zz", "csp-header-invalid"],
  ])("that a comma divides hold together: %s", (value, result) => {
    expect(resultOf(siteWith(["Content-Security-Policy", value]), "content-security-policy")).toBe(
      result,
    );
  });
});

describe("Opener and embedder policies", () => {
  it.each([
    ["same-origin", "coop-implemented-with-same-origin"],
    ['same-origin-allow-popups; report-to="x"', "coop-implemented-with-same-origin-allow-popups"],
    ["noopener-allow-popups", "coop-implemented-with-noopener-allow-popups"],
    ["unsafe-none", "coop-implemented-with-unsafe-none"],
    ["Same-Origin", "coop-header-invalid"],
    ['"same-origin"', "coop-header-invalid"],
    ["same-origin, same-origin", "coop-header-invalid"],
  ])("read %s as a structured field", (value, result) => {
    expect(
      resultOf(siteWith(["Cross-Origin-Opener-Policy", value]), "cross-origin-opener-policy"),
    ).toBe(result);
  });

  it("are broken where they come twice", () => {
    const line = ["Cross-Origin-Embedder-Policy", "require-corp"];
    expect(resultOf(siteWith(line), "cross-origin-embedder-policy")).toBe(
      "coep-implemented-with-require-corp",
    );
    expect(resultOf(siteWith([...line, ...line]), "cross-origin-embedder-policy")).toBe(
      "coep-header-invalid",
    );
  });
});

describe("An item of structured fields", () => {
  it.each([
    ["token", "token"],
    ["*a/b:c", "*a/b:c"],
    ["a; b", "a"],
    ['a;b=?1;c=:YQ==:;d=1.5;e="x\\"";f=@12;g=%"f%c3%bc"', "a"],
    ["a ;b", undefined],
    ["a;B", undefined],
    ["a;b=", undefined],
    ["a;b=1.", undefined],
    ["a;b=:Y:", undefined],
    ['a;b=%"%ff"', undefined],
    ["a b", undefined],
    ["1", undefined],
    ["", undefined],
  ])("%s has the token %s", (text, token) => {
    expect(tokenItem(text)).toBe(token);
  });
});

describe("A site", () => {
  it.each([
    [200, true],
    [304, true],
    [401, true],
    [403, true],
    [404, false],
    [500, false],
  ])("that answers %i is graded: %s", (status, expected) => {
    const answer = { status, headers: [], body: "" };
    expect(isGradable(siteWith([], { https: way(`https://${HOST}/`, answer) }))).toBe(expected);
  });

  it("nested deeper than a stack is read to its end", () => {
    const body = `${"<div>".repeat(50_000)}<script src="//cdn.example/a.js"></script>`;
    const answer = { status: 200, headers: ["Content-Type", "text/html"], body };
    const site = siteWith([], { https: way(`https://${HOST}/`, answer, [`https://${HOST}/`]) });
    expect(resultOf(site, "subresource-integrity")).toBe(
      "sri-not-implemented-and-external-scripts-not-loaded-securely",
    );
  });
});
