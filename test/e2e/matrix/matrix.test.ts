/**
 * Real apps behind every kind of edge: which cells loop, lose the cookie or refuse the form, what
 * devtls says of each, and that what it prints makes it work once it is applied, word for word.
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import { devtls } from "../../support/cli.js";
import { temporaryHome } from "../../support/programs.js";
import { describeUnless } from "../../support/tools.js";
import { Cells, RECORDING, type Step } from "./cells.js";
import {
  ALTERNATIVES,
  cellsOf,
  EDGES,
  type Edge,
  EXPECTED,
  edgesOf,
  gapsOf,
  withoutGaps,
} from "./expected.js";
import { APPS, type AppName } from "./starters.js";

/** Cells at a time. */
const AT_ONCE = 3;

const home = temporaryHome();
const recorded: string[] = [];

beforeAll(async () => {
  const { status, stderr } = await devtls(["ca", "create"], { env: home.env });
  if (status !== 0) throw new Error(stderr);
});

afterAll(() => {
  if (RECORDING) process.stdout.write(`${recorded.join("\n")}\n`);
});

for (const [row, whole] of Object.entries(EXPECTED)) {
  const edges = RECORDING ? EDGES : edgesOf(row);
  const expected = cellsOf(whole, edges);
  const [name, configuration] = row.split(" ") as [AppName, string];
  const { whyNot, framework } = APPS[name];
  describeUnless(whyNot(), row, () => {
    const cells = new Cells(home, name, configuration);
    const found: Partial<Record<Edge, readonly Step[]>> = {};
    const alternatives = ALTERNATIVES.filter((alternative) => alternative[0] === row);

    afterAll(() => cells.stop());

    it("behaves behind each edge as the table says, and works with what devtls prints", async () => {
      const waiting = [...edges];
      const work = async (): Promise<void> => {
        for (let edge = waiting.shift(); edge; edge = waiting.shift()) {
          found[edge] = await cells.steps(edge, whole[edge]);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      const actual = Object.fromEntries(
        edges.map((edge) => [edge, found[edge]?.map(({ summary }) => summary).join(" > ") ?? ""]),
      );
      if (RECORDING) record(row, actual, found);
      else expect(withoutGaps(actual, expected), protocol(found)).toEqual(expected);
    });

    it("is taken for no other framework", () => {
      const findings = Object.values(found).flatMap((steps) =>
        steps.flatMap((step) => step.findings),
      );
      const named = new Set(findings.map((finding) => finding.framework));
      expect([framework, null]).toEqual(expect.arrayContaining([...named]));
    });

    it.each(gapsOf(expected))("behind %s can be mended all the same: %s", async (edge, end) => {
      expect(await cells.mended(edge)).toBe(end);
    });

    it.each(alternatives)("works with each printed line alone: %s behind %s", async (_, edge) => {
      const ends = await cells.alternatives(edge, whole[edge]);
      expect(Object.keys(ends).length).toBeGreaterThan(1);
      expect(new Set(Object.values(ends)), JSON.stringify(ends)).toEqual(new Set(["works"]));
    });
  });
}

/** What went over the wire and what was said of it, to judge a cell by. */
function protocol(found: Partial<Record<Edge, readonly Step[]>>): string {
  const lines: string[] = [];
  for (const [edge, steps = []] of Object.entries(found)) {
    for (const { summary, log, findings } of steps) {
      lines.push(`${edge}: ${summary}`, ...log.map((line) => `  ${line}`));
      for (const { explanation, chain, fix } of findings) {
        lines.push(`  ! ${explanation}`, ...chain.map((line: string) => `    ${line}`));
        lines.push(...fix.map((line: string) => `  + ${line}`));
      }
    }
  }
  return lines.join("\n");
}

function record(row: string, actual: object, found: Partial<Record<Edge, readonly Step[]>>): void {
  recorded.push(`"${row}": ${JSON.stringify(actual, null, 2)},`, protocol(found));
}
