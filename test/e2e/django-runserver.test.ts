/** The bug that devtls is for, with the real Django: an app that takes every request for plain. */
import type { BrowserContext, Page } from "playwright-core";
import { beforeAll, beforeEach, expect, it } from "vitest";
import { errorOf, startBrowser, trustInBrowsers, whyNoBrowser } from "../support/browser.js";
import { freePort } from "../support/cli.js";
import { type DjangoServer, djangoProject, logIn, whyNoDjango } from "../support/django.js";
import { curl, serveJson, serveText, temporaryHome, trusting } from "../support/programs.js";
import { describeUnless, missing } from "../support/tools.js";

const SETTING = 'SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")';

/** How curl ends at its limit of redirects. */
const TOO_MANY_REDIRECTS = 47;

const reason = whyNoDjango() ?? whyNoBrowser() ?? missing(["curl"]);

describeUnless(reason, "Django with SECURE_SSL_REDIRECT under runserver", () => {
  const home = temporaryHome();
  let unset: DjangoServer;
  let set: DjangoServer;
  let browser: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    await trustInBrowsers(home);
    browser = await startBrowser(home);
    const project = await djangoProject();
    unset = await project.runserver();
    project.addSettings(SETTING);
    set = await project.runserver();
  });

  beforeEach(async () => {
    await browser.clearCookies();
    page = await browser.newPage();
    return () => page.close();
  });

  it("loops without SECURE_PROXY_SSL_HEADER until curl gives up", async () => {
    const run = await serveJson(["--target", String(unset.port)], home);
    const options = ["--location", "--max-redirs", "8", "--output", "/dev/null"];
    const { status } = await curl([...trusting(home), ...options, `${run.url}/admin/`]);
    await run.stop();
    expect(status).toBe(TOO_MANY_REDIRECTS);
    const requests = run.events.filter(({ event }) => event === "request");
    expect(requests.map((request) => request.status)).toEqual(Array(9).fill(301));
  });

  it("loops without it until Chromium shows ERR_TOO_MANY_REDIRECTS", async () => {
    const run = await serveJson(["--target", String(unset.port)], home);
    expect(await errorOf(page, `${run.url}/admin/`)).toBe("net::ERR_TOO_MANY_REDIRECTS");
    await run.stop();
  });

  it("is told which setting is missing, once and not at every hop", async () => {
    const run = await serveJson(["--target", String(unset.port)], home);
    await errorOf(page, `${run.url}/admin/`);
    await curl([...trusting(home), "--location", "--max-redirs", "8", `${run.url}/admin/`]);
    await run.stop();
    expect(run.events.filter(({ event }) => event === "finding")).toEqual([
      {
        event: "finding",
        code: "redirect-loop",
        cause: "app-ignores-forwarded-proto",
        confidence: expect.stringMatching(/^(?:proved|likely)$/),
        url: `${run.url}/admin/`,
        framework: "django",
        explanation: expect.stringContaining("X-Forwarded-Proto: https"),
        chain: expect.any(Array),
        fix: [SETTING],
        fixes: [{ where: "Django, settings.py", lines: [SETTING] }],
        proof: expect.objectContaining({ kind: "rule" }),
      },
    ]);
  });

  it("is told so on the terminal, once and ready to paste", async () => {
    const run = await serveText(
      ["--port", String(await freePort()), "--target", String(unset.port)],
      home,
    );
    await curl([...trusting(home), "--location", "--max-redirs", "3", `${run.url}/admin/`]);
    await run.stop();
    const [during = "", summary = ""] = run.stderr().split("Found and not fixed:");
    expect(during.split(SETTING)).toHaveLength(2);
    expect(summary).toContain(SETTING);
    expect(summary).toMatch(/redirect-loop: app-ignores-forwarded-proto, 4 times/);
    expect(run.stderr()).toContain("redirect-loop: app-ignores-forwarded-proto");
    expect(run.stderr()).toMatch(/^ *SECURE_PROXY_SSL_HEADER = .*"https"\)$/m);
  });

  it("gets its redirect passed on unchanged", async () => {
    const run = await serveJson(["--target", String(unset.port)], home);
    const { host } = new URL(run.url);
    const direct = ["--header", `Host: ${host}`, `http://127.0.0.1:${unset.port}/admin/`];
    const [ofApp, ofDevtls] = await Promise.all([
      curl(["--include", ...direct]),
      curl(["--include", "--http1.1", ...trusting(home), `${run.url}/admin/`]),
    ]);
    await run.stop();
    expect(ofApp.stdout).toContain(`Location: ${run.url}/admin/\r\n`);
    expect(head(ofDevtls.stdout)).toEqual(head(ofApp.stdout));
  });

  it("lets the administrator log in, once the setting is pasted", async () => {
    const run = await serveJson(["--target", String(set.port)], home);
    await page.goto(`${run.url}/admin/`);
    await logIn(page);
    expect(await page.locator("#user-tools strong").textContent()).toBe("ada");
    await run.stop();
    expect(run.events.filter(({ event }) => event === "finding")).toEqual([]);
  });

  it("has its session cookie arrive with Secure and come back", async () => {
    const run = await serveJson(["--target", String(set.port)], home);
    await page.goto(`${run.url}/admin/`);
    const answer = await logIn(page);
    const lines = (await answer.headerValues("set-cookie")).join("\n");
    expect(lines).toMatch(/^sessionid=.*; Secure$/m);
    const cookies = await browser.cookies(run.url);
    expect(cookies.find(({ name }) => name === "sessionid")).toMatchObject({ secure: true });
    expect(cookies.find(({ name }) => name === "csrftoken")).toMatchObject({ secure: true });
    await page.reload();
    expect(await page.locator("#user-tools strong").textContent()).toBe("ada");
    await run.stop();
  });
});

/** What concerns one connection only (RFC 9110 7.6.1), and what time it was. */
const NOT_OF_THE_RESPONSE = /^(?:connection|keep-alive|transfer-encoding|date):/i;

/** The status and the header lines of a response. */
function head(response: string): string[] {
  const [lines = ""] = response.split("\r\n\r\n");
  return lines
    .replace(/^HTTP\S+/, "")
    .split("\r\n")
    .filter((line) => !NOT_OF_THE_RESPONSE.test(line));
}
