/** Debian's DokuWiki on Apache; it keeps everything in files. */
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type App, absent, type Installed, PICTURE, type Place, USER } from "../app.js";
import { copyPackage, handOver } from "../servers/account.js";
import { APACHE_PHP, startApache } from "../servers/apache.js";
import { type Step, Stopped } from "../visit.js";

const PACKAGE = "/usr/share/dokuwiki";

async function install({ folder, port }: Place): Promise<Installed> {
  const configuration = join(folder, "conf");
  const data = join(folder, "data");
  copyPackage("/etc/dokuwiki", configuration);
  cpSync("/var/lib/dokuwiki/data", data, { recursive: true });
  const hash = createHash("md5").update(USER.password).digest("hex");
  for (const [name, text] of [
    ["users.auth.php", `${USER.name}:${hash}:Ada:${USER.mail}:admin,user\n`],
    ["acl.auth.php", "* @ALL 1\n* @user 8\n"],
  ] as const) {
    rmSync(join(configuration, name));
    writeFileSync(join(configuration, name), text);
  }
  const file = join(configuration, "local.php");
  const original = `<?php
$conf['title'] = 'A wiki';
$conf['license'] = 'cc-by-sa';
$conf['useacl'] = 1;
$conf['superuser'] = '@admin';
$conf['savedir'] = '${data}';
$conf['updatecheck'] = 0;
`;
  writeFileSync(file, original);
  const places = join(folder, "places.php");
  writeFileSync(
    places,
    `<?php
define('DOKU_MAIN_CONF', '${configuration}/');
define('DOKU_CONF', '${configuration}/');
`,
  );
  mkdirSync(join(folder, "apache"));
  handOver(folder);
  await startApache(join(folder, "apache"), {
    port,
    root: PACKAGE,
    directives: `php_admin_value auto_prepend_file ${places}\n`,
  });
  return {
    paste: async ({ lines }) => {
      writeFileSync(file, `${original}${lines.join("\n")}\n`);
      return port;
    },
  };
}

const steps: readonly Step[] = [
  {
    name: "open",
    act: async (tab) => {
      await tab.goto("/");
      await tab.page.getByText("This topic does not exist yet").waitFor();
    },
  },
  {
    name: "login",
    act: async (tab) => {
      await tab.goto("/doku.php?id=start&do=login");
      await tab.page.fill("#dw__login input[name=u]", USER.name);
      await tab.page.fill("#dw__login input[name=p]", USER.password);
      await tab.navigate(() => tab.page.click("#dw__login button[type=submit]"));
      if ((await tab.page.locator("li.user, .user bdi").count()) === 0) {
        throw new Stopped("is forgotten");
      }
    },
  },
  {
    name: "save",
    act: async (tab) => {
      await tab.goto("/doku.php?id=saved&do=edit");
      await tab.page.fill("#wiki__text", `Saved in a test: ${Math.random()}`);
      await tab.navigate(() => tab.page.click("#edbtn__save"));
      await tab.page.locator(".page", { hasText: "Saved in a test" }).waitFor();
    },
  },
  {
    name: "upload",
    act: async (tab) => {
      await tab.goto("/doku.php?id=start&do=media&ns=&tab_files=upload");
      await tab.page.setInputFiles(".qq-upload-button input[type=file]", {
        name: `picture-${Math.random()}.png`,
        mimeType: "image/png",
        buffer: PICTURE,
      });
      const [answer] = await Promise.all([
        tab.page.waitForResponse(/ajax\.php\?.*(?:qqfile|call=mediaupload)/),
        tab.page.click("#mediamanager__upload_button"),
      ]);
      if (answer.status() !== 200) throw new Stopped(`refused ${answer.status()}`);
      await tab.page.locator(".qq-upload-success").waitFor();
    },
  },
];

export const DOKUWIKI: App = {
  name: "DokuWiki",
  host: "doku.test",
  framework: "php",
  places: /^DokuWiki/,
  whyNot: () => absent([PACKAGE, APACHE_PHP]),
  install,
  steps,
};
