/** Where `devtls serve` listens: ports that are taken, addresses, a machine without IPv6. */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { expect, it } from "vitest";
import { devtls, freePort, LAUNCHER, runProgram } from "../support/cli.js";
import {
  curl,
  serveJson,
  serveText,
  start,
  temporaryHome,
  trusting,
  withDefaultPorts,
} from "../support/programs.js";
import { describeUnless, describeWith } from "../support/tools.js";

const DEFAULT_PORT = 8443;

describeWith(["curl"], "the address of devtls serve", () => {
  const home = temporaryHome();

  it("is the next free port when the default one is busy, and that is said", async () => {
    await withDefaultPorts(async () => {
      const other = await occupy(DEFAULT_PORT);
      const run = await serveText(["--demo"], home);
      const port = Number(new URL(run.url).port);
      expect(port).toBeGreaterThan(DEFAULT_PORT);
      expect(run.stderr()).toContain(`port ${DEFAULT_PORT} is in use, so this is port ${port}.`);
      const { stdout } = await curl([...trusting(home), "--include", "--http1.1", run.url]);
      expect(stdout).toMatch(/^HTTP\/1\.1 200 /);
      await run.stop();
      other?.close();
    });
  });

  it("is an error that names the port when a given one is busy", async () => {
    const port = await freePort();
    const other = await occupy(port);
    const outcome = await devtls(["serve", "--demo", "--port", String(port)], { env: home.env });
    expect(outcome).toMatchObject({ status: 1, stdout: "" });
    expect(outcome.stderr).toContain(`could not listen on port ${port}`);
    other?.close();
  });

  it("is an error that names the port when that of --http-port is busy", async () => {
    const port = await freePort();
    const other = await occupy(port);
    const args = ["serve", "--demo", "--port", String(await freePort()), "--http-port"];
    const outcome = await devtls([...args, String(port)], { env: home.env });
    expect(outcome).toMatchObject({ status: 1, stdout: "" });
    expect(outcome.stderr).toContain(`could not listen on port ${port}`);
    other?.close();
  });

  it.each(["localhost", "127.0.0.1", "[::1]"])("answers as https://%s", async (host) => {
    const run = await serveJson(["--demo"], home);
    const report = ["--output", "/dev/null", "--write-out", "%{http_code}"];
    const { stdout } = await curl([...trusting(home), ...report, `https://${host}:${run.port}/`]);
    await run.stop();
    expect(stdout).toBe("200");
  });

  it("leaves the port free on other addresses of the machine", async () => {
    const port = await freePort();
    const other = await occupy(port, "127.0.0.2");
    const run = await serveText(["--demo", "--port", String(port)], home);
    const { stdout } = await curl([...trusting(home), run.url]);
    expect(stdout).toMatch(/^GET \/ HTTP/);
    await run.stop();
    other?.close();
  });

  it("is the one of --bind, and no other", async () => {
    const port = await freePort();
    const others = [await occupy(port, "127.0.0.1"), await occupy(port, "::1")];
    const run = await serveText(["--demo", "--bind", "127.0.0.2", "--port", String(port)], home);
    const there = ["--connect-to", `localhost:${port}:127.0.0.2:${port}`];
    const { stdout } = await curl([...trusting(home), ...there, run.url]);
    expect(stdout).toMatch(/^GET \/ HTTP/);
    await run.stop();
    for (const other of others) other?.close();
  });
});

describeUnless(whyNoNetworkNamespace(), "devtls serve on a machine without IPv6", () => {
  const home = temporaryHome();

  it("answers on IPv4, on its default port", async () => {
    const [command, ...args] = networkNamespace();
    const run = start(
      command as string,
      [...args, process.execPath, LAUNCHER, "serve", "--demo", "--json"],
      { env: home.env },
    );
    await run.waitFor(/"event":"listening","url":"https:\/\/localhost:8443"/);
    const enter = ["--target", String(run.child.pid), "--user", "--preserve-credentials", "--net"];
    for (const host of ["localhost", "127.0.0.1"]) {
      const asked = ["curl", "-sS", ...trusting(home), `https://${host}:${DEFAULT_PORT}/`];
      const { stdout, stderr } = await runProgram("nsenter", [...enter, ...asked]);
      expect(stderr).toBe("");
      expect(stdout).toMatch(/^GET \/ HTTP/);
    }
    expect(run.stderr()).not.toContain("error");
    expect(await run.stop()).toBe(0);
  });
});

/** Takes a port, unless another program has it: it is busy either way. */
async function occupy(port: number, host = "127.0.0.1"): Promise<Server | undefined> {
  const server = createServer();
  server.listen(port, host);
  try {
    await once(server, "listening");
    return server;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") return undefined;
    throw error;
  }
}

/** Runs what follows it on a network of its own: loopback, and no IPv6 even there. */
function networkNamespace(): string[] {
  const script =
    'ip link set lo up && echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6 && exec "$@"';
  return ["unshare", "--user", "--map-root-user", "--net", "sh", "-c", script, "sh"];
}

function whyNoNetworkNamespace(): string | undefined {
  const [command, ...args] = networkNamespace();
  const script = "! ip -6 address show dev lo | grep -q inet6";
  const trial = spawnSync(command as string, [...args, "sh", "-c", script], { encoding: "utf8" });
  if (trial.status === 0) return undefined;
  return `no network namespace: ${(trial.error?.message ?? trial.stderr).trim()}`;
}
