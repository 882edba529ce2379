/** An application behind six edges: what goes wrong, what devtls says, and whether that cures. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { beforeAll, expect, it } from "vitest";
import { launchBrowser, trustInBrowsers, whyNoBrowser } from "../support/browser.js";
import { devtls } from "../support/cli.js";
import { temporaryHome } from "../support/programs.js";
import { oneOfEach } from "../support/sample.js";
import { describeUnless } from "../support/tools.js";
import type { App } from "./app.js";
import { Cells, RECORDING, type Result } from "./cells.js";
import { EDGES, type Edge, EXPECTED, type Row } from "./expected.js";

const CHOSEN = process.env.DEVTLS_APPS_EDGES?.split(",").filter(Boolean) ?? [];
const EVERY_EDGE = process.env.DEVTLS_EVERY_EDGE === "1" || RECORDING;

/** Those that are asked for; else of those behind which the same is expected one, in turn. */
function edgesOf(row: Row, turn: number): readonly Edge[] {
  if (CHOSEN.length > 0) return EDGES.filter((edge) => CHOSEN.includes(edge));
  return EVERY_EDGE ? EDGES : oneOfEach(row, turn);
}

export function testApp(app: App): void {
  describeUnless(app.whyNot() ?? whyNoBrowser(), app.name, () => {
    const home = temporaryHome();
    let browser: Browser;

    beforeAll(async () => {
      const { status, stderr } = await devtls(["ca", "create"], { env: home.env });
      if (status !== 0) throw new Error(stderr);
      await trustInBrowsers(home);
      browser = await launchBrowser(home, [
        "--host-resolver-rules=MAP *.test 127.0.0.1, MAP * ~NOTFOUND",
      ]);
    });

    for (const [turn, [configuration, row]] of Object.entries(EXPECTED[app.name] ?? {}).entries()) {
      const edges = edgesOf(row, turn);
      it(`${configuration}: behaves as the table says, and works with what devtls prints`, async () => {
        const cells = await Cells.install(home, app, configuration, browser);
        const found: Record<string, readonly Result[]> = {};
        for (const edge of edges) {
          found[edge] = await cells.results(edge, row[edge]);
        }
        const actual = Object.fromEntries(
          Object.entries(found).map(([edge, results]) => [
            edge,
            results.map(({ summary }) => summary).join(" > "),
          ]),
        );
        if (RECORDING) record(`${app.name}: ${configuration}`, actual, found);
        else expect(actual, protocol(found)).toEqual(cellsOf(row, edges));
      });
    }
  });
}

function cellsOf(row: Row, edges: readonly Edge[]): Partial<Row> {
  return Object.fromEntries(edges.map((edge) => [edge, row[edge]]));
}

function protocol(found: Readonly<Record<string, readonly Result[]>>): string {
  const lines: string[] = [];
  for (const [edge, results] of Object.entries(found)) {
    for (const { summary, log, findings } of results) {
      lines.push(`${edge}: ${summary}`, ...log.map((line) => `  ${line}`));
      for (const { code, cause, confidence, url, framework, explanation, chain, fix } of findings) {
        lines.push(`  ! ${code} ${cause} ${confidence} ${framework} ${url}`, `    ${explanation}`);
        lines.push(...chain.map((line: string) => `    ${line}`));
        lines.push(...fix.map((line: string) => `  + ${line}`));
      }
    }
  }
  return lines.join("\n");
}

function record(name: string, actual: object, found: Parameters<typeof protocol>[0]): void {
  const file = join(process.env.DEVTLS_APPS_RECORD_TO ?? ".", `${name.replace(/\W+/g, "-")}.txt`);
  writeFileSync(file, `${JSON.stringify(actual, null, 2)}\n${protocol(found)}\n`);
  process.stdout.write(readFileSync(file, "utf8"));
}
