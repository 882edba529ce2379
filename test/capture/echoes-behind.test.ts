/**
 * What the echo in each language tells behind each server is what the server's profile says. Each
 * way to run it is tried behind one server, and each server with some; DEVTLS_EVERY_PEER=1 tries all.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ask } from "../../src/capture/asking/ask.js";
import { capture } from "../../src/capture/capture.js";
import { echoSource, LANGUAGES, type Language } from "../../src/capture/echoes/index.js";
import { seen } from "../../src/capture/inference/seen.js";
import { model } from "../../src/capture/model.js";
import { requestQuestions } from "../../src/capture/questions.js";
import { diffProfiles } from "../../src/edge/diff.js";
import type { EdgeProfile } from "../../src/edge/profile.js";
import { findProfile } from "../../src/edge/profiles/index.js";
import { type RealServer, SERVERS, startServer } from "../edge/fidelity/servers.js";
import { freePort } from "../support/cli.js";
import { folderUntilEnd, start } from "../support/programs.js";
import { describeUnless, missing } from "../support/tools.js";
import { canBeSaid, settingsOf, TOKEN } from "./server.js";

/** How a web server of the language runs the echo; `file` is where its source is to be. */
interface Host {
  readonly name: string;
  readonly language: Language;
  readonly programs: readonly string[];
  readonly file: string;
  /** @returns the arguments of the first program */
  readonly args: (folder: string, port: number) => readonly string[];
  readonly ready: RegExp;
}

const PROGRAMS: Readonly<Record<Language, string>> = {
  node: "node",
  python: "python3",
  php: "php",
  ruby: "ruby",
};

/** As a program, in all languages; then in what serves apps of each. */
const HOSTS: readonly Host[] = [
  ...LANGUAGES.map(
    (language): Host => ({
      name: `${language}, by itself`,
      language,
      programs: [PROGRAMS[language]],
      file: language === "node" ? "echo.cjs" : `echo.${language}`,
      args: (folder) => [join(folder, language === "node" ? "echo.cjs" : `echo.${language}`)],
      ready: /devtls echo on/,
    }),
  ),
  {
    name: "WSGI, in gunicorn",
    language: "python",
    programs: ["gunicorn"],
    file: "echo.py",
    args: (folder, port) => ["--bind", `127.0.0.1:${port}`, "--chdir", folder, "echo:application"],
    ready: /Listening at/,
  },
  {
    name: "Rack, in Puma",
    language: "ruby",
    programs: ["puma"],
    file: "config.ru",
    args: (folder, port) => ["--bind", `tcp://127.0.0.1:${port}`, join(folder, "config.ru")],
    ready: /Listening on/,
  },
  {
    name: "a page of PHP, in its own server",
    language: "php",
    programs: ["php"],
    file: "echo.php",
    args: (folder, port) => ["-S", `127.0.0.1:${port}`, join(folder, "echo.php")],
    ready: /Development Server .* started/,
  },
];

async function startHost({ language, programs, file, args, ready }: Host): Promise<number> {
  const port = await freePort();
  const folder = folderUntilEnd("devtls-echo-");
  const run = file === "config.ru" ? "\nrun DevtlsEcho\n" : "";
  writeFileSync(join(folder, file), echoSource(language, TOKEN) + run);
  const env = { PORT: String(port), HOST: "127.0.0.1" };
  const running = start(programs[0] as string, args(folder, port), { cwd: folder, env });
  await running.waitFor(ready);
  return port;
}

async function unlike(host: Host, server: RealServer): Promise<unknown[]> {
  const port = await startHost(host);
  const ports = await startServer(server, port);
  const settings = settingsOf(server.profile, ports);
  const { shows, observations } = await ask(settings.asking, requestQuestions(settings.place));
  const told = model(findProfile(server.profile) as EdgeProfile, `127.0.0.1:${port}`);
  const arrived = observations.filter((one) => one.arrived);
  expect(arrived.length).toBeGreaterThan(90);
  return arrived.flatMap((one) => {
    const really = seen(one.arrived as NonNullable<typeof one.arrived>, shows);
    const expected = seen(told(one), shows);
    const { name } = one.question;
    const isLike = really.join("\n") === expected.join("\n") || !canBeSaid(name);
    return isLike ? [] : [[name, really, expected]];
  });
}

const FOUR = ["nginx", "apache", "haproxy", "caddy"];

const everyPeer = process.env.DEVTLS_EVERY_PEER === "1";

describe.each(HOSTS.map((host, turn) => ({ ...host, turn })))("$name", ({ turn, ...host }) => {
  const next = FOUR[turn % FOUR.length] as string;
  const names = everyPeer ? FOUR : [next];
  for (const server of SERVERS.filter(({ profile }) => names.includes(profile))) {
    describeUnless(missing([...host.programs, server.program]), `behind ${server.profile}`, () => {
      it("is told what the profile says", async () => {
        expect(await unlike(host, server)).toEqual([]);
      }, 60_000);
    });
  }
});

const REFUSED = "answered 400 by the edge itself";

/** gunicorn refuses to be told of two schemes at once, Puma brackets in a target. */
const REFUSES: Readonly<Record<string, RegExp>> = {
  "WSGI, in gunicorn": /\ball forged\b|^X-Forwarded-Ssl: other$/,
  "Rack, in Puma": /^quotes and brackets$/,
};
const NOTHING = /(?!)/;

/** Servers of apps that show less than what came: order, case and several lines of a name are lost. */
const SERVED = HOSTS.slice(LANGUAGES.length);

describe.each(everyPeer ? SERVED : SERVED.slice(0, 1))("through $name", (host) => {
  const refuses = REFUSES[host.name] ?? NOTHING;
  describeUnless(missing([...host.programs, "nginx"]), "a capture of nginx", () => {
    it("learns its headers", async () => {
      const server = SERVERS.find(({ profile }) => profile === "nginx-proxy-params") as RealServer;
      const ports = await startServer(server, await startHost(host));
      const { profile, differences } = await capture(settingsOf(server.profile, ports));
      const left = differences.filter(({ request }) => canBeSaid(request));
      expect(left.filter(({ real }) => real.join() !== REFUSED)).toEqual([]);
      expect(left.map(({ request }) => request).filter((name) => !refuses.test(name))).toEqual([]);
      const built = findProfile(server.profile) as EdgeProfile;
      const headers = diffProfiles(built, profile).filter(({ what }) => /^[A-Z]/.test(what));
      expect(headers).toEqual([]);
    }, 60_000);
  });
});
