/** A phone's browser follows the onboarding page to the app, by address and by name, with hot reload. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import { startBrowser, whyNoBrowser } from "../../support/browser.js";
import { freePort, PROJECT } from "../../support/cli.js";
import { whyNoNetwork } from "../../support/network.js";
import { folderUntilEnd, type Home, temporaryHome } from "../../support/programs.js";
import { describeUnless } from "../../support/tools.js";
import { AVAHI, startAvahi } from "./avahi.js";
import { type Desk, LAPTOP, type LanServe, setDesk, trustOnPhone } from "./desk.js";

const HTML = `<!doctype html><title>app</title><h1></h1><script type="module" src="/main.js"></script>`;
const MAIN = `import { text } from "./text.js";
document.querySelector("h1").textContent = text;
import.meta.hot?.accept("./text.js", (module) => {
  document.querySelector("h1").textContent = module.text + ", hot";
});
`;

/** A project of Vite's. */
function makeProject(): string {
  const folder = folderUntilEnd("devtls-lan-vite-");
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(join(PROJECT, "node_modules/vite"), join(folder, "node_modules/vite"));
  writeFileSync(join(folder, "package.json"), '{ "name": "@team/Shop Front", "type": "module" }');
  writeFileSync(join(folder, "index.html"), HTML);
  writeFileSync(join(folder, "main.js"), MAIN);
  return folder;
}

/** Times that a file is saved until the page shows it, and how long each is waited for. */
const TURNS = 4;
const TURN_MS = 5_000;

const why = whyNoBrowser() ?? whyNoNetwork(["curl", ...AVAHI]);

describeUnless(why, "A phone's browser", () => {
  const project = makeProject();
  let desk: Desk;
  let run: LanServe;
  let chromium: string;

  const newBrowser = (home: Home): Promise<BrowserContext> => startBrowser(home, [], chromium);

  beforeAll(async () => {
    desk = await setDesk();
    chromium = desk.phone.program("chromium", desk.home.folder);
    await startAvahi(desk.phone, "phone");
    const vite = join(PROJECT, "node_modules/vite/bin/vite.js");
    const port = String(await freePort());
    run = desk.serve(
      ["--port", port, "--", process.execPath, vite],
      desk.laptop,
      desk.home,
      project,
    );
    await run.event("lan");
  });

  it("sees on the page that it does not trust the certificate yet", async () => {
    const { onboarding } = await run.event("lan");
    const browser = await newBrowser(temporaryHome());
    const page = await browser.newPage();
    await page.goto(onboarding as string);
    await page.getByText("Not trusted yet. This page looks again").waitFor();
    // Chromium says that it runs on Linux.
    expect(await page.locator("nav a[aria-current]").innerText()).toBe("Linux");
  });

  describe("that trusts what it downloaded", () => {
    let browser: BrowserContext;
    let page: Page;

    beforeAll(async () => {
      const home = temporaryHome();
      await trustOnPhone(desk, home, (await run.event("lan")).onboarding as string);
      browser = await newBrowser(home);
      page = await browser.newPage();
      writeFileSync(join(project, "text.js"), 'export const text = "first";');
    });

    /** Opens something and edits a file when hot reload is connected. */
    async function expectHotReload(open: () => Promise<unknown>, text: string): Promise<void> {
      const connected = page.waitForEvent("console", (message) =>
        message.text().includes("[vite] connected"),
      );
      await open();
      await connected;
      await page.locator("h1").filter({ hasText: /./ }).waitFor();
      // What is saved while Vite still answers for the page can be in it already; one saves again.
      for (let turn = 0; ; turn++) {
        writeFileSync(join(project, "text.js"), `export const text = "${text} ${turn}";`);
        const seen = page.getByText(`${text} ${turn}, hot`).waitFor({ timeout: TURN_MS });
        if (
          await seen.then(
            () => true,
            (error) => turn === TURNS && Promise.reject(error),
          )
        )
          return;
      }
    }

    it("sees that, and gets to the app by one tap, with hot reload", async () => {
      const { onboarding, url } = await run.event("lan");
      await page.goto(onboarding as string);
      await page.getByText("This device trusts the certificate").waitFor();
      await expectHotReload(() => page.getByRole("link", { name: "Open the app" }).click(), "one");
      expect(page.url()).toBe(`${url}/`);
      expect(url).toContain(LAPTOP);
    });

    it("gets there by name, too, without another code, with hot reload", async () => {
      const { name, url } = await run.event("lan");
      expect(name).toBe("shop-front.local");
      const port = new URL(url as string).port;
      const named = `https://${name}:${port}/?from=name`;
      await expectHotReload(() => page.goto(named), "two");
      expect(page.url()).toBe(named);
    });

    it("and hands no cookie of the pairing to a script", async () => {
      expect(await page.evaluate(() => document.cookie)).toBe("");
      const cookies = await browser.cookies();
      expect(cookies.map(({ domain }) => domain).sort()).toEqual([LAPTOP, "shop-front.local"]);
      for (const { name, httpOnly, secure } of cookies) {
        expect([name, httpOnly, secure]).toEqual([expect.stringMatching(/^__Host-/), true, true]);
      }
    });
  });
});
