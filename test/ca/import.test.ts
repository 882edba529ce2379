/** Authorities of mkcert, Caddy and openssl, taken over: what devtls signs with them is accepted. */
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect, type SecureContextOptions } from "node:tls";
import { beforeAll, describe, expect, it } from "vitest";
import { caddyPlaces, mkcertPlaces } from "../../src/ca/import.js";
import type { Place } from "../../src/paths.js";
import { encodePrivateKey } from "../../src/x509/keys.js";
import { contentsOf, expectRefused, modeOf, newSandbox, type Sandbox } from "../cli/sandbox.js";
import { freePort, runProgram, serve, temporaryFolder } from "../support/cli.js";
import { start } from "../support/programs.js";
import { describeWith } from "../support/tools.js";
import { makeLeaf, makeRoot, openssl, save } from "../x509/fixtures.js";
import { list } from "./state.js";

const read = (path: string): string => readFileSync(path, "utf8");

/** A leaf from devtls for localhost is accepted under `root` by openssl and Node. */
async function expectAccepted(box: Sandbox, root: string, algorithm: string): Promise<void> {
  await box.prepare(["cert", "localhost"]);
  const leaf = box.path("localhost.pem");
  const verified = await runProgram("openssl", [
    ...["verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname", "localhost"],
    ...["-CAfile", root, "-untrusted", leaf, leaf],
  ]);
  expect(verified.status, verified.stderr).toBe(0);
  expect(await openssl(["x509", "-in", leaf, "-noout", "-text"])).toContain(
    `Signature Algorithm: ${algorithm}`,
  );
  const run = await serve(["--demo"], { cwd: box.cwd, env: box.env });
  expect(await authorizedBy({ ca: read(root) }, run.port)).toBe(true);
  await run.stop();
}

async function authorizedBy(options: SecureContextOptions, port: number): Promise<boolean> {
  const socket = connect({ host: "127.0.0.1", port, servername: "localhost", ...options });
  await once(socket, "secureConnect");
  socket.destroy();
  return socket.authorized;
}

/** The authority is where devtls keeps its own, its key as PKCS#8. */
function expectImported(box: Sandbox, root: string): void {
  expect(list(box.state)).toEqual(expect.arrayContaining(["rootCA-key.pem", "rootCA.pem"]));
  const kept = new X509Certificate(read(join(box.state, "rootCA.pem")));
  expect(kept.fingerprint256).toBe(new X509Certificate(read(root)).fingerprint256);
  expect(modeOf(join(box.state, "rootCA-key.pem"))).toBe("400");
  expect(read(join(box.state, "rootCA-key.pem"))).toMatch(/^-----BEGIN PRIVATE KEY-----/);
}

describeWith(["mkcert", "openssl"], "the authority of mkcert", () => {
  const caroot = temporaryFolder();
  const root = join(caroot, "rootCA.pem");
  const box = newSandbox();

  beforeAll(async () => {
    const made = await runProgram("mkcert", ["localhost"], {
      cwd: temporaryFolder(),
      // No store of the machine is looked at.
      env: { CAROOT: caroot, TRUST_STORES: "none", HOME: box.home },
    });
    expect(made.status, made.stderr).toBe(0);
    const { stdout, stderr, status } = await box.run(["ca", "import", "--from", "mkcert"], {
      env: { CAROOT: caroot },
    });
    expect(status, stderr).toBe(0);
    expect(stdout).toBe(`${join(box.state, "rootCA.pem")}\n`);
    expect(stderr).toContain("warning: it has no name constraints");
  });

  it("is taken over with its key", () => {
    expectImported(box, root);
    expect(read(join(box.state, "rootCA.pem"))).toBe(read(root));
  });

  it("signs leaves with RSA that are accepted under mkcert's root", () =>
    expectAccepted(box, root, "sha256WithRSAEncryption"));

  it("is shown without limits", async () => {
    const shown = JSON.parse((await box.prepare(["ca", "show", "--json"])).stdout);
    expect(shown).toMatchObject({ permitted: null, key: "RSA 3072" });
    await box.prepare(["cert", "example.com"]);
  });

  it("is found where mkcert has it by default", async () => {
    const other = newSandbox();
    const usual = join(other.home, ".local", "share", "mkcert");
    mkdirSync(usual, { recursive: true });
    cpSync(caroot, usual, { recursive: true });
    await other.prepare(["ca", "import", "--from", "mkcert"]);
    expectImported(other, root);
  });

  it("may be imported twice, and does not change by it", async () => {
    const before = contentsOf(box.state);
    const again = await box.run(["ca", "import", "--from", "mkcert"], { env: { CAROOT: caroot } });
    expect(again.status, again.stderr).toBe(0);
    expect(contentsOf(box.state)).toEqual(before);
  });
});

