/**
 * Every command that README.md shows, run in a fresh clone as it stands there. npm fetches and
 * unpacks every package under CI=true, or with DEVTLS_INSTALL=1; else the clone gets those of here.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { freePort, type Outcome, PROJECT, runProgram } from "../support/cli.js";
import { type Clone, cloneRepository, linkPackages } from "../support/fresh-clone.js";
import { startApp } from "../support/http-app.js";
import {
  curl,
  folderUntilEnd,
  type Running,
  start,
  temporaryHome,
  withDefaultPorts,
} from "../support/programs.js";
import { describeUnless, missing, whyNoInstallation } from "../support/tools.js";

interface Block {
  /** What the comment above it says: how it is run. */
  readonly test: string | undefined;
  readonly line: number;
  readonly commands: readonly string[];
}

/** The fenced blocks of shell commands, each with the comment directly above it. */
function shellBlocks(markdown: string): Block[] {
  const fences = /^(?:<!-- test: (\S+) -->\n)?```sh\n(.*?)^```$/gms;
  return [...markdown.matchAll(fences)].map(({ 0: text, 1: test, 2: body = "", index }) => ({
    test,
    line: markdown.slice(0, index + text.indexOf("```")).split("\n").length,
    commands: body.split("\n").filter((command) => command.trim() !== ""),
  }));
}

const blocks = shellBlocks(readFileSync(join(PROJECT, "README.md"), "utf8"));

const titled = (test: string): [title: string, commands: readonly string[]][] =>
  blocks
    .filter((block) => block.test === test)
    .map(({ line, commands }) => [`line ${line}: ${commands[0]}`, commands]);

const HANDLED = ["npm-start", "install", "run", "serve", "trace", "doctor", "skip-system"];

it("README.md says of every block of commands how it is tested", () => {
  const ours = blocks.filter(({ commands }) => /\b(?:devtls|npm|npx)\b/.test(commands.join("\n")));
  expect(ours.length, "blocks that begin with ```sh and hold commands").toBeGreaterThan(0);
  const unhandled = ours.filter(({ test }) => !HANDLED.includes(test ?? ""));
  expect(unhandled, `each needs one of ${HANDLED} in <!-- test: … --> directly above`).toEqual([]);
});

const INSTALL = "npm ci";

const installs = whyNoInstallation() === undefined;

/** A command as it is run: without npm's part of the installation, if that is not asked for. */
const asRun = (command: string): string =>
  installs ? command : command.replace(INSTALL, "npm run prepare");

/** npm may have to fetch every package. */
const INSTALL_TIMEOUT_MS = 600_000;

const READY = /^(https:\S+) -> (?:http:\S+|the demo app)\r?$/m;

