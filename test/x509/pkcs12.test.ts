/** PKCS#12 files, read back by the programs that people import them with. */
import { createPrivateKey } from "node:crypto";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { fingerprint, parseCertificate } from "../../src/x509/certificate.js";
import { pemBlocks } from "../../src/x509/pem.js";
import { encodePkcs12 } from "../../src/x509/pkcs12.js";
import { type Outcome, runProgram, temporaryFolder } from "../support/cli.js";
import { describeWith } from "../support/tools.js";
import { type Made, makeLeaf, makeRoot, openssl, save } from "./fixtures.js";

const PASSWORD = "changeit";
const FRIENDLY_NAME = "app.test – bücher";

const folder = temporaryFolder();
const root = makeRoot();
const leaves: Readonly<Record<string, Made>> = {
  "P-256": makeLeaf(root, ["app.test"]),
  RSA: makeLeaf(root, ["app.test"], { kind: "rsa2048" }),
};
let count = 0;

function write(leaf: Made, password = PASSWORD, friendlyName = FRIENDLY_NAME): string {
  const data = encodePkcs12({
    key: leaf.key,
    chain: [leaf.der, root.der],
    friendlyName,
    password,
  });
  return save(folder, `${count++}.p12`, data);
}

const KINDS = Object.entries(leaves);

describeWith(["openssl"], "openssl pkcs12", () => {
  const read = (path: string, password = PASSWORD, ...more: string[]): Promise<Outcome> =>
    runProgram("openssl", ["pkcs12", "-in", path, "-passin", `pass:${password}`, ...more]);

  it.each(KINDS)(
    "reads the key and the chain of a leaf with %s, equal and in order",
    async (_, leaf) => {
      const { status, stdout } = await read(write(leaf), PASSWORD, "-nodes");
      expect(status).toBe(0);
      const [first, second, ...more] = pemBlocks(stdout, "CERTIFICATE");
      expect(first?.equals(leaf.der)).toBe(true);
      expect(second?.equals(root.der)).toBe(true);
      expect(more).toEqual([]);
      const [key] = pemBlocks(stdout, "PRIVATE KEY");
      expect(
        createPrivateKey({ key: key as Buffer, format: "der", type: "pkcs8" }).equals(leaf.key),
      ).toBe(true);
    },
  );

  it("tells the leaf from the chain by the key identifier that leaf and key share", async () => {
    const path = write(leaves["P-256"] as Made);
    const leafOnly = pemBlocks(
      (await read(path, PASSWORD, "-clcerts", "-nokeys")).stdout,
      "CERTIFICATE",
    );
    expect(leafOnly.map((der) => der.equals((leaves["P-256"] as Made).der))).toEqual([true]);
    const chainOnly = pemBlocks(
      (await read(path, PASSWORD, "-cacerts", "-nokeys")).stdout,
      "CERTIFICATE",
    );
    expect(chainOnly.map((der) => der.equals(root.der))).toEqual([true]);
  });

  it("reads the friendly name", async () => {
    const printable = await read(
      write(leaves["P-256"] as Made, PASSWORD, "app.test"),
      PASSWORD,
      "-nodes",
    );
    expect(printable.stdout.match(/friendlyName: app\.test$/gm)).toHaveLength(2);
  });

  it("reads the encryption and the seal that every platform knows", async () => {
    const { stderr } = await read(write(leaves["P-256"] as Made), PASSWORD, "-info", "-noout");
    expect(stderr).toContain("MAC: sha1, Iteration 2048");
    expect(stderr).toContain("Shrouded Keybag: pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 2048");
    expect(stderr).toContain("PKCS7 Encrypted data: pbeWithSHA1And3-KeyTripleDES-CBC");
  });

  it("refuses another password", async () => {
    const { status, stdout, stderr } = await read(
      write(leaves["P-256"] as Made),
      "changeme",
      "-nodes",
    );
    expect(status).not.toBe(0);
    expect(stderr).toContain("invalid password");
    expect(stdout).toBe("");
  });

  it.each(["", "a", "pässwörd €", "with space and 'quotes'", "x".repeat(200)])(
    "opens with the password %j",
    async (password) => {
      const path = write(leaves["P-256"] as Made, password);
      const env = { LC_ALL: "C.UTF-8" };
      const args = ["pkcs12", "-in", path, "-noout", "-passin", `pass:${password}`];
      expect(await runProgram("openssl", args, { env })).toMatchObject({ status: 0 });
    },
  );

  it("finds a file that was changed", async () => {
    const leaf = leaves["P-256"] as Made;
    const data = encodePkcs12({
      key: leaf.key,
      chain: [leaf.der],
      friendlyName: "x",
      password: "x",
    });
    const middle = data.length >> 1;
    data[middle] = (data[middle] ?? 0) ^ 1;
    const { status } = await read(save(folder, "changed.p12", data), "x", "-noout");
    expect(status).not.toBe(0);
  });

  it("asks for both salts anew each time", async () => {
    const { key, der } = leaves["P-256"] as Made;
    const make = (): string =>
      encodePkcs12({ key, chain: [der], friendlyName: "x", password: "x" }).toString("hex");
    expect(make()).not.toBe(make());
  });
});

