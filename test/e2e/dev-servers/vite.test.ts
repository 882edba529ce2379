/** Vite behind devtls, in Chromium: hot reload over WebSockets of both versions of HTTP. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BrowserContext } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import { startBrowser, trustInBrowsers, whyNoBrowser } from "../../support/browser.js";
import { freePort, PROJECT, type ServeRun } from "../../support/cli.js";
import { folderUntilEnd, serveJson, start, temporaryHome } from "../../support/programs.js";
import { describeUnless } from "../../support/tools.js";

const PAGE = `<!doctype html><title>app</title><h1></h1><script type="module" src="/main.js"></script>`;
const MAIN = `import { text } from "./text.js";
document.querySelector("h1").textContent = text;
import.meta.hot?.accept("./text.js", (module) => {
  document.querySelector("h1").textContent = module.text + ", hot";
});
`;

describeUnless(whyNoBrowser(), "Vite behind devtls", () => {
  const home = temporaryHome();
  const project = folderUntilEnd("devtls-vite-");
  let run: ServeRun;

  beforeAll(async () => {
    mkdirSync(join(project, "node_modules"));
    symlinkSync(join(PROJECT, "node_modules/vite"), join(project, "node_modules/vite"));
    writeFileSync(join(project, "package.json"), '{ "type": "module" }');
    writeFileSync(join(project, "index.html"), PAGE);
    writeFileSync(join(project, "main.js"), MAIN);
    const port = String(await freePort());
    const vite = join(PROJECT, "node_modules/vite/bin/vite.js");
    const dev = start(process.execPath, [vite, "--port", port, "--strictPort"], {
      cwd: project,
      env: home.env,
    });
    await dev.waitFor(/http:\/\/localhost:\d+\//);
    run = await serveJson(["--target", port], home);
    await trustInBrowsers(home);
  });

  describe.each([
    ["HTTP/2", "h2", []],
    ["HTTP/1.1", "http/1.1", ["--disable-http2"]],
  ])("over %s", (version, protocol, flags: readonly string[]) => {
    let browser: BrowserContext;
    beforeAll(async () => {
      browser = await startBrowser(home, flags);
    });

    it("an edited file is seen without a reload", async () => {
      writeFileSync(join(project, "text.js"), 'export const text = "first";');
      const page = await browser.newPage();
      const connected = page.waitForEvent("console", (message) =>
        message.text().includes("[vite] connected"),
      );
      await page.goto(run.url);
      await connected;
      expect(
        await page.evaluate(
          () =>
            (performance.getEntriesByType("navigation")[0] as PerformanceResourceTiming)
              .nextHopProtocol,
        ),
      ).toBe(protocol);
      await page.evaluate(() => Object.assign(window, { kept: true }));
      writeFileSync(join(project, "text.js"), `export const text = "${version}";`);
      await page.locator("h1", { hasText: `${version}, hot` }).waitFor();
      expect(await page.evaluate(() => "kept" in window)).toBe(true);
      await page.close();
      const socket = await run.waitFor(
        (event) =>
          event.event === "request" &&
          (event.status === 101 || event.method === "CONNECT") &&
          event.protocol === (protocol === "h2" ? "HTTP/2" : "HTTP/1.1"),
      );
      expect(socket.url).toContain(run.url);
    });
  });
});
