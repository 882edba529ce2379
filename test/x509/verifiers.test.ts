/** The verifiers of this field on roots and leaves of devtls: what they accept and refuse. */
import { createPrivateKey } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { connect, createServer } from "node:tls";
import { beforeAll, describe, expect, it } from "vitest";
import { parsePemCertificate } from "../../src/x509/certificate.js";
import { type Outcome, runProgram, temporaryFolder } from "../support/cli.js";
import { describeWith } from "../support/tools.js";
import { type Made, makeLeaf, makeRoot, openssl, save } from "./fixtures.js";

const NAMES = ["app.localhost", "*.app.test", "localhost", "127.0.0.1", "::1"];
const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";

const folder = temporaryFolder();
let made = 0;

/** A file of its own for each certificate. */
function file(pem: string): string {
  made++;
  return save(folder, `${made}.pem`, pem);
}

interface Pair {
  readonly root: Made;
  readonly leaf: Made;
}

const pairs = new Map<string, Pair>();

beforeAll(() => {
  const root = makeRoot();
  const rsaRoot = makeRoot({ kind: "rsa2048" });
  pairs.set("P-256", { root, leaf: makeLeaf(root, NAMES) });
  pairs.set("RSA", { root: rsaRoot, leaf: makeLeaf(rsaRoot, NAMES, { kind: "rsa2048" }) });
  pairs.set("P-256 under RSA", { root: rsaRoot, leaf: makeLeaf(rsaRoot, NAMES) });
  const free = makeRoot({ unconstrained: true });
  pairs.set("unconstrained", { root: free, leaf: makeLeaf(free, [...NAMES, "example.com"]) });
  const late = new Date("2049-12-01T00:00:00Z");
  const lateRoot = makeRoot({ now: late });
  pairs.set("after 2049", { root: lateRoot, leaf: makeLeaf(lateRoot, NAMES, { notBefore: late }) });
});

const NOW = ["P-256", "RSA", "P-256 under RSA", "unconstrained"] as const;
const pair = (name: string): Pair => pairs.get(name) as Pair;

/** The same root's leaves for names that devtls itself refuses to sign. */
const OUTSIDE = [
  [["example.com"]],
  [["8.8.8.8"]],
  [["2001:db8::1"]],
  [["localhost", "www.example.com"]],
] as const;
const outside = (names: readonly string[]): Pair => ({
  root: pair("P-256").root,
  leaf: makeLeaf(pair("P-256").root, names),
});
const stranger = (): Pair => ({ root: makeRoot(), leaf: pair("P-256").leaf });

describeWith(["openssl"], "openssl verify -x509_strict", () => {
  const verify = ({ root, leaf }: Pair, ...more: string[]): Promise<Outcome> =>
    runProgram("openssl", [
      ...["verify", "-x509_strict", "-purpose", "sslserver", ...more],
      ...["-CAfile", file(root.pem), file(leaf.pem)],
    ]);

  it.each(NOW)("accepts the pair %s", async (name) => {
    expect(await verify(pair(name))).toMatchObject({ status: 0, stderr: "" });
  });

  it("accepts a pair whose times are after 2049, then", async () => {
    const then = String(Date.parse("2050-06-01T00:00:00Z") / 1000);
    expect((await verify(pair("after 2049"), "-attime", then)).status).toBe(0);
    const later = String(Date.parse("2051-06-01T00:00:00Z") / 1000);
    expect((await verify(pair("after 2049"), "-attime", later)).stderr).toContain("has expired");
  });

  it.each([
    ["-verify_hostname", "app.localhost"],
    ["-verify_hostname", "www.app.test"],
    ["-verify_ip", "127.0.0.1"],
    ["-verify_ip", "::1"],
  ])("accepts it for %s %s", async (option, value) => {
    expect((await verify(pair("P-256"), option, value)).status).toBe(0);
  });

  it("refuses it for another host", async () => {
    const { status, stderr } = await verify(pair("P-256"), "-verify_hostname", "other.localhost");
    expect(status).not.toBe(0);
    expect(stderr).toContain("hostname mismatch");
  });

  it.each(OUTSIDE)("refuses a leaf for %j, which the root may not sign", async (names) => {
    const { status, stderr } = await verify(outside(names));
    expect(status).not.toBe(0);
    expect(stderr).toContain("permitted subtree violation");
  });

  it("refuses an authority below the root, whose path length is zero", async () => {
    const { root } = pair("P-256");
    const config = save(
      folder,
      "below.cnf",
      "basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\n",
    );
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    const out = ["-keyout", join(folder, "below.key"), "-subj", "/CN=below"];
    const request = save(folder, "below.csr", await openssl(["req", "-new", ...key, ...out]));
    const signer = ["-CA", file(root.pem), "-CAkey", save(folder, "root.key", root.keyPem)];
    const below = await openssl(["x509", "-req", "-in", request, ...signer, "-extfile", config]);
    const issuer = {
      certificate: parsePemCertificate(below),
      key: createPrivateKey(readFileSync(join(folder, "below.key"))),
    };
    const leaf = makeLeaf(issuer, ["localhost"]);
    const { status, stderr } = await verify({ root, leaf }, "-untrusted", file(below));
    expect(status).not.toBe(0);
    expect(stderr).toContain("path length constraint exceeded");
  });

  it("refuses a leaf of another root", async () => {
    const { status, stderr } = await verify(stranger());
    expect(status).not.toBe(0);
    expect(stderr).toContain("unable to get local issuer certificate");
  });
});

