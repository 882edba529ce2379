/**
 * Every line that an audit prints, pasted where it belongs: the tests that it was printed for pass
 * then, and the grade goes up.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Audit } from "../../../src/audit/audit.js";
import { findProfile } from "../../../src/edge/profiles/index.js";
import { audited } from "../../audit/local.js";
import { listens } from "../../edge/fidelity/servers.js";
import { freePort } from "../../support/cli.js";
import { nginxConfiguration } from "../../support/nginx.js";
import { folderUntilEnd, start } from "../../support/programs.js";
import { describeUnless, missing } from "../../support/tools.js";
import { type Applied, apply, NOTHING } from "./fixes.js";
import { APPS, type AppName, startApp } from "./starters.js";

/** An edge that passes plain http on and says so, as most platforms do. */
const EDGE = findProfile("heroku");

const NGINX = /^nginx,/;

/** nginx in front of the app, with the lines that are printed for it. */
async function nginx(app: number, lines: readonly string[]): Promise<number> {
  const folder = folderUntilEnd("devtls-audit-nginx-");
  const port = await freePort();
  const server = `server {
    listen 127.0.0.1:${port};
    ${lines.join("\n    ")}
    location / {
      proxy_pass http://127.0.0.1:${app};
      proxy_set_header Host $http_host;
    }
  }`;
  const file = join(folder, "nginx.conf");
  writeFileSync(file, nginxConfiguration(folder, server));
  const running = start("nginx", ["-c", file, "-p", folder]);
  if (!(await listens(running, [port]))) throw new Error(running.stderr());
  return port;
}

const ROWS: readonly (readonly [name: AppName, needsNginx: boolean])[] = [
  ["express", false],
  ["fastify", false],
  ["flask", false],
  ["php", false],
  ["django-gunicorn", true],
  ["starlette", true],
];

/** A line may uncover the next failure. */
const MAX_ROUNDS = 4;

for (const [name, needsNginx] of ROWS) {
  const whyNot = APPS[name].whyNot() ?? (needsNginx ? missing(["nginx"]) : undefined);
  describeUnless(whyNot, name, () => {
    it("gets the best grade with what was printed, and a better one each time", async () => {
      let applied: Applied = NOTHING;
      const atNginx: string[] = [];
      const rounds: Audit[] = [];
      for (let round = 0; round < MAX_ROUNDS; round++) {
        const server = await startApp(name, "plain", applied);
        const port = atNginx.length > 0 ? await nginx(server.port, atNginx) : server.port;
        const found = await audited(
          { url: new URL(`http://localhost:${port}/`) },
          { edges: EDGE ? [EDGE] : [], paths: ["/login"] },
        );
        rounds.push(found);
        await server.stop();
        const failing = found.checks.filter(
          ({ status, id }) => status === "fail" && id !== "host-header",
        );
        const lines = failing.flatMap(({ fix, where = "" }) => (NGINX.test(where) ? [] : fix));
        const fresh = failing.flatMap(({ fix, where = "" }) => (NGINX.test(where) ? fix : []));
        if (lines.length + fresh.length === 0) break;
        applied = apply(applied, lines, "localhost");
        for (const line of fresh) if (!atNginx.includes(line)) atNginx.push(line);
      }
      const [first, last] = [rounds[0], rounds.at(-1)] as [Audit, Audit];
      const costing = (audit: Audit): string[] =>
        audit.headers.tests.filter(({ modifier }) => modifier < 0).map(({ result }) => result);
      expect(first.framework, name).toBe(APPS[name].framework);
      expect(costing(first).length).toBeGreaterThan(3);
      expect(costing(last), JSON.stringify(applied)).toEqual([]);
      const scores = rounds.map(({ headers }) => headers.score ?? -1);
      expect(scores).toEqual([...scores].sort((a, b) => a - b));
      expect([first.headers.grade, last.headers.grade]).toEqual(["F", "A+"]);
    });
  });
}
