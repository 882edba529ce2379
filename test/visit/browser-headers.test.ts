/** What the visitor says of itself and of where it comes from is what the real Chromium says. */
import { readFileSync } from "node:fs";
import type { BrowserContext, Page } from "playwright-core";
import { beforeAll, expect, it } from "vitest";
import { type DevtlsServer, serve } from "../../src/index.js";
import { Network } from "../../src/visit/network.js";
import type { Page as SeenPage } from "../../src/visit/page.js";
import { type Visit, Visitor } from "../../src/visit/visitor.js";
import { startBrowser, trustInBrowsers, whyNoBrowser } from "../support/browser.js";
import { devtls } from "../support/cli.js";
import { atEnd, type Home, temporaryHome } from "../support/programs.js";
import { describeUnless } from "../support/tools.js";
import { type Asked, html, startServer, type TestServer, to } from "./server.js";

/** What an app can tell by. Sec-CH-* and the version are Chromium's own business. */
const COMPARED = [
  ...["origin", "referer", "sec-fetch-site", "sec-fetch-mode", "sec-fetch-user", "sec-fetch-dest"],
  ...["upgrade-insecure-requests", "content-type", "accept", "cookie", "content-length"],
];

interface Case {
  readonly name: string;
  /** The page that is opened first. */
  readonly start: string;
  readonly inBrowser: (page: Page) => Promise<unknown>;
  readonly inVisitor: (visitor: Visitor, start: SeenPage) => Promise<unknown>;
}

const click = (page: Page) =>
  Promise.all([page.waitForURL(/done/), page.locator("a, button").first().click()]);
const follow = (visitor: Visitor, start: SeenPage) => visitor.open(start.links[0] as URL, start);
const send = (visitor: Visitor, start: SeenPage) =>
  visitor.submit(start, start.forms[0] as never, {});
const stay = async (): Promise<void> => undefined;

const form = (action: string, more = "", referrer = "") =>
  `${referrer}<form method="post" action="${action}" ${more}><input type="hidden" name="a" value="1 &amp; ü"><textarea name="t">\nx\ny</textarea><select name="s"><option>one<option selected value="2">two</select><input type="checkbox" name="c" checked><input type="checkbox" name="d"><button name="go" value="now">Go</button></form>`;
const policy = (name: string) => `<meta name="referrer" content="${name}">`;

/** `{other}` is another site, `{sub}` the same site under another name. */
const PAGES: Readonly<Record<string, string>> = {
  "/link": '<a href="/done?a=1#part">next</a>',
  "/link-other": '<a href="{other}/done">next</a>',
  "/link-sub": '<a href="{sub}/done">next</a>',
  "/link-no-referrer": `${policy("no-referrer")}<a href="/done">next</a>`,
  "/link-origin": `${policy("origin")}<a href="/done">next</a>`,
  "/link-same-origin": `${policy("same-origin")}<a href="{other}/done">next</a>`,
  "/link-unsafe": `${policy("unsafe-url")}<a href="{other}/done">next</a>`,
  "/link-through-other": '<a href="{other}/bounce">next</a>',
  "/form": form("/done"),
  "/form-self": form("/done?x=1", 'enctype="multipart/form-data"').replace("ü", "u"),
  "/form-plain": form("/done", 'enctype="text/plain"').replace("ü", "u"),
  "/form-get": form("/done").replace('method="post"', 'method="get"'),
  "/form-other": form("{other}/done"),
  "/form-sub": form("{sub}/done"),
  "/form-no-referrer": form("/done", "", policy("no-referrer")),
  "/form-same-origin": form("{other}/done", "", policy("same-origin")),
  "/form-302": form("/move-302"),
  "/form-303": form("/move-303"),
  "/form-307": form("/move-307"),
  "/form-308-other": form("/move-308-other"),
  "/form-through-other": form("{other}/bounce-307"),
  "/refresh": '<meta http-equiv="refresh" content="0; url=/done?r=1">',
  "/assets":
    '<link rel="stylesheet" href="/a.css"><script src="/a.js"></script><img src="/a.png"><img src="{other}/b.png"><script src="/c.js" crossorigin></script><link rel="icon" href="data:,">',
};