describeWith(["caddy", "openssl"], "the authority of Caddy", () => {
  const data = temporaryFolder();
  const box = newSandbox();
  const root = join(data, "caddy", "pki", "authorities", "local", "root.crt");
  const env = { XDG_DATA_HOME: data, XDG_CONFIG_HOME: data };

  beforeAll(async () => {
    const port = await freePort();
    const caddyfile = `{
  admin off
  skip_install_trust
  auto_https disable_redirects
}
https://localhost:${port} {
  bind 127.0.0.1
  tls internal
}
`;
    const path = save(temporaryFolder(), "Caddyfile", caddyfile);
    const caddy = start("caddy", ["run", "--adapter", "caddyfile", "--config", path], {
      env: { ...env, HOME: box.home },
    });
    await caddy.waitFor(/serving initial configuration/);
    caddy.child.kill("SIGTERM");
    if (caddy.child.exitCode === null) await once(caddy.child, "exit");
    const imported = await box.run(["ca", "import", "--from", "caddy"], { env });
    expect(imported.status, imported.stderr).toBe(0);
  });

  it("is taken over, its SEC 1 key as PKCS#8", () => expectImported(box, root));

  it("signs leaves that are accepted under Caddy's root", () =>
    expectAccepted(box, root, "ecdsa-with-SHA256"));
});

