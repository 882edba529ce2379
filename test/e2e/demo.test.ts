/** `devtls serve --demo`: the first thing that people try. */
import type { BrowserContext, Page } from "playwright-core";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { errorOf, startBrowser, trustInBrowsers, whyNoBrowser } from "../support/browser.js";
import { freePort, type ServeRun } from "../support/cli.js";
import { curl, serveJson, serveText, temporaryHome, trusting } from "../support/programs.js";
import { describeUnless, describeWith } from "../support/tools.js";

describeWith(["curl"], "the demo app with curl", () => {
  const home = temporaryHome();

  it("shows every header that it received, as text", async () => {
    const run = await serveJson(["--demo"], home);
    const { stdout } = await curl([...trusting(home), "--header", "X-Mine: seen", run.url]);
    await run.stop();
    expect(stdout.split("\n")).toEqual(
      expect.arrayContaining([
        "GET / HTTP/1.1",
        `Host: localhost:${run.port}`,
        "X-Forwarded-For: 127.0.0.1",
        "X-Forwarded-Proto: https",
        `X-Forwarded-Host: localhost:${run.port}`,
        `X-Forwarded-Port: ${run.port}`,
      ]),
    );
    expect(stdout).toMatch(/^x-mine: seen$/im);
  });

  it("does not loop behind the default edge", async () => {
    const run = await serveJson(["--demo"], home);
    await curl([...trusting(home), "--location", run.url]);
    await run.stop();
    expect(run.events.filter(({ event }) => event === "finding")).toEqual([]);
  });

  it("says where to click, how to be trusted and how to see a loop", async () => {
    const run = await serveText(["--demo", "--port", String(await freePort())], home);
    await run.waitFor(/Ctrl-C/);
    await run.stop();
    expect(run.stdout()).toBe(`${run.url} -> the demo app\n`);
    expect(run.stderr()).toContain(run.url);
    expect(run.stderr()).toContain("devtls trust");
    expect(run.stderr()).toContain("devtls serve --demo --simulate none");
  });
});

describeUnless(whyNoBrowser(), "the demo app in Chromium", () => {
  const home = temporaryHome();
  const stranger = temporaryHome();
  let browser: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    await trustInBrowsers(home);
    browser = await startBrowser(home);
  });

  beforeEach(async () => {
    await browser.clearCookies();
    page = await browser.newPage();
    return () => page.close();
  });

  describe("behind the default edge", () => {
    let run: ServeRun;

    beforeAll(async () => {
      run = await serveJson(["--demo"], home);
    });

    it("shows every header that it received, as a page", async () => {
      await page.goto(run.url);
      const lines = ((await page.textContent("#received")) ?? "").split("\n");
      expect(lines[0]).toBe("GET / HTTP/1.1");
      expect(lines).toContain("X-Forwarded-Proto: https");
      expect(lines).toContain(`Host: localhost:${run.port}`);
    });

    it("logs in with a session cookie that is Secure", async () => {
      await page.goto(run.url);
      const answered = page.waitForResponse((response) => response.request().method() === "POST");
      await page.click("text=Log in");
      const answer = await answered;
      expect(await page.textContent("#user")).toBe("ada");
      expect(await answer.headerValue("set-cookie")).toMatch(/^demo_session=\w+;.*; Secure;/);
      expect(await browser.cookies(run.url)).toMatchObject([
        { name: "demo_session", secure: true },
      ]);
    });

    it("logs out again", async () => {
      await page.goto(run.url);
      await page.click("text=Log in");
      await page.click("text=Log out");
      await page.waitForSelector("text=Log in");
      expect(await browser.cookies(run.url)).toEqual([]);
    });
  });

  it("loops behind an edge that tells it nothing, and the finding says so", async () => {
    const run = await serveJson(["--demo", "--simulate", "none"], home);
    expect(await errorOf(page, `${run.url}/`)).toBe("net::ERR_TOO_MANY_REDIRECTS");
    await run.stop();
    expect(run.events.filter(({ event }) => event === "finding")).toMatchObject([
      { code: "redirect-loop", cause: "edge-sends-no-proto", url: `${run.url}/` },
    ]);
  });

  it("is refused by a browser whose user has not run devtls trust", async () => {
    const untrusting = await startBrowser(stranger);
    const run = await serveJson(["--demo"], home);
    const error = await errorOf(await untrusting.newPage(), run.url);
    await run.stop();
    expect(error).toBe("net::ERR_CERT_AUTHORITY_INVALID");
  });
});
