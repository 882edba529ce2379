/** Debian's Jupyter Notebook 6. */
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { accepting } from "../../support/django.js";
import { start } from "../../support/programs.js";
import { type App, absent, type Installed, type Place, USER } from "../app.js";
import { ACCOUNT, handOver } from "../servers/account.js";
import { oneForEach } from "../servers/processes.js";
import { type Step, Stopped } from "../visit.js";

const SALT = "0123456789ab";

const NOTEBOOK = {
  cells: [
    {
      cell_type: "code",
      execution_count: null,
      metadata: {},
      outputs: [],
      source: ["print(6 * 7)"],
    },
  ],
  metadata: { kernelspec: { display_name: "Python 3", language: "python", name: "python3" } },
  nbformat: 4,
  nbformat_minor: 4,
};

const SETTINGS: Readonly<Record<string, readonly string[]>> = {
  "as installed": [],
  "remote access": ["c.NotebookApp.allow_remote_access = True"],
};

async function install({ folder, port }: Place, configuration: string): Promise<Installed> {
  const notebooks = join(folder, "notebooks");
  mkdirSync(notebooks);
  writeFileSync(join(notebooks, "Saved.ipynb"), JSON.stringify(NOTEBOOK));
  const hash = createHash("sha1").update(USER.password).update(SALT).digest("hex");
  const file = join(folder, "jupyter_notebook_config.py");
  const settings = [
    `c.NotebookApp.password = "sha1:${SALT}:${hash}"`,
    "c.NotebookApp.open_browser = False",
    `c.NotebookApp.notebook_dir = "${notebooks}"`,
    "c.NotebookApp.port_retries = 0",
    ...(SETTINGS[configuration] ?? []),
  ];
  return oneForEach(port, async ({ lines }, ownPort) => {
    // It is read once, at the start.
    writeFileSync(file, [...settings, ...lines, ""].join("\n"));
    handOver(folder);
    const args = ["notebook", `--config=${file}`, `--port=${ownPort}`];
    const server = start("/usr/bin/jupyter", args, {
      ...ACCOUNT,
      cwd: folder,
      env: {
        HOME: folder,
        JUPYTER_RUNTIME_DIR: join(folder, "runtime"),
        PYTHONDONTWRITEBYTECODE: "1",
      },
    });
    await accepting(ownPort, server);
  });
}

const steps: readonly Step[] = [
  {
    name: "open",
    act: async (tab) => {
      const status = await tab.goto("/");
      if (status >= 400) throw new Stopped(`refused ${status}`);
      await tab.page.locator("#password_input").waitFor();
    },
  },
  {
    name: "login",
    act: async (tab) => {
      await tab.page.fill("#password_input", USER.password);
      const status = await tab.navigate(() => tab.page.click("#login_submit"));
      if (status >= 400) throw new Stopped(`refused ${status}`);
      await tab.page.locator("#logout, #password_input").first().waitFor();
      if ((await tab.page.locator("#logout").count()) === 0) throw new Stopped("is forgotten");
    },
  },
  {
    name: "upload",
    act: async (tab) => {
      const name = `notes-${Date.now()}.txt`;
      await tab.page.setInputFiles("#alternate_upload input[type=file]", {
        name,
        mimeType: "text/plain",
        buffer: Buffer.from("notes"),
      });
      const [answer] = await Promise.all([
        tab.page.waitForResponse(
          (response) => response.url().includes(name) && response.request().method() === "PUT",
        ),
        tab.page.locator(".upload_button").first().click(),
      ]);
      if (answer.status() >= 400) throw new Stopped(`refused ${answer.status()}`);
    },
  },
  {
    name: "save",
    act: async (tab) => {
      await tab.goto("/notebooks/Saved.ipynb");
      await tab.page.locator(".code_cell").first().waitFor();
      const [answer] = await Promise.all([
        tab.page.waitForResponse(
          (response) => /contents/.test(response.url()) && response.request().method() === "PUT",
        ),
        tab.page.locator("#save-notbook button").click(),
      ]);
      if (answer.status() >= 400) throw new Stopped(`refused ${answer.status()}`);
    },
  },
  {
    name: "live",
    act: async (tab) => {
      const { page } = tab;
      const failed = page.locator(
        ".modal-dialog, #notification_kernel.danger, #notification_kernel.warning",
      );
      await page.locator("#kernel_indicator_icon.kernel_idle_icon").or(failed).first().waitFor();
      await page.evaluate("Jupyter.notebook.execute_cells([0])");
      await page.locator(".output_text", { hasText: "42" }).first().or(failed).first().waitFor();
      if ((await page.locator(".output_text", { hasText: "42" }).count()) === 0) {
        throw new Stopped("is refused");
      }
    },
  },
];

export const JUPYTER: App = {
  name: "Jupyter",
  host: "lab.test",
  framework: null,
  places: /^Jupyter/,
  whyNot: () => absent(["/usr/bin/jupyter-notebook", "/usr/lib/python3/dist-packages/ipykernel"]),
  install,
  steps,
};
