/** Several services from one configuration file, in one run. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { devtls, freePort, LAUNCHER } from "../../support/cli.js";
import { startEcho } from "../../support/http-app.js";
import { curl, folderUntilEnd, start, temporaryHome, trusting } from "../../support/programs.js";
import { describeWith } from "../../support/tools.js";

const SERVER = join(import.meta.dirname, "dev-server.cjs");

describeWith(["curl"], "devtls.config.json", () => {
  const home = temporaryHome();
  const folder = folderUntilEnd("devtls-services-");
  const configure = (value: unknown): void =>
    writeFileSync(join(folder, "devtls.config.json"), JSON.stringify(value));

  it("serves each service on its own port, and ends them together", async () => {
    const [web, api] = [await startEcho(), await startEcho()];
    const ports = { web: await freePort(), api: await freePort() };
    configure({
      "set-header": { "X-From": "file" },
      services: {
        web: { target: web.port, port: ports.web },
        api: { target: api.port, port: ports.api, "set-header": ["X-From: api"] },
      },
    });
    const run = start(process.execPath, [LAUNCHER, "serve", "--json"], {
      cwd: folder,
      env: home.env,
    });
    await run.waitFor(/"event":"listening".*"service":"web"/);
    await run.waitFor(/"event":"listening".*"service":"api"/);
    for (const [service, from] of [
      ["web", "file"],
      ["api", "api"],
    ] as const) {
      const url = `https://localhost:${ports[service]}/`;
      const { stdout } = await curl([...trusting(home), url]);
      expect(JSON.parse(stdout).headers).toContainEqual(["X-From", from]);
    }
    expect(await run.stop()).toBe(0);
    const events = run
      .stdout()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const closed = events.filter(({ event }) => event === "closed");
    expect(closed.map(({ service }) => service).sort()).toEqual(["api", "web"]);
  });

  it("starts the command of the file in the file's folder", async () => {
    configure({ command: [process.execPath, SERVER, "{port}"], port: await freePort() });
    const run = start(process.execPath, [LAUNCHER, "serve"], { cwd: folder, env: home.env });
    const [, url] = await run.waitFor(/^(https:\S+) -> /m);
    const { stdout } = await curl([...trusting(home), `${url}/`]);
    expect(JSON.parse(stdout)).toMatchObject({ DEVTLS_URL: url });
    expect(await run.stop()).toBe(0);
  });

  it("ends every service when one cannot start", async () => {
    const taken = await startEcho();
    configure({
      services: {
        web: { target: 1, port: await freePort() },
        api: { target: 2, port: taken.port },
      },
    });
    const outcome = await devtls(["serve"], { cwd: folder, env: home.env });
    expect(outcome.status).toBe(1);
    expect(outcome.stderr).toContain(`could not listen on port ${taken.port}`);
  });

  it("says which file a bad value stands in, before anything starts", async () => {
    configure({ services: { web: { target: 1 }, api: { target: 2, simulate: "herok" } } });
    const outcome = await devtls(["serve"], { cwd: folder, env: home.env });
    expect(outcome).toMatchObject({ status: 2, stdout: "" });
    const path = join(folder, "devtls.config.json");
    expect(outcome.stderr).toContain(
      `could not use ${path}: "simulate" herok: did you mean heroku?`,
    );
  });

  it("is shown by devtls config, each value with where it comes from", async () => {
    configure({ target: 5173, host: "app.localhost" });
    const outcome = await devtls(["config", "--port", "9443", "--json"], { cwd: folder });
    expect(JSON.parse(outcome.stdout)).toEqual({
      file: join(folder, "devtls.config.json"),
      services: [
        {
          service: null,
          settings: {
            target: { value: 5173, from: "file" },
            host: { value: "app.localhost", from: "file" },
            port: { value: "9443", from: "command line" },
            bind: { value: ["127.0.0.1", "::1"], from: "default" },
            simulate: { value: "devtls", from: "default" },
          },
        },
      ],
    });
    const text = await devtls(["config"], { cwd: folder });
    expect(text.stdout).toMatch(/^host +app\.localhost +file$/m);
  });
});
