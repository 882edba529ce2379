/** Debian's Firefox ESR, driven headless over WebDriver BiDi, with a real profile of one home. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import puppeteer, { type Browser } from "puppeteer-core";
import { environment, runProgram } from "./cli.js";
import { atEnd, type Home } from "./programs.js";
import { missing, which } from "./tools.js";

export function whyNoFirefox(): string | undefined {
  return missing(["firefox-esr", "certutil"]);
}

/** A profile made by Firefox itself, in the folder where this version keeps them. */
export async function newProfile(home: Home): Promise<string> {
  const folder = join(home.folder, ".config/mozilla/firefox");
  const path = join(folder, "a1.default");
  mkdirSync(path, { recursive: true });
  const made = await runProgram(
    which("firefox-esr") as string,
    ["--headless", "-CreateProfile", `default ${path}`],
    { env: home.env },
  );
  if (made.status !== 0) throw new Error(made.stderr);
  // The first start makes the databases.
  await (await startFirefox(home, path)).close();
  return path;
}

/** Starts it; it ends with the test file at the latest. No error is ignored. */
export async function startFirefox(
  home: Home,
  profile: string,
  preferences: Readonly<Record<string, unknown>> = {},
  program = which("firefox-esr") as string,
): Promise<Browser> {
  const browser = await puppeteer.launch({
    browser: "firefox",
    executablePath: program,
    headless: true,
    userDataDir: profile,
    acceptInsecureCerts: false,
    extraPrefsFirefox: { ...preferences },
    env: environment(home.env),
  });
  atEnd(() => browser.close().catch(() => undefined));
  return browser;
}

/** What opening a URL comes to: the page's status, or the error of NSS. */
export async function openIn(browser: Browser, url: string): Promise<string> {
  const page = await browser.newPage();
  try {
    const response = await page.goto(url);
    return String(response?.status());
  } catch (error) {
    const { message } = error as Error;
    return /\b(?:SEC|SSL|MOZILLA_PKIX)_ERROR_\w+/.exec(message)?.[0] ?? message;
  } finally {
    await page.close();
  }
}
