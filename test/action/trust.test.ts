/** The action's `trust`: other steps trust what devtls serves, and one's own runner does not keep it. */
import { existsSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { site, startApp, type TestApp } from "../rehearse/app.js";
import { type Layer, layerOver } from "../support/layer.js";
import { temporaryHome } from "../support/programs.js";
import { describeUnless } from "../support/tools.js";
import { type ActionRun, runAction } from "./runner.js";

// A runner's own trust store is changed: here one over which a layer lies.
const made = layerOver(["/etc", "/usr/local/share"]);

describeUnless(typeof made === "string" ? made : undefined, "The action with trust", () => {
  const layer = made as Layer;
  let app: TestApp;
  const home = temporaryHome();
  const run = (environment: "github-hosted" | "self-hosted", target = app.port) =>
    runAction({
      inputs: { target: String(target), edges: "heroku", trust: "true" },
      ...{ env: home.env, environment, prefix: layer.prefix },
    });
  const roots = () => layer.written().filter((path) => /devtls/i.test(path));

  beforeAll(async () => {
    app = await startApp(site);
  });

  describe("on a runner of GitHub's", () => {
    let done: ActionRun;
    beforeAll(async () => {
      done = await run("github-hosted");
    });

    it("puts the root into the stores of the machine, and leaves it there", () => {
      expect(done.succeeded, done.log).toBe(true);
      expect(done.ran).toEqual({ setup: 0, trust: 0, rehearse: 0 });
      expect(roots()).not.toEqual([]);
    });

    it("tells the other steps where it is, for tools with a list of their own", () => {
      expect(done.env).toMatchObject({ DEVTLS_TRUSTED: "1", NODE_EXTRA_CA_CERTS: home.root });
      expect(existsSync(done.env.SSL_CERT_FILE ?? "")).toBe(true);
    });
  });

  it.each([
    ["that survives", true],
    ["that does not answer", false],
  ])("takes it out again on one's own runner, after an app %s", async (_, answers) => {
    const done = await run("self-hosted", answers ? app.port : 1);
    expect(done.succeeded).toBe(answers);
    expect(done.ran, done.log).toMatchObject({ trust: 0, untrust: 0 });
    expect(roots()).toEqual([]);
  });
});
