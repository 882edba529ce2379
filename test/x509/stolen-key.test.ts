/**
 * What a stolen key of the authority is good for besides servers: leaves for signed mail, for signed
 * code and for clients that are known by a URI or a mailbox, made by openssl and shown to OpenSSL,
 * GnuTLS and NSS. The same leaves for local names are what clients of a dev server show, and pass.
 * What a verifier does not look at stands here, too: SECURITY.md says it.
 */
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { type Outcome, runProgram, temporaryFolder } from "../support/cli.js";
import { describeWith } from "../support/tools.js";
import { makeRoot, openssl, save } from "./fixtures.js";

const folder = temporaryFolder();
const root = makeRoot();
const rootPath = save(folder, "root.pem", root.pem);
const leaves = new Map<string, string>();

/** A leaf with any usage and any name. */
async function steal(name: string, usage: string, alternative: string): Promise<string> {
  const [key, request] = [join(folder, `${name}.key`), join(folder, `${name}.csr`)];
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  const out = ["-keyout", key, "-out", request, "-subj", "/O=thief"];
  await openssl(["req", "-new", ...kind, ...out]);
  const extensions = save(
    folder,
    `${name}.cnf`,
    [
      "basicConstraints=CA:FALSE",
      "keyUsage=critical,digitalSignature",
      `extendedKeyUsage=${usage}`,
      `subjectAltName=${alternative}`,
    ].join("\n"),
  );
  const signer = ["-CA", rootPath, "-CAkey", save(folder, "root.key", root.keyPem)];
  const pem = await openssl(["x509", "-req", "-in", request, ...signer, "-extfile", extensions]);
  return save(folder, `${name}.pem`, pem);
}

const LEAVES = {
  mail: ["emailProtection", "email:ceo@bank.com"],
  "local mail": ["emailProtection", "email:ada@app.test"],
  code: ["codeSigning", "DNS:app.test"],
  "mailbox client": ["clientAuth", "email:ceo@bank.com"],
  "URI client": ["clientAuth", "URI:https://bank.com/"],
  "SPIFFE client": ["clientAuth", "URI:spiffe://bank.com/ns/a"],
  "local client": ["clientAuth", "email:ada@app.test,URI:spiffe://cluster.local/a,DNS:app.test"],
  "local client without a URI": ["clientAuth", "email:ada@app.test,DNS:app.test"],
} as const;
type Leaf = keyof typeof LEAVES;
const CLIENTS = ["mailbox client", "URI client", "SPIFFE client"] as const;

beforeAll(async () => {
  for (const [name, [usage, alternative]] of Object.entries(LEAVES)) {
    leaves.set(name, await steal(name.replaceAll(" ", "-"), usage, alternative));
  }
});
const leaf = (name: Leaf): string => leaves.get(name) as string;

describeWith(["openssl"], "OpenSSL", () => {
  const verify = (name: Leaf, purpose: string): Promise<Outcome> =>
    runProgram("openssl", ["verify", "-purpose", purpose, "-CAfile", rootPath, leaf(name)]);

  it.each(CLIENTS)("refuses a %s of another's name", async (name) => {
    const { status, stderr } = await verify(name, "sslclient");
    expect(stderr).toContain("permitted subtree violation");
    expect(status).not.toBe(0);
  });

  it.each(["mail", "local mail"] as const)("refuses signed %s", async (name) => {
    const { status, stderr } = await verify(name, "smimesign");
    expect(stderr).toMatch(/unsuitable certificate purpose|permitted subtree violation/);
    expect(status).not.toBe(0);
  });

  it("accepts a client of local names", async () => {
    expect(await verify("local client", "sslclient")).toMatchObject({ status: 0, stderr: "" });
  });
});

describeWith(["certtool"], "GnuTLS", () => {
  const PURPOSES = {
    client: "1.3.6.1.5.5.7.3.2",
    code: "1.3.6.1.5.5.7.3.3",
    mail: "1.3.6.1.5.5.7.3.4",
  };
  const verify = (name: Leaf, purpose: keyof typeof PURPOSES): Promise<Outcome> =>
    runProgram("certtool", [
      ...["--verify", "--verify-profile", "medium", "--verify-purpose", PURPOSES[purpose]],
      ...["--load-ca-certificate", rootPath, "--infile", leaf(name)],
    ]);

  it("refuses a client and signed mail of another's mailbox", async () => {
    for (const outcome of [
      await verify("mailbox client", "client"),
      await verify("mail", "mail"),
    ]) {
      expect(outcome.stdout).toContain("violates the signer's constraints");
      expect(outcome.status).not.toBe(0);
    }
  });

  it("accepts a client of local names", async () => {
    const { status, stdout } = await verify("local client", "client");
    expect(stdout).toContain("Verified. The certificate is trusted.");
    expect(status).toBe(0);
  });

  it.each([
    ["URIs", "URI client", "client"],
    ["URIs", "SPIFFE client", "client"],
    ["usages", "local mail", "mail"],
    ["usages", "code", "code"],
  ] as const)("does not look at the %s that a root is limited to: %s", async (_, name, purpose) => {
    expect((await verify(name, purpose)).stdout).toContain("Verified. The certificate is trusted.");
  });
});

describeWith(["certutil"], "NSS", () => {
  /** As it would be with full trust, so that the certificate alone is against it. */
  async function verify(name: Leaf, usage: string, trust: string): Promise<Outcome> {
    const database = ["-d", `sql:${temporaryFolder()}`];
    await runProgram("certutil", ["-N", "--empty-password", ...database]);
    await runProgram("certutil", ["-A", "-n", "root", "-t", trust, "-i", rootPath, ...database]);
    await runProgram("certutil", ["-A", "-n", "leaf", "-t", ",,", "-i", leaf(name), ...database]);
    return runProgram("certutil", ["-V", "-n", "leaf", "-u", usage, "-e", ...database]);
  }

  it.each(CLIENTS)("refuses a %s of another's name", async (name) => {
    const { status, stdout, stderr } = await verify(name, "C", "CT,C,C");
    expect(stdout + stderr).toContain("not permitted to issue a certificate with this name");
    expect(status).not.toBe(0);
  });

  it("refuses signed mail of another's mailbox", async () => {
    const { stdout, stderr } = await verify("mail", "S", "CT,C,C");
    expect(stdout + stderr).toContain("not permitted to issue a certificate with this name");
  });

  it.each([
    ["mail", "local mail", "S"],
    ["code", "code", "J"],
  ] as const)(
    "refuses signed %s by the trust that devtls gives, C,, alone",
    async (_, name, use) => {
      const { status, stdout, stderr } = await verify(name, use, "C,,");
      expect(stdout + stderr).toContain("Issuer certificate is invalid");
      expect(status).not.toBe(0);
      // The usages in a root are not looked at.
      expect((await verify(name, use, "CT,C,C")).status).toBe(0);
    },
  );

  it("accepts a client of local names", async () => {
    const { status, stdout, stderr } = await verify("local client", "C", "CT,C,C");
    expect(stdout + stderr).toContain("certificate is valid");
    expect(status).toBe(0);
  });
});
