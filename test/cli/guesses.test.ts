/** What people type before they know the words: done where it is clear, else answered. */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { freePort, LAUNCHER } from "../support/cli.js";
import { startEcho } from "../support/http-app.js";
import { start } from "../support/programs.js";
import { newSandbox, type Sandbox } from "./sandbox.js";

describe("A dev server named by itself", () => {
  it.each([
    ["devtls serve 8000", (port: number) => ["serve", String(port)]],
    ["devtls 8000", (port: number) => [String(port)]],
    ["devtls --target 8000", (port: number) => ["--target", String(port)]],
    ["devtls --target=8000", (port: number) => [`--target=${port}`]],
    ["devtls localhost:8000", (port: number) => [`localhost:${port}`]],
    ["devtls http://localhost:8000", (port: number) => [`http://localhost:${port}`]],
    ["devtls serve --target :8000", (port: number) => ["serve", "--target", `:${port}`]],
    [
      "devtls serve --target localhost:8000/",
      (port: number) => ["serve", "--target", `localhost:${port}/`],
    ],
    ["devtls serve http://127.0.0.1:8000", (port: number) => ["serve", `http://127.0.0.1:${port}`]],
  ])("is the target: %s", async (_what, args) => {
    const app = await startEcho();
    const box = newSandbox();
    const words = [...args(app.port), "--port", String(await freePort())];
    const run = start(process.execPath, [LAUNCHER, ...words], { cwd: box.cwd, env: envOf(box) });
    await run.waitFor(new RegExp(`^https://localhost:\\d+ -> http://[\\w.]+:${app.port}$`, "m"));
    expect(await run.stop()).toBe(0);
  });

  it("is the one that devtls -- COMMAND starts", async () => {
    const box = newSandbox();
    const program = `require("http").createServer((_, a) => a.end()).listen(process.env.PORT)`;
    const words = ["--", process.execPath, "-e", program];
    writeFileSync(box.path("devtls.config.json"), JSON.stringify({ port: await freePort() }));
    const run = start(process.execPath, [LAUNCHER, ...words], { cwd: box.cwd, env: envOf(box) });
    await run.waitFor(/^https:\/\/localhost:\d+ -> http:/m);
    expect(await run.stop()).toBe(0);
  });

  it("is a service where one is called so", async () => {
    const [app, other] = [await startEcho(), await startEcho()];
    const box = newSandbox();
    const services = { [other.port]: { target: app.port, port: await freePort() } };
    writeFileSync(box.path("devtls.config.json"), JSON.stringify({ services }));
    const run = start(process.execPath, [LAUNCHER, "serve", String(other.port)], {
      cwd: box.cwd,
      env: envOf(box),
    });
    await run.waitFor(new RegExp(` -> http://localhost:${app.port}$`, "m"));
    expect(await run.stop()).toBe(0);
  });
});

describe("A command without -- before it", () => {
  it.each([
    [["serve", "npm", "run", "dev"], "devtls serve -- npm run dev"],
    [["serve", "node", "server.js", "--watch"], "devtls serve -- node server.js --watch"],
    [["serve", "node", "-p", "3000"], "devtls serve -- node -p 3000"],
    [["serve", "--port", "9443", "npm", "start"], "devtls serve --port 9443 -- npm start"],
    [["serve", "./run", "the app"], "devtls serve -- ./run 'the app'"],
    [["serve", "bundler", "--host"], "devtls serve -- bundler --host"],
  ])("is shown with it: %j", async (args, line) => {
    const box = newSandbox();
    writeFileSync(box.path("run"), "");
    mkdirSync(box.path("node_modules/.bin"), { recursive: true });
    writeFileSync(box.path("node_modules/.bin/bundler"), "#!/bin/sh\n");
    expect(await box.run(args)).toEqual({
      status: 2,
      stdout: "",
      stderr: `devtls: could not understand the arguments: put -- before the command\n  ${line}\n`,
    });
  });

  it("that is no program here is a service that there is not", async () => {
    const { stderr } = await newSandbox().run(["serve", "no-such-program"]);
    expect(stderr).toContain("there is no service 'no-such-program'");
  });
});

