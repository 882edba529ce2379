/**
 * Dev servers that devtls starts: their port is found, the page comes without a certificate error,
 * a change on disk is seen, and Ctrl-C leaves nothing.
 */
import { randomUUID } from "node:crypto";
import { cpSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { beforeAll, expect, it } from "vitest";
import { launchBrowser, trustInBrowsers, whyNoBrowser } from "../../support/browser.js";
import { devtls, freePort, LAUNCHER, type ServeEvent } from "../../support/cli.js";
import { folderUntilEnd, type Running, start, temporaryHome } from "../../support/programs.js";
import { describeUnless } from "../../support/tools.js";
import { installed, projectIn } from "../npm.js";
import {
  type DevServer,
  devServers,
  PLAIN_PARCEL,
  PLAIN_WEBPACK,
  WEBPACK_CLIENT,
} from "./servers.js";

/** Those that take long to install and to start as well: DEVTLS_APPS_SLOW=1. */
const SLOW = process.env.DEVTLS_APPS_SLOW === "1";

/** A cold compiler on a busy machine, in milliseconds. */
const PATIENCE_MS = 120_000;

/** What ends by itself has done so by then, in milliseconds. */
const ENDING_MS = 10_000;

/** Dev servers behave differently in tests: Astro does not reload there. */
const AS_BY_HAND = { CI: "", NODE_ENV: undefined, VITEST: undefined };

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

  const silent: readonly (readonly [server: DevServer, cause: string, fix: string])[] = [
    [PLAIN_WEBPACK, "socket-bypasses-proxy", WEBPACK_CLIENT.join(" ")],
    ...(SLOW
      ? [[PLAIN_PARCEL, "socket-without-tls", "devtls serve --host app.localhost"] as const]
      : []),
  ];
  for (const [server, cause, fix] of silent) {
    it(
      `${server.name}: as it comes its client does not reach it, and what mends that is said`,
      async () => {
        const { run, sockets } = await open(server);
        const [line] = await run.waitFor(/^.*"event":"finding".*$/m);
        expect(JSON.parse(line)).toMatchObject({ code: "websocket-refused", cause, fix: [fix] });
        await expect.poll(() => sockets.length).toBeGreaterThan(0);
        expect(await run.stop("SIGINT"), run.stderr()).toBe(0);
      },
      PATIENCE_MS * 3,
    );
  }
});

interface Started {
  readonly folder: string;
  readonly mark: string;
  readonly run: Running;
  readonly page: Page;
  readonly address: string;
  /** Why WebSockets were not opened. */
  readonly sockets: readonly string[];
  /** Fulfilled when the dev server has said something on one. */
  readonly live: Promise<unknown>;
}

/** The dev server behind devtls, and its page in the browser. */
async function open(server: DevServer): Promise<Started> {
  const folder = await projectOf(server);
  const mark = randomUUID();
  const own = await freePort();
  const port = await freePort();
  const { host = "localhost" } = server;
  const args = [LAUNCHER, "serve", "--json", "--port", String(port), "--host", host, "--"];
  const run = start(process.execPath, [...args, ...server.command(String(own))], {
    cwd: folder,
    env: { ...home.env, ...AS_BY_HAND, DEVTLS_TEST_MARK: mark, NEXT_TELEMETRY_DISABLED: "1" },
  });
  const [line] = await run.waitFor(/^.*"event":"listening".*$/m);
  const { url, target } = JSON.parse(line) as ServeEvent;
  expect(target).toContain(`:${own}`);

  const page = await (await browser.newContext()).newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const sockets: string[] = [];
  const live = new Promise((resolve) => {
    page.on("websocket", (socket) => {
      socket.on("socketerror", (error) => sockets.push(`${socket.url()}: ${error}`));
      socket.on("framereceived", resolve);
    });
  });
  const address = new URL(server.page ?? "", `${url}/`).href;
  expect((await page.goto(address))?.status()).toBe(200);
  await page.locator("h1", { hasText: "first" }).waitFor();
  return { folder, mark, run, page, address, sockets, live };
}

async function tryOut(server: DevServer): Promise<void> {
  const { folder, mark, run, page, address, sockets, live } = await open(server);
  await page.waitForLoadState("networkidle");
  // What changes before the page listens is not told to it.
  if (server.seen === "at once" && !server.isSilent) await live;

  const file = join(folder, server.file);
  writeFileSync(file, readFileSync(file, "utf8").replace("first", "second"));
  const changed = page.locator("h1", { hasText: "second" });
  if (server.seen === "at once") {
    await changed.waitFor().catch((error: Error) => {
      throw new Error(`${sockets.join()} ${run.stdout().match(/^.*"finding".*$/gm)}`, {
        cause: error,
      });
    });
  } else {
    await expect
      .poll(() => page.goto(address).then(() => changed.count()), { timeout: PATIENCE_MS })
      .toBe(1);
  }
  expect(sockets).toEqual([]);
  await page.context().close();

  expect(await run.stop("SIGINT"), run.stderr()).toBe(0);
  // Next reports from a process of its own that it was ended, which takes a moment.
  await expect.poll(() => marked(mark), { timeout: ENDING_MS }).toEqual([]);
}
