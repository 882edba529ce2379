/**
 * Dev servers that devtls starts: their port is found, the page comes without a certificate error,
 * a change on disk is seen, and Ctrl-C leaves nothing.
 */
import { randomUUID } from "node:crypto";
import { cpSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { beforeAll, expect, it } from "vitest";
import { launchBrowser, trustInBrowsers, whyNoBrowser } from "../../support/browser.js";
import { devtls, freePort, LAUNCHER, type ServeEvent } from "../../support/cli.js";
import { folderUntilEnd, start, temporaryHome } from "../../support/programs.js";
import { describeUnless } from "../../support/tools.js";
import { installed, projectIn } from "../npm.js";
import { type DevServer, devServers } from "./servers.js";

/** Those that take long to install and to start as well: DEVTLS_APPS_SLOW=1. */
const SLOW = process.env.DEVTLS_APPS_SLOW === "1";

/** A cold compiler on a busy machine, in milliseconds. */
const PATIENCE_MS = 120_000;

const home = temporaryHome();
let browser: Browser;

async function projectOf({ name, packages }: DevServer): Promise<string> {
  const source = join(import.meta.dirname, "projects", name);
  if (packages !== undefined) {
    return projectIn(await installed(join(import.meta.dirname, packages)), source);
  }
  const folder = mkdtempSync(join(folderUntilEnd("devtls-project-"), "p-"));
  cpSync(source, folder, { recursive: true });
  return folder;
}

/** Processes with this in their environment. */
function marked(mark: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => readOf(pid, "environ").includes(mark))
    .map((pid) => `${pid} ${readOf(pid, "cmdline").replaceAll("\0", " ")}`);
}

function readOf(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return ""; // it ended meanwhile
  }
}

describeUnless(whyNoBrowser(), "A dev server that devtls starts", () => {
  beforeAll(async () => {
    const { status, stderr } = await devtls(["ca", "create"], { env: home.env });
    if (status !== 0) throw new Error(stderr);
    await trustInBrowsers(home);
    browser = await launchBrowser(home);
  });

  for (const server of devServers(SLOW)) {
    describeUnless(server.whyNot?.(), server.name, () => {
      it(
        `${server.name}: found, page and changes shown, ended by Ctrl-C`,
        () => tryOut(server),
        PATIENCE_MS * 3,
      );
    });
  }
});

async function tryOut(server: DevServer): Promise<void> {
  const folder = await projectOf(server);
  const mark = randomUUID();
  const own = await freePort();
  const port = await freePort();
  const args = [LAUNCHER, "serve", "--json", "--port", String(port), "--"];
  const run = start(process.execPath, [...args, ...server.command(String(own))], {
    cwd: folder,
    env: { ...home.env, DEVTLS_TEST_MARK: mark, NEXT_TELEMETRY_DISABLED: "1", CI: "" },
  });
  const [line] = await run.waitFor(/^.*"event":"listening".*$/m);
  const { url, target } = JSON.parse(line) as ServeEvent;
  expect(target).toContain(`:${own}`);

  const page = await (await browser.newContext()).newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const sockets: string[] = [];
  page.on("websocket", (socket) => {
    socket.on("socketerror", (error) => sockets.push(`${socket.url()}: ${error}`));
  });
  const address = new URL(server.page ?? "", `${url}/`).href;
  expect((await page.goto(address))?.status()).toBe(200);
  await page.locator("h1", { hasText: "first" }).waitFor();
  await page.waitForLoadState("networkidle");

  const file = join(folder, server.file);
  writeFileSync(file, readFileSync(file, "utf8").replace("first", "second"));
  const changed = page.locator("h1", { hasText: "second" });
  if (server.seen === "at once") {
    await changed.waitFor();
  } else {
    await expect
      .poll(() => page.goto(address).then(() => changed.count()), { timeout: PATIENCE_MS })
      .toBe(1);
  }
  expect(sockets).toEqual([]);
  await page.context().close();

  expect(await run.stop("SIGINT"), run.stderr()).toBe(0);
  expect(marked(mark)).toEqual([]);
}
