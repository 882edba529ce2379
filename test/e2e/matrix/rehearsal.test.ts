/**
 * What `devtls rehearse` says of every cell is what a visitor of `devtls serve` on port 443 meets:
 * the seven apps of the matrix, as they are and with the printed lines pasted in.
 */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  type Finding,
  openAuthority,
  type Rehearsal,
  type RehearsalFinding,
  rehearse,
  serve,
} from "../../../src/index.js";
import { isBreaking } from "../../../src/rehearse/outcome.js";
import { temporaryHome } from "../../support/programs.js";
import { describeUnless } from "../../support/tools.js";
import { USER, visit } from "./driver.js";
import { type Edge, EVERY_EDGE, EXPECTED, edgesOf } from "./expected.js";
import { type Applied, apply, NOTHING } from "./fixes.js";
import { APPS, type AppName, type AppServer, startApp } from "./starters.js";

/** An address on which port 443 is nobody else's. */
const ADDRESS = "127.0.0.43";

const reason = process.getuid?.() === 0 ? undefined : "needs root, for port 443";

const home = temporaryHome();
let ca: string;

beforeAll(async () => {
  if (reason) return;
  await openAuthority({ stateDirectory: home.env.DEVTLS_HOME as string });
  ca = readFileSync(home.root, "utf8");
});

/** "broken csrf-origin-mismatch:host", "ok". */
type Cells = Readonly<Record<string, string>>;

/** The login of the matrix as a flow. */
function flowOf(name: AppName): object {
  const live = APPS[name].live ? [{ websocket: "/live" }] : [];
  const steps = [
    { get: "/" },
    { submit: { fields: { user: USER } } },
    { expect: { text: `Hello, ${USER}` } },
  ];
  return { steps: [...steps, ...live] };
}

/** Of a rehearsal and of serve the same: whether it worked, and what was found. */
function cellOf(
  works: boolean,
  findings: readonly Pick<RehearsalFinding, "code" | "cause">[],
): string {
  const said = findings
    // On a host that is developed on only, and a finding of the rehearsal's own.
    .filter(({ code }) => code !== "hsts-lock-in" && code !== "flow-differs")
    .map(({ code, cause }) => `${code}:${cause}`);
  return [works && !findings.some(isBreaking) ? "ok" : "broken", ...[...new Set(said)].sort()].join(
    " ",
  );
}

async function rehearsed(
  name: AppName,
  { port }: AppServer,
  edges: readonly Edge[],
): Promise<readonly [Cells, Rehearsal]> {
  const rehearsal = await rehearse({ target: port, flow: flowOf(name), edges });
  const cells = rehearsal.edges.map((edge) => [
    edge.name,
    cellOf(edge.result === "ok", edge.findings),
  ]);
  return [Object.fromEntries(cells), rehearsal];
}

async function visited(name: AppName, { port }: AppServer, edges: readonly Edge[]): Promise<Cells> {
  const cells: Record<string, string> = {};
  for (const simulate of edges) {
    const findings: Finding[] = [];
    const server = await serve({
      ...{ target: port, simulate, port: 443, bind: ADDRESS, httpPort: 80 },
      stateDirectory: home.env.DEVTLS_HOME as string,
    });
    server.on("finding", (finding) => findings.push(finding));
    const { outcome } = await visit(server.url, ca, APPS[name].live, ADDRESS);
    await server.close();
    cells[simulate] = cellOf(outcome === "works", findings);
  }
  return cells;
}

/** Every other edge of a row, the others in the next row; or all of them. */
function halfOf(row: string, turn: number): readonly Edge[] {
  return edgesOf(row).filter((_, index) => EVERY_EDGE || (index + turn) % 2 === 0);
}

for (const [turn, row] of Object.keys(EXPECTED).entries()) {
  const [name, configuration] = row.split(" ") as [AppName, string];
  describeUnless(reason ?? APPS[name].whyNot(), row, () => {
    const edges = halfOf(row, turn);
    const servers: AppServer[] = [];
    let applied: Applied = NOTHING;

    const start = async (): Promise<AppServer> => {
      const server = await startApp(name, configuration, applied);
      servers.push(server);
      return server;
    };

    afterAll(async () => {
      for (const server of servers) await server.stop();
    });

    it("is rehearsed as it is met, unfixed", async () => {
      const server = await start();
      const [cells, { fixes }] = await rehearsed(name, server, edges);
      expect(cells).toEqual(await visited(name, server, edges));
      const lines = fixes.flatMap(({ fix, framework }) => (framework ? fix.split("\n") : []));
      applied = { ...apply(NOTHING, lines, "localhost"), edge: [] };
    });

    it("is rehearsed as it is met, with the printed lines in the app", async () => {
      const server = await start();
      const [cells] = await rehearsed(name, server, edges);
      expect(cells).toEqual(await visited(name, server, edges));
    });
  });
}
