/** Debian's MediaWiki on Apache and SQLite. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runProgram } from "../../support/cli.js";
import { type App, absent, type Installed, PICTURE, type Place, replacing, USER } from "../app.js";
import { ACCOUNT, handOver } from "../servers/account.js";
import { APACHE_PHP, startApache } from "../servers/apache.js";
import { type Step, Stopped } from "../visit.js";

const PACKAGE = "/usr/share/mediawiki";

/** `$wgServer` by configuration; the installer's own is the address it was called by. */
const SETTINGS: Readonly<Record<string, (place: Place) => string>> = {
  "as installed": () => "",
  https: ({ publicUrl }) => `$wgServer = "${publicUrl}";\n`,
  "forced https": ({ publicUrl }) => `$wgServer = "${publicUrl}";\n$wgForceHTTPS = true;\n`,
};

async function install(place: Place, configuration: string): Promise<Installed> {
  const { folder, port } = place;
  const uploads = join(folder, "images");
  mkdirSync(uploads);
  handOver(folder);
  const installed = await runProgram(
    "php",
    [
      `${PACKAGE}/maintenance/install.php`,
      ...["--confpath", folder, "--dbtype", "sqlite", "--dbpath", join(folder, "data")],
      ...["--dbname", "wiki", "--scriptpath", "", "--lang", "en", "--skins", "Vector"],
      ...["--server", `http://${new URL(place.publicUrl).hostname}:${port}`],
      ...["--pass", USER.password, "A wiki", USER.name],
    ],
    { ...ACCOUNT, env: { HOME: folder } },
  );
  if (installed.status !== 0) throw new Error(`install.php: ${installed.stdout}`);
  const file = join(folder, "LocalSettings.php");
  const original = `${readFileSync(file, "utf8")}
$wgEnableUploads = true;
$wgUploadDirectory = "${uploads}";
$wgUploadPath = "/images";
$wgTmpDirectory = "${folder}";
$wgCacheDirectory = "${join(folder, "data")}";
${SETTINGS[configuration]?.(place) ?? ""}`;
  writeFileSync(file, original);
  await startApache(join(folder, "apache"), {
    port,
    root: PACKAGE,
    directives: `SetEnv MW_CONFIG_FILE ${file}\nAlias /images ${uploads}\n`,
  });
  return {
    paste: async (pasted) => {
      writeFileSync(file, [replacing(original, pasted), ...pasted.lines, ""].join("\n"));
      return port;
    },
  };
}

const steps: readonly Step[] = [
  {
    name: "open",
    act: async (tab) => {
      await tab.goto("/");
      await tab.page.getByText("MediaWiki has been installed").waitFor();
    },
  },
  {
    name: "login",
    act: async (tab) => {
      await tab.goto("/index.php?title=Special:UserLogin");
      await tab.page.fill("#wpName1", USER.name);
      await tab.page.fill("#wpPassword1", USER.password);
      await tab.navigate(() => tab.page.click("#wpLoginAttempt"));
      if ((await tab.page.locator("#pt-userpage").count()) === 0) throw new Stopped("is forgotten");
    },
  },
  {
    name: "save",
    act: async (tab) => {
      await tab.goto("/index.php?title=Saved&action=edit");
      await tab.page.fill("#wpTextbox1", `Saved in a test: ${Math.random()}`);
      await tab.navigate(() => tab.page.click("#wpSave"));
      await tab.page.locator(".mw-parser-output", { hasText: "Saved in a test" }).waitFor();
    },
  },
  {
    name: "upload",
    act: async (tab) => {
      await tab.goto("/index.php?title=Special:Upload");
      await tab.page.setInputFiles("#wpUploadFile", {
        name: "picture.png",
        mimeType: "image/png",
        buffer: PICTURE,
      });
      await tab.page.fill("#wpDestFile", `Picture ${Math.random()}.png`);
      await tab.page.check("#wpIgnoreWarning");
      await tab.navigate(() => tab.page.click("[name=wpUpload]"));
      await tab.page.waitForFunction("document.querySelector('#file img')?.naturalWidth > 0");
    },
  },
];

export const MEDIAWIKI: App = {
  name: "MediaWiki",
  host: "wiki.test",
  framework: "php",
  places: /^MediaWiki/,
  whyNot: () => absent([PACKAGE, APACHE_PHP, "/usr/bin/php"]),
  install,
  steps,
};
