/** The README's recipe for CI: no terminal, both stores, a browser that ignores no error. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { startBrowser, whyNoBrowser } from "../support/browser.js";
import { devtls, type ServeRun } from "../support/cli.js";
import { curl, serveJson, temporaryHome } from "../support/programs.js";
import { useSystemStore } from "../support/system-store.js";
import { describeUnless, missing, whyNotSystemWide } from "../support/tools.js";

const reason = whyNotSystemWide() ?? whyNoBrowser() ?? missing(["curl", "update-ca-certificates"]);

describeUnless(reason, "A container without terminal", () => {
  const home = temporaryHome();
  let run: ServeRun;

  useSystemStore();

  beforeAll(async () => {
    const trust = await devtls(["trust", "--yes", "--store", "nss,system"], { env: home.env });
    expect(trust.status, trust.stderr).toBe(0);
    run = await serveJson(["--demo"], home);
  });
  afterAll(async () => {
    const untrust = await devtls(["untrust", "--yes", "--store", "nss,system"], { env: home.env });
    expect(untrust.status, untrust.stderr).toBe(0);
  });

  it("has a browser that opens the app", async () => {
    const browser = await startBrowser(home);
    const page = await browser.newPage();
    const response = await page.goto(run.url);
    expect(response?.status()).toBe(200);
  });

  it("has a curl that opens it", async () => {
    const { stdout } = await curl([
      "--output",
      "/dev/null",
      "--write-out",
      "%{http_code}",
      run.url,
    ]);
    expect(stdout).toBe("200");
  });

  it("knows that it is trusted", async () => {
    const check = await devtls(["trust", "--check", "--store", "nss,system"], { env: home.env });
    expect(check.status, check.stdout).toBe(0);
  });
});
