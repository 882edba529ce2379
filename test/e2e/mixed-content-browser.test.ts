/** What devtls says of mixed content is what Chromium does with it. */
import type { BrowserContext } from "playwright-core";
import { beforeAll, expect, it } from "vitest";
import { startBodyScan } from "../../src/diagnose/body-reading.js";
import { mixedContent } from "../../src/diagnose/detectors/mixed-content.js";
import { startBrowser, trustInBrowsers, whyNoBrowser } from "../support/browser.js";
import { devtls } from "../support/cli.js";
import { lookAt } from "../support/diagnosis.js";
import { type App, startApp } from "../support/http-app.js";
import { serveJson, temporaryHome } from "../support/programs.js";
import { describeUnless } from "../support/tools.js";

const HOST = "app.devtls.test";

/** `URL` stands for an http URL of the page's own host, `WS` for a ws one. */
/** Counts in the head of a page only, which is what stands before it here. */
const BODY = "<body>";
const UPGRADING = `<meta http-equiv="Content-Security-Policy" content="upgrade-insecure-requests">${BODY}`;

const PAGES: readonly (readonly [what: string, html: string, isBlocked: boolean])[] = [
  ["a script", '<script src="URL"></script>', true],
  ["a style sheet", '<link rel="stylesheet" href="URL">', true],
  ["a module that is preloaded", '<link rel="modulepreload" href="URL">', true],
  ["a frame", '<iframe src="URL"></iframe>', true],
  ["an object", '<object data="URL"></object>', true],
  ["an embedded page", '<embed src="URL">', true],
  ["a base", '<base href="URL/"><script src="b.js"></script>', true],
  ["an imported style sheet", "<style>@import url(URL);</style>", true],
  ["fetch()", '<script>done = fetch("URL").catch(() => 0)</script>', true],
  [
    "XMLHttpRequest",
    '<script>x = new XMLHttpRequest(); x.open("GET", "URL"); done = new Promise((end) => { x.onloadend = end; x.send() })</script>',
    true,
  ],
  ["an import", '<script>done = import("URL").catch(() => 0)</script>', true],
  [
    "EventSource",
    '<script>done = new Promise((end) => { try { s = new EventSource("URL"); s.onerror = () => { s.close(); end() } } catch { end() } })</script>',
    true,
  ],
  [
    "a WebSocket",
    '<script>done = new Promise((end) => { try { new WebSocket("WS").onerror = end } catch { end() } })</script>',
    true,
  ],
  ["an image", '<img src="URL">', false],
  ["an image of a set", '<img srcset="URL 1x">', true],
  ["a source of a picture", '<picture><source srcset="URL"><img></picture>', true],
  ["a button that is an image", '<input type="image" src="URL">', false],
  ["a script that is preloaded", '<link rel="preload" as="script" href="URL">', true],
  ["an image that is preloaded", '<link rel="preload" as="image" href="URL">', false],
  [
    "a font",
    "<style>@font-face { font-family: f; src: url(URL) } p { font-family: f }</style><p>text</p><script>done = document.fonts.load('1em f').catch(() => 0)</script>",
    true,
  ],
  ["a module's file", '<script type="module" src="URL"></script>', true],
  ["a video", '<video src="URL" preload="auto"></video>', false],
  ["a source of a video", '<video preload="auto"><source src="URL"></video>', false],
  ["subtitles", '<video><track default src="URL"></video>', true],
  ["an image in SVG", '<svg><image href="URL"/></svg>', false],
  ["a beacon", '<script>navigator.sendBeacon("URL")</script>', true],
  ["a background", "<p style=\"background: url('URL')\">text</p>", false],
  ["a poster of a video", '<video poster="URL"></video>', false],
];

/** Pages that say so themselves are healthy. */
const UPGRADED = ['<script src="URL"></script>', '<img srcset="URL 1x">'].map(
  (html) => UPGRADING + html,
);

const FORM = '<form action="URL"><input name="a"><button>Send</button></form>';

const ALL = [...PAGES.map(([, html]) => html), ...UPGRADED, FORM, UPGRADING + FORM];

