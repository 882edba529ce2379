/** Node-RED from npm, with a login, as its documentation secures the editor. */
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { start } from "../../support/programs.js";
import { type App, type Installed, type Place, USER } from "../app.js";
import { installed } from "../npm.js";
import { oneForEach } from "../servers/processes.js";
import { type Step, Stopped } from "../visit.js";

async function install({ folder, port }: Place): Promise<Installed> {
  const modules = join(await installed(import.meta.dirname), "node_modules");
  const hash = createRequire(join(modules, "node-red/"))("bcryptjs").hashSync(USER.password, 4);
  const file = join(folder, "settings.js");
  const settings = {
    uiHost: "127.0.0.1",
    flowFile: "flows.json",
    credentialSecret: "of one test",
    telemetry: { enabled: false, updateNotification: false },
    editorTheme: { tours: false },
    adminAuth: {
      type: "credentials",
      users: [{ username: USER.name, password: hash, permissions: "*" }],
    },
  };
  writeFileSync(file, `module.exports = ${JSON.stringify(settings)};\n`);
  return oneForEach(port, async (_pasted, ownPort) => {
    const server = start(
      process.execPath,
      [
        join(modules, "node-red/red.js"),
        ...["--settings", file, "--userDir", folder, "--port", String(ownPort)],
      ],
      { cwd: folder, env: { HOME: folder, NODE_ENV: "production" } },
    );
    await server.waitFor(/Server now running/);
  });
}

const steps: readonly Step[] = [
  {
    name: "open",
    act: async (tab) => {
      await tab.goto("/");
      await tab.page.locator("#node-dialog-login-username").waitFor();
    },
  },
  {
    name: "login",
    act: async (tab) => {
      const { page } = tab;
      await page.fill("#node-dialog-login-username", USER.name);
      await page.fill("#node-dialog-login-password", USER.password);
      const [answer] = await Promise.all([
        page.waitForResponse(/auth\/token/),
        page.click("#node-dialog-login-submit"),
      ]);
      if (answer.status() !== 200) throw new Stopped(`refused ${answer.status()}`);
      await page.locator("#red-ui-header-button-deploy").waitFor();
    },
  },
  {
    name: "save",
    act: async (tab) => {
      const { page } = tab;
      await page.waitForFunction("globalThis.RED?.workspaces?.active()");
      await page.evaluate(
        `RED.nodes.import([{ id: "saved${Date.now()}", type: "comment", name: "Saved in a test", info: "", x: 200, y: 100, z: RED.workspaces.active(), wires: [] }]); RED.nodes.dirty(true);`,
      );
      const [answer] = await Promise.all([
        page.waitForResponse(
          (response) => /\/flows$/.test(response.url()) && response.request().method() === "POST",
        ),
        page.click("#red-ui-header-button-deploy"),
      ]);
      if (answer.status() >= 400) throw new Stopped(`refused ${answer.status()}`);
    },
  },
  { name: "live", act: (tab) => tab.socket(/\/comms$/) },
];

export const NODE_RED: App = {
  name: "Node-RED",
  host: "flows.test",
  framework: "express",
  places: /^Node-RED/,
  whyNot: () => undefined,
  install,
  steps,
};
