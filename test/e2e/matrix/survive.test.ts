/**
 * From broken to survived by pasting only what `devtls rehearse` prints, into the app and the edges.
 */
import { afterAll, expect, it } from "vitest";
import { type RehearseOptions, rehearse } from "../../../src/index.js";
import { describeUnless } from "../../support/tools.js";
import { USER } from "./driver.js";
import { type Applied, apply, NOTHING } from "./fixes.js";
import { APPS, type AppName, type AppServer, startApp } from "./starters.js";

/** A fix may uncover the next failure, as in life. */
const MAX_ROUNDS = 5;

const ROWS: readonly (readonly [name: AppName, configuration: string])[] = [
  ["express", "forced"],
  ["express", "plain"],
  ["django-gunicorn", "forced"],
  ["django-runserver", "forced"],
  ["flask", "forced"],
  ["fastify", "forced"],
  ["php", "forced"],
];

for (const [name, configuration] of ROWS) {
  describeUnless(APPS[name].whyNot(), `${name} ${configuration}`, () => {
    const servers: AppServer[] = [];

    afterAll(async () => {
      for (const server of servers) await server.stop();
    });

    it("survives every edge with what was printed", async () => {
      const rounds: string[] = [];
      let applied: Applied = NOTHING;
      const edgeLine: string[] = [];
      const steps = [
        { get: "/" },
        { submit: { fields: { user: USER } } },
        { expect: { text: `Hello, ${USER}` } },
      ];
      for (let round = 0; round < MAX_ROUNDS; round++) {
        const server = await startApp(name, configuration, applied);
        servers.push(server);
        const options: RehearseOptions = { target: server.port, flow: { steps }, edgeLine };
        const { fixes, edges } = await rehearse(options);
        const broken = edges.filter(({ result }) => result !== "ok").map((edge) => edge.name);
        rounds.push(broken.join(" "));
        if (broken.length === 0) break;
        const lines = (ofApp: boolean) =>
          fixes
            .filter(({ framework }) => (framework !== null) === ofApp)
            .flatMap(({ fix }) => fix.split("\n"));
        applied = { ...apply(applied, lines(true), "localhost"), edge: [] };
        edgeLine.push(...lines(false));
      }
      expect(rounds[0]?.split(" ").length).toBeGreaterThan(5);
      expect(rounds.at(-1), rounds.join("; ")).toBe("");
    });
  });
}
