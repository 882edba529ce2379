/** Debian's WordPress on Apache and MariaDB. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type App, absent, PICTURE, type Place, USER } from "../app.js";
import { copyPackage, handOver } from "../servers/account.js";
import { APACHE_PHP, startApache } from "../servers/apache.js";
import { type Database, startMariaDb } from "../servers/mariadb.js";
import { type Step, Stopped } from "../visit.js";

const PACKAGE = "/usr/share/wordpress";

const configuration = (database: Database, content: string, more: string): string => `\
<?php
define('DB_NAME', '${database.name}');
define('DB_USER', '${database.user}');
define('DB_PASSWORD', '');
define('DB_HOST', 'localhost:${database.socket}');
define('WP_CONTENT_DIR', '${content}');
define('DISABLE_WP_CRON', true);
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('AUTOMATIC_UPDATER_DISABLED', true);
${["AUTH_KEY", "SECURE_AUTH_KEY", "LOGGED_IN_KEY", "NONCE_KEY", "AUTH_SALT", "SECURE_AUTH_SALT", "LOGGED_IN_SALT", "NONCE_SALT"].map((name) => `define('${name}', 'of one test ${name}');`).join("\n")}
${more}`;

/** What the form of the installer sends. */
async function runInstaller(origin: string): Promise<void> {
  const response = await fetch(`${origin}/wp-admin/install.php?step=2`, {
    method: "POST",
    body: new URLSearchParams({
      weblog_title: "A weblog",
      user_name: USER.name,
      admin_password: USER.password,
      admin_password2: USER.password,
      admin_email: USER.mail,
      blog_public: "0",
      language: "",
    }),
  });
  const page = await response.text();
  if (!/wp-login\.php/.test(page)) throw new Error(`WordPress was not installed: ${page}`);
}

const MARK = "require_once(ABSPATH . 'wp-settings.php');";

/** Whether another line defines what this one defines. */
function sameConstant(line: string): (other: string) => boolean {
  const [name] = /define\('\w+'/.exec(line) ?? [];
  return (other) => name !== undefined && other.includes(name);
}

async function install(place: Place, kind: string) {
  const { folder, port, publicUrl } = place;
  const root = join(folder, "root");
  const content = join(folder, "content");
  const etc = join(folder, "etc");
  copyPackage(PACKAGE, root);
  copyPackage("/var/lib/wordpress/wp-content", content);
  mkdirSync(etc);
  const file = join(root, "wp-config.php");
  const original = readFileSync(file, "utf8").replaceAll("/etc/wordpress/", `${etc}/`);
  writeFileSync(file, original);
  const database = await startMariaDb(join(folder, "mariadb"), "wordpress");
  const https = `define('WP_HOME', '${publicUrl}');\ndefine('WP_SITEURL', '${publicUrl}');\n`;
  const writeSettings = (more: string): void =>
    writeFileSync(join(etc, "config-default.php"), configuration(database, content, more));
  const own = kind === "https" ? https : "";
  writeSettings(own);
  handOver(folder);
  await startApache(join(folder, "apache"), {
    port,
    root,
    directives: `Alias /wp-content ${content}\n`,
  });
  await runInstaller(`http://localhost:${port}`);
  return {
    paste: async ({ lines }: { lines: readonly string[] }) => {
      // A second definition would count for nothing: who pastes one takes the first away.
      const last = lines.filter((line, index) => !lines.slice(index + 1).some(sameConstant(line)));
      writeSettings(lines.some(sameConstant(https)) ? "" : own);
      writeFileSync(file, original.replace(MARK, [...last, MARK].join("\n")));
      return port;
    },
  };
}

const steps: readonly Step[] = [
  {
    name: "open",
    act: async (tab) => {
      await tab.goto("/");
      await tab.page.getByText("Hello world!").first().waitFor();
    },
  },
  {
    name: "login",
    act: async (tab) => {
      await tab.goto("/wp-login.php");
      await tab.page.fill("#user_login", USER.name);
      await tab.page.fill("#user_pass", USER.password);
      await tab.navigate(() => tab.page.click("#wp-submit"));
      if ((await tab.page.locator("#wpadminbar").count()) === 0) throw new Stopped("is forgotten");
    },
  },
  {
    name: "save",
    act: async (tab) => {
      await tab.goto("/wp-admin/post-new.php");
      const title = tab.page.locator("h1.wp-block-post-title, .editor-post-title__input").first();
      await title.waitFor();
      // The tour covers the page until it is closed; what it knows is kept with the account.
      await tab.page.evaluate(
        "wp.data.select('core/edit-post').isFeatureActive('welcomeGuide') && wp.data.dispatch('core/edit-post').toggleFeature('welcomeGuide')",
      );
      await title.fill("Saved in a test");
      const saved = tab.page.waitForResponse(
        (response) =>
          /posts/.test(decodeURIComponent(response.url())) &&
          response.request().method() === "POST",
      );
      await tab.page.getByRole("button", { name: "Save draft" }).click();
      const status = (await saved).status();
      if (status !== 200) throw new Stopped(`refused ${status}`);
      await tab.page.getByText("Draft saved").first().waitFor();
    },
  },
  {
    name: "upload",
    act: async (tab) => {
      await tab.goto("/wp-admin/media-new.php?browser-uploader");
      await tab.page.setInputFiles("#async-upload", {
        name: "picture.png",
        mimeType: "image/png",
        buffer: PICTURE,
      });
      await tab.navigate(() => tab.page.click("#html-upload"));
      const picture = tab.page.locator(".attachment img, .wp-list-table img").first();
      await picture.waitFor();
      await tab.page.waitForFunction(
        "[...document.querySelectorAll('.attachment img, .wp-list-table img')].some((image) => image.naturalWidth > 0)",
      );
    },
  },
];

export const WORDPRESS: App = {
  name: "WordPress",
  host: "blog.test",
  framework: "wordpress",
  places: /^WordPress/,
  whyNot: () => absent([PACKAGE, APACHE_PHP, "/usr/sbin/mariadbd"]),
  install,
  steps,
};
