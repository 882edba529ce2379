/**
 * Firefox ESR where certutil is missing: the policy of the machine has it take the root. devtls and
 * the browser run where a layer lies over /etc, so that the machine's own stays as it is.
 */
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { LAUNCHER, type ServeRun, temporaryFolder } from "../../support/cli.js";
import { openIn, startFirefox } from "../../support/firefox.js";
import { type Layer, layerOver } from "../../support/layer.js";
import { serveJson, temporaryHome } from "../../support/programs.js";
import { describeUnless, missing, which } from "../../support/tools.js";

/** Programs that devtls calls for a policy, and none for a database. */
const COMMANDS = ["tee", "mkdir", "chmod", "cp", "mv", "rm", "rmdir", "firefox-esr"];

const made = layerOver(["/etc"]);
const reason = missing(["firefox-esr"]) ?? (typeof made === "string" ? made : undefined);

describeUnless(reason, "Firefox ESR without certutil", () => {
  const layer = made as Layer;
  const home = temporaryHome();
  const folder = temporaryFolder();
  const [programs, browser] = [join(folder, "bin"), join(folder, "browser.sh")];
  let run: ServeRun;

  beforeAll(async () => {
    mkdirSync(programs);
    for (const name of COMMANDS) symlinkSync(which(name) as string, join(programs, name));
    const words = [...layer.prefix, which("firefox-esr") as string].map((word) => `'${word}'`);
    writeFileSync(browser, `#!/bin/sh\nexec ${words.join(" ")} "$@"\n`);
    chmodSync(browser, 0o755);
    run = await serveJson(["--demo"], home);
  });

  async function stateAfter(...args: string[]): Promise<string> {
    const line = [process.execPath, LAUNCHER, ...args, "--store", "nss", "--json"];
    const { stdout, stderr } = await layer.run("env", [`PATH=${programs}`, ...line], {
      env: home.env,
    });
    expect(stdout, stderr).not.toBe("");
    const stores: { name: string; state: string }[] = JSON.parse(stdout).stores;
    const policy = stores.find(({ name }) => name.startsWith("Firefox policy"));
    return policy?.state ?? "not found";
  }

  /** With a profile of its own each time: a policy is every profile's. */
  async function open(): Promise<string> {
    const started = await startFirefox(home, temporaryFolder(), {}, browser);
    try {
      return await openIn(started, run.url);
    } finally {
      await started.close();
    }
  }

  it("refuses devtls before devtls trust", async () => {
    expect(await stateAfter("trust", "--check")).toBe("missing");
    expect(await open()).toBe("SEC_ERROR_UNKNOWN_ISSUER");
  });

  it("opens a page after devtls trust", async () => {
    expect(await stateAfter("trust", "--yes")).toBe("trusted");
    expect(await open()).toBe("200");
  });

  describe("after devtls untrust", () => {
    beforeAll(async () => {
      expect(await stateAfter("untrust", "--yes")).toBe("removed");
    });

    it("refuses devtls again", async () => {
      expect(await open()).toBe("SEC_ERROR_UNKNOWN_ISSUER");
    });

    it("finds nothing of devtls in /etc", () => {
      expect(layer.written()).toEqual([]);
    });
  });
});
