/** The inspector in Firefox: a loop is drawn, an edge and a header cure it, a HAR file goes round. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "puppeteer-core";
import { beforeAll, expect, it, vi } from "vitest";
import { devtls, temporaryFolder } from "../support/cli.js";
import { newProfile, startFirefox, whyNoFirefox } from "../support/firefox.js";
import { type Inspected, startInspected } from "../support/inspected.js";
import { describeUnless } from "../support/tools.js";

/** A page on this machine that does not change by then does not change. */
const PATIENCE = { timeout: 20_000 };

describeUnless(whyNoFirefox(), "The inspector in Firefox", () => {
  const downloads = temporaryFolder();
  let inspected: Inspected;
  let page: Page;

  /** Waits until an element that fits has this text. */
  const shows = (selector: string, text: string) =>
    page.waitForFunction(
      (wanted, said) =>
        [...document.querySelectorAll(wanted)].some((each) => each.textContent?.includes(said)),
      PATIENCE,
      selector,
      text,
    );

  beforeAll(async () => {
    inspected = await startInspected();
    const profile = await newProfile(inspected.home);
    const trusted = await devtls(["trust", "--yes", "--store", "nss"], { env: inspected.home.env });
    expect(trusted.status, trusted.stderr).toBe(0);
    const browser = await startFirefox(inspected.home, profile, {
      "browser.download.folderList": 2,
      "browser.download.dir": downloads,
    });
    page = await browser.newPage();
    // Beside each other from here on: the list and what it shows.
    await page.setViewport({ width: 1280, height: 900 });
    await page.goto(inspected.url);
    await page.waitForSelector("#list");
    const app = await browser.newPage();
    await app.goto(`${inspected.run.url}/`).catch(() => undefined);
    await app.close();
  }, 90_000);

  it("shows a loop as one row, draws it, and proves which edge ends it", async () => {
    await shows("[role=option]", "redirect-loop");
    await page.focus("#list");
    await page.keyboard.press("j");
    await page.waitForSelector("svg[aria-label='A redirect loop']", PATIENCE);
    await page.click("#prove");
    await shows("#proof", "it loops");
    await page.select("#edge", "heroku");
    await shows(".view", "As heroku");
    await page.click("#prove");
    await shows("#proof", "it ends at 200");
  }, 60_000);

  it("replays it with one header changed, which cures it", async () => {
    await page.locator("#replay-name").fill("X-Forwarded-Proto");
    await page.locator("#replay-value").fill("https");
    await page.click("#replay");
    await shows("#replayed tbody tr:nth-child(2)", "200");
  }, 60_000);

  it("saves a HAR file, and opens it again", async () => {
    await page.click("#save-har");
    const file = await vi.waitFor(() => {
      const [name = ""] = readdirSync(downloads).filter((each) => each.endsWith(".har"));
      JSON.parse(readFileSync(join(downloads, name), "utf8"));
      return join(downloads, name);
    }, PATIENCE);
    const input = (await page.$("input#har-file")) as Awaited<ReturnType<typeof page.$<"input">>>;
    await input?.uploadFile(file);
    await shows("[role=option]", "har");
  }, 60_000);
});