describeWith(["openssl"], "an authority of openssl", () => {
  const folder = temporaryFolder();
  const path = (name: string): string => join(folder, name);
  const usage = ["-addext", "keyUsage=critical,keyCertSign,cRLSign"];
  const make = (stem: string, key: readonly string[], more: readonly string[] = usage) =>
    openssl([
      ...["req", "-x509", "-nodes", "-days", "30", "-subj", `/CN=${stem}`, "-newkey", ...key],
      ...["-keyout", path(`${stem}.key`), "-out", path(`${stem}.pem`), ...more],
    ]);
  const ec = (curve: string): string[] => ["ec", "-pkeyopt", `ec_paramgen_curve:${curve}`];

  it.each([
    ["rsa2048", ["rsa:2048"], "sha256WithRSAEncryption"],
    ["rsa4096", ["rsa:4096"], "sha256WithRSAEncryption"],
    ["p384", ec("P-384"), "ecdsa-with-SHA256"],
    ["p521", ec("P-521"), "ecdsa-with-SHA256"],
  ])("with a key of %s signs leaves that are accepted", async (stem, key, algorithm) => {
    await make(stem, key);
    const box = newSandbox();
    await box.prepare(["ca", "import", "--from", path(`${stem}.pem`)]);
    expectImported(box, path(`${stem}.pem`));
    await expectAccepted(box, path(`${stem}.pem`), algorithm);
  });

  it("with an RSA key in PKCS#1 and under another name is imported", async () => {
    await make("pkcs1", ["rsa:2048"]);
    await openssl(["rsa", "-traditional", "-in", path("pkcs1.key"), "-out", path("elsewhere")]);
    const box = newSandbox();
    const args = ["--from", path("pkcs1.pem"), "--key", path("elsewhere")];
    await box.prepare(["ca", "import", ...args]);
    expectImported(box, path("pkcs1.pem"));
  });

  it("and its key may share a file", async () => {
    await make("shared", ec("P-256"));
    writeFileSync(path("both.pem"), read(path("shared.key")) + read(path("shared.pem")));
    const box = newSandbox();
    await box.prepare(["ca", "import", "--from", path("both.pem")]);
    expectImported(box, path("shared.pem"));
  });

  it("that is limited keeps its limits, which are said", async () => {
    const limit = ["-addext", "nameConstraints=permitted;DNS:corp.test"];
    await make("limited", ec("P-256"), [...usage, ...limit]);
    const box = newSandbox();
    const { stderr } = await box.prepare(["ca", "import", "--from", path("limited.pem")]);
    expect(stderr).toContain("It may sign corp.test.");
    expect(stderr).not.toContain("warning");
    await box.prepare(["cert", "a.corp.test"]);
    expect((await box.run(["cert", "localhost"])).stderr).toContain("could not sign localhost");
  });

  it("with limits that devtls does not know is refused", async () => {
    const limit = ["-addext", "nameConstraints=excluded;DNS:corp.test"];
    await make("excluding", ec("P-256"), [...usage, ...limit]);
    await expectRefused(newSandbox(), ["ca", "import", "--from", path("excluding.pem")], {
      status: 1,
      message: /excluding\.pem: excluded names in them, which devtls does not support$/,
      hint: /^See what it holds: openssl x509/,
    });
  });

  it("that is an intermediate comes with its root, which is what is trusted", async () => {
    await make("top", ec("P-256"));
    await openssl([
      ...["req", "-x509", "-nodes", "-days", "9", "-subj", "/CN=between"],
      ...["-newkey", ...ec("P-256"), "-CA", path("top.pem"), "-CAkey", path("top.key")],
      ...["-keyout", path("between.key"), "-out", path("between.pem"), ...usage],
    ]);
    await expectRefused(newSandbox(), ["ca", "import", "--from", path("between.pem")], {
      status: 1,
      message: /it is signed by another authority, its root$/,
      hint: /^See what it is/,
    });
    writeFileSync(path("chain.pem"), read(path("between.pem")) + read(path("top.pem")));
    const box = newSandbox();
    const args = ["--from", path("chain.pem"), "--key", path("between.key")];
    await box.prepare(["ca", "import", ...args]);
    expect(list(box.state)).toEqual(["intermediateCA-key.pem", "intermediateCA.pem", "rootCA.pem"]);
    await expectAccepted(box, path("top.pem"), "ecdsa-with-SHA256");
  });

  it("may not have an encrypted key", async () => {
    await make("locked", ec("P-256"));
    const locked = path("locked-key.pem");
    await openssl([
      ...["pkcs8", "-topk8", "-in", path("locked.key"), "-out", locked],
      ...["-passout", "pass:secret"],
    ]);
    await expectRefused(newSandbox(), ["ca", "import", "--from", path("locked.pem")], {
      status: 1,
      message: `could not import the key ${locked}: it is encrypted`,
      hint: `Decrypt it first: openssl pkey -in ${locked} -out PLAIN-KEY`,
    });
    const old = path("old.key");
    await openssl([
      ...["ec", "-in", path("locked.key"), "-aes128", "-out", old, "-passout", "pass:secret"],
    ]);
    const args = ["--from", path("locked.pem"), "--key", old];
    await expectRefused(newSandbox(), ["ca", "import", ...args], {
      status: 1,
      message: `could not import the key ${old}: it is encrypted`,
      hint: /^Decrypt it first/,
    });
  });

  it("that may not sign certificates is refused", async () => {
    await make("unable", ec("P-256"), ["-addext", "keyUsage=critical,cRLSign"]);
    await expectRefused(newSandbox(), ["ca", "import", "--from", path("unable.pem")], {
      status: 1,
      message: /its key usage does not allow it to sign certificates$/,
      hint: /^See what it is/,
    });
  });

  it.each([
    ["secp256k1", ec("secp256k1")],
    ["ed25519", ["ed25519"]],
    ["rsa1024", ["rsa:1024"]],
  ])("with a key that clients refuse is refused: %s", async (stem, key) => {
    await make(stem, key);
    await expectRefused(newSandbox(), ["ca", "import", "--from", path(`${stem}.pem`)], {
      status: 1,
      message: /its key is neither EC P-256, P-384, P-521 nor RSA from 2048 bits$/,
      hint: /^See what it is/,
    });
  });
});

