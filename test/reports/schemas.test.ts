/** Machine-readable reports hold to their schemas, whatever an app puts into them. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { expect, it } from "vitest";
import { junit } from "../../src/reports/junit.js";
import { sarif } from "../../src/reports/sarif.js";
import { runProgram, temporaryFolder } from "../support/cli.js";
import { describeWith } from "../support/tools.js";
import { HOSTILE, SAMPLE } from "./sample.js";
import { SARIF_SCHEMA } from "./sarif-schema.js";

const URI = /^[A-Za-z][\w+.-]*:[^\s<>"{}|\\^`]*$/;
const REFERENCE = /^[^\s<>"{}|\\^`]*$/;

const ajv = new Ajv({ allErrors: true, formats: { uri: URI, "uri-reference": REFERENCE } });
const isSarif = ajv.compile(SARIF_SCHEMA);

it("SARIF is SARIF 2.1.0", () => {
  const log = JSON.parse(sarif(SAMPLE));
  expect(isSarif(log), JSON.stringify(isSarif.errors)).toBe(true);
  expect(isSarif({ ...log, version: "2.0.0" })).toBe(false);
});

it("a SARIF result names its rule, its file and line, and the edges that show it", () => {
  const twice = { ...SAMPLE, cases: [...SAMPLE.cases, { ...SAMPLE.cases[1], name: "render" }] };
  const [run] = JSON.parse(sarif(twice as typeof SAMPLE)).runs;
  const loops = run.results.filter((each: { ruleId: string }) => each.ruleId === "redirect-loop");
  expect(loops).toHaveLength(1);
  expect(loops[0]).toMatchObject({
    level: "error",
    properties: { cases: ["heroku", "render"] },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: "src/a%20pp%231.js" },
          region: { startLine: 7 },
        },
      },
    ],
  });
  expect(run.tool.driver.rules[loops[0].ruleIndex].id).toBe("redirect-loop");
  expect(loops[0].message.text).toContain("app.set('trust proxy', 1);");
});

describeWith(["xmllint"], "JUnit's XML", () => {
  const folder = temporaryFolder();
  const schema = join(import.meta.dirname, "junit.xsd");
  const validate = async (xml: string): Promise<string> => {
    const file = join(folder, "report.xml");
    writeFileSync(file, xml);
    const { status, stderr } = await runProgram("xmllint", ["--noout", "--schema", schema, file]);
    return status === 0 ? "valid" : stderr;
  };
  const count = async (path: string): Promise<string> => {
    const file = join(folder, "report.xml");
    return (await runProgram("xmllint", ["--xpath", path, file])).stdout.trim();
  };

  it("is valid, also with hostile text", async () => {
    expect(await validate(junit(SAMPLE))).toBe("valid");
    expect(await validate(junit(SAMPLE).replace('failures="2"', 'failures="many"'))).not.toBe(
      "valid",
    );
  });

  it("counts its tests, failures and skipped ones, and says what failed", async () => {
    expect(await validate(junit(SAMPLE))).toBe("valid");
    expect(await count("string(/testsuites/testsuite/@tests)")).toBe("4");
    expect(await count("count(//testcase)")).toBe("4");
    expect(await count("count(//testcase/failure)")).toBe("2");
    expect(await count("count(//testcase/skipped)")).toBe("1");
    expect(await count("string(//testcase[@name='heroku']/failure/@message)")).toBe(
      "redirect-loop: app-ignores-forwarded-proto (proved)",
    );
    expect(await count("string(//testcase[@name='heroku']/failure)")).toContain("trust proxy");
    expect(await count("count(//script)")).toBe("0");
  });

  it("carries no byte that XML forbids", () => {
    expect(HOSTILE).toContain("\u0000");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(junit(SAMPLE)).not.toMatch(/[\x00-\x08\x0b\x0c\x0e-\x1f]/);
  });
});
