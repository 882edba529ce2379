/** The cookie module against Chromium: the same lines, then what comes back. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import { CookieJar } from "../../src/cookies/jar.js";
import { startBrowser, trustInBrowsers, whyNoBrowser } from "../support/browser.js";
import { devtls } from "../support/cli.js";
import { temporaryHome } from "../support/programs.js";
import { describeUnless } from "../support/tools.js";
import { BROWSER_CASES, ORIGINS, type OriginName, USUAL } from "./browser-cases.js";
import { DIFFERENCES } from "./browser-differences.js";
import { SEQUENCES } from "./browser-sequences.js";
import { startCookieServer } from "./chromium-server.js";

/** The Cookie field of two requests and document.cookie, octet by octet; "" for none. */
interface Sent {
  readonly deep: string;
  readonly root: string;
  readonly script: string;
}

/** A request of an origin, as the module sees it. */
function requestTo(origin: OriginName, path: string) {
  const { protocol, hostname: host } = new URL(origin);
  return { scheme: protocol === "https:" ? "https" : "http", host, path } as const;
}

function ask(jar: CookieJar, origin: OriginName, path: string, script = false): string {
  return jar.cookieHeader({ ...requestTo(origin, path), script }) ?? "";
}

function predicted(lines: readonly string[], origin: OriginName): Sent {
  const jar = new CookieJar({ trustLocalhost: true });
  for (const line of lines) jar.store(line, requestTo(origin, "/a/b/set"));
  return {
    deep: ask(jar, origin, "/a/b/echo"),
    root: ask(jar, origin, "/echo"),
    script: ask(jar, origin, "/a/b/page", true),
  };
}

/** The number that the server knows a step of a sequence by. */
function stepNumber(sequence: number, step: number): number {
  return BROWSER_CASES.length + sequence * 10 + step;
}

function linesOf(number: number): readonly string[] {
  const beyond = number - BROWSER_CASES.length;
  if (beyond < 0) return BROWSER_CASES[number]?.lines ?? [];
  const [, ...lines] = SEQUENCES[Math.floor(beyond / 10)]?.steps[beyond % 10] ?? [""];
  return lines;
}

describeUnless(whyNoBrowser(), "Chromium", () => {
  const home = temporaryHome();
  const pages = new Map<OriginName, Page>();
  let context: BrowserContext;

  beforeAll(async () => {
    const files = ["--cert-file", "c.pem", "--key-file", "k.pem"];
    const names = ["localhost", "app.devtls.test"];
    const issued = await devtls(["cert", ...names, ...files], { cwd: home.folder, env: home.env });
    expect(issued, issued.stderr).toMatchObject({ status: 0 });
    await trustInBrowsers(home);
    const read = (name: string): string => readFileSync(join(home.folder, name), "latin1");
    const secure = await startCookieServer(linesOf, { cert: read("c.pem"), key: read("k.pem") });
    const plain = await startCookieServer(linesOf);
    context = await startBrowser(home, ["--host-resolver-rules=MAP *.test 127.0.0.1"]);
    for (const origin of ORIGINS) {
      const page = await context.newPage();
      const { port } = origin.startsWith("https:") ? secure : plain;
      await page.goto(`${origin}:${port}/a/b/page`);
      pages.set(origin, page);
    }
  });

  const pageOf = (origin: OriginName): Page => pages.get(origin) as Page;

  /** Has the page of an origin ask for something; what came, octet by octet. */
  const fetchFrom = (origin: OriginName, path: string): Promise<string> =>
    pageOf(origin).evaluate(async (url) => {
      const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer());
      return String.fromCharCode(...bytes);
    }, path);

  /** Asked from within the page at one go: each word with a browser takes its time. */
  async function observed(number: number, origin: OriginName): Promise<Sent> {
    await context.clearCookies();
    return pageOf(origin).evaluate(async (path) => {
      const text = (octets: Uint8Array): string => String.fromCharCode(...octets);
      const ask = async (url: string): Promise<string> =>
        text(new Uint8Array(await (await fetch(url)).arrayBuffer()));
      await ask(path);
      return {
        deep: await ask("/a/b/echo"),
        root: await ask("/echo"),
        script: text(new TextEncoder().encode(document.cookie)),
      };
    }, `/a/b/set?${number}`);
  }

  const numbered = BROWSER_CASES.map((each, number) => ({ ...each, number }));
  describe.each(numbered)("$name", ({ name, number, lines, at = USUAL }) => {
    it.each(at)("from %s", async (origin) => {
      const ours = predicted(lines, origin);
      const theirs = await observed(number, origin);
      const known = DIFFERENCES.find((entry) => entry.name === name && entry.at.includes(origin));
      expect(theirs).toEqual({ ...ours, ...known?.browser });
      if (known) expect(ours, "a difference is listed that there is none of").not.toEqual(theirs);
    });
  });

  it.each(SEQUENCES.map((each, number) => ({ ...each, number })))(
    "$name",
    async ({ steps, ask: origins, number }) => {
      const jar = new CookieJar({ trustLocalhost: true });
      await context.clearCookies();
      const sent: string[] = [];
      for (const [step, [origin, ...lines]] of steps.entries()) {
        for (const line of lines) jar.store(line, requestTo(origin, "/a/b/set"));
        await fetchFrom(origin, `/a/b/set?${stepNumber(number, step)}`);
      }
      for (const origin of origins) sent.push(await fetchFrom(origin, "/a/b/echo"));
      const ours = origins.map((origin) => ask(jar, origin, "/a/b/echo"));
      expect(sent).toEqual(ours);
    },
  );

  it("is compared in every case whose difference is listed", () => {
    const names = BROWSER_CASES.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(DIFFERENCES.filter(({ name }) => !names.includes(name))).toEqual([]);
  });
});
