/** Very many exchanges while the page is open: it stays small and shows the newest. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openServeIdentity, serveNames } from "../../src/ca/leaves.js";
import { DEFAULT_PROFILE } from "../../src/edge/profiles/index.js";
import { Inspector } from "../../src/inspect/inspector.js";
import { type InspectorServer, startInspectorServer } from "../../src/inspect/server.js";
import { DEFAULT_OCTETS } from "../../src/inspect/store.js";
import { startBrowser, trustInBrowsers, whyNoBrowser } from "../support/browser.js";
import { PROJECT } from "../support/cli.js";
import { temporaryHome } from "../support/programs.js";
import { describeUnless } from "../support/tools.js";
import { draft } from "./records.js";

/** The 300,000 take a minute or two: DEVTLS_INSPECT_RECORDS=300000 says how long each task took. */
const WANTED = process.env.DEVTLS_INSPECT_RECORDS;
const MANY = Number(WANTED ?? 10_000);
const LONG = 60_000 + MANY;

describeUnless(whyNoBrowser(), "The page, sent very many exchanges", () => {
  const inspector = new Inspector({ edge: DEFAULT_PROFILE, version: "1" });
  let server: InspectorServer;
  let open: () => ReturnType<typeof openPage>;

  async function openPage(home: ReturnType<typeof temporaryHome>) {
    const browser = await startBrowser(home);
    const page = await browser.newPage();
    await page.goto(server.url);
    await page.waitForSelector("#list");
    return page;
  }

  beforeAll(async () => {
    const home = temporaryHome();
    await trustInBrowsers(home);
    const identity = await openServeIdentity(serveNames([]), join(home.folder, "state"));
    server = await startInspectorServer(inspector, {
      ...{ port: 0, cert: identity.leaf.chainPem, key: identity.leaf.keyPem },
      page: readFileSync(join(PROJECT, "dist/cli/inspector.html"), "utf8"),
    });
    inspector.attach({
      front: { host: "localhost:8443", address: "127.0.0.1", port: 8443, plainPort: undefined },
      ...{ edge: DEFAULT_PROFILE, target: "http://localhost:8000" },
      connecting: { insecure: false, roots: [] },
      ...{ open: () => [], diagnosed: async () => undefined },
    });
    open = () => openPage(home);
  }, 60_000);
  afterAll(() => server.close());

  it(
    "shows the newest, draws the visible ones only, and answers keys",
    async () => {
      const page = await open();
      await page.evaluate(() => {
        const tasks: number[] = [];
        Object.assign(window, { tasks });
        new PerformanceObserver((list) => {
          for (const { duration } of list.getEntries()) tasks.push(duration);
        }).observe({ type: "longtask" });
      });
      for (let count = 0; count < MANY; count++) {
        inspector.store.add(draft({ asked: { target: `/page/${count}` } }));
        if (count % 100 === 0) await turn();
      }
      const last = `/page/${MANY - 1}`;
      await page.fill("#filter", last);
      await page.waitForSelector(`.row:has-text('${last}')`, { timeout: LONG });
      await page.fill("#filter", "");
      // More than the store holds may be gone before the page asks for it.
      const said = await page.locator(".filters [role=status]").innerText();
      if (inspector.store.dropped === 0) expect(said).toBe(`${MANY} exchanges`);
      await page.focus("#list");
      await page.keyboard.press("G");
      await page.waitForSelector(`.row.chosen:has-text('${last}')`, { timeout: LONG });
      await page.waitForSelector(`#detail h2:has-text('${last}')`, { timeout: LONG });
      expect(await page.locator("#list *").count()).toBeLessThan(1_000);
      expect(inspector.store.octets).toBeLessThanOrEqual(DEFAULT_OCTETS);
      if (WANTED === undefined) return;
      const tasks = await page.evaluate(() => (window as unknown as { tasks: number[] }).tasks);
      const worst = Math.round(Math.max(0, ...tasks));
      console.log(`${said}, ${inspector.store.octets} octets`);
      console.log(`${tasks.length} tasks above 50 ms, the longest ${worst} ms`);
    },
    LONG,
  );
});