describeUnless(missing(["git", "npm", "curl", "script"]), "README.md in a fresh clone", () => {
  const home = temporaryHome();
  const root = join(home.folder, ".local/share/devtls/rootCA.pem");
  let clone: Clone;

  beforeAll(async () => {
    clone = await cloneRepository(home);
    if (!installs) await linkPackages(clone);
  });

  async function shell(command: string, env = clone.env): Promise<Outcome> {
    const run = start("sh", ["-c", command], { cwd: clone.folder, env });
    const status = await run.exited;
    return { status, stdout: run.stdout(), stderr: run.stderr() };
  }

  /** Makes the clone ready for commands, unless a block has done that already. */
  async function install(): Promise<void> {
    if (existsSync(join(clone.folder, "dist"))) return;
    const outcome = await shell(asRun(INSTALL));
    expect(outcome, outcome.stderr).toMatchObject({ status: 0 });
  }

  async function ask(url: string): Promise<string> {
    const host = new URL(url).hostname;
    const addresses = ["--resolve", `${host}:${new URL(url).port}:127.0.0.1`];
    const { stdout } = await curl(["--cacert", root, ...addresses, "--include", url]);
    return stdout;
  }

  describe("a block that installs and starts", () => {
    it.each(titled("npm-start"))(
      "%s",
      async (_title, [command = ""]) => {
        await withDefaultPorts(async () => {
          // On a terminal of its own, where a question would be asked and wait for its answer.
          const run = start("script", ["--quiet", "--command", asRun(command), "/dev/null"], {
            cwd: clone.folder,
            env: clone.env,
          });
          const url = await readyUrl(run);
          await run.waitFor(/Ctrl-C/);
          expect(await ask(url)).toMatch(/^HTTP\/\S+ 200/);
          expect(run.stdout()).toMatch(new RegExp(`Open +${url}`));
          expect(run.stdout()).toContain("devtls trust");
          expect(run.stdout()).toContain("devtls serve --demo --simulate none");
          await run.stop();
        });
      },
      INSTALL_TIMEOUT_MS,
    );
  });

  describe("a block that installs", () => {
    it.each(titled("install"))(
      "%s",
      async (_title, commands) => {
        const prefix = folderUntilEnd("devtls-prefix-");
        await install();
        // What another block did to this clone already is not done again.
        for (const command of commands.filter((text) => text !== INSTALL)) {
          const outcome = await shell(command, { ...clone.env, npm_config_prefix: prefix });
          expect(outcome, outcome.stderr).toMatchObject({ status: 0 });
        }
        const installed = await runProgram(join(prefix, "bin/devtls"), ["--version"]);
        const { version } = JSON.parse(readFileSync(join(PROJECT, "package.json"), "utf8"));
        expect(installed.stdout).toBe(`${version}\n`);
      },
      INSTALL_TIMEOUT_MS,
    );
  });

  it("npx devtls is the clone's own", async () => {
    await install();
    const { stdout, stderr } = await shell("npx --offline devtls --help");
    expect(stdout, stderr).toContain("devtls serve --target 8000");
  });

  describe("a block that is run", () => {
    it.each(titled("run"))("%s", async (_title, commands) => {
      await install();
      for (const command of commands) {
        const outcome = await shell(command);
        expect(outcome, `${command}: ${outcome.stderr}`).toMatchObject({ status: 0 });
      }
    });
  });

  describe("a block that serves", () => {
    it.each(titled("serve"))("%s", async (_title, commands) => {
      await install();
      for (const command of commands) await withDefaultPorts(() => serveAndAsk(command));
    });
  });

  describe("a block that checks", () => {
    it.each(titled("doctor"))("%s", async (_title, commands) => {
      await install();
      for (const command of commands) {
        const { status, stdout, stderr } = await shell(command);
        // The clone's authority is trusted by nobody, which is a problem.
        expect([0, 3], stderr).toContain(status);
        expect(stdout).toMatch(/^(?:ok|warning|problem) /m);
      }
    });
  });

  describe("a block that traces what is served", () => {
    it.each(titled("trace"))("%s", async (_title, commands) => {
      await install();
      await withDefaultPorts(async () => {
        const run = start("npx", ["devtls", "serve", "--demo"], {
          cwd: clone.folder,
          env: clone.env,
        });
        const url = await readyUrl(run);
        for (const command of commands) {
          const outcome = await shell(command.replace("https://localhost:8443", url));
          expect(outcome, outcome.stderr).toMatchObject({ status: 0 });
          expect(outcome.stdout).toMatch(/^200 GET https:/m);
        }
        await run.stop();
      });
    });
  });

  async function serveAndAsk(command: string): Promise<void> {
    const { text, target } = await withFreePorts(command);
    const app = target
      ? await startApp((_request, response) => response.end("the app"), { port: target })
      : undefined;
    const run = start("sh", ["-c", text], { cwd: clone.folder, env: clone.env });
    const answer = await ask(await readyUrl(run));
    if (app) expect(answer).toMatch(/^HTTP\/\S+ 200[\s\S]*\r\n\r\nthe app$/);
    else expect(answer).toMatch(/^HTTP\/\S+ [23]\d\d/);
    await run.stop();
    app?.close();
  }

  describe("a block that would change the machine has options that exist", () => {
    it.each(titled("skip-system"))("%s", async (_title, commands) => {
      await install();
      for (const command of commands) {
        const words = command.replace(/^npx /, "").split(/\s+/);
        expect(words[0]).toBe("devtls");
        const options = words.filter((word) => word.startsWith("--"));
        const end = words.findIndex((word) => word.startsWith("--"));
        const names = words.slice(1, end < 0 ? undefined : end);
        const help = await shell(["devtls", ...names, "--help"].join(" "));
        expect(help, command).toMatchObject({ status: 0, stderr: "" });
        expect(help.stdout).toContain(`Usage: devtls ${names.join(" ")} `);
        for (const option of options) expect(help.stdout).toContain(`  ${option}`);
      }
    });
  });
});

/** The URL of the ready line: on the default port, or on another one and that is said. */
async function readyUrl(run: Running): Promise<string> {
  const [, url = ""] = await run.waitFor(READY);
  if (new URL(url).port !== "8443") await run.waitFor(/port 8443 is in use/);
  return url;
}

/** A command with free ports for those that it names and that another program has. */
async function withFreePorts(command: string): Promise<{ text: string; target?: number }> {
  let text = command;
  for (const option of ["--target", "--http-port"]) {
    const port = Number(new RegExp(`${option} (\\d+)`).exec(text)?.[1]);
    if (port && !(await isFree(port))) {
      text = text.replace(`${option} ${port}`, `${option} ${await freePort()}`);
    }
  }
  const target = /--target (\d+)/.exec(text)?.[1];
  return target === undefined ? { text } : { text, target: Number(target) };
}

async function isFree(port: number): Promise<boolean> {
  try {
    const probe = await startApp(() => undefined, { port });
    probe.close();
    return true;
  } catch {
    return false;
  }
}
