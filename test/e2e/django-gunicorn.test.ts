/** Django under gunicorn, which by itself believes X-Forwarded-Proto from loopback. */
import type { BrowserContext, Page } from "playwright-core";
import { beforeAll, beforeEach, expect, it } from "vitest";
import { errorOf, startBrowser, trustInBrowsers, whyNoBrowser } from "../support/browser.js";
import { type DjangoServer, djangoProject, logIn, whyNoDjango } from "../support/django.js";
import { curl, serveJson, temporaryHome, trusting } from "../support/programs.js";
import { describeUnless, missing } from "../support/tools.js";

const SETTING = 'SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")';

const reason = whyNoDjango() ?? whyNoBrowser() ?? missing(["curl"]);

describeUnless(reason, "Django with SECURE_SSL_REDIRECT under gunicorn", () => {
  const home = temporaryHome();
  let unset: DjangoServer;
  let set: DjangoServer;
  let browser: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    await trustInBrowsers(home);
    browser = await startBrowser(home);
    const project = await djangoProject();
    unset = await project.gunicorn();
    project.addSettings(SETTING);
    set = await project.gunicorn();
  });

  beforeEach(async () => {
    await browser.clearCookies();
    page = await browser.newPage();
    return () => page.close();
  });

  it("does not loop even without SECURE_PROXY_SSL_HEADER", async () => {
    const run = await serveJson(["--target", String(unset.port)], home);
    const options = [
      "--location",
      "--output",
      "/dev/null",
      "--write-out",
      "%{http_code} %{url_effective}",
    ];
    const { stdout } = await curl([...trusting(home), ...options, `${run.url}/admin/`]);
    await run.stop();
    expect(stdout).toBe(`200 ${run.url}/admin/login/?next=/admin/`);
    expect(run.events.filter(({ event }) => event === "finding")).toEqual([]);
  });

  it("loops when the edge tells it nothing, and the finding puts that down to the edge", async () => {
    const run = await serveJson(["--target", String(unset.port), "--simulate", "none"], home);
    expect(await errorOf(page, `${run.url}/admin/`)).toBe("net::ERR_TOO_MANY_REDIRECTS");
    await curl([...trusting(home), "--location", "--max-redirs", "8", `${run.url}/admin/`]);
    await run.stop();
    expect(run.events.filter(({ event }) => event === "finding")).toEqual([
      expect.objectContaining({
        code: "redirect-loop",
        cause: "edge-sends-no-proto",
        url: `${run.url}/admin/`,
        framework: "django",
        // gunicorn believes an edge on this machine, so nothing is missing but the edge's line.
        confidence: "proved",
        fix: ["proxy_set_header X-Forwarded-Proto $scheme;"],
      }),
    ]);
  });

  it("lets the administrator log in, its session cookie Secure", async () => {
    const run = await serveJson(["--target", String(set.port)], home);
    await page.goto(`${run.url}/admin/`);
    const answer = await logIn(page);
    expect(await page.locator("#user-tools strong").textContent()).toBe("ada");
    const lines = (await answer.headerValues("set-cookie")).join("\n");
    expect(lines).toMatch(/^sessionid=.*; Secure$/m);
    const cookies = await browser.cookies(run.url);
    expect(cookies.find(({ name }) => name === "sessionid")).toMatchObject({ secure: true });
    await run.stop();
    expect(run.events.filter(({ event }) => event === "finding")).toEqual([]);
  });
});
