/** Keystores as real keytools write them, read by devtls; and the other way round. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { certificatesOf, encodeJks } from "../../src/trust/keystore.js";
import { runProgram, temporaryFolder } from "../support/cli.js";
import { describeWith } from "../support/tools.js";
import { makeRoot, save } from "../x509/fixtures.js";

const folder = temporaryFolder();
const roots = [makeRoot(), makeRoot({ kind: "rsa2048" }), makeRoot()];
const password = ["-storepass", "changeit"];

async function keytool(...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await runProgram("keytool", ["-J-Duser.language=en", ...args]);
  expect(status, stdout + stderr).toBe(0);
  return stdout;
}

const sorted = (list: readonly Buffer[] | undefined): string[] | undefined =>
  list?.map((der) => der.toString("base64")).sort();
const ALL = sorted(roots.map(({ der }) => der));

/** Without encryption and without a digest, as JDK 18 and later bring theirs. */
const PLAIN = [
  "-J-Dkeystore.pkcs12.certProtectionAlgorithm=NONE",
  "-J-Dkeystore.pkcs12.macAlgorithm=NONE",
];

describeWith(["keytool"], "A keystore that keytool has written", () => {
  beforeAll(() => {
    for (const [index, { pem }] of roots.entries()) save(folder, `${index}.pem`, pem);
  });

  /** Each root by a call of its own, as people add them. */
  async function written(
    name: string,
    type: string,
    more: readonly string[] = [],
  ): Promise<string> {
    const path = join(folder, name);
    for (const index of roots.keys()) {
      const file = ["-file", join(folder, `${index}.pem`), "-alias", `Root ${index}`];
      const options = ["-noprompt", "-storetype", type, "-keystore", path, ...password];
      await keytool(...more, "-importcert", ...options, ...file);
    }
    return path;
  }

  it.each([
    ["JKS", "JKS", []],
    ["PKCS#12 without encryption", "PKCS12", PLAIN],
  ] as const)("as %s is read by devtls itself", async (_what, type, more) => {
    const path = await written(`plain-${type}`, type, more);
    expect(sorted(certificatesOf(readFileSync(path)))).toEqual(ALL);
  });

  it("as PKCS#12 with encryption is for keytool to read", async () => {
    const path = await written("encrypted.p12", "PKCS12");
    expect(certificatesOf(readFileSync(path))).toBeUndefined();
  });

  it.each(["JKS", "PKCS12"])("as %s with a key in it is for keytool to read", async (type) => {
    const path = join(folder, `key-${type}`);
    const options = ["-storetype", type, "-keystore", path, ...password];
    const key = ["-alias", "k", "-keyalg", "EC", "-dname", "CN=k", "-keypass", "changeit"];
    await keytool("-genkeypair", ...options, ...key);
    expect(certificatesOf(readFileSync(path))).toBeUndefined();
  });

  const debians = "/etc/ssl/certs/java/cacerts";
  it.skipIf(!existsSync(debians))("as Debian's own is read by devtls as by keytool", async () => {
    const list = await keytool("-list", "-keystore", debians, ...password);
    const [, count] = /contains (\d+) entr/.exec(list) ?? [];
    expect(certificatesOf(readFileSync(debians))).toHaveLength(Number(count));
  });
});

describeWith(["keytool"], "A keystore that devtls has written", () => {
  it("is read by keytool, with the password of every Java", async () => {
    const path = save(
      folder,
      "ours.jks",
      encodeJks(
        roots.map(({ der }) => der),
        "changeit",
      ),
    );
    const list = await keytool("-list", "-keystore", path, ...password);
    expect(list).toContain("Keystore type: JKS");
    expect(list).toContain("Your keystore contains 3 entries");
    for (const { certificate } of roots) expect(list).toContain(certificate.x509.fingerprint256);
  });

  it("is read by devtls", () => {
    const keystore = encodeJks(
      [...roots, ...roots].map(({ der }) => der),
      "changeit",
    );
    expect(sorted(certificatesOf(keystore))).toEqual(ALL);
  });
});

describe("What is no keystore", () => {
  const keystore = encodeJks(
    roots.map(({ der }) => der),
    "changeit",
  );

  it.each([
    ["nothing", Buffer.alloc(0)],
    ["a text", Buffer.from("-----BEGIN CERTIFICATE-----\n")],
    ["a sequence of something else", Buffer.from([0x30, 0x03, 0x02, 0x01, 0x05])],
  ])("as %s is for keytool to judge", (_what, octets) => {
    expect(certificatesOf(octets)).toBeUndefined();
  });

  it("because it is cut short anywhere is for keytool to judge", () => {
    for (let length = 0; length < keystore.length; length++) {
      const found = certificatesOf(keystore.subarray(0, length));
      expect(found === undefined, `${length} octets`).toBe(true);
    }
  });
});
