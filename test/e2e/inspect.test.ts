/** The inspector in Chromium: a loop appears and is drawn, an edge cures it, and strangers stay out. */
import { readFileSync } from "node:fs";
import { request } from "node:https";
import type { BrowserContext, Page } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import { violationsOf } from "../support/axe.js";
import { startBrowser, trustInBrowsers, whyNoBrowser } from "../support/browser.js";
import { LAUNCHER, runProgram } from "../support/cli.js";
import { EVIL, type Inspected, startInspected } from "../support/inspected.js";

describe.skipIf(whyNoBrowser())("The inspector", () => {
  let inspected: Inspected;
  let browser: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    inspected = await startInspected();
    await trustInBrowsers(inspected.home);
    browser = await startBrowser(inspected.home);
    page = await browser.newPage();
    await page.goto(inspected.url);
    await page.waitForSelector("#list");
  }, 60_000);

  it("shows a loop as one row, draws it, and proves which edge would end it", async () => {
    const app = await browser.newPage();
    await app.goto(`${inspected.run.url}/`).catch(() => undefined);
    await app.close();
    await page.waitForSelector("[role=option]:has-text('redirect-loop')");
    await page.focus("#list");
    await page.keyboard.press("j");
    await page.waitForSelector("svg[aria-label='A redirect loop']");
    await page.click("#prove");
    await page.waitForSelector("#proof:has-text('it loops')");
    await page.selectOption("#edge", "heroku");
    await page.waitForSelector(".view:has-text('As heroku')");
    await page.click("#prove");
    await page.waitForSelector("#proof:has-text('it ends at 200')");
  }, 60_000);

  it("replays it with one header changed, which cures it", async () => {
    await page.fill("#replay-name", "X-Forwarded-Proto");
    await page.fill("#replay-value", "https");
    await page.click("#replay");
    const rows = page.locator("#replayed tbody tr");
    await rows.nth(1).waitFor();
    expect(await rows.allInnerTexts()).toEqual([
      expect.stringMatching(/^before\s+302/),
      expect.stringMatching(/^replayed\s+200/),
    ]);
  });

  it("saves a HAR file, and opens it again", async () => {
    const [download] = await Promise.all([page.waitForEvent("download"), page.click("#save-har")]);
    const path = await download.path();
    const har = JSON.parse(readFileSync(path, "utf8"));
    expect(har.log.version).toBe("1.2");
    const before = har.log.entries.length;
    await page.setInputFiles("#har-file", path);
    await page.waitForSelector("[role=option]:has-text('har')");
    const other = await browser.newPage();
    await other.routeFromHAR(path, { notFound: "abort" });
    await other.close();
    expect(before).toBeGreaterThan(3);
  });

  it("takes nothing that was said for markup", async () => {
    await page.click("[role=option]:has-text('replay')");
    await page.waitForSelector(`.view:has-text('onerror')`);
    expect(
      await page.evaluate(() => [document.querySelectorAll("#detail img").length, "hit" in window]),
    ).toEqual([0, false]);
  });

  it("runs nothing of a HAR file that is full of markup", async () => {
    const pair = { name: "X-Evil", value: EVIL };
    const entry = {
      ...{ startedDateTime: new Date(0).toISOString(), time: 1, comment: EVIL },
      request: {
        ...{ method: "PUT", url: `https://evil.test/${EVIL}?q=</script>`, httpVersion: EVIL },
        ...{ headers: [pair, { name: "Cookie", value: EVIL }], queryString: [], cookies: [] },
        postData: { mimeType: "text/html", text: EVIL },
      },
      response: {
        ...{ status: 302, statusText: EVIL, httpVersion: EVIL, cookies: [], redirectURL: EVIL },
        headers: [pair, { name: "Location", value: `javascript:window.hit=1//${EVIL}` }],
        content: { mimeType: "image/svg+xml", text: `<svg onload="window.hit=1">${EVIL}</svg>` },
      },
    };
    const har = { log: { version: EVIL, creator: { name: EVIL }, entries: [entry] } };
    await page.setInputFiles("#har-file", {
      ...{ name: "evil.har", mimeType: "application/json" },
      buffer: Buffer.from(JSON.stringify(har)),
    });
    await page.fill("#filter", "evil.test");
    await page.click("[role=option]:has-text('har')");
    await page.waitForSelector("#detail h2:has-text('PUT https://evil.test/')");
    expect(await page.textContent("#detail")).toContain('onerror="window.hit=1"');
    expect(
      await page.evaluate(() => [
        document.querySelectorAll("#app img, #app script, #app a, #app iframe").length,
        "hit" in window,
      ]),
    ).toEqual([0, false]);
    await page.fill("#filter", "");
  });

  it.each(["light", "dark"] as const)(
    "has no violation that axe-core knows, %s",
    async (colorScheme) => {
      for (const width of [3840, 1280, 360, 320]) {
        await page.setViewportSize({ width, height: 800 });
        await page.emulateMedia({ colorScheme });
        expect(await violationsOf(page)).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
          width,
        );
      }
      await page.setViewportSize({ width: 1280, height: 800 });
    },
    60_000,
  );

  it("is closed to the app's own pages, framed or fetched", async () => {
    const app = await browser.newPage();
    await app.goto(`${inspected.run.url}/ok`);
    const outcome = await app.evaluate(async (origin) => {
      const get = await fetch(`${origin}/api/findings`, { credentials: "include" }).catch(String);
      const post = await fetch(`${origin}/api/clear`, {
        ...{ method: "POST", credentials: "include", mode: "no-cors", body: "{}" },
      }).catch(String);
      const frame = document.createElement("iframe");
      frame.src = origin;
      document.body.append(frame);
      await new Promise((resolve) => frame.addEventListener("load", resolve));
      return [String(get), typeof post, frame.contentDocument === null];
    }, inspected.origin);
    expect(outcome[0]).toContain("Failed to fetch");
    expect(outcome[2]).toBe(true);
    const framed = await app.frames()[1]?.evaluate(() => document.getElementById("app")?.id ?? "");
    expect(framed).toBe("");
    await app.close();
    expect(await page.locator("[role=option]").count()).toBeGreaterThan(0);
  });

  it("answers no other name, no proxy, and no header of 10 MB", async () => {
    const ask = (headers: Record<string, string>) =>
      new Promise<number | string>((resolve) => {
        const sent = request(
          `${inspected.origin}/`,
          { rejectUnauthorized: false, headers },
          (response) => {
            response.resume();
            resolve(response.statusCode ?? 0);
          },
        );
        sent.on("error", ({ message }) => resolve(message));
        sent.end();
      });
    expect(await ask({})).toBe(200);
    expect(await ask({ Host: "rebinding.test" })).toBe(421);
    expect(await ask({ "X-Forwarded-For": "127.0.0.1" })).toBe(403);
    expect(await ask({ "X-Large": "x".repeat(10 * 1024 * 1024) })).toSatisfy(
      (outcome) => outcome !== 200,
    );
    expect(await ask({})).toBe(200);
  });

  it("tells an agent what was found, and whether it is fixed", async () => {
    const call = (id: number, name: string, parameters = {}) =>
      JSON.stringify({
        jsonrpc: "2.0",
        id,
        method: "tools/call",
        params: { name, arguments: parameters },
      });
    const input = [
      call(1, "list_findings"),
      call(2, "verify_fix", { finding: 1 }),
      call(3, "get_exchange", { id: 1, edge: "heroku" }),
    ];
    const { stdout } = await runProgram(process.execPath, [LAUNCHER, "mcp"], {
      env: inspected.home.env,
      input: `${input.join("\n")}\n`,
    });
    const answers = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const of = (id: number) =>
      answers.find((answer) => answer.id === id).result.structuredContent?.result;
    expect(of(1)[0]).toMatchObject({ code: "redirect-loop", open: true, number: 1 });
    expect(of(2)).toMatchObject({ fixed: false });
    expect(JSON.stringify(of(3).asEdge)).toContain("X-Forwarded-Proto");
  }, 30_000);
});
