/** `devtls/vite` in the real Vite, seen in Chromium. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BrowserContext } from "playwright-core";
import { beforeAll, expect, it } from "vitest";
import { startBrowser, trustInBrowsers, whyNoBrowser } from "../support/browser.js";
import { freePort, PROJECT, runProgram } from "../support/cli.js";
import { folderUntilEnd, start, temporaryHome } from "../support/programs.js";
import { describeUnless } from "../support/tools.js";

const CONFIG = `import devtls from "devtls/vite";
export default { plugins: [devtls()], clearScreen: false };
`;
const PAGE = `<!doctype html><title>app</title><h1></h1><script type="module" src="/main.js"></script>`;
const MAIN = `import { text } from "./text.js";
document.querySelector("h1").textContent = text;
import.meta.hot?.accept("./text.js", (module) => {
  document.querySelector("h1").textContent = module.text + ", hot";
});
`;

describeUnless(whyNoBrowser(), "The Vite plugin", () => {
  const home = temporaryHome();
  const project = folderUntilEnd("devtls-vite-");
  let browser: BrowserContext;

  beforeAll(async () => {
    mkdirSync(join(project, "node_modules"));
    symlinkSync(PROJECT, join(project, "node_modules/devtls"));
    symlinkSync(join(PROJECT, "node_modules/vite"), join(project, "node_modules/vite"));
    writeFileSync(join(project, "package.json"), '{ "type": "module" }');
    writeFileSync(join(project, "vite.config.js"), CONFIG);
    writeFileSync(join(project, "index.html"), PAGE);
    writeFileSync(join(project, "main.js"), MAIN);
    writeFileSync(join(project, "text.js"), 'export const text = "first";');
    await trustInBrowsers(home);
    browser = await startBrowser(home);
  });

  const vite = async (...args: string[]): Promise<string> => {
    const port = String(await freePort());
    const run = start(
      process.execPath,
      [join(PROJECT, "node_modules/vite/bin/vite.js"), ...args, "--port", port, "--strictPort"],
      { cwd: project, env: home.env },
    );
    const [, url] = await run.waitFor(/(https:\/\/localhost:\d+)\//);
    return url as string;
  };

  it("serves over HTTP/2 with a certificate that the browser trusts, hot reload included", async () => {
    const page = await browser.newPage();
    const connected = page.waitForEvent("console", (message) =>
      message.text().includes("[vite] connected"),
    );
    await page.goto(await vite());
    await connected;
    const heading = page.locator("h1");
    expect(await heading.textContent()).toBe("first");
    const protocol = await page.evaluate(
      () =>
        (performance.getEntriesByType("navigation")[0] as PerformanceResourceTiming)
          .nextHopProtocol,
    );
    expect(protocol).toBe("h2");
    writeFileSync(join(project, "text.js"), 'export const text = "second";');
    await page.locator("h1", { hasText: "second, hot" }).waitFor();
    await page.close();
  });

  it("serves the preview, too", async () => {
    const build = await runProgram(
      process.execPath,
      [join(PROJECT, "node_modules/vite/bin/vite.js"), "build"],
      { cwd: project, env: home.env },
    );
    expect(build.status, build.stderr).toBe(0);
    const page = await browser.newPage();
    await page.goto(await vite("preview"));
    expect(await page.locator("h1").textContent()).toMatch(/^(?:first|second)$/);
    await page.close();
  });
});
