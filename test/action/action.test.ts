/** The GitHub action: its steps run, its outputs are there, and no input is read by a shell. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { isSecure, redirect, site, startApp, type TestApp } from "../rehearse/app.js";
import { folderUntilEnd, temporaryHome } from "../support/programs.js";
import { readAction, runAction } from "./runner.js";

const { env } = temporaryHome();
let healthy: TestApp;
let forced: TestApp;

beforeAll(async () => {
  healthy = await startApp(site);
  forced = await startApp((request) =>
    isSecure(request) ? site(request) : redirect(`https://localhost${request.path}`, 301),
  );
});

describe("The action", () => {
  it("is whole: every input is used, every output comes from a step that there is", () => {
    const { inputs, outputs, runs } = readAction();
    const text = JSON.stringify(runs.steps);
    for (const name of Object.keys(inputs)) expect(text).toContain(`inputs.${name}`);
    const ids = runs.steps.map(({ id }) => id);
    for (const { value } of Object.values(outputs)) {
      expect(ids).toContain(/steps\.(\w+)\.outputs/.exec(value)?.[1]);
    }
    expect(runs.using).toBe("composite");
    for (const { run, shell } of runs.steps) {
      expect(shell).toBe("bash");
      // What an input holds must never become part of a script.
      expect(run).not.toContain("${{");
    }
  });

  it("passes with an app that survives, and says so in summary and outputs", async () => {
    const inputs = { target: String(healthy.port), edges: "heroku,fly" };
    const { succeeded, outputs, summary, ran, log } = await runAction({ inputs, env });
    expect(succeeded, log).toBe(true);
    expect(ran).toEqual({ setup: 0, rehearse: 0 });
    expect(outputs).toMatchObject({ survived: "2", broken: "0" });
    expect(summary).toContain("survived 2 of 2 edges");
    expect(existsSync(outputs.sarif ?? "")).toBe(true);
    expect(readFileSync(outputs.junit ?? "", "utf8")).toContain('tests="2"');
  });

  it("fails with an app that breaks, and annotates it", async () => {
    const inputs = { target: String(forced.port), edges: "heroku,haproxy" };
    const { succeeded, outputs, log, ran } = await runAction({ inputs, env });
    expect(succeeded).toBe(false);
    expect(ran.rehearse).toBe(3);
    expect(outputs).toMatchObject({ survived: "1", broken: "1" });
    expect(log).toMatch(/^::error title=redirect-loop%3A edge-sends-no-proto.*haproxy/m);
  });

  it("lets the job go on when it is told to", async () => {
    const inputs = { target: String(forced.port), edges: "haproxy", fail: "false" };
    const { succeeded, outputs } = await runAction({ inputs, env });
    expect(succeeded).toBe(true);
    expect(outputs.broken).toBe("1");
  });

  it("starts the app, from several paths, with more arguments", async () => {
    const cwd = folderUntilEnd("devtls-action-app-");
    const { writeFileSync } = await import("node:fs");
    const code = "require('http').createServer((q, r) => r.end('ok')).listen(process.env.PORT)";
    writeFileSync(join(cwd, "server.cjs"), code);
    const inputs = {
      ...{ command: "node server.cjs", edges: "heroku", path: "/a\n/b" },
      arguments: "--depth\n0",
    };
    const { succeeded, log, outputs } = await runAction({ inputs, env, cwd });
    expect(succeeded, log).toBe(true);
    const report = JSON.parse(
      readFileSync((outputs.sarif ?? "").replace(/sarif$/, "json"), "utf8"),
    );
    expect(report.edges).toMatchObject([{ name: "heroku", pages: 2 }]);
    expect(report.summary).toMatchObject({ ok: 1, broken: 0 });
  });

  it("fails when there is no app, without reports of half a run", async () => {
    const inputs = { target: "1", edges: "heroku" };
    const { succeeded, summary, outputs, log } = await runAction({ inputs, env });
    expect(succeeded).toBe(false);
    expect({ summary, survived: outputs.survived }).toEqual({ summary: "", survived: "" });
    expect(log).toContain("the app does not answer");
  });

  it("reads no input with a shell", async () => {
    const marker = join(folderUntilEnd("devtls-action-marker-"), "made");
    for (const evil of [`$(touch ${marker})`, `"; touch ${marker}; "`, `\`touch ${marker}\``]) {
      const inputs = { target: evil, edges: evil, path: evil, flow: evil, arguments: evil };
      const { succeeded } = await runAction({ inputs, env });
      expect(succeeded).toBe(false);
    }
    expect(existsSync(marker)).toBe(false);
  });
});