describeUnless(whyNoBrowser(), "Mixed content in Chromium", () => {
  const home = temporaryHome();
  let app: App;
  let browser: BrowserContext;
  let origin: string;
  const asked = new Set<string>();

  /** The page with this number, as the app writes it for a host. */
  const pageFor = (host: string, number: number): string => {
    const [head, body] = (ALL[number] ?? "").split(BODY);
    const own = `${host}/asset/${number}`;
    return `<!doctype html><script>var done</script>${body === undefined ? "" : head}<body>${body ?? head}`
      .replaceAll("URL", `http://${own}`)
      .replaceAll("WS", `ws://${own}`);
  };

  beforeAll(async () => {
    app = await startApp(({ url = "", headers: { host = "" } }, response) => {
      const [, kind, number] = url.split("/");
      if (kind === "asset") asked.add(`${host.replace(/:.*/, "")} ${number}`);
      response.setHeader("Content-Type", kind === "page" ? "text/html" : "text/plain");
      response.end(kind === "page" ? pageFor(host, Number(number)) : "");
    });
    await devtls(["ca", "create"], { env: home.env });
    await trustInBrowsers(home);
    const target = ["--target", String(app.port), "--host", "localhost", "--host", HOST];
    origin = (await serveJson(target, home)).url;
    browser = await startBrowser(home, ["--host-resolver-rules=MAP *.test 127.0.0.1"]);
  });

  /** Opens the page; whether the app is then asked for what it names has to be as expected. */
  async function visit(host: string, number: number, isLoaded: boolean): Promise<void> {
    const page = await browser.newPage();
    await page.goto(`${origin.replace("localhost", host)}/page/${number}`);
    await page.evaluate("done");
    const isAsked = (): boolean => asked.has(`${host} ${number}`);
    // Media and posters may come after the page has loaded.
    if (isLoaded) await expect.poll(isAsked, { timeout: 10_000 }).toBe(true);
    else expect(isAsked()).toBe(false);
    await page.close();
  }

  function causeOf(host: string, number: number): string | undefined {
    const authority = new URL(origin).host.replace("localhost", host);
    const head = {
      ...{ method: "GET", url: `https://${authority}/page`, status: 200 },
      ...{ told: ["Host", authority], response: ["Content-Type", "text/html"] },
      target: `http://localhost:${app.port}`,
    };
    const scan = startBodyScan(head);
    scan?.push(Buffer.from(pageFor(authority, number)));
    return scan && lookAt(mixedContent, { ...head, body: scan.finish() })?.cause;
  }

  const pages = PAGES.map(([what, , isBlocked], number) => ({ what, isBlocked, number }));

  it.each(pages)("$what is blocked: $isBlocked", async ({ isBlocked, number }) => {
    await visit(HOST, number, !isBlocked);
    const causes = isBlocked ? ["blocked", "websocket"] : ["leaked-url"];
    expect(causes).toContain(causeOf(HOST, number));
  });

  // Its redirect to https leads to another origin, which has to allow the request.
  const WITH_CORS = [
    ...["a module that is preloaded", "a module's file", "fetch()", "XMLHttpRequest", "an import"],
    ...["EventSource", "a WebSocket", "a font", "subtitles"],
  ];

  it.each(pages)("$what is not blocked on this machine, but may need CORS", async (page) => {
    await visit("localhost", page.number, !WITH_CORS.includes(page.what));
  });

  it.each(UPGRADED)("is upgraded, and no finding: %s", async (html) => {
    const number = ALL.indexOf(html);
    await visit(HOST, number, true);
    expect(causeOf(HOST, number)).toBeUndefined();
  });

  it.each([
    ["waits for the user's consent", FORM, "form-action", /^chrome-error:/],
    ["that is upgraded is sent", UPGRADING + FORM, undefined, /^https:.*\/asset\//],
  ])("a form %s", async (_what, html, cause, url) => {
    const number = ALL.indexOf(html);
    expect(causeOf(HOST, number)).toBe(cause);
    const page = await browser.newPage();
    await page.goto(`${origin.replace("localhost", HOST)}/page/${number}`);
    await page.click("button", { noWaitAfter: true });
    await expect.poll(() => page.url(), { timeout: 20_000 }).toMatch(url);
    await page.close();
  });
});