describe("devtls serve without anything to serve", () => {
  it.each([
    ["package.json", '{"scripts":{"dev":"vite"}}', "devtls serve -- npm run dev"],
    ["package.json", '{"scripts":{"start":"node ."}}', "devtls serve -- npm start"],
    ["manage.py", "", "devtls serve -- python3 manage.py runserver {port}"],
  ])("in a project with %s %s offers to start it", async (file, text, line) => {
    const box = newSandbox();
    writeFileSync(box.path(file), text);
    const { status, stderr } = await box.run(["serve"]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^devtls: --target is missing\n/);
    expect(stderr).toContain(line);
    expect(stderr).toContain("devtls init");
  });

  it.each(["", "{", '{"scripts":7}', "[]"])(
    "in a folder with the package.json %j",
    async (text) => {
      const box = newSandbox();
      if (text) writeFileSync(box.path("package.json"), text);
      const { status, stderr } = await box.run(["serve"]);
      expect(status).toBe(2);
      expect(stderr).toContain("devtls serve --target 8000");
      expect(stderr).toContain("devtls serve --demo");
    },
  );
});

describe("Other words", () => {
  it.each([
    [["help"], ["--help"]],
    [
      ["help", "serve"],
      ["serve", "--help"],
    ],
    [
      ["help", "ca", "create"],
      ["ca", "create", "--help"],
    ],
    [
      ["help", "install"],
      ["trust", "--help"],
    ],
    [["version"], ["--version"]],
    [["-v"], ["--version"]],
    [
      ["install", "--help"],
      ["trust", "--help"],
    ],
    [
      ["uninstall", "--help"],
      ["untrust", "--help"],
    ],
    [
      ["explain", "redirect-loop:"],
      ["explain", "redirect-loop"],
    ],
    [
      ["explain", "redirect-loop:", "edge-sends-no-proto", "(proved)"],
      ["explain", "redirect-loop"],
    ],
    [
      ["explain", "edge-sends-no-proto"],
      ["explain", "redirect-loop"],
    ],
    [["explain", "CODE"], ["explain"]],
  ])("%j is %j", async (typed, meant) => {
    const box = newSandbox();
    const [given, wanted] = [await box.run(typed), await box.run(meant)];
    expect(given).toEqual(wanted);
    expect(given.status).toBe(0);
  });

  it("help knows topics besides the commands", async () => {
    const box = newSandbox();
    const { status, stdout } = await box.run(["help", "migrate"]);
    expect(status).toBe(0);
    expect(stdout).toContain("mkcert localhost");
    const { stderr } = await box.run(["help", "migrat"]);
    expect(stderr).toContain("there is no help about 'migrat' (did you mean migrate?)\n  Topics: ");
  });

  it("a slip in an option is seen with its value", async () => {
    const { stderr } = await newSandbox().run(["serve", "--targte=22600"]);
    expect(stderr).toContain(
      "unknown option '--targte=22600' (did you mean --target=22600?)\n  Run: devtls serve --help\n",
    );
  });
});

describe("The started command", () => {
  it("finds the programs of the project's packages, outside npm", async () => {
    const box = newSandbox();
    mkdirSync(box.path("node_modules/.bin"), { recursive: true });
    mkdirSync(box.path("below"));
    const program = box.path("node_modules/.bin/own-dev-server");
    const code = 'require("http").createServer((q, s) => s.end("own")).listen(process.env.PORT)';
    writeFileSync(program, `#!${process.execPath}\n${code}\n`);
    chmodSync(program, 0o755);
    const words = ["serve", "--port", String(await freePort()), "--", "own-dev-server"];
    const run = start(process.execPath, [LAUNCHER, ...words], {
      cwd: box.path("below"),
      env: envOf(box),
    });
    await run.waitFor(/^https:\S+ -> /m);
    expect(await run.stop()).toBe(0);
  });
});

function envOf({ env }: Sandbox): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value ?? ""]));
}
