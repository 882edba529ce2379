/** Debian's Chromium, driven headless, with the trust of one home and no error ignored. */
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { expect } from "vitest";
import { devtls, environment } from "./cli.js";
import { atEnd, type Home } from "./programs.js";
import { missing, which } from "./tools.js";

export function whyNoBrowser(): string | undefined {
  return missing(["chromium", "certutil"]);
}

const FLAGS = [
  // Chromium's sandbox refuses to start as root, which is who runs the tests in containers.
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

function launchOptions(home: Home, flags: readonly string[], program = which("chromium")) {
  return {
    executablePath: program as string,
    args: [...FLAGS, ...flags],
    env: environment({ ...home.env, XDG_CACHE_HOME: join(home.folder, "cache") }),
  };
}

/**
 * Starts it with a fresh profile; it ends with the test file.
 * @param program what starts it, where that is not this machine's own network
 */
export async function startBrowser(
  home: Home,
  flags: readonly string[] = [],
  program?: string,
): Promise<BrowserContext> {
  const context = await chromium.launchPersistentContext(
    mkdtempSync(join(home.folder, "chromium-")),
    launchOptions(home, flags, program),
  );
  atEnd(() => context.close());
  return context;
}

/** Starts it for many visitors who know nothing of each other; it ends with the test file. */
export async function launchBrowser(home: Home, flags: readonly string[] = []): Promise<Browser> {
  const browser = await chromium.launch(launchOptions(home, flags));
  atEnd(() => browser.close());
  return browser;
}

/** `devtls trust` for the NSS database of this home, which a browser reads at its start. */
export async function trustInBrowsers(home: Home): Promise<void> {
  const outcome = await devtls(["trust", "--yes", "--store", "nss", "--verify", "none"], {
    env: home.env,
  });
  expect(outcome, outcome.stderr).toMatchObject({ status: 0 });
}

/** The error page that opening a URL ends in: "net::ERR_TOO_MANY_REDIRECTS". */
export async function errorOf(page: Page, url: string): Promise<string> {
  const error = await page.goto(url).then(
    () => "none",
    (reason: Error) => reason.message,
  );
  // Chromium remembers a 301, and another test may get the same port.
  const session = await page.context().newCDPSession(page);
  await session.send("Network.clearBrowserCache");
  await session.detach();
  return /net::ERR_\w+/.exec(error)?.[0] ?? error;
}
