/** `devtls ca export --kubernetes`: an intermediate that signs for one cluster, within its limits. */
import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parsePemCertificate } from "../../src/x509/certificate.js";
import { generateKey } from "../../src/x509/keys.js";
import { parseName } from "../../src/x509/names.js";
import { encodePem, pemBlocks } from "../../src/x509/pem.js";
import { buildLeaf } from "../../src/x509/profile.js";
import { runProgram } from "../support/cli.js";
import { describeWith } from "../support/tools.js";
import { expectFailure, modeOf, newSandbox, type Sandbox } from "./sandbox.js";

async function exported(box: Sandbox): Promise<{ chain: string; key: string; text: string }> {
  const { stdout } = await box.prepare(["ca", "export", "--kubernetes"]);
  const field = (name: string): string =>
    Buffer.from(
      new RegExp(`^ {2}${name}: (\\S+)$`, "m").exec(stdout)?.[1] ?? "",
      "base64",
    ).toString();
  return { chain: field("tls\\.crt"), key: field("tls\\.key"), text: stdout };
}

describe("devtls ca export --kubernetes", () => {
  it("prints a Secret of type TLS and the ClusterIssuer that uses it", async () => {
    const { text } = await exported(newSandbox());
    expect(text).toMatch(/^apiVersion: v1\nkind: Secret\n[\s\S]*type: kubernetes\.io\/tls\n/);
    expect(text).toMatch(/---\napiVersion: cert-manager\.io\/v1\nkind: ClusterIssuer\n/);
    expect(text).toMatch(/ {2}ca:\n {4}secretName: devtls-ca\n$/);
  });

  it("makes another intermediate each time, and never gives the root's key", async () => {
    const box = newSandbox();
    const [one, two] = [await exported(box), await exported(box)];
    expect(one.key).not.toBe(two.key);
    const root = createPublicKey(readFileSync(join(box.state, "rootCA-key.pem"), "utf8"));
    expect(createPublicKey(createPrivateKey(one.key)).equals(root)).toBe(false);
    const [intermediate, last] = pemBlocks(one.chain, "CERTIFICATE").map(
      (der) => new X509Certificate(der),
    );
    expect(intermediate?.checkPrivateKey(createPrivateKey(one.key))).toBe(true);
    expect(last?.raw).toEqual(new X509Certificate(readFileSync(join(box.state, "rootCA.pem"))).raw);
  });

  it("writes a file for its owner alone", async () => {
    const box = newSandbox();
    await box.prepare(["ca", "export", "--kubernetes", "--out", "cluster.yaml"]);
    expect(modeOf(box.path("cluster.yaml"))).toBe("600");
  });

  it("says what to do where the root's key was destroyed", async () => {
    const box = newSandbox();
    await box.prepare(["ca", "create", "--burn-root"]);
    expectFailure(await box.run(["ca", "export", "--kubernetes"]), {
      status: 1,
      message: /^could not make an intermediate: the key of this root was destroyed$/,
      hint: /devtls ca create --force/,
    });
  });
});

describeWith(["openssl"], "A certificate of the cluster", () => {
  it("is accepted for a local name and refused for a public one", async () => {
    const box = newSandbox();
    const { chain, key } = await exported(box);
    writeFileSync(box.path("chain.pem"), chain);
    const { subject, keyId } = parsePemCertificate(chain);
    const verify = async (name: string): Promise<string> => {
      const der = buildLeaf({
        issuer: { key: createPrivateKey(key), subject, keyId },
        publicKey: createPublicKey(generateKey("p256")),
        names: [parseName(name)],
        notBefore: new Date(Date.now() - 1000),
        notAfter: new Date(Date.now() + 86_400_000),
        client: false,
        owner: "cluster",
      });
      writeFileSync(box.path("leaf.pem"), encodePem("CERTIFICATE", der));
      const root = join(box.state, "rootCA.pem");
      const args = [
        "verify",
        "-x509_strict",
        "-CAfile",
        root,
        "-untrusted",
        "chain.pem",
        "leaf.pem",
      ];
      const { stdout, stderr } = await runProgram("openssl", args, { cwd: box.cwd });
      return stdout + stderr;
    };
    expect(await verify("web.default.svc.cluster.local")).toMatch(/leaf\.pem: OK/);
    expect(await verify("www.example.com")).toMatch(/permitted subtree violation/);
  });
});
