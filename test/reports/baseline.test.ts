/** A baseline forgives what it knows, and nothing else. */
import { describe, expect, it } from "vitest";
import { formatBaseline, parseBaseline, withBaseline } from "../../src/reports/baseline.js";
import { junit } from "../../src/reports/junit.js";
import { sarif } from "../../src/reports/sarif.js";
import { result, SAMPLE } from "./sample.js";

describe("A baseline", () => {
  it("knows all of the report that it was made of", () => {
    const judged = withBaseline(SAMPLE, parseBaseline(formatBaseline(SAMPLE), "known.json"));
    expect(judged.cases.map(({ status }) => status)).toEqual([
      ...["passed", "passed", "passed", "skipped"],
    ]);
    expect(junit(judged)).toContain('failures="0"');
    expect(junit(judged)).toContain("(in the baseline)");
    const [run] = JSON.parse(sarif(judged)).runs;
    const states = run.results.map((each: { baselineState: string }) => each.baselineState);
    expect(new Set(states)).toEqual(new Set(["unchanged"]));
  });

  it("counts what is new beside what it knows", () => {
    const baseline = parseBaseline(formatBaseline(SAMPLE), "known.json");
    const more = result({ fingerprint: "csrf-origin-mismatch /login" });
    const [first, heroku] = SAMPLE.cases;
    const cases = [first, { ...heroku, results: [...(heroku?.results ?? []), more] }];
    const judged = withBaseline({ ...SAMPLE, cases } as typeof SAMPLE, baseline);
    expect(judged.cases[1]).toMatchObject({ status: "failed", results: [{ known: true }, {}] });
    expect(judged.cases[1]?.results[1]?.known).toBeUndefined();
  });

  it("forgives no edge that failed without a finding", () => {
    const cases = [{ name: "fly", status: "failed", results: [] }] as const;
    const judged = withBaseline({ ...SAMPLE, cases }, new Set(["anything"]));
    expect(judged.cases[0]?.status).toBe("failed");
  });

  it("is sorted, one a line, and the same again when nothing has changed", () => {
    const text = formatBaseline(SAMPLE);
    const { findings } = JSON.parse(text);
    expect(findings).toEqual([...findings].sort());
    expect(formatBaseline({ ...SAMPLE, cases: SAMPLE.cases.toReversed() })).toBe(text);
  });

  it.each([
    ["no JSON", "nonsense", "no JSON"],
    ["a list", "[]", "no JSON object"],
    ["another version", '{"version":2,"findings":[]}', "its version is 2"],
    ["numbers", '{"version":1,"findings":[1]}', "no list of texts"],
  ])("is refused when it is %s", (_name, text, problem) => {
    expect(() => parseBaseline(text, "known.json")).toThrow(problem);
    expect(() => parseBaseline(text, "known.json")).toThrow(
      "could not read the baseline known.json",
    );
  });
});
