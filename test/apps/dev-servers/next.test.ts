/** Next.js behind devtls: streamed server rendering, hydration, hot reload. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import { beforeAll, expect, it } from "vitest";
import { install } from "../../package/installed.js";
import { startBrowser, trustInBrowsers, whyNoBrowser } from "../../support/browser.js";
import { freePort, type ServeRun } from "../../support/cli.js";
import { folderUntilEnd, serveJson, start, temporaryHome } from "../../support/programs.js";
import { describeUnless } from "../../support/tools.js";

const FILES: Readonly<Record<string, string>> = {
  "app/layout.js":
    "export default function Layout({ children }) { return <html><body>{children}</body></html>; }\n",
  "app/counter.js": `"use client";
import { useState } from "react";
export default function Counter() {
  const [count, set] = useState(0);
  return <button onClick={() => set(count + 1)}>clicked {count}</button>;
}
`,
  "app/page.js": `import { Suspense } from "react";
import { headers } from "next/headers";
import Counter from "./counter";
async function Late() {
  await new Promise((resolve) => setImmediate(resolve));
  return <p id="late">came later</p>;
}
export default async function Page() {
  const given = await headers();
  return (
    <main>
      <h1>told {given.get("x-forwarded-proto")}</h1>
      <Counter />
      <Suspense fallback={<p>wait</p>}><Late /></Suspense>
    </main>
  );
}
`,
};

/** The first page is compiled when it is asked for. */
const PATIENCE_MS = 120_000;

describeUnless(whyNoBrowser(), "Next.js behind devtls", () => {
  const home = temporaryHome();
  const folder = folderUntilEnd("devtls-next-");
  let run: ServeRun;
  let browser: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    await install(folder, ["next@16", "react@19", "react-dom@19"]);
    mkdirSync(join(folder, "app"));
    for (const [path, text] of Object.entries(FILES)) writeFileSync(join(folder, path), text);
    const port = String(await freePort());
    const next = join(folder, "node_modules/next/dist/bin/next");
    const dev = start(process.execPath, [next, "dev", "-p", port], {
      cwd: folder,
      env: { ...home.env, NEXT_TELEMETRY_DISABLED: "1" },
    });
    await dev.waitFor(/Ready in/);
    run = await serveJson(["--target", port], home);
    await trustInBrowsers(home);
    browser = await startBrowser(home);
    page = await browser.newPage();
  }, PATIENCE_MS);

  it(
    "renders, streams and comes to life",
    async () => {
      await page.goto(run.url, { timeout: PATIENCE_MS });
      expect(await page.locator("h1").textContent()).toBe("told https");
      await page.locator("#late", { hasText: "came later" }).waitFor();
      // A click before the page came to life has no effect.
      const button = page.locator("main button");
      await expect
        .poll(async () => {
          await button.click();
          return button.textContent();
        })
        .not.toBe("clicked 0");
    },
    PATIENCE_MS,
  );

  it(
    "shows an edited file without a reload",
    async () => {
      await page.evaluate(() => Object.assign(window, { kept: true }));
      const path = join(folder, "app/counter.js");
      writeFileSync(path, readFileSync(path, "utf8").replace("clicked", "pressed"));
      await page.locator("main button", { hasText: "pressed" }).waitFor();
      expect(await page.evaluate(() => "kept" in window)).toBe(true);
    },
    PATIENCE_MS,
  );
});