describeWith(["certtool"], "GnuTLS certtool --verify", () => {
  const verify = ({ root, leaf }: Pair, ...more: string[]): Promise<Outcome> =>
    runProgram("certtool", [
      ...["--verify", "--verify-profile", "medium", "--verify-purpose", SERVER_AUTH, ...more],
      ...["--load-ca-certificate", file(root.pem), "--infile", file(leaf.pem)],
    ]);

  it.each(NOW)("accepts the pair %s", async (name) => {
    const { status, stdout } = await verify(pair(name), "--verify-hostname", "app.localhost");
    expect(stdout).toContain("Chain verification output: Verified. The certificate is trusted.");
    expect(status).toBe(0);
  });

  it.each(OUTSIDE)("refuses a leaf for %j, which the root may not sign", async (names) => {
    const { status, stdout } = await verify(outside(names));
    expect(stdout).toContain("The certificate chain violates the signer's constraints.");
    expect(status).not.toBe(0);
  });

  it("refuses it for another host, and a leaf of another root", async () => {
    const other = await verify(pair("P-256"), "--verify-hostname", "other.localhost");
    expect(other.status).not.toBe(0);
    expect((await verify(stranger())).status).not.toBe(0);
  });
});

describeWith(["certutil"], "NSS certutil -V", () => {
  async function verify({ root, leaf }: Pair): Promise<Outcome> {
    const database = `sql:${temporaryFolder()}`;
    const run = (...args: string[]): Promise<Outcome> =>
      runProgram("certutil", [...args, "-d", database]);
    await run("-N", "--empty-password");
    const added = [
      await run("-A", "-n", "root", "-t", "C,,", "-i", file(root.pem)),
      await run("-A", "-n", "leaf", "-t", ",,", "-i", file(leaf.pem)),
    ];
    expect(added.map(({ status }) => status)).toEqual([0, 0]);
    return run("-V", "-n", "leaf", "-u", "V", "-e"); // as the certificate of a TLS server
  }

  it.each(NOW)("accepts the pair %s", async (name) => {
    const { status, stdout } = await verify(pair(name));
    expect(stdout).toContain("certificate is valid");
    expect(status).toBe(0);
  });

  it.each(OUTSIDE)("refuses a leaf for %j, which the root may not sign", async (names) => {
    const { status, stdout, stderr } = await verify(outside(names));
    expect(stdout + stderr).toContain("not permitted to issue a certificate with this name");
    expect(status).not.toBe(0);
  });

  it("refuses a leaf of another root", async () => {
    expect((await verify(stranger())).status).not.toBe(0);
  });
});

describeWith(["keytool"], "Java keytool -printcert", () => {
  const read = async (made: Made): Promise<string> => {
    const args = ["-J-Duser.language=en", "-printcert", "-file", file(made.pem)];
    const { status, stdout } = await runProgram("keytool", args);
    expect(status).toBe(0);
    return stdout;
  };

  it("reads the names, usages and constraints of a leaf", async () => {
    const text = await read(pair("P-256").leaf);
    expect(text).toContain("CN=app.localhost");
    expect(text).toContain("Signature algorithm name: SHA256withECDSA");
    expect(text).toMatch(/ExtendedKeyUsages \[\s+serverAuth\s+\]/);
    expect(text).toMatch(/KeyUsage \[\s+DigitalSignature\s+\]/);
    expect(text).toMatch(/BasicConstraints:\[\s+CA:false/);
    const names = /SubjectAlternativeName \[([^\]]*)\]/.exec(text)?.[1] ?? "";
    expect(names.trim().split(/\s*\n\s*/)).toEqual([
      "DNSName: app.localhost",
      "DNSName: *.app.test",
      "DNSName: localhost",
      "IPAddress: 127.0.0.1",
      "IPAddress: 0:0:0:0:0:0:0:1",
    ]);
  });

  it("reads an RSA leaf's key usage", async () => {
    const text = await read(pair("RSA").leaf);
    expect(text).toMatch(/KeyUsage \[\s+DigitalSignature\s+Key_Encipherment\s+\]/);
    expect(text).toContain("Signature algorithm name: SHA256withRSA");
  });

  it("reads a root's path length and its name constraints, not critical", async () => {
    const text = await read(pair("P-256").root);
    expect(text).toMatch(/BasicConstraints:\[\s+CA:true\s+PathLen: ?0/);
    expect(text).toMatch(/ObjectId: 2\.5\.29\.30 Criticality=false/);
    expect(text).toContain("DNSName: home.arpa");
    expect(text).toMatch(/KeyUsage \[\s+Key_CertSign\s+Crl_Sign\s+\]/);
  });
});

describe("a TLS client of Node", () => {
  async function handshake({ root, leaf }: Pair, servername: string): Promise<string> {
    const server = createServer({ cert: leaf.pem, key: leaf.keyPem }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const socket = connect({ port, host: "127.0.0.1", ca: root.pem, servername });
    try {
      await once(socket, "secureConnect");
      return "connected";
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? "failed";
    } finally {
      socket.destroy();
      server.close();
    }
  }

  it.each(NOW)("connects to a server with the pair %s", async (name) => {
    expect(await handshake(pair(name), "app.localhost")).toBe("connected");
    expect(await handshake(pair(name), "www.app.test")).toBe("connected");
  });

  it("does not connect for a name outside the root's constraints", async () => {
    expect(await handshake(outside(["example.com"]), "example.com")).not.toBe("connected");
  });

  it("does not connect for a host that is not in it", async () => {
    const code = await handshake(pair("P-256"), "other.localhost");
    expect(code).toBe("ERR_TLS_CERT_ALTNAME_INVALID");
  });
});
