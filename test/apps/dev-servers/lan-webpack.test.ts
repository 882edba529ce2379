/** webpack-dev-server shows a change on a phone, over the local network, by its WebSocket. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { LAPTOP, setDesk, trustOnPhone } from "../../e2e/lan/desk.js";
import { startBrowser, whyNoBrowser } from "../../support/browser.js";
import { freePort } from "../../support/cli.js";
import { whyNoNetwork } from "../../support/network.js";
import { temporaryHome } from "../../support/programs.js";
import { describeUnless } from "../../support/tools.js";
import { installed, projectIn } from "../npm.js";
import { PLAIN_WEBPACK, WEBPACK_CLIENT } from "./servers.js";

/** A cold compiler on a busy machine, in milliseconds. */
const PATIENCE_MS = 120_000;

const why = whyNoBrowser() ?? whyNoNetwork(["curl"]);

describeUnless(why, "A phone that is paired", () => {
  it(
    "sees what is saved on the laptop without loading the page itself",
    async () => {
      const packages = await installed(join(import.meta.dirname, "quick"));
      const project = projectIn(
        packages,
        join(import.meta.dirname, "projects", PLAIN_WEBPACK.name),
      );
      const desk = await setDesk();
      const command = [...PLAIN_WEBPACK.command(String(await freePort())), ...WEBPACK_CLIENT];
      const options = ["--port", String(await freePort()), "--", ...command];
      const run = desk.serve(options, desk.laptop, desk.home, project);
      const { onboarding, url } = await run.event("lan");

      const home = temporaryHome();
      await trustOnPhone(desk, home, onboarding as string);
      const program = desk.phone.program("chromium", desk.home.folder);
      const page = await (await startBrowser(home, [], program)).newPage();
      await page.goto(onboarding as string);
      await page.getByText("This device trusts the certificate").waitFor();
      const [socket] = await Promise.all([
        page.waitForEvent("websocket"),
        page.getByRole("link", { name: "Open the app" }).click(),
      ]);
      await page.getByText("first").waitFor();
      expect(url).toContain(LAPTOP);
      expect(new URL(socket.url()).origin.replace("wss:", "https:")).toBe(url);

      const text = 'document.querySelector("h1").textContent = "second";';
      writeFileSync(join(project, PLAIN_WEBPACK.file), text);
      await page.getByText("second").waitFor({ timeout: PATIENCE_MS / 2 });
    },
    PATIENCE_MS * 3,
  );
});
