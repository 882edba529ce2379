/** `devtls cert`: what it prints and what it writes. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { environment, LAUNCHER, runProgram } from "../support/cli.js";
import { describeWith } from "../support/tools.js";
import { contentsOf, modeOf, newSandbox, type Sandbox } from "./sandbox.js";

const DAY_MS = 86_400_000;

function readCertificate(box: Sandbox, name: string): X509Certificate {
  return new X509Certificate(readFileSync(box.path(name)));
}

function filesOf(folder: string): string[] {
  return Object.keys(contentsOf(folder))
    .filter((name) => name !== ".")
    .sort();
}

function daysOf(certificate: X509Certificate): number {
  return (Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)) / DAY_MS;
}

describe("devtls cert --json", () => {
  const NAMES = ["localhost", "*.app.test", "127.0.0.1", "::1", "bücher.test"];

  it("prints one object with exactly the fields of the contract", async () => {
    const box = newSandbox();
    const { stdout } = await box.prepare(["cert", ...NAMES, "--p12", "--json"]);
    expect(Object.keys(JSON.parse(stdout))).toEqual([
      "cert",
      "key",
      "p12",
      "names",
      "notBefore",
      "notAfter",
      "serial",
      "sha256",
    ]);
    expect(stdout.endsWith("}\n")).toBe(true);
  });

  it("says of the certificate what Node's crypto reads in it", async () => {
    const box = newSandbox();
    const result = JSON.parse((await box.prepare(["cert", ...NAMES, "--json"])).stdout);
    const certificate = new X509Certificate(readFileSync(result.cert));
    expect(result).toMatchObject({
      notBefore: new Date(certificate.validFrom).toISOString(),
      notAfter: new Date(certificate.validTo).toISOString(),
      serial: certificate.serialNumber,
      sha256: certificate.fingerprint256,
    });
    expect(result.names).toEqual([
      "localhost",
      "*.app.test",
      "127.0.0.1",
      "::1",
      "xn--bcher-kva.test",
    ]);
    expect(certificate.subjectAltName).toBe(
      "DNS:localhost, DNS:*.app.test, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, DNS:xn--bcher-kva.test",
    );
  });

  it("names the files with their folders, and null for a file that was not asked for", async () => {
    const box = newSandbox();
    const result = JSON.parse((await box.prepare(["cert", "localhost", "--json"])).stdout);
    expect(result).toMatchObject({
      cert: box.path("localhost.pem"),
      key: box.path("localhost-key.pem"),
      p12: null,
    });
  });
});

describe("devtls cert", () => {
  it("prints the files it wrote on stdout, one a line, and everything else on stderr", async () => {
    const box = newSandbox();
    const { stdout, stderr } = await box.prepare(["cert", "localhost", "--p12"]);
    expect(stdout).toBe("localhost.pem\nlocalhost-key.pem\nlocalhost.p12\n");
    const { validTo } = readCertificate(box, "localhost.pem");
    const day = new Date(validTo).toISOString().slice(0, 10);
    expect(stderr).toBe(
      `For localhost, valid until ${day}.\nMade a certificate authority in ${box.state}. To make browsers trust it: devtls trust\n`,
    );
  });

  it("writes localhost.pem and localhost-key.pem for localhost, and nothing else", async () => {
    const box = newSandbox();
    await box.prepare(["cert", "localhost"]);
    expect(filesOf(box.cwd)).toEqual(["localhost-key.pem", "localhost.pem"]);
    expect(filesOf(box.state)).toEqual(["rootCA-key.pem", "rootCA.pem"]);
    expect(filesOf(box.home)).toEqual([]);
  });

  it("writes a key that fits the certificate", async () => {
    const box = newSandbox();
    await box.prepare(["cert", "localhost"]);
    const key = createPrivateKey(readFileSync(box.path("localhost-key.pem")));
    expect(readCertificate(box, "localhost.pem").checkPrivateKey(key)).toBe(true);
  });

  it("makes an authority once and signs with it from then on", async () => {
    const box = newSandbox();
    await box.prepare(["cert", "one.test"]);
    const authority = contentsOf(box.state);
    const { stderr } = await box.prepare(["cert", "two.test"]);
    expect(stderr).not.toContain("Made a certificate authority");
    expect(contentsOf(box.state)).toEqual(authority);
    const root = new X509Certificate(readFileSync(join(box.state, "rootCA.pem")));
    expect(readCertificate(box, "two.test.pem").verify(root.publicKey)).toBe(true);
  });

  it("replaces certificate and key when it is run again", async () => {
    const box = newSandbox();
    await box.prepare(["cert", "localhost"]);
    const first = readCertificate(box, "localhost.pem").serialNumber;
    await box.prepare(["cert", "localhost"]);
    expect(readCertificate(box, "localhost.pem").serialNumber).not.toBe(first);
    expect(filesOf(box.cwd)).toEqual(["localhost-key.pem", "localhost.pem"]);
  });

  it("writes through a symbolic link", async () => {
    const box = newSandbox();
    writeFileSync(box.path("real.pem"), "");
    symlinkSync("real.pem", box.path("localhost.pem"));
    await box.prepare(["cert", "localhost"]);
    expect(readCertificate(box, "real.pem").subjectAltName).toBe("DNS:localhost");
  });

  it("says of a wildcard that it covers one level", async () => {
    const { stderr } = await newSandbox().prepare(["cert", "*.app.test"]);
    expect(stderr).toContain("*.app.test covers one level only: a.app.test, not a.b.app.test.");
  });

  it("lets runs at once on an empty folder use one authority", async () => {
    const box = newSandbox();
    const names = ["a.test", "b.test", "c.test", "d.test"];
    await Promise.all(names.map((name) => box.prepare(["cert", name])));
    const root = new X509Certificate(readFileSync(join(box.state, "rootCA.pem")));
    const signed = names.map((name) => readCertificate(box, `${name}.pem`).verify(root.publicKey));
    expect(signed).toEqual([true, true, true, true]);
  });
});

describe("The modes of what devtls cert writes", () => {
  const MODES = {
    "localhost.pem": "644",
    "localhost-key.pem": "600",
    "localhost.p12": "600",
  };
  const modesOf = (box: Sandbox) =>
    Object.fromEntries(Object.keys(MODES).map((name) => [name, modeOf(box.path(name))]));

  it("keep key and PKCS#12 to the user", async () => {
    const box = newSandbox();
    await box.prepare(["cert", "localhost", "--p12"]);
    expect(modesOf(box)).toEqual(MODES);
  });

  for (const umask of ["077", "000"]) {
    it(`do not follow a umask of ${umask}`, async () => {
      const box = newSandbox();
      const line = `umask ${umask}; exec "$NODE" "$LAUNCHER" cert localhost --p12`;
      const env = { ...box.env, NODE: process.execPath, LAUNCHER };
      await runProgram("sh", ["-c", line], { cwd: box.cwd, env: environment(env) });
      expect(modesOf(box)).toEqual(MODES);
      expect([modeOf(box.state), modeOf(join(box.state, "rootCA-key.pem"))]).toEqual([
        "700",
        "400",
      ]);
    });
  }

  it("keep a file that holds both to the user", async () => {
    const box = newSandbox();
    await box.prepare(["cert", "localhost", "--cert-file", "b.pem", "--key-file", "b.pem"]);
    expect(filesOf(box.cwd)).toEqual(["b.pem"]);
    expect(modeOf(box.path("b.pem"))).toBe("600");
  });
});

describe("The options of devtls cert", () => {
  it("give 397 days when none are asked for", async () => {
    const box = newSandbox();
    await box.prepare(["cert", "localhost"]);
    expect(daysOf(readCertificate(box, "localhost.pem"))).toBe(397);
  });

  for (const days of [1, 825]) {
    it(`give ${days} days when they are asked for`, async () => {
      const box = newSandbox();
      await box.prepare(["cert", "localhost", "--days", String(days)]);
      expect(daysOf(readCertificate(box, "localhost.pem"))).toBe(days);
    });
  }

  it("make the folder that --out-dir names", async () => {
    const box = newSandbox();
    const { stdout } = await box.prepare(["cert", "localhost", "--out-dir", "a/b"]);
    expect(stdout).toBe("a/b/localhost.pem\na/b/localhost-key.pem\n");
    expect(filesOf(box.path("a/b"))).toEqual(["localhost-key.pem", "localhost.pem"]);
  });

  it("put the authority after the leaf with --fullchain", async () => {
    const box = newSandbox();
    await box.prepare(["cert", "localhost", "--fullchain"]);
    const text = readFileSync(box.path("localhost.pem"), "latin1");
    const root = readFileSync(join(box.state, "rootCA.pem"), "latin1");
    expect(text.endsWith(root)).toBe(true);
    expect(new X509Certificate(text).subjectAltName).toBe("DNS:localhost");
    expect(text.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
  });

  it("make a P-256 key unless --rsa asks for RSA-2048", async () => {
    const box = newSandbox();
    await box.prepare(["cert", "ec.test"]);
    await box.prepare(["cert", "rsa.test", "--rsa"]);
    const details = (name: string) => readCertificate(box, name).publicKey.asymmetricKeyDetails;
    expect(details("ec.test.pem")).toMatchObject({ namedCurve: "prime256v1" });
    expect(details("rsa.test.pem")).toMatchObject({ modulusLength: 2048 });
  });

  it("add client authentication with --client only", async () => {
    const box = newSandbox();
    await box.prepare(["cert", "localhost"]);
    await box.prepare(["cert", "localhost", "--client"]);
    const server = "1.3.6.1.5.5.7.3.1";
    const client = "1.3.6.1.5.5.7.3.2";
    expect(readCertificate(box, "localhost.pem").keyUsage).toEqual([server]);
    expect(readCertificate(box, "localhost-client.pem").keyUsage?.sort()).toEqual([server, client]);
  });

  it("write where --cert-file, --key-file and --p12-file say", async () => {
    const box = newSandbox();
    const paths = ["--cert-file", "c.crt", "--key-file", "k.key", "--p12-file", "p.pfx"];
    await box.prepare(["cert", "localhost", ...paths]);
    expect(filesOf(box.cwd)).toEqual(["c.crt", "k.key", "p.pfx"]);
  });
});

describeWith(["openssl"], "OpenSSL", () => {
  async function openssl(box: Sandbox, line: string) {
    return runProgram("openssl", line.split(" "), { cwd: box.cwd });
  }

  for (const options of [[], ["--rsa"], ["--client"]]) {
    const line = ["cert", "localhost", "app.test", "127.0.0.1", "::1", ...options];
    it(`accepts the chain in its strict mode: devtls ${line.join(" ")}`, async () => {
      const box = newSandbox();
      await box.prepare([...line, "--cert-file", "leaf.pem"]);
      const root = join(box.state, "rootCA.pem");
      const purpose = "-purpose sslserver -verify_hostname app.test";
      const { stdout } = await openssl(
        box,
        `verify -x509_strict ${purpose} -CAfile ${root} leaf.pem`,
      );
      expect(stdout).toBe("leaf.pem: OK\n");
    });
  }

  it("reads the PKCS#12 file with the password changeit: leaf, key and authority", async () => {
    const box = newSandbox();
    await box.prepare(["cert", "localhost", "--p12"]);
    const { stdout } = await openssl(
      box,
      "pkcs12 -in localhost.p12 -passin pass:changeit -nodes -legacy",
    );
    const blocks = stdout.match(/-----BEGIN [^-]*-----[^-]*-----END [^-]*-----\n/g) ?? [];
    const [leaf, root, key] = [
      readFileSync(box.path("localhost.pem"), "latin1"),
      readFileSync(join(box.state, "rootCA.pem"), "latin1"),
      readFileSync(box.path("localhost-key.pem"), "latin1"),
    ];
    expect(blocks.sort()).toEqual([leaf, root, key].sort());
  });

  it("reads the PKCS#12 file with the password that was given, and with no other", async () => {
    const box = newSandbox();
    await box.prepare(["cert", "localhost", "--p12", "--p12-password", "päss word"]);
    const read = (password: string) =>
      runProgram(
        "openssl",
        ["pkcs12", "-in", "localhost.p12", "-passin", `pass:${password}`, "-noout", "-legacy"],
        { cwd: box.cwd },
      );
    expect((await read("päss word")).status).toBe(0);
    expect((await read("changeit")).status).not.toBe(0);
  });

  it("finds the key of a request in the certificate, and no key is written", async () => {
    const box = newSandbox();
    const request = "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout k.key";
    await openssl(box, `${request} -subj /CN=a.test -out r.csr`);
    const { stdout } = await box.prepare(["cert", "--csr", "r.csr", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      cert: box.path("a.test.pem"),
      key: null,
      p12: null,
      names: ["a.test"],
    });
    expect(filesOf(box.cwd)).toEqual(["a.test.pem", "k.key", "r.csr"]);
    const wanted = await openssl(box, "req -in r.csr -noout -pubkey");
    const got = await openssl(box, "x509 -in a.test.pem -noout -pubkey");
    expect(got.stdout).toBe(wanted.stdout);
  });
});
