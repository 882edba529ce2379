/** WordPress rehearsed with a login, and mended by pasting only what the rehearsal printed. */
import { beforeAll, expect, it } from "vitest";
import { type Rehearsal, rehearse } from "../../../src/index.js";
import { freePort } from "../../support/cli.js";
import { folderUntilEnd } from "../../support/programs.js";
import { describeUnless } from "../../support/tools.js";
import { type Installed, USER } from "../app.js";
import { handOver } from "../servers/account.js";
import { WORDPRESS } from "./app.js";

const HOST = "blog.test";

const LOGIN = {
  steps: [
    { get: "/" },
    { get: "/wp-login.php" },
    { submit: { form: "#loginform", fields: { log: USER.name, pwd: USER.password } } },
    { expect: { status: 200, path: "/wp-admin/" } },
  ],
};

/** One cause can hide another one: what the first lines mend shows the next. */
const ROUNDS = 3;

/** They rewrite Host and can be told nothing else: WordPress has to know its own. */
const STUBBORN = ["aws-api-gateway", "codespaces"];

const brokenIn = ({ edges }: Rehearsal): string[] =>
  edges.filter(({ result }) => result !== "ok").map(({ name }) => name);

describeUnless(WORDPRESS.whyNot(), "WordPress that knows its https address", () => {
  let installed: Installed;
  let port: number;
  let rehearsal: Rehearsal;
  const run = (edgeLine: readonly string[]) =>
    rehearse({ target: port, host: HOST, flow: LOGIN, edgeLine });

  beforeAll(async () => {
    port = await freePort();
    const folder = folderUntilEnd("devtls-wordpress-");
    handOver(folder);
    installed = await WORDPRESS.install({ port, publicUrl: `https://${HOST}`, folder }, "https");
    rehearsal = await run([]);
  }, 300_000);

  it("breaks on edges that say nothing of https, or another Host", () => {
    expect(rehearsal.control).toMatchObject({ result: "ok", findings: [] });
    expect(brokenIn(rehearsal)).toEqual(
      expect.arrayContaining([...STUBBORN, "none", "nginx", "haproxy", "azure-front-door"]),
    );
    expect(brokenIn(rehearsal)).not.toContain("heroku");
  });

  it("survives every edge with the printed lines", async () => {
    const own = new Set<string>();
    const atEdges = new Set<string>();
    for (let round = 0; round < ROUNDS; round++) {
      for (const { fix, where, framework } of rehearsal.fixes) {
        const place = WORDPRESS.places.test(where) ? own : framework === null ? atEdges : undefined;
        for (const line of fix.split("\n")) place?.add(line);
      }
      port = await installed.paste({ lines: [...own], env: {}, replaced: [] });
      rehearsal = await run([...atEdges]);
    }
    expect(brokenIn(rehearsal)).toEqual([]);
  });
});
