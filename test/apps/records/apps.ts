/** Applications whose records were written from their documentation, each started as it comes. */
import { appendFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Purpose } from "../../../src/diagnose/frameworks/record.js";
import { accepting } from "../../support/django.js";
import { start } from "../../support/programs.js";
import { absent, type Place } from "../app.js";
import { installed } from "../npm.js";

/** What it makes of a request. */
export interface Claim {
  /** The lines that are pasted; none where it says nothing. */
  readonly lines?: Purpose;
  /** The edge says that the browser came over https. */
  readonly told: boolean;
  /** It takes the request for one over https, or makes its cookie Secure. */
  readonly secure: boolean;
}

export interface RealApp {
  /** The name of its record. */
  readonly name: string;
  readonly whyNot: () => string | undefined;
  /** Starts it with lines of its record. */
  start(place: Pick<Place, "port" | "folder">, lines: readonly string[]): Promise<void>;
  /** By what a response shows that. */
  readonly isSecure: (response: string) => boolean;
  readonly claims: readonly Claim[];
}

const isSecureCookie = (name: string) => (response: string) =>
  new RegExp(`^set-cookie: ${name}=.*; ?secure`, "im").test(response);

async function startPhp(port: number, root: string, env: Record<string, string>): Promise<void> {
  const server = start("php", ["-S", `127.0.0.1:${port}`, "-t", root], { env });
  await accepting(port, server);
}

const PHPMYADMIN = "/usr/share/phpmyadmin";

const phpMyAdmin: RealApp = {
  name: "phpmyadmin",
  whyNot: () => absent([PHPMYADMIN, "/usr/bin/php"]),
  start: async ({ port, folder }, lines) => {
    const root = join(folder, "root");
    cpSync(PHPMYADMIN, root, { recursive: true });
    const config = join(folder, "config.inc.php");
    writeFileSync(config, `<?php\n${lines.join("\n")}\n`);
    const vendor = join(root, "libraries/vendor_config.php");
    const original = readFileSync(vendor, "utf8");
    writeFileSync(vendor, original.replace("/etc/phpmyadmin/config.inc.php", config));
    await startPhp(port, root, { HOME: folder });
  },
  isSecure: isSecureCookie("phpMyAdmin(?:_https)?"),
  claims: [
    { told: true, secure: true },
    { told: false, secure: false },
    { lines: "secure", told: false, secure: true },
  ],
};

const ROUNDCUBE = "/var/lib/roundcube/public_html";

const roundcube: RealApp = {
  name: "roundcube",
  whyNot: () => absent([ROUNDCUBE, "/usr/share/roundcube/SQL/sqlite.initial.sql", "/usr/bin/php"]),
  start: async ({ port, folder }, lines) => {
    const config = join(folder, "config/");
    cpSync("/etc/roundcube", config, { recursive: true, dereference: true });
    for (const name of ["temp", "logs"]) mkdirSync(join(folder, name));
    const own = [
      `$config['db_dsnw'] = 'sqlite:///${folder}/mail.db?mode=0640';`,
      `$config['temp_dir'] = '${folder}/temp';`,
      `$config['log_dir'] = '${folder}/logs';`,
    ];
    appendFileSync(join(config, "config.inc.php"), ["", ...own, ...lines, ""].join("\n"));
    await startPhp(port, ROUNDCUBE, { HOME: folder, ROUNDCUBE_CONFIG_DIR: config });
  },
  isSecure: isSecureCookie("roundcube_sessid"),
  claims: [
    { told: true, secure: false },
    { lines: "trustProto", told: true, secure: true },
    { lines: "trustProto", told: false, secure: false },
    { lines: "secure", told: false, secure: true },
  ],
};

const sinatra: RealApp = {
  name: "sinatra",
  whyNot: () => absent(["/usr/bin/ruby", "/usr/share/doc/ruby-sinatra"]),
  start: async ({ port, folder }, lines) => {
    const file = join(folder, "app.rb");
    const before = ['require "sinatra"', `set :bind, "127.0.0.1"`, `set :port, ${port}`];
    const after = ["enable :sessions", ...lines, 'get("/") { session["a"] = 1; url("/x") }', ""];
    writeFileSync(file, [...before, ...after].join("\n"));
    await accepting(port, start("/usr/bin/ruby", [file], { env: { HOME: folder } }));
  },
  isSecure: isSecureCookie("rack\\.session"),
  claims: [
    { told: true, secure: false },
    { lines: "secure", told: true, secure: true },
    // Rack goes by what it is told, and then withholds it.
    { lines: "secure", told: false, secure: false },
  ],
};

/** @param code what runs; `modules` is where its packages are */
async function startNode(
  { port, folder }: Pick<Place, "port" | "folder">,
  args: (modules: string) => readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  const modules = join(await installed(import.meta.dirname), "node_modules");
  const run = start(process.execPath, args(modules), {
    cwd: folder,
    env: { HOME: folder, ...env },
  });
  await accepting(port, run);
}

const koa: RealApp = {
  name: "koa",
  whyNot: () => undefined,
  start: (place, lines) =>
    startNode(place, (modules) => {
      const file = join(place.folder, "app.js");
      writeFileSync(
        file,
        `const Koa = require("${modules}/koa");
const { createSession } = require("${modules}/koa-session");
const app = new Koa();
app.keys = ["of one test"];
${lines.join("\n")}
app.use(createSession({ secure: true }, app));
app.use((ctx) => { ctx.session.a = 1; ctx.body = "page"; });
app.listen(${place.port}, "127.0.0.1");
`,
      );
      return [file];
    }),
  isSecure: isSecureCookie("koa\\.sess"),
  claims: [
    { told: true, secure: false },
    { lines: "trustProto", told: true, secure: true },
  ],
};

const verdaccio: RealApp = {
  name: "verdaccio",
  whyNot: () => undefined,
  start: async (place, lines) => {
    const file = join(place.folder, "config.yaml");
    const config = [
      "storage: ./storage",
      "auth: { htpasswd: { file: ./htpasswd } }",
      "packages: { '**': { access: $all } }",
      `listen: 127.0.0.1:${place.port}`,
      "log: { type: stdout, format: pretty, level: warn }",
    ];
    writeFileSync(file, `${config.join("\n")}\n`);
    const env = Object.fromEntries(lines.map((line) => line.split("=", 2)));
    const program = (modules: string): string => join(modules, "verdaccio/bin/verdaccio");
    await startNode(place, (modules) => [program(modules), "--config", file], env);
  },
  isSecure: (response) => response.includes('<base href="https://db.test:8443/"'),
  claims: [
    { told: true, secure: true },
    { told: false, secure: false },
    { lines: "baseUrl", told: false, secure: true },
  ],
};

export const REAL_APPS: readonly RealApp[] = [phpMyAdmin, roundcube, sinatra, koa, verdaccio];