const CASES: readonly Case[] = [
  ...Object.keys(PAGES)
    .filter((path) => path.startsWith("/link"))
    .map((start): Case => ({ name: start, start, inBrowser: click, inVisitor: follow })),
  ...Object.keys(PAGES)
    .filter((path) => path.startsWith("/form"))
    .map((start): Case => ({ name: start, start, inBrowser: click, inVisitor: send })),
  {
    ...{ name: "/refresh", start: "/refresh" },
    inBrowser: (page) => page.waitForURL(/done/),
    inVisitor: stay,
  },
  {
    ...{ name: "/assets", start: "/assets" },
    inBrowser: (page) => page.waitForLoadState("networkidle"),
    inVisitor: async (visitor, start) => {
      for (const each of start.subresources) await visitor.load(start, each, "GET");
    },
  },
];

describeUnless(whyNoBrowser(), "The visitor and Chromium", () => {
  let home: Home;
  let server: TestServer;
  let served: DevtlsServer;
  let browser: BrowserContext;
  let origins: Readonly<Record<string, string>>;

  beforeAll(async () => {
    home = temporaryHome();
    const made = await devtls(["ca", "create"], { env: home.env });
    expect(made.status, made.stderr).toBe(0);
    const fill = (text: string) => text.replace(/\{(\w+)\}/g, (_, name) => origins[name] ?? "");
    const cookies = {
      "Set-Cookie": "lax=1; Secure, strict=1; SameSite=Strict; Secure".split(", ") as never,
    };
    const late =
      (make: () => ReturnType<typeof html>): ReturnType<typeof html> =>
      (...args) =>
        make()(...args);
    server = await startServer({
      ...Object.fromEntries(
        Object.entries(PAGES).map(([path, text]) => [path, late(() => html(fill(text), cookies))]),
      ),
      "/done": html("done"),
      "/bounce": late(() => to(fill("{own}/done"))),
      "/bounce-307": late(() => to(fill("{own}/done"), 307)),
      "/move-302": to("/done", 302),
      "/move-303": to("/done", 303),
      "/move-307": to("/done", 307),
      "/move-308-other": late(() => to(fill("{other}/done"), 308)),
    });
    const { DEVTLS_HOME } = home.env;
    const host = ["own.test", "sub.own.test", "other.test"];
    served = await serve({
      target: server.port,
      port: 0,
      host,
      stateDirectory: DEVTLS_HOME as string,
    });
    atEnd(() => served.close(0));
    const at = (name: string) => `https://${name}:${served.port}`;
    origins = { own: at("own.test"), sub: at("sub.own.test"), other: at("other.test") };
    await trustInBrowsers(home);
    browser = await startBrowser(home, ["--host-resolver-rules=MAP *.test 127.0.0.1"]);
  });

  /** Every request as the app saw it, without what is not compared. */
  function said(asked: readonly Asked[]): string[] {
    return asked
      .filter(({ url }) => !url.startsWith("/favicon"))
      .map(({ method, url, headers, body }) => {
        const lines = COMPARED.flatMap((name) => {
          const value = headers[name];
          return value === undefined ? [] : [`${name}: ${String(value)}`];
        });
        const text = [`${method} ${headers.host} ${url}`, ...lines, body].join("\n");
        // Pictures that are taken differ from version to version.
        return text.replace(/----WebKitFormBoundary\w+/g, "BOUNDARY").replace("image/jxl,", "");
      });
  }

  it.each(CASES)("say the same: $name", async ({ start, inBrowser, inVisitor }) => {
    await browser.clearCookies();
    server.asked.length = 0;
    const page = await browser.newPage();
    await page.goto(`${origins.own}${start}`);
    await inBrowser(page);
    await page.close();
    const real = said(server.asked);
    server.asked.length = 0;
    const network = new Network({
      roots: [readFileSync(home.root, "utf8")],
      resolve: () => "127.0.0.1",
    });
    const visitor = new Visitor({ carrier: network });
    const visit: Visit = await visitor.open(new URL(`${origins.own}${start}`));
    if (visit.page) await inVisitor(visitor, visit.page);
    const ours = said(server.asked);
    expect(real.length).toBeGreaterThan(1);
    // A browser loads what a page names at once, in no order.
    const isParallel = start === "/assets";
    expect(isParallel ? ours.sort() : ours).toEqual(isParallel ? real.sort() : real);
  });
});
