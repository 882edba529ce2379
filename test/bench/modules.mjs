/** A thousand small ES modules in Chromium: through devtls over HTTP/2, and straight from the app. */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import {
  firstByte,
  freePort,
  LAUNCHER,
  markdownTable,
  median,
  runOnce,
  start,
  stop,
  which,
} from "./measure.mjs";

const MODULES = 1000;
const ROUNDS = 7;

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const PAGE = `<!doctype html><title>modules</title><script type="module">
${Array.from({ length: MODULES }, (_, index) => `import m${index} from "/m${index}.js";`).join("\n")}
document.title = "loaded " + (${Array.from({ length: MODULES }, (_, index) => `m${index}`).join("+")});
window.took = performance.now();
</script>`;

export async function measureModules({ quick = false } = {}) {
  const executablePath = which("chromium");
  if (!executablePath || !which("certutil"))
    throw new Error("chromium or certutil is not installed");
  const folder = mkdtempSync(join(tmpdir(), "devtls-modules-"));
  const env = { HOME: folder, DEVTLS_HOME: join(folder, "state") };
  const app = createServer((request, response) => {
    const number = /^\/m(\d+)\.js$/.exec(request.url ?? "")?.[1];
    response.setHeader("Cache-Control", "no-store");
    response.setHeader("Content-Type", number ? "text/javascript" : "text/html");
    response.end(number ? `export default ${number};\n` : PAGE);
  }).listen(0, "127.0.0.1");
  await once(app, "listening");
  const { port: target } = /** @type {import("node:net").AddressInfo} */ (app.address());
  const port = await freePort();
  runOnce([process.execPath, LAUNCHER, "ca", "create"], { cwd: folder, env });
  runOnce([process.execPath, LAUNCHER, "trust", "--yes", "--store", "nss"], { cwd: folder, env });
  const devtls = start(
    [
      process.execPath,
      LAUNCHER,
      "serve",
      "--quiet",
      "--target",
      `127.0.0.1:${target}`,
      "--port",
      String(port),
    ],
    { env },
  );
  await firstByte(port);
  const browser = await chromium.launchPersistentContext(join(folder, "profile"), {
    executablePath,
    args: FLAGS,
    env: { ...process.env, ...env },
  });
  /** @type {Record<string, number[]>} */
  const times = { "through devtls, HTTP/2": [], "straight, HTTP/1.1": [] };
  try {
    for (let round = -1; round < (quick ? 2 : ROUNDS); round++) {
      for (const [name, url] of [
        ["through devtls, HTTP/2", `https://localhost:${port}/`],
        ["straight, HTTP/1.1", `http://localhost:${target}/`],
      ]) {
        const page = await browser.newPage();
        await page.goto(url);
        await page.waitForFunction("window.took !== undefined");
        if (round >= 0) times[name].push(Number(await page.evaluate("window.took")));
        await page.close();
      }
    }
  } finally {
    await browser.close();
    await stop(devtls);
    app.close();
    app.closeAllConnections();
    rmSync(folder, { recursive: true, force: true });
  }
  return Object.fromEntries(Object.entries(times).map(([name, list]) => [name, median(list)]));
}

/** @param {Record<string, number>} figures */
export function modulesTables(figures) {
  const straight = figures["straight, HTTP/1.1"];
  return markdownTable(
    [`${MODULES} ES modules in Chromium`, "median", "against straight (wanted: at most 1)"],
    Object.entries(figures).map(([name, ms]) => [
      name,
      `${Math.round(ms)} ms`,
      (ms / straight).toFixed(2),
    ]),
  );
}
