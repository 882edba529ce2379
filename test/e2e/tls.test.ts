/** The TLS side of `devtls serve`, as OpenSSL sees it. */
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { connect } from "node:tls";
import { beforeAll, expect, it } from "vitest";
import { devtls, freePort, runProgram, type ServeRun } from "../support/cli.js";
import { serveJson, serveText, temporaryHome } from "../support/programs.js";
import { describeWith } from "../support/tools.js";

describeWith(["openssl", "curl"], "the TLS port of devtls serve", () => {
  const home = temporaryHome();
  let run: ServeRun;

  beforeAll(async () => {
    run = await serveJson(["--demo", "--host", "app.localhost"], home);
  });

  /** What `openssl s_client` says about a handshake in which it accepts no error. */
  async function handshake(options: readonly string[], address = "127.0.0.1"): Promise<string> {
    const { status, stdout, stderr } = await runProgram("openssl", [
      ...["s_client", "-connect", `${address}:${run.port}`, "-CAfile", home.root],
      ...["-verify_return_error", "-x509_strict", ...options],
    ]);
    expect(status, stderr).toBe(0);
    return stdout;
  }

  it.each([
    ["TLS 1.2", "-tls1_2", "TLSv1.2"],
    ["TLS 1.3", "-tls1_3", "TLSv1.3"],
  ])("speaks %s", async (_name, option, version) => {
    const report = await handshake([option, "-servername", "localhost"]);
    expect(report).toContain(`New, ${version}, Cipher is `);
    expect(report).toContain("Verify return code: 0 (ok)");
  });

  it.each(["127.0.0.1", "[::1]"])("answers on %s", async (address) => {
    expect(await handshake([], address)).toContain("Verify return code: 0 (ok)");
  });

  it.each([
    ["-verify_hostname", "localhost"],
    ["-verify_hostname", "app.localhost"],
    ["-verify_ip", "127.0.0.1"],
    ["-verify_ip", "::1"],
  ])("has a certificate that passes %s %s", async (option, name) => {
    expect(await handshake([option, name])).toContain("Verify return code: 0 (ok)");
  });

  it.each([
    ["h2", "h2,http/1.1"],
    ["h2", "http/1.1,h2"],
    ["http/1.1", "http/1.1"],
  ])("chooses %s by ALPN from %s", async (chosen, offered) => {
    expect(await handshake(["-alpn", offered])).toContain(`ALPN protocol: ${chosen}\n`);
  });

  it("says which host it does not cover when a client refuses it for that", async () => {
    const text = await serveText(["--demo", "--port", String(await freePort())], home);
    const { port } = new URL(text.url);
    const ask = (name: string) =>
      runProgram("openssl", [
        ...["s_client", "-connect", `127.0.0.1:${port}`, "-CAfile", home.root],
        ...["-servername", name, "-verify_hostname", name, "-verify_return_error"],
      ]);
    await ask("other.test");
    await text.waitFor(/a client asked for other\.test, which the certificate does not cover/);
    expect(text.stderr()).not.toContain("To make browsers trust it");
    await ask("\x1b[2Jterminal.test");
    await text.stop();
    expect(text.stderr()).toContain("devtls serve --host other.test");
    expect(text.stderr()).not.toContain("\x1b[2J");
  });

  it("speaks HTTP/1.1 to a client that offers no ALPN", async () => {
    const { stdout } = await runProgram("curl", [
      ...["--silent", "--no-alpn", "--cacert", home.root],
      ...["--output", "/dev/null", "--write-out", "%{http_version} %{http_code}", run.url],
    ]);
    expect(stdout).toBe("1.1 200");
  });

  it("presents the same certificate at the second start", async () => {
    const second = await serveJson(["--demo", "--host", "app.localhost"], home);
    expect(await serialAt(second.port)).toBe(await serialAt(run.port));
    await second.stop();
  });

  it("presents another certificate for other hosts", async () => {
    const other = await serveJson(["--demo", "--host", "other.localhost"], home);
    expect(await serialAt(other.port)).not.toBe(await serialAt(run.port));
    await other.stop();
  });

  it("presents a certificate of one's own, and makes no authority for it", async () => {
    const elsewhere = temporaryHome();
    const own = temporaryHome();
    const issued = await devtls(["cert", "localhost", "--out-dir", own.folder, "--json"], {
      env: own.env,
    });
    const { cert, key, serial } = JSON.parse(issued.stdout);
    const other = await serveJson(["--demo", "--cert", cert, "--key", key], elsewhere);
    expect(await serialAt(other.port)).toBe(`serial=${serial.toUpperCase()}\n`);
    expect(existsSync(elsewhere.root)).toBe(false);
    await other.stop();
  });

  it.each(["h2", "http/1.1"])(
    "ends its side when a client of %s has ended its own",
    async (name) => {
      const options = { ca: readFileSync(home.root), servername: "localhost", allowHalfOpen: true };
      const client = connect({ port: run.port, ALPNProtocols: [name], ...options });
      await once(client, "secureConnect");
      client.resume().end();
      await once(client, "end");
      client.destroy();
    },
    5_000,
  );

  async function serialAt(port: number): Promise<string> {
    const greeting = ["s_client", "-connect", `127.0.0.1:${port}`, "-servername", "localhost"];
    const { stdout } = await runProgram("openssl", greeting);
    const printed = await runProgram("openssl", ["x509", "-noout", "-serial"], { input: stdout });
    return printed.stdout;
  }
});
