/** `devtls acme` on the command line: what it prints, refuses and says while it runs. */

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { describe, expect, it } from "vitest";
import { WEATHER_KINDS } from "../../src/acme/rules/weather.js";
import { AcmeClient } from "../acme/client.js";
import { settled } from "../acme/server.js";
import { freePort, LAUNCHER } from "../support/cli.js";
import { start, temporaryHome } from "../support/programs.js";
import { expectRefused, newSandbox } from "./sandbox.js";

async function startCommand(args: readonly string[]) {
  const home = temporaryHome();
  const port = await freePort();
  const run = start(process.execPath, [LAUNCHER, "acme", "--port", String(port), ...args], {
    env: home.env,
  });
  return { home, port, run };
}

describe("devtls acme", () => {
  it("prints its directory, and ends with status 0 when it is told to", async () => {
    const { port, run } = await startCommand([]);
    await run.waitFor(/^https:/m);
    expect(await run.stop()).toBe(0);
    expect(run.stdout()).toBe(`https://localhost:${port}/directory\n`);
    expect(run.stderr()).toMatch(/To make browsers trust it: devtls trust/);
  });

  it("prints the key id and the HMAC key with --eab", async () => {
    const { run } = await startCommand(["--eab"]);
    await run.waitFor(/^eab-kid [\w-]{16}\neab-hmac-key [\w-]{43}$/m);
  });

  it("says what each weather does", async () => {
    const { run } = await startCommand(["--weather", "revoked", "--weather", "renew-now"]);
    await run.waitFor(/weather revoked: certificates are revoked/);
    await run.waitFor(/weather renew-now: /);
  });

  it("explains a challenge that failed: what was asked, what came, what to change", async () => {
    // A port that no server of another test gets by chance.
    const closed = 1;
    const { home, port, run } = await startCommand(["--http-01-port", String(closed)]);
    await run.waitFor(/^https:/m);
    const client = new AcmeClient(
      `https://localhost:${port}/directory`,
      readFileSync(home.root, "utf8"),
    );
    await client.register();
    const order = await client.order(["app.test"]);
    const [url] = order.json.authorizations;
    const { json } = await client.read(url);
    await client.post(json.challenges[0].url, {});
    await settled(client, url);
    await run.waitFor(/^ {2}change {2}.*$/m);
    const [, asked = "", got, change] =
      /asked {3}(.*)\n {2}got {5}(.*)\n {2}change {2}(.*)/.exec(run.stderr()) ?? [];
    expect(asked).toContain(`GET http://app.test:${closed}/.well-known/acme-challenge/`);
    expect(got).toBe("connection refused");
    expect(change).toMatch(/devtls acme --http-01-port 8080$/);
  });

  it("prints one event a line with --json", async () => {
    const { home, port, run } = await startCommand(["--json", "--weather", "slow"]);
    const lines = createInterface({ input: run.child.stdout as NodeJS.ReadableStream });
    const events: { event: string }[] = [];
    lines.on("line", (line) => events.push(JSON.parse(line)));
    await run.waitFor(/"listening"/);
    const client = new AcmeClient(
      `https://localhost:${port}/directory`,
      readFileSync(home.root, "utf8"),
    );
    await client.register();
    await client.order(["app.test"]);
    await run.waitFor(/"event":"order"/);
    await run.stop();
    expect(events.map(({ event }) => event)).toEqual(["listening", "account", "order", "closed"]);
    expect(events[0]).toMatchObject({
      url: `https://localhost:${port}/directory`,
      weather: ["slow"],
    });
  });

  it("says which process holds its folder", async () => {
    const { home, run } = await startCommand([]);
    await run.waitFor(/^https:/m);
    const second = start(process.execPath, [LAUNCHER, "acme", "--port", "0"], { env: home.env });
    expect(await second.exited).toBe(1);
    expect(second.stderr()).toContain(`(process ${run.child.pid})`);
  });
});

describe("devtls acme refuses, and makes nothing:", () => {
  const cases: readonly (readonly [string[], string | RegExp, string | RegExp])[] = [
    [["--bind", "0.0.0.0"], /everybody on that network/, /--eab/],
    [["--bind", "localhost"], /--bind localhost: not an IP address/, /--bind 127\.0\.0\.1/],
    [["--resolve", "app.test"], /not name=address/, /--resolve app\.test=127\.0\.0\.1/],
    [["--resolve", "app.test=here"], /not an IP address/, /./],
    [["--reach", "everything"], /not a range of addresses/, /--reach 192\.168\.1\.0\/24/],
    [["--dns", "dns.test"], /not an address and a port/, /--dns 127\.0\.0\.1:53/],
    [["--weather", "rain"], /--weather rain: /, new RegExp(WEATHER_KINDS.join(", "))],
    [["--weather", "slwo"], /did you mean slow\?/, /./],
    [["--client", "certbto"], /did you mean certbot\?/, /./],
    [["--days", "900"], /for 900 days/, /./],
    [["--port", "70000"], /not a whole number/, /./],
    [["--http-01-port", "0"], /not a whole number/, /./],
    [["--host", "*.app.test"], /not the name of one host/, /./],
    [["app.test"], /without --client/, /devtls acme --client certbot app\.test/],
  ];
  for (const [args, message, hint] of cases) {
    it.concurrent(args.join(" "), () =>
      expectRefused(newSandbox(), ["acme", ...args], { status: 2, message, hint }),
    );
  }
});

describe("devtls acme --client", () => {
  it("prints configuration on stdout and what to do with it on stderr", async () => {
    const box = newSandbox();
    const { stdout, stderr } = await box.prepare([
      ...["acme", "--client", "caddy", "--port", "15000", "--http-01-port", "8080", "--eab"],
      ...["a.test", "10.0.0.1"],
    ]);
    const { keyId, hmacKey } = JSON.parse(readFileSync(`${box.state}/acme/binding.json`, "utf8"));
    for (const part of ["a.test, 10.0.0.1 {", "https://localhost:15000/directory", "8080"]) {
      expect(stdout).toContain(part);
    }
    expect(stdout).toContain(`eab ${keyId} ${hmacKey}`);
    expect(stderr).toMatch(/^Put it into Caddyfile\.$/m);
    expect(stderr).toMatch(/^See https:\/\//m);
  });

  it("refuses a name that cannot be ordered", async () => {
    await expectRefused(newSandbox(), ["acme", "--client", "caddy", "a@b.test"], {
      ...{ status: 2, message: /neither a host name nor an address/, hint: /./ },
    });
  });
});
