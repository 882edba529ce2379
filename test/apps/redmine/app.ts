/** Debian's Redmine, Rails 6.1 on Puma and SQLite. */
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runProgram } from "../../support/cli.js";
import { start } from "../../support/programs.js";
import { type App, absent, type Installed, type Place, USER } from "../app.js";
import { ACCOUNT, copyPackage, handOver } from "../servers/account.js";
import { oneForEach } from "../servers/processes.js";
import { type Step, Stopped } from "../visit.js";

const PACKAGE = "/usr/share/redmine";

/** What the package's own installation made, with the tables and the account "admin" in it. */
const DATABASE = "/var/lib/dbconfig-common/sqlite3/redmine/instances/default/redmine_default";

const sha1 = (text: string): string => createHash("sha1").update(text).digest("hex");

const SETTINGS: Readonly<Record<string, readonly string[]>> = {
  "as installed": [],
  "forced https": ["config.force_ssl = true"],
};

async function install({ folder, port }: Place, configuration: string): Promise<Installed> {
  const root = join(folder, "root");
  const instance = join(folder, "instance");
  copyPackage(PACKAGE, root);
  for (const name of ["instances", "Gemfile.lock", "config/database.yml"]) rmSync(join(root, name));
  copyFileSync("/var/lib/redmine/Gemfile.lock", join(root, "Gemfile.lock"));
  for (const name of ["config", "files", "log", "tmp/cache", "public/plugin_assets"]) {
    mkdirSync(join(instance, name), { recursive: true });
  }
  symlinkSync(folder, join(root, "instances"));
  const database = join(instance, "redmine.sqlite3");
  copyFileSync(DATABASE, database);
  const yml = join(instance, "config/database.yml");
  writeFileSync(yml, `production:\n  adapter: sqlite3\n  database: ${database}\n`);
  symlinkSync(yml, join(root, "config/database.yml"));
  writeFileSync(join(instance, "config/secret_key.txt"), "of-one-test-".repeat(6));
  const salt = "0".repeat(32);
  const hash = sha1(salt + sha1(USER.password));
  const sql = `UPDATE users SET login='${USER.name}', salt='${salt}', hashed_password='${hash}', must_change_passwd=0 WHERE login='admin';`;
  const changed = await runProgram("sqlite3", [database, sql]);
  if (changed.status !== 0) throw new Error(`sqlite3: ${changed.stderr}`);

  const file = join(root, "config/additional_environment.rb");
  return oneForEach(port, async ({ lines }, ownPort) => {
    // It is read once, at the start.
    writeFileSync(file, [...(SETTINGS[configuration] ?? []), ...lines, ""].join("\n"));
    handOver(folder);
    const args = ["-b", `tcp://127.0.0.1:${ownPort}`, "-e", "production", "-t", "1:4"];
    const server = start("puma", args, {
      ...ACCOUNT,
      cwd: root,
      env: { HOME: folder, REDMINE_INSTANCE: "instance", RAILS_ENV: "production" },
    });
    await server.waitFor(/Listening on/);
  });
}

const steps: readonly Step[] = [
  {
    name: "open",
    act: async (tab) => {
      await tab.goto("/");
      await tab.page.locator("#loggedas, a.login").first().waitFor();
    },
  },
  {
    name: "login",
    act: async (tab) => {
      await tab.goto("/login");
      await tab.page.fill("#username", USER.name);
      await tab.page.fill("#password", USER.password);
      const status = await tab.navigate(() => tab.page.click("#login-submit"));
      if (status >= 400) throw new Stopped(`refused ${status}`);
      if ((await tab.page.locator("#loggedas").count()) === 0) throw new Stopped("is forgotten");
    },
  },
  {
    name: "save",
    act: async (tab) => {
      await tab.goto("/projects/new");
      const id = `saved-${Date.now()}`;
      await tab.page.fill("#project_name", id);
      await tab.page.fill("#project_identifier", id);
      const status = await tab.navigate(() => tab.page.click("[name=commit]"));
      if (status >= 400) throw new Stopped(`refused ${status}`);
      await tab.page.locator("#flash_notice").waitFor();
    },
  },
  {
    name: "upload",
    act: async (tab) => {
      const [, project] = /projects\/([\w-]+)/.exec(tab.page.url()) ?? [];
      await tab.goto(`/projects/${project}/news/new`);
      await tab.page.fill("#news_title", "News");
      await tab.page.fill("#news_description", "With a file");
      const [answer] = await Promise.all([
        tab.page.waitForResponse(/uploads\.js/),
        tab.page.setInputFiles("input.file_selector", {
          name: "notes.txt",
          mimeType: "text/plain",
          buffer: Buffer.from("notes"),
        }),
      ]);
      if (answer.status() !== 201 && answer.status() !== 200) {
        throw new Stopped(`refused ${answer.status()}`);
      }
      await tab.page.locator("a.remove-upload").first().waitFor();
      await tab.navigate(() => tab.page.click("[name=commit]"));
      await tab.page.locator("#flash_notice").waitFor();
    },
  },
];

export const REDMINE: App = {
  name: "Redmine",
  host: "tracker.test",
  framework: "rails",
  places: /^(?:Redmine|Rails)/,
  whyNot: () => absent([PACKAGE, DATABASE, "/usr/bin/puma", "/usr/bin/sqlite3"]),
  install,
  steps,
};
