/** `devtls serve -- COMMAND`: one life for both, and no process left behind. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { devtls, freePort, LAUNCHER } from "../../support/cli.js";
import { curl, type Running, start, temporaryHome, trusting } from "../../support/programs.js";
import { describeWith } from "../../support/tools.js";

const SERVER = join(import.meta.dirname, "dev-server.cjs");

describeWith(["curl", "ps"], "devtls serve -- COMMAND", () => {
  const home = temporaryHome();
  beforeAll(() => devtls(["cert", "localhost", "--out-dir", home.folder], { env: home.env }));

  interface Run extends Running {
    readonly url: string;
  }

  async function run(args: readonly string[], command: readonly string[]): Promise<Run> {
    const port = String(await freePort());
    const words = [LAUNCHER, "serve", "--port", port, ...args, "--", process.execPath, SERVER];
    const running = start(process.execPath, [...words, ...command], { env: home.env });
    const [, url] = await running.waitFor(/^(https:\S+) -> /m);
    return { ...running, url: url as string };
  }

  const environmentOf = async ({ url }: Run): Promise<Record<string, string>> => {
    const { stdout } = await curl([...trusting(home), `${url}/`]);
    return JSON.parse(stdout);
  };

  const pidIn = async ({ waitFor }: Running, who: string): Promise<number> =>
    Number((await waitFor(new RegExp(`^${who} (\\d+)$`, "m")))[1]);

  /** A zombie, which only its parent's wait can remove, runs no more (`ps -o stat`). */
  const runs = (pid: number): boolean => {
    const { stdout } = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" });
    return /^[^Z\s]/.test(stdout);
  };

  it("gives it a port and its own URL", async () => {
    const devServer = await run([], []);
    const environment = await environmentOf(devServer);
    expect(environment).toMatchObject({ DEVTLS_URL: devServer.url });
    expect(devServer.stdout()).toContain(
      `${devServer.url} -> http://localhost:${environment.PORT}\n`,
    );
    expect(environment.HTTPS).toBeUndefined();
    expect(await devServer.stop()).toBe(0);
  });

  it("puts the port where {port} stands", async () => {
    const devServer = await run(["--https-env"], ["{port}"]);
    const { PORT, HTTPS } = await environmentOf(devServer);
    expect(devServer.stdout()).toContain(`-> http://localhost:${PORT}\n`);
    expect(HTTPS).toBe("on");
  });

  it("finds the port of one that chooses by itself", async () => {
    const own = await freePort();
    const devServer = await run([], [String(own)]);
    const { PORT } = await environmentOf(devServer);
    expect(PORT).not.toBe(String(own));
    expect(devServer.stdout()).toContain(`-> http://localhost:${own}\n`);
  });

  it("waits for the port that --target names", async () => {
    const own = await freePort();
    const devServer = await run(["--target", String(own)], []);
    expect((await environmentOf(devServer)).PORT).toBe(String(own));
    expect(devServer.stderr()).toContain("Waiting for ");
  });

  it("says where it listens when that is not what --target names", async () => {
    const [named, own] = [await freePort(), await freePort()];
    const port = String(await freePort());
    const words = ["serve", "--port", port, "--target", String(named), "--"];
    const running = start(
      process.execPath,
      [LAUNCHER, ...words, process.execPath, SERVER, String(own)],
      { env: home.env },
    );
    await running.waitFor(
      new RegExp(`listens on port ${own}; devtls waits for http://localhost:${named}`),
    );
    await running.waitFor(new RegExp(`devtls serve --target ${own} -- `));
    expect(running.stderr()).toContain(`devtls serve --target ${own} -- ${process.execPath}`);
    expect(await running.stop()).toBe(0);
  });

  it("says the https URL again when the command has printed one of its own", async () => {
    const own = "http://localhost:5173";
    const code = `require("http").createServer((q, s) => s.end(String(process.stdout.write("Local: ${own}/\\n")))).listen(process.env.PORT)`;
    const port = String(await freePort());
    const words = ["serve", "--port", port, "--", process.execPath, "-e", code];
    const running = start(process.execPath, [LAUNCHER, ...words], { env: home.env });
    const [ready] = await running.waitFor(/^https:\S+ -> \S+$/m);
    expect(running.stderr()).not.toContain(ready);
    await curl([...trusting(home), `https://localhost:${port}/`]);
    await running.waitFor(/^Local: /m);
    await curl([...trusting(home), `https://localhost:${port}/`]);
    await running.stop();
    expect(running.stderr().split(ready)).toHaveLength(2);
    expect(running.stdout().match(/^Local: /gm)).toHaveLength(2);
    expect(running.stdout().split(ready)).toHaveLength(2);
  });

  it("waits for a socket, and shows the port in the words it waits for", async () => {
    const socket = join(home.folder, "app.sock");
    const code = 'require("http").createServer((q, s) => s.end("socket")).listen(process.argv[1])';
    const port = await freePort();
    const words = ["serve", "--port", String(port), "--target", `unix:${socket}`, "--"];
    const running = start(
      process.execPath,
      [LAUNCHER, ...words, process.execPath, "-e", code, socket],
      {
        env: home.env,
      },
    );
    await running.waitFor(/^Waiting for /m);
    const { stdout } = await curl([...trusting(home), `https://localhost:${port}/`]);
    expect(stdout).toBe("socket");
    expect(await running.stop()).toBe(0);
    const other = await run([], ["{port}"]);
    expect(other.stderr()).toMatch(/^Waiting for .* \d+ to listen\.$/m);
  });

  it("passes what it prints through, each to its stream", async () => {
    const devServer = await run([], ["{port}", "noisy"]);
    expect(devServer.stdout()).toMatch(/^to stdout$/m);
    expect(devServer.stderr()).toMatch(/^to stderr$/m);
  });

  it("keeps stdout for the events of --json", async () => {
    const port = String(await freePort());
    const words = ["serve", "--json", "--port", port, "--", process.execPath, SERVER];
    const running = start(process.execPath, [LAUNCHER, ...words, "{port}", "noisy"], {
      env: home.env,
    });
    await running.waitFor(/"event":"listening"/);
    expect(running.stderr()).toMatch(/^to stdout$/m);
    await running.stop("SIGTERM");
    const events = running.stdout().trim().split("\n");
    expect(events.map((line) => JSON.parse(line).event)).toEqual(["listening", "closed"]);
  });

  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "ends with all its processes at %s",
    async (signal) => {
      const devServer = await run([], ["{port}", "company"]);
      const pids = [await pidIn(devServer, "server"), await pidIn(devServer, "worker")];
      expect(pids.map(runs)).toEqual([true, true]);
      devServer.child.kill(signal);
      expect(await devServer.exited).toBe(0);
      expect(pids.map(runs)).toEqual([false, false]);
    },
  );

  it("ends what does not want to", async () => {
    const devServer = await run([], ["{port}", "stubborn"]);
    const pid = await pidIn(devServer, "server");
    devServer.child.kill("SIGTERM");
    expect(await devServer.exited).toBe(0);
    expect(runs(pid)).toBe(false);
  });

  it("leaves no orphan when devtls is killed", async () => {
    const devServer = await run([], ["{port}", "company"]);
    const pids = [await pidIn(devServer, "server"), await pidIn(devServer, "worker")];
    devServer.child.kill("SIGKILL");
    // The pipes close when the last process that holds them is gone.
    await devServer.exited;
    expect(pids.map(runs)).toEqual([false, false]);
  });

  it("ends with the dev server, and with its status", async () => {
    const devServer = await run([], ["{port}", "company"]);
    const worker = await pidIn(devServer, "worker");
    await curl([...trusting(home), `${devServer.url}/exit`]);
    expect(await devServer.exited).toBe(7);
    expect(runs(worker)).toBe(false);
  });

  it("ends as a shell would when a signal killed the dev server", async () => {
    const devServer = await run([], ["{port}"]);
    process.kill(await pidIn(devServer, "server"), "SIGKILL");
    expect(await devServer.exited).toBe(137);
  });

  it.each([
    [["node-that-is-not-there"], 127, "no such program"],
    [
      [process.execPath, "-e", "process.exit(5)"],
      5,
      "it ended with status 5 before it listened on a port",
    ],
  ])("says why nothing came of %j", async (command, status, cause) => {
    const port = String(await freePort());
    const outcome = await devtls(["serve", "--port", port, "--", ...command], { env: home.env });
    expect(outcome.status).toBe(status);
    expect(outcome.stderr).toContain(`devtls: could not start ${command[0]}: ${cause}\n`);
    expect(outcome.stderr).toContain(`Run it by itself first: ${command.join(" ")}`);
  });

  it.each([
    [["serve", "--"], "a command is missing after --"],
    [["serve", "--demo", "--", "true"], "--demo and -- COMMAND exclude each other"],
    [["serve", "--target", "8000", "--https-env"], "--https-env without a command"],
  ])("refuses %j", async (args, problem) => {
    const outcome = await devtls(args, { env: home.env });
    expect(outcome.status).toBe(2);
    expect(outcome.stderr).toContain(`could not understand the arguments: ${problem}\n`);
  });
});
