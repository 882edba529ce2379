/** What the inspector's buttons copy and save does the same again: it is run, evaluated, rehearsed. */
import type { BrowserContext, Page } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import { startBrowser, trustInBrowsers, whyNoBrowser } from "../support/browser.js";
import { devtls, runProgram } from "../support/cli.js";
import { type Inspected, startInspected } from "../support/inspected.js";
import { trusting } from "../support/programs.js";

describe.skipIf(whyNoBrowser())("In the inspector", () => {
  let inspected: Inspected;
  let browser: BrowserContext;
  let app: Page;
  let page: Page;

  beforeAll(async () => {
    inspected = await startInspected();
    await trustInBrowsers(inspected.home);
    browser = await startBrowser(inspected.home);
    await browser.grantPermissions(["clipboard-read", "clipboard-write"]);
    app = await browser.newPage();
    await app.goto(`${inspected.run.url}/ok`);
    page = await browser.newPage();
    await page.goto(inspected.url);
    await page.click("[role=option]:has-text('/ok')");
  }, 60_000);

  async function copied(title: string): Promise<string> {
    await page.bringToFront();
    await page.click(`button:has-text('Copy ${title}')`);
    await page.waitForSelector(`text=Copied ${title}.`);
    return page.evaluate(() => navigator.clipboard.readText());
  }

  it("the copied command gets the page from the app", async () => {
    const command = await copied("as curl");
    const trust = trusting(inspected.home).join(" ");
    const outcome = await runProgram("sh", ["-c", `${command} ${trust} --silent --show-error`]);
    expect(outcome).toMatchObject({ status: 0, stdout: "fine" });
  });

  it("the copied fetch gets it from a page of the app", async () => {
    const line = (await copied("as fetch")).replace(/;$/, "");
    expect(await app.evaluate(`(async () => (${line}).text())()`)).toBe("fine");
  });

  it("the saved flow is rehearsed, and so is the copied step", async () => {
    const step = JSON.parse(await copied("as a step"));
    const [download] = await Promise.all([page.waitForEvent("download"), page.click("#save-flow")]);
    const file = await download.path();
    expect(step).toEqual({ get: "/ok" });
    const args = ["--flow", file, "--edges", "nginx,none", "--json"];
    const target = ["rehearse", "--target", String(inspected.appPort)];
    const { status, stdout } = await devtls([...target, ...args], { env: inspected.home.env });
    expect(JSON.parse(stdout).summary).toMatchObject({ ok: 2, broken: 0 });
    expect(status).toBe(0);
  }, 30_000);
});