describe("ca import refuses", () => {
  const folder = temporaryFolder();
  const root = makeRoot();
  const files = (stem: string, pem: string, key = root.keyPem): string => {
    save(folder, `${stem}-key.pem`, key);
    return save(folder, `${stem}.pem`, pem);
  };
  const refused = (from: string, message: RegExp | string, hint: RegExp, status: 1 | 2 = 1) =>
    expectRefused(newSandbox(), ["ca", "import", "--from", from], { status, message, hint });

  it("a leaf", () => {
    const leaf = makeLeaf(root, ["localhost"]);
    const path = files("leaf", leaf.pem, leaf.keyPem);
    return refused(path, /leaf\.pem: its basic constraints do not say CA$/, /^See what it is/);
  });

  it("an authority that has ended, and one that has not begun", async () => {
    const past = makeRoot({ now: new Date("2009-05-06T00:00:00Z") });
    const ended = files("ended", past.pem, past.keyPem);
    await refused(ended, /ended\.pem: it expired on 2019-05-06$/, /devtls ca create$/);
    const future = makeRoot({ now: new Date("2090-05-06T00:00:00Z") });
    const early = files("early", future.pem, future.keyPem);
    await refused(early, /it is valid from 2090-05-05$/, /devtls ca create$/);
  });

  it("another authority's key", () => {
    const path = files("other", root.pem, encodePrivateKey(makeRoot().key));
    return refused(path, /other-key\.pem is not its key$/, /--key KEY$/);
  });

  it("a certificate without its key", () => {
    const path = save(folder, "alone.pem", root.pem);
    return refused(path, /alone\.pem: there is no private key in it$/, /--key KEY$/);
  });

  it("what is no certificate, and what is not there", async () => {
    const key = save(folder, "only.pem", root.keyPem);
    await refused(key, /no CERTIFICATE in it, only PRIVATE KEY$/, /^See what it holds/);
    const none = join(folder, "none.pem");
    await refused(none, `could not read ${none}: no such file or directory`, /^Check the file/);
  });

  it("tools that have no authority", async () => {
    await refused("mkcert", /^could not import the authority of mkcert: there is none at /, /FILE/);
  });

  it("--key for a tool, and no --from", async () => {
    const args = ["ca", "import", "--from", "mkcert", "--key", "x"];
    await expectRefused(newSandbox(), args, {
      status: 2,
      message: /--key with --from mkcert/,
      hint: /.*/,
    });
    expect((await newSandbox().run(["ca", "import"])).status).toBe(2);
  });

  it("to replace an authority, unless told to", async () => {
    const box = newSandbox();
    await box.prepare(["ca", "create", "--burn-root"]);
    const from = files("good", root.pem);
    await expectRefused(box, ["ca", "import", "--from", from], {
      status: 1,
      message: `could not import ${from}: ${join(box.state, "rootCA.pem")} exists already`,
      hint: /^See it: devtls ca show\. To replace it: devtls untrust, then devtls ca import --force$/,
    });
    await box.prepare(["ca", "import", "--from", from, "--force"]);
    expect(list(box.state)).toEqual(["rootCA-key.pem", "rootCA.pem"]);
    expect(read(join(box.state, "rootCA.pem"))).toBe(root.pem);
  });
});

describe("the places of other tools", () => {
  const home = "/home/ada";
  const linux: Place = { env: {}, platform: "linux", home };
  const mac: Place = { env: {}, platform: "darwin", home };
  const windows: Place = {
    env: { LOCALAPPDATA: "L:", APPDATA: "A:" },
    platform: "win32",
    home,
  };
  const xdg: Place = { ...mac, env: { XDG_DATA_HOME: "/data" } };

  it.each([
    [linux, "/home/ada/.local/share/mkcert"],
    [{ ...linux, env: { CAROOT: "/own" } }, "/own"],
    [mac, "/home/ada/Library/Application Support/mkcert"],
    [xdg, "/data/mkcert"],
    [windows, "L:/mkcert"],
  ])("mkcert's on %o", (place, folder) => {
    expect(mkcertPlaces(place)).toEqual([
      { certificate: join(folder, "rootCA.pem"), key: join(folder, "rootCA-key.pem") },
    ]);
  });

  it.each([
    [linux, ["/home/ada/.local/share/caddy", "/var/lib/caddy/.local/share/caddy"]],
    [mac, ["/home/ada/Library/Application Support/Caddy"]],
    [xdg, ["/data/caddy"]],
    [windows, ["A:/Caddy"]],
  ])("Caddy's on %o", (place, folders) => {
    const expected = folders.map((folder) => join(folder, "pki/authorities/local/root.crt"));
    expect(caddyPlaces(place).map(({ certificate }) => certificate)).toEqual(expected);
  });
});