describeWith(["keytool"], "Java keytool -list", () => {
  const list = (path: string, password: string, ...more: string[]): Promise<Outcome> =>
    runProgram("keytool", [
      ...["-J-Duser.language=en", "-list", "-storetype", "PKCS12"],
      ...["-keystore", path, "-storepass", password, ...more],
    ]);

  it.each(KINDS)("reads a leaf with %s as one private key with its chain", async (_, leaf) => {
    const { status, stdout } = await list(write(leaf), PASSWORD, "-v");
    expect(status, stdout).toBe(0);
    expect(stdout).toContain("Your keystore contains 1 entry");
    expect(stdout).toContain("Entry type: PrivateKeyEntry");
    expect(stdout).toContain("Certificate chain length: 2");
    expect(stdout).toContain(`SHA256: ${fingerprint(parseCertificate(leaf.der))}`);
    expect(stdout).toContain(`SHA256: ${fingerprint(root.certificate)}`);
    expect(stdout).toContain("Alias name: app.test");
  });

  it("refuses another password", async () => {
    const { status, stdout } = await list(write(leaves["P-256"] as Made), "changeme");
    expect(status).not.toBe(0);
    expect(stdout).toContain("keystore password was incorrect");
  });
});

// pk12util comes in the package of certutil.
describeWith(["certutil", "openssl"], "NSS pk12util", () => {
  const nss = `sql:${temporaryFolder()}`;
  beforeAll(async () => {
    await runProgram("certutil", ["-N", "-d", nss, "--empty-password"]);
  });

  it.each(KINDS)("lists the key, the leaf and the root of a leaf with %s", async (_, leaf) => {
    const args = ["-l", write(leaf), "-d", nss, "-W", PASSWORD];
    const { status, stdout, stderr } = await runProgram("pk12util", args);
    expect(status, stderr).toBe(0);
    expect(stdout.match(/^Key\(shrouded\):/gm)).toHaveLength(1);
    expect(stdout.match(/^Certificate/gm)).toHaveLength(2);
    expect(stdout).toContain(`Friendly Name: ${FRIENDLY_NAME}`);
  });

  it.each(KINDS)("imports a leaf with %s, and gives the same key back", async (kind, leaf) => {
    const database = `sql:${temporaryFolder()}`;
    await runProgram("certutil", ["-N", "-d", database, "--empty-password"]);
    const imported = await runProgram("pk12util", [
      ...["-i", write(leaf, PASSWORD, kind), "-d", database, "-W", PASSWORD],
    ]);
    expect(imported.status, imported.stderr).toBe(0);
    const out = join(folder, `nss-${kind}.p12`);
    await runProgram("pk12util", ["-o", out, "-n", kind, "-d", database, "-W", "other"]);
    const pem = await openssl([
      "pkcs12",
      "-in",
      out,
      "-nodes",
      "-nocerts",
      "-passin",
      "pass:other",
    ]);
    const [key] = pemBlocks(pem, "PRIVATE KEY");
    expect(
      createPrivateKey({ key: key as Buffer, format: "der", type: "pkcs8" }).equals(leaf.key),
    ).toBe(true);
  });

  it("refuses another password", async () => {
    const path = write(leaves["P-256"] as Made);
    const { status, stderr } = await runProgram("pk12util", [
      "-l",
      path,
      "-d",
      nss,
      "-W",
      "changeme",
    ]);
    expect(status).not.toBe(0);
    expect(stderr).toContain("SEC_ERROR_BAD_PASSWORD");
  });
});

describe("a PKCS#12 file", () => {
  it("holds neither key nor certificates in the clear", () => {
    const leaf = leaves["P-256"] as Made;
    const data = encodePkcs12({
      key: leaf.key,
      chain: [leaf.der],
      friendlyName: "x",
      password: "x",
    });
    const secret = leaf.key.export({ type: "pkcs8", format: "der" }).subarray(36, 68);
    expect(data.includes(secret)).toBe(false);
    expect(data.includes("app.test")).toBe(false);
  });
});
