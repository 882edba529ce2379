/** What `--cookies` and `--hsts` change for a real browser. */
import type { BrowserContext, Page } from "playwright-core";
import { beforeAll, expect, it } from "vitest";
import { errorOf, startBrowser, trustInBrowsers, whyNoBrowser } from "../support/browser.js";
import { devtls, freePort } from "../support/cli.js";
import { pathFor, startHeaderApp } from "../support/header-app.js";
import type { App } from "../support/http-app.js";
import { serveJson, temporaryHome } from "../support/programs.js";
import { describeUnless } from "../support/tools.js";

const SESSION = pathFor(["Set-Cookie: sid=1; Secure; Path=/", "Set-Cookie: theme=dark; Path=/"]);
const HSTS = pathFor(["Strict-Transport-Security: max-age=86400; includeSubDomains"]);
const HOST = "app.devtls.test";

describeUnless(whyNoBrowser(), "Chromium behind devtls", () => {
  const home = temporaryHome();
  let app: App;
  let browser: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    app = await startHeaderApp();
    await devtls(["ca", "create"], { env: home.env });
    await trustInBrowsers(home);
    browser = await startBrowser(home, ["--host-resolver-rules=MAP *.test 127.0.0.1"]);
    page = await browser.newPage();
  });

  async function start(
    ...args: string[]
  ): Promise<{ https: string; plain: string; stop(): unknown }> {
    const port = await freePort();
    const plain = ["--http-port", String(port), "--http", "proxy"];
    const target = ["--target", String(app.port), "--host", "localhost", "--host", HOST];
    const run = await serveJson([...target, ...plain, ...args], home);
    return { https: run.url, plain: `http://localhost:${port}`, stop: () => run.stop() };
  }

  /** What the app is told after the browser has been to these pages. */
  async function cookiesAfter(visits: readonly string[], last: string): Promise<string> {
    await browser.clearCookies();
    for (const url of visits) await page.goto(url);
    await page.goto(last);
    return page.evaluate(() => document.body.innerText);
  }

  it("trusts plain http on localhost, and under --cookies strict it makes no difference", async () => {
    const loose = await start();
    expect(await cookiesAfter([loose.plain + SESSION], loose.plain)).toBe("sid=1; theme=dark");
    await loose.stop();
    const strict = await start("--cookies", "strict");
    expect(await cookiesAfter([strict.plain + SESSION], strict.plain)).toBe("theme=dark");
    expect(await cookiesAfter([strict.https + SESSION], strict.https)).toBe("sid=1; theme=dark");
    expect(await cookiesAfter([strict.https + SESSION], strict.plain)).toBe("theme=dark");
    const overwrite = strict.plain + pathFor(["Set-Cookie: sid=2; Path=/"]);
    const visits = [strict.https + SESSION, overwrite];
    expect(await cookiesAfter(visits, strict.https)).toBe("sid=1; theme=dark");
    await strict.stop();
  });

  it("has the session over plain http that --cookies insecure made possible", async () => {
    const run = await start("--cookies", "insecure");
    const plain = run.plain.replace("localhost", HOST);
    expect(await cookiesAfter([plain + SESSION], plain)).toBe("sid=1; theme=dark");
    await run.stop();
  });

  it("is not locked to https, unless HSTS is passed on, and is unlocked by --hsts 0", async () => {
    const visit = async (...args: string[]): Promise<string> => {
      const run = await start(...args);
      const [https, plain] = [run.https, run.plain].map((url) => url.replace("localhost", HOST));
      await page.goto(`${https}${HSTS}`);
      const outcome = await errorOf(page, `${plain}/`);
      await run.stop();
      return outcome;
    };
    expect(await visit()).toBe("none");
    // Another port, the same host: https where only http is spoken.
    expect(await visit("--hsts", "pass")).toBe("net::ERR_SSL_PROTOCOL_ERROR");
    expect(await visit("--hsts", "0")).toBe("none");
  });
});
