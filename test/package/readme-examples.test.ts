/** The programs that README.md and src/library/README.md show, run as they stand there. */
import { once } from "node:events";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { get } from "node:https";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { PROJECT, runProgram } from "../support/cli.js";
import { startEcho } from "../support/http-app.js";
import { folderUntilEnd, start, temporaryHome, withDefaultPorts } from "../support/programs.js";

/** Blocks such as `<!-- example: express.mjs -->` above a fence, by file name. */
const EXAMPLES = new Map(
  [
    ...["README.md", "src/library/README.md"]
      .map((file) => readFileSync(join(PROJECT, file), "utf8"))
      .join("\n")
      .matchAll(/^<!-- example: (\S+) -->\n```\w+\n(.*?)^```$/gms),
  ].map(([, name = "", code = ""]) => [name, code]),
);

describe("An example of README.md", () => {
  const home = temporaryHome();
  const folder = folderUntilEnd("devtls-example-");

  beforeAll(() => {
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(PROJECT, join(folder, "node_modules/devtls"));
    for (const name of ["express", "fastify", "vite", "vitest"]) {
      symlinkSync(join(PROJECT, "node_modules", name), join(folder, "node_modules", name));
    }
    for (const [name, code] of EXAMPLES) writeFileSync(join(folder, name), code);
    writeFileSync(join(folder, "index.html"), "<h1>built</h1>");
  });

  it("is tried here, every one", () => {
    expect([...EXAMPLES.keys()].sort()).toEqual(
      [
        ...["express.mjs", "fastify.mjs", "global-setup.mjs", "playwright.config.mjs"],
        ...["serve.mjs", "vite.config.mjs"],
      ].sort(),
    );
  });

  async function ask(url: string): Promise<string> {
    const ca = readFileSync(home.root);
    const [response] = await once(get(url, { ca, agent: false }), "response");
    return Buffer.concat(await response.toArray()).toString();
  }

  it.each([
    ["express.mjs", "Hello from Express"],
    ["fastify.mjs", '{"hello":"from Fastify"}'],
  ])("%s answers over https", async (name, expected) => {
    const run = start(process.execPath, [name], { cwd: folder, env: home.env });
    const [url] = await run.waitFor(/https:\/\/localhost:\d+/);
    expect(await ask(url)).toBe(expected);
    await run.stop();
  });

  it("serve.mjs fronts a dev server", async () => {
    const app = await startEcho();
    const env = { ...home.env, TARGET: String(app.port) };
    await withDefaultPorts(async () => {
      const run = start(process.execPath, ["serve.mjs"], { cwd: folder, env });
      const [url] = await run.waitFor(/https:\/\/localhost:\d+/);
      expect(await ask(url)).toContain("X-Forwarded-Proto");
      await run.stop();
    });
  });

  it("vite.config.mjs serves the preview", async () => {
    const vite = [join(PROJECT, "node_modules/vite/bin/vite.js")];
    const options = { cwd: folder, env: home.env };
    const built = await runProgram(process.execPath, [...vite, "build"], options);
    expect(built.status, built.stderr).toBe(0);
    const run = start(process.execPath, [...vite, "preview", "--port", "0"], options);
    const [url] = await run.waitFor(/https:\/\/localhost:\d+/);
    expect(await ask(url)).toContain("built");
    await run.stop();
  });

  it("global-setup.mjs puts a suite behind https", async () => {
    const app = await startEcho();
    writeFileSync(
      join(folder, "suite.test.mjs"),
      `import { expect, inject, it } from "vitest";
       it("asks over https", async () => {
         const response = await fetch(inject("baseUrl"));
         expect(await response.text()).toContain("X-Forwarded-Proto");
       });`,
    );
    writeFileSync(
      join(folder, "vitest.config.mjs"),
      'export default { test: { globalSetup: "./global-setup.mjs", include: ["suite.test.mjs"] } };',
    );
    const { status, stdout, stderr } = await runProgram(
      process.execPath,
      [join(PROJECT, "node_modules/vitest/vitest.mjs"), "run"],
      { cwd: folder, env: { ...home.env, TARGET: String(app.port), VITEST: "", NODE_ENV: "" } },
    );
    expect(status, stdout + stderr).toBe(0);
    expect(stdout).toContain("1 passed");
  });
});
