/** The README's recipe for Playwright, followed as it stands there. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { trustInBrowsers, whyNoBrowser } from "../support/browser.js";
import { devtls, freePort, PROJECT, runProgram } from "../support/cli.js";
import { folderUntilEnd, temporaryHome } from "../support/programs.js";
import { describeUnless, which } from "../support/tools.js";

const NAME = "playwright.config.mjs";
const FENCE = new RegExp(`<!-- example: ${NAME} -->\n\`\`\`js\n(.*?)^\`\`\`$`, "ms");

/** Takes its time before it listens, and says what it was told. */
const SERVER = `
import { createServer } from "node:http";
const server = createServer((request, response) => {
  response.setHeader("Content-Type", "text/html");
  response.end("<h1>told " + request.headers["x-forwarded-proto"] + "</h1>");
});
setTimeout(() => server.listen(process.env.PORT, "127.0.0.1"), 1_000);
`;

const SPEC = `
import { expect, test } from "@playwright/test";
test("the app is there, over https, without an exception", async ({ page }) => {
  const response = await page.goto("/");
  expect(response.status()).toBe(200);
  await expect(page.locator("h1")).toHaveText("told https");
});
`;

describeUnless(whyNoBrowser(), "Playwright's webServer", () => {
  const home = temporaryHome();
  const folder = folderUntilEnd("devtls-playwright-");

  beforeAll(async () => {
    await devtls(["ca", "create"], { env: home.env });
    await trustInBrowsers(home);
    mkdirSync(join(folder, "node_modules/.bin"), { recursive: true });
    for (const name of ["@playwright", "playwright", "playwright-core"]) {
      symlinkSync(join(PROJECT, "node_modules", name), join(folder, "node_modules", name));
    }
    symlinkSync(PROJECT, join(folder, "node_modules/devtls"));
    symlinkSync(join(PROJECT, "bin/devtls.js"), join(folder, "node_modules/.bin/devtls"));
    const [, recipe = ""] = FENCE.exec(readFileSync(join(PROJECT, "README.md"), "utf8")) ?? [];
    const port = String(await freePort());
    // On a port that is free here; all else as it stands.
    const own = recipe.replaceAll("8443", port).replace("serve --", `serve --port ${port} --`);
    expect(own).toContain(`serve --port ${port} -- npm run dev`);
    const files = {
      "package.json": JSON.stringify({ type: "module", scripts: { dev: "node server.mjs" } }),
      "server.mjs": SERVER,
      [NAME]: own,
      "app.spec.mjs": SPEC,
      // Debian's browser, and root, which it refuses without being told.
      "here.config.mjs": `import config from "./${NAME}";
        const launchOptions = { executablePath: ${JSON.stringify(which("chromium"))}, args: ["--no-sandbox"] };
        export default { ...config, use: { ...config.use, launchOptions } };`,
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  });

  it("starts the app, waits for it, and its browser trusts the certificate", {
    timeout: 180_000,
  }, async () => {
    const playwright = join(PROJECT, "node_modules/@playwright/test/cli.js");
    const { status, stdout, stderr } = await runProgram(
      process.execPath,
      [playwright, "test", "--config", "here.config.mjs", "--reporter", "line"],
      { cwd: folder, env: { ...home.env, VITEST: "", NODE_ENV: "", CI: "" } },
    );
    expect(status, stdout + stderr).toBe(0);
    expect(stdout).toContain("1 passed");
  });
});
