/**
 * Chromium and Firefox, asked headless. Each starts with a fresh profile in a home of its own that
 * has a copy of the database it goes by: a running browser is not disturbed, and nothing is left.
 */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { causeOf } from "../../errors.js";
import type { Machine } from "../machine.js";
import { chromiumDatabases, type Database, firefoxDatabases } from "../nss-places.js";
import type { StoreResult } from "../store.js";
import { type ProbeIdentity, startProbe } from "./probe.js";
import { ask, type ClientResult, isTrusted, withoutProxy } from "./verify.js";

/** The first start of a browser on a slow disk. */
const TIMEOUT_MS = 45_000;

const CHROMIUMS = {
  linux: [
    ...["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
    ...["microsoft-edge", "brave-browser"],
  ],
  darwin: [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
  ],
  win32: [
    "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
    "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
  ],
} as const;

const FIREFOXES = {
  linux: ["firefox", "firefox-esr", "firefox-developer-edition", "firefox-devedition"],
  darwin: ["/Applications/Firefox.app/Contents/MacOS/firefox"],
  win32: ["C:\\Program Files\\Mozilla Firefox\\firefox.exe"],
} as const;

/** What would reach for the network, and what would ask questions. */
const CHROMIUM_FLAGS = [
  ...["--headless", "--disable-gpu", "--disable-quic", "--no-first-run"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
];

const FIREFOX_PREFERENCES: Readonly<Record<string, boolean | number>> = {
  "app.normandy.enabled": false,
  "app.update.enabled": false,
  "browser.safebrowsing.malware.enabled": false,
  "browser.safebrowsing.phishing.enabled": false,
  "browser.shell.checkDefaultBrowser": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "extensions.getAddons.cache.enabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "network.proxy.type": 0,
  "toolkit.telemetry.enabled": false,
};

interface Browser {
  readonly id: string;
  readonly name: string;
  readonly program: string | undefined;
  /** Without one the browser goes by the system's store. */
  readonly database: Database | undefined;
  /** Puts the database where the browser looks for it and says how to start it. */
  prepare(home: string, url: string): readonly string[];
}

export interface BrowserResult extends ClientResult {
  /** It refuses although its own database was said to trust the authority. */
  readonly contradicts: boolean;
}

/** The browsers that are here, one after the other: each takes what a small machine has. */
export async function verifyBrowsers(
  machine: Machine,
  credentials: ProbeIdentity,
  stores: readonly StoreResult[],
  onStart: (name: string) => void = () => undefined,
): Promise<BrowserResult[]> {
  const results: BrowserResult[] = [];
  for (const browser of [chromium(machine), ...firefoxes(machine)]) {
    onStart(browser.name);
    const result = await verifyBrowser(browser, machine, credentials, stores);
    const contradicts = result.state === "refuses" && isContradiction(browser.database, stores);
    results.push({ ...result, contradicts });
  }
  return results;
}

async function verifyBrowser(
  browser: Browser,
  machine: Machine,
  credentials: ProbeIdentity,
  stores: readonly StoreResult[],
): Promise<ClientResult> {
  const { id, name, program, database } = browser;
  if (program === undefined) return { id, name, state: "absent", detail: "", hint: null };
  const home = mkdtempSync(join(tmpdir(), "devtls-browser-"));
  const probe = await startProbe(credentials);
  try {
    const argv = [program, ...browser.prepare(home, probe.url)];
    const options = { timeoutMs: TIMEOUT_MS, endOnRefusal: true };
    const env = { ...withoutProxy(machine), ...(machine.platform === "linux" && homeIn(home)) };
    const answer = await ask(probe, machine, argv, env, options);
    if (answer === "accepted") return { id, name, state: "trusts", detail: "", hint: null };
    if (probe.connected()) return { id, name, state: "refuses", ...advice(database, stores) };
    const output = answer.stderr.trim().split("\n").at(-1) ?? "";
    return { id, name, state: "failed", detail: output || "it did not connect", hint: null };
  } catch (error) {
    return { id, name, state: "failed", detail: causeOf(error), hint: null };
  } finally {
    probe.close();
    rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }
}

function isContradiction(database: Database | undefined, stores: readonly StoreResult[]): boolean {
  const store = stores.find(({ name }) => name === database?.name);
  return store !== undefined && isTrusted(store);
}

function advice(
  database: Database | undefined,
  stores: readonly StoreResult[],
): { detail: string; hint: string | null } {
  if (isContradiction(database, stores)) {
    return { detail: `although ${database?.directory} trusts the authority`, hint: null };
  }
  return {
    detail: database ? `${database.directory} does not trust the authority` : "",
    hint: "devtls trust --store nss",
  };
}

function homeIn(home: string): Record<string, string> {
  return {
    HOME: home,
    // Chromium leaves folders behind when it is ended.
    TMPDIR: home,
    XDG_CACHE_HOME: join(home, "cache"),
    XDG_CONFIG_HOME: join(home, "config"),
    XDG_DATA_HOME: join(home, "data"),
  };
}

function chromium(machine: Machine): Browser {
  const [database] = chromiumDatabases(machine);
  return {
    id: "chromium",
    name: "Chromium",
    program: findProgram(machine, CHROMIUMS),
    database,
    prepare: (home, url) => {
      if (database) copyDatabase(database, join(home, ".pki", "nssdb"));
      return [
        ...CHROMIUM_FLAGS,
        // Its sandbox refuses to start as root.
        ...(machine.isRoot ? ["--no-sandbox"] : []),
        `--user-data-dir=${join(home, "profile")}`,
        "--dump-dom",
        url,
      ];
    },
  };
}

/** Firefox with each of its profiles; with a fresh one where there is none. */
function firefoxes(machine: Machine): Browser[] {
  const program = findProgram(machine, FIREFOXES);
  const databases = program ? firefoxDatabases(machine) : [];
  return (databases.length > 0 ? databases : [undefined]).map((database) => ({
    id: "firefox",
    name: database?.name ?? "Firefox",
    program,
    database,
    prepare: (home, url) => {
      const profile = join(home, "profile");
      mkdirSync(profile);
      if (database) copyDatabase(database, profile);
      const lines = Object.entries(FIREFOX_PREFERENCES).map(
        ([name, value]) => `user_pref("${name}", ${value});\n`,
      );
      writeFileSync(join(profile, "user.js"), lines.join(""));
      return ["--headless", "--no-remote", "--profile", profile, url];
    },
  }));
}

function copyDatabase(database: Database, target: string): void {
  mkdirSync(target, { recursive: true, mode: 0o700 });
  if (database.create) return;
  // Without pkcs11.txt, which names the folder it lies in.
  for (const name of ["cert9.db", "key4.db"]) {
    copyFileSync(join(database.directory, name), join(target, name));
  }
}

function findProgram(
  machine: Machine,
  candidates: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>>,
): string | undefined {
  const list = candidates[machine.platform] ?? [];
  const paths = list.map((name) => (machine.platform === "linux" ? machine.which(name) : name));
  return paths.find((path) => path !== undefined && machine.exists(path));
}
