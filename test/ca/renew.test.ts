/** Renewal: what stays as it was, what becomes new, and what is left alone. */
import { createPrivateKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { lstatSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { issueLeaf, type LeafOptions } from "../../src/ca/issue.js";
import {
  daysLeft,
  findRenewable,
  type Renewable,
  readRenewable,
  renew,
} from "../../src/ca/renew.js";
import { type Certificate, parsePemCertificate } from "../../src/x509/certificate.js";
import { describeKey } from "../../src/x509/keys.js";
import { parseName } from "../../src/x509/names.js";
import { OID } from "../../src/x509/oids.js";
import { decodePem, encodePem } from "../../src/x509/pem.js";
import { DAY_MS } from "../../src/x509/validity.js";
import { temporaryFolder } from "../support/cli.js";
import { makeLeaf, makeRoot } from "../x509/fixtures.js";
import { list, makeAuthority, snapshot } from "./state.js";

const AUTHORITY = makeAuthority();
const mode = (path: string): number => statSync(path).mode & 0o7777;
const read = (...path: string[]): string => readFileSync(join(...path), "utf8");
const issue = (names: readonly string[], options?: LeafOptions) =>
  issueLeaf(AUTHORITY, names.map(parseName), options);

async function renewed(path: string): Promise<Certificate> {
  return renew(readRenewable(path, AUTHORITY) as Renewable, AUTHORITY);
}

/** A folder with a certificate and its key, as `devtls cert` writes them. */
async function pair(names: readonly string[], options?: LeafOptions) {
  const folder = temporaryFolder();
  const leaf = await issue(names, options);
  const path = join(folder, "app.pem");
  writeFileSync(path, leaf.certificatePem);
  writeFileSync(join(folder, "app-key.pem"), leaf.keyPem as string);
  return { folder, path, keyPath: join(folder, "app-key.pem"), old: leaf.certificate };
}

function expectPair(certificatePath: string, keyPath: string): Certificate {
  const certificate = parsePemCertificate(read(certificatePath));
  const block = decodePem(read(keyPath)).find(({ label }) => label === "PRIVATE KEY");
  const key = createPrivateKey({ key: block?.der as Buffer, format: "der", type: "pkcs8" });
  expect(certificate.x509.checkPrivateKey(key)).toBe(true);
  expect(certificate.x509.verify(AUTHORITY.certificate.publicKey)).toBe(true);
  return certificate;
}

describe("what is renewed keeps", () => {
  it("its names of every kind, in order", async () => {
    const names = ["*.app.test", "::1", "127.0.0.1", "app.test", "ada@a.test", "https://a.test/x"];
    const { path, old } = await pair(names);
    const next = await renewed(path);
    expect(next.names).toEqual(old.names);
    expect(next.names.map(({ value }) => value)).toEqual(names);
    expect(next.serial).not.toBe(old.serial);
  });

  it.each([
    [false, "EC P-256"],
    [true, "RSA 2048"],
  ])("its kind of key (--rsa: %s), and gets a new key", async (rsa, described) => {
    const { path, keyPath, old } = await pair(["app.test"], { rsa });
    const next = await renewed(path);
    expect(describeKey(next.publicKey)).toBe(described);
    expect(next.publicKey.equals(old.publicKey)).toBe(false);
    expect(expectPair(path, keyPath).serial).toBe(next.serial);
  });

  it.each([false, true])("its extended key usages (--client: %s)", async (client) => {
    const { path, old } = await pair(["app.test"], { client });
    const next = await renewed(path);
    expect(next.extKeyUsages).toEqual(old.extKeyUsages);
    expect(next.extKeyUsages.includes(OID.clientAuth)).toBe(client);
  });

  it.each([1, 90, 825])("its lifetime of %i days, from now on", async (days) => {
    const { path, folder } = await pair(["app.test"]);
    const old = makeLeaf(AUTHORITY.root, ["app.test"], {
      days,
      notBefore: new Date(Date.now() - 2 * DAY_MS),
    });
    writeFileSync(path, old.pem);
    writeFileSync(join(folder, "app-key.pem"), old.keyPem);
    const next = await renewed(path);
    expect(next.notAfter.getTime() - next.notBefore.getTime()).toBe(days * DAY_MS);
    expect(Date.now() - next.notBefore.getTime()).toBeLessThan(60_000);
  });

  it("its lifetime where that can be: not more than 825 days, not less than one", async () => {
    const { path } = await pair(["app.test"]);
    for (const [days, expected] of [
      [900, 825],
      [0.01, 1],
    ] as const) {
      const old = makeLeaf(AUTHORITY.root, ["app.test"], { days });
      writeFileSync(path, old.pem);
      const next = await renewed(path);
      expect(next.notAfter.getTime() - next.notBefore.getTime()).toBe(expected * DAY_MS);
    }
  });

  it("its two files, with the modes of the contract", async () => {
    const { folder, path, keyPath } = await pair(["app.test"]);
    await renewed(path);
    expect(list(folder)).toEqual(["app-key.pem", "app.pem"]);
    expect([mode(path), mode(keyPath)]).toEqual([0o644, 0o600]);
    expect(decodePem(read(path)).map(({ label }) => label)).toEqual(["CERTIFICATE"]);
  });

  it("the authority after it in a full chain", async () => {
    const { path } = await pair(["app.test"]);
    writeFileSync(path, read(path) + AUTHORITY.root.pem);
    const next = await renewed(path);
    const [first, second, ...more] = decodePem(read(path));
    expect(first?.der.equals(next.der)).toBe(true);
    expect(second?.der.equals(AUTHORITY.certificate.der)).toBe(true);
    expect(more).toEqual([]);
  });

  it.each([
    ["certificate first", (cert: string, key: string) => cert + key],
    ["key first", (cert: string, key: string) => key + cert],
    ["with the authority", (cert: string, key: string) => cert + AUTHORITY.root.pem + key],
  ])("one file for certificate and key, which only the user can read (%s)", async (_, compose) => {
    const folder = temporaryFolder();
    const leaf = await issue(["app.test"]);
    const path = join(folder, "both.pem");
    const before = compose(leaf.certificatePem, leaf.keyPem as string);
    writeFileSync(path, before);
    const next = await renewed(path);
    expect(expectPair(path, path).serial).toBe(next.serial);
    expect(mode(path)).toBe(0o600);
    expect(list(folder)).toEqual(["both.pem"]);
    const labels = (text: string): string[] =>
      decodePem(text)
        .map(({ label }) => label)
        .sort();
    expect(labels(read(path))).toEqual(labels(before));
  });

  it.each([["app.key"], ["secret.pem"], ["other.key"]])(
    "the path of a key named %s",
    async (name) => {
      const folder = temporaryFolder();
      const leaf = await issue(["app.test"]);
      writeFileSync(join(folder, "app.crt"), leaf.certificatePem);
      writeFileSync(join(folder, name), leaf.keyPem as string);
      writeFileSync(join(folder, "unrelated.key"), makeRoot().keyPem);
      const before = read(folder, "unrelated.key");
      await renewed(join(folder, "app.crt"));
      expectPair(join(folder, "app.crt"), join(folder, name));
      expect(list(folder)).toEqual(["app.crt", name, "unrelated.key"].sort());
      expect(read(folder, "unrelated.key")).toBe(before);
    },
  );

  it("the key in both places that hold it", async () => {
    const { path, keyPath } = await pair(["app.test"]);
    writeFileSync(path, read(path) + read(keyPath));
    await renewed(path);
    expectPair(path, path);
    expectPair(path, keyPath);
    expect([mode(path), mode(keyPath)]).toEqual([0o600, 0o600]);
  });

  it("what else is in its file, such as parameters", async () => {
    const { path } = await pair(["app.test"]);
    const parameters = encodePem("DH PARAMETERS", Buffer.from("3000", "hex"));
    writeFileSync(path, read(path) + parameters);
    await renewed(path);
    expect(decodePem(read(path)).map(({ label }) => label)).toEqual([
      "CERTIFICATE",
      "DH PARAMETERS",
    ]);
    expect(read(path)).toContain(parameters);
  });

  it("symbolic links, and writes what they point to", async () => {
    const { folder, path, keyPath, old } = await pair(["app.test"]);
    const links = temporaryFolder();
    symlinkSync(path, join(links, "app.pem"));
    symlinkSync(keyPath, join(links, "app-key.pem"));
    await renewed(join(links, "app.pem"));
    expect(lstatSync(join(links, "app.pem")).isSymbolicLink()).toBe(true);
    expect(lstatSync(join(links, "app-key.pem")).isSymbolicLink()).toBe(true);
    expect(expectPair(path, keyPath).serial).not.toBe(old.serial);
    expect(list(folder)).toEqual(["app-key.pem", "app.pem"]);
  });
});

describe("a certificate whose key devtls did not make keeps that key", () => {
  async function certified(publicKey: KeyObject) {
    const path = join(temporaryFolder(), "app.pem");
    const leaf = await issue(["app.test"], { publicKey });
    writeFileSync(path, leaf.certificatePem);
    return { path, old: leaf.certificate };
  }

  it("when the key is elsewhere, as after a request", async () => {
    const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const { path, old } = await certified(publicKey);
    const next = await renewed(path);
    expect(next.publicKey.equals(publicKey)).toBe(true);
    expect(next.serial).not.toBe(old.serial);
    expect(list(join(path, ".."))).toEqual(["app.pem"]);
  });

  it.each([
    ["P-384", () => generateKeyPairSync("ec", { namedCurve: "P-384" })],
    ["RSA 3072", () => generateKeyPairSync("rsa", { modulusLength: 3072 })],
  ] as const)("when it is of a kind that devtls does not make: %s", async (_, make) => {
    const { publicKey, privateKey } = make();
    const { path } = await certified(publicKey);
    const keyPath = join(path, "../app-key.pem");
    writeFileSync(keyPath, privateKey.export({ type: "pkcs8", format: "pem" }));
    const before = read(keyPath);
    const next = await renewed(path);
    expect(next.publicKey.equals(publicKey)).toBe(true);
    expect(read(keyPath)).toBe(before);
    expectPair(path, keyPath);
  });

  it("when both are in one file, which stays whole", async () => {
    const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-384" });
    const { path } = await certified(publicKey);
    const key = privateKey.export({ type: "pkcs8", format: "pem" });
    writeFileSync(path, read(path) + key);
    await renewed(path);
    expectPair(path, path);
    expect(mode(path)).toBe(0o600);
  });

  // It cannot be read, so it cannot be replaced, and it must not be lost.
  it("when it is encrypted in the same file", async () => {
    const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const { path, old } = await certified(publicKey);
    const cipher = { cipher: "aes-256-cbc", passphrase: "x" } as const;
    const encrypted = privateKey.export({ type: "pkcs8", format: "pem", ...cipher }) as string;
    writeFileSync(path, read(path) + encrypted);
    const next = await renewed(path);
    expect(next.serial).not.toBe(old.serial);
    expect(read(path)).toContain(encrypted);
    expect(createPrivateKey({ key: encrypted, passphrase: "x" }).type).toBe("private");
    expect(next.publicKey.equals(publicKey)).toBe(true);
    expect(mode(path)).toBe(0o600);
  });
});

describe("what this authority did not sign is left alone", () => {
  const foreign = makeRoot();

  it.each<[string, () => string]>([
    ["another authority's leaf", () => makeLeaf(foreign, ["app.test"]).pem],
    ["another authority", () => foreign.pem],
    ["the authority itself", () => AUTHORITY.root.pem],
    [
      "the authority, then a leaf",
      () => AUTHORITY.root.pem + makeLeaf(AUTHORITY.root, ["a.test"]).pem,
    ],
    ["a key", () => foreign.keyPem],
    ["nothing", () => ""],
    ["text", () => "hello"],
    ["half a certificate", () => foreign.pem.slice(0, 300)],
    ["a damaged certificate", () => foreign.pem.replace("MII", "MIJ")],
  ])("%s", (_, text) => {
    const path = join(temporaryFolder(), "app.pem");
    writeFileSync(path, text());
    expect(readRenewable(path, AUTHORITY)).toBeUndefined();
  });

  it("in a folder where only some are ours", async () => {
    const { folder, path } = await pair(["app.test"]);
    writeFileSync(join(folder, "foreign.pem"), makeLeaf(foreign, ["app.test"]).pem);
    writeFileSync(join(folder, "b.crt"), (await issue(["b.test"])).certificatePem);
    writeFileSync(join(folder, "a.cer"), (await issue(["a.test"])).certificatePem);
    writeFileSync(join(folder, "c.txt"), (await issue(["c.test"])).certificatePem);
    mkdirSync(join(folder, "folder.pem"));
    const before = snapshot(folder);
    const found = findRenewable(folder, AUTHORITY).map((renewable) => renewable.path);
    expect(found).toEqual([join(folder, "a.cer"), path, join(folder, "b.crt")]);
    expect(snapshot(folder)).toEqual(before);
  });

  it("and a folder that is not there holds none", () => {
    expect(findRenewable(join(temporaryFolder(), "none"), AUTHORITY)).toEqual([]);
  });
});

describe("a renewal that fails", () => {
  it("leaves certificate and key as they were", async () => {
    const { folder, path, keyPath } = await pair(["app.test"]);
    const renewable = readRenewable(path, AUTHORITY) as Renewable;
    const before = snapshot(folder);
    const nowhere = { ...renewable, keyPath: join(keyPath, "below", "a-file.pem") };
    await expect(renew(nowhere, AUTHORITY)).rejects.toMatchObject({ code: "file-unwritable" });
    expect(snapshot(folder)).toEqual(before);
  });
});

describe("the days that are left", () => {
  const now = Date.parse("2026-03-04T00:00:00Z");
  it.each([
    [30 * DAY_MS, 30],
    [30 * DAY_MS - 1000, 29],
    [1000, 0],
    [0, 0],
    [-1000, -1],
    [-DAY_MS, -1],
  ])("with %i ms to go: %i", (left, days) => {
    const certificate = { ...AUTHORITY.certificate, notAfter: new Date(now + left) };
    expect(daysLeft(certificate, now)).toBe(days);
  });
});
