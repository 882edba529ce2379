/** Issuing: where devtls signs, and where it refuses to. */
import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadAuthority } from "../../src/ca/authority.js";
import { checkDays, issueLeaf, openAuthorityFor } from "../../src/ca/issue.js";
import type { DevtlsError, ErrorCode } from "../../src/errors.js";
import { describeKey } from "../../src/x509/keys.js";
import { type Name, parseName } from "../../src/x509/names.js";
import { OID } from "../../src/x509/oids.js";
import { DAY_MS } from "../../src/x509/validity.js";
import { devtls, temporaryFolder } from "../support/cli.js";
import { refusal } from "../x509/fixtures.js";
import { list, makeAuthority, snapshot } from "./state.js";

const names = (...typed: string[]): Name[] => typed.map(parseName);
const AUTHORITY = makeAuthority();

/** As `refusal`, for what fails later. */
async function rejection(code: ErrorCode, promise: Promise<unknown>): Promise<DevtlsError> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  return refusal(code, () => {
    if (outcome) throw outcome.error;
  });
}

describe("a leaf", () => {
  it("holds the names that were asked for, each once, in their order", async () => {
    const asked = names("b.test", "::1", "B.test", "a.test", "0::1");
    const { certificate } = await issueLeaf(AUTHORITY, asked);
    expect(certificate.names.map(({ value }) => value)).toEqual(["b.test", "::1", "a.test"]);
  });

  it("comes with its key and the authority's certificate, as PEM", async () => {
    const leaf = await issueLeaf(AUTHORITY, names("a.test"));
    expect(leaf.certificate.x509.checkPrivateKey(leaf.key as NonNullable<typeof leaf.key>)).toBe(
      true,
    );
    expect(leaf.keyPem).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
    expect(leaf.certificatePem).toMatch(/^-----BEGIN CERTIFICATE-----\n/);
    expect(leaf.rootPem).toBe(AUTHORITY.root.pem);
  });

  it("is valid from now on for 397 days when nothing else is asked for", async () => {
    const before = Math.floor(Date.now() / 1000) * 1000;
    const { certificate } = await issueLeaf(AUTHORITY, names("a.test"));
    const { notBefore, notAfter } = certificate;
    expect(notBefore.getTime()).toBeGreaterThanOrEqual(before);
    expect(notBefore.getTime()).toBeLessThanOrEqual(Date.now());
    expect(notAfter.getTime() - notBefore.getTime()).toBe(397 * DAY_MS);
  });

  it.each([1, 30, 825])("is valid for %i days when that is asked for", async (days) => {
    const { notBefore, notAfter } = (await issueLeaf(AUTHORITY, names("a.test"), { days }))
      .certificate;
    expect(notAfter.getTime() - notBefore.getTime()).toBe(days * DAY_MS);
  });

  it("ends with its authority at the latest", async () => {
    const almostTenYears = new Date(Date.now() - 3640 * DAY_MS);
    const old = makeAuthority({ now: almostTenYears });
    const { certificate } = await issueLeaf(old, names("a.test"), { days: 100 });
    expect(certificate.notAfter).toEqual(old.certificate.notAfter);
    expect(certificate.notAfter.getTime()).toBeLessThan(Date.now() + 100 * DAY_MS);
  });

  it("has a P-256 key, or RSA-2048 when that is asked for", async () => {
    const key = async (rsa: boolean): Promise<string> =>
      describeKey((await issueLeaf(AUTHORITY, names("a.test"), { rsa })).certificate.publicKey);
    expect(await key(false)).toBe("EC P-256");
    expect(await key(true)).toBe("RSA 2048");
  });

  it("is for servers, and for clients when that is asked for", async () => {
    const usages = async (client: boolean): Promise<readonly string[]> =>
      (await issueLeaf(AUTHORITY, names("a.test"), { client })).certificate.extKeyUsages;
    expect(await usages(false)).toEqual([OID.serverAuth]);
    expect(await usages(true)).toEqual([OID.clientAuth, OID.serverAuth]);
  });
});

describe("a key that is given", () => {
  it.each([
    ["P-256", () => generateKeyPairSync("ec", { namedCurve: "P-256" })],
    ["P-384", () => generateKeyPairSync("ec", { namedCurve: "P-384" })],
    ["RSA 2048", () => generateKeyPairSync("rsa", { modulusLength: 2048 })],
  ] as const)("%s is certified, and no key comes with the leaf", async (_, make) => {
    const { publicKey } = make();
    const leaf = await issueLeaf(AUTHORITY, names("a.test"), { publicKey });
    expect(leaf.certificate.publicKey.equals(publicKey)).toBe(true);
    expect(leaf).not.toHaveProperty("key");
    expect(leaf).not.toHaveProperty("keyPem");
  });

  it.each([
    ["Ed25519", () => generateKeyPairSync("ed25519")],
    ["RSA 1024", () => generateKeyPairSync("rsa", { modulusLength: 1024 })],
    ["secp256k1", () => generateKeyPairSync("ec", { namedCurve: "secp256k1" })],
    ["RSA-PSS", () => generateKeyPairSync("rsa-pss", { modulusLength: 2048 })],
  ] as const)("%s is refused, with the keys that work", async (_, make) => {
    const { publicKey } = make();
    const error = await rejection("bad-key", issueLeaf(AUTHORITY, names("a.test"), { publicKey }));
    expect(error.message).toContain("clients accept EC P-256, P-384, P-521 and RSA from 2048 bits");
    expect(error.hint).toContain("openssl ecparam -genkey -name prime256v1");
  });
});

describe("days out of range are wrong usage", () => {
  it.each([0, -1, 826, 1.5, Number.NaN, Number.POSITIVE_INFINITY])("%d", async (days) => {
    const error = refusal("usage", () => checkDays(days));
    expect(error.message).toContain("a whole number from 1 to 825");
    expect(error.hint).toBe("The default is --days 397");
    await rejection("usage", issueLeaf(AUTHORITY, names("a.test"), { days }));
  });

  it("and are quoted as they were typed", () => {
    const error = refusal("usage", () => checkDays(Number.NaN, "soon"));
    expect(error.message).toContain("for soon days");
  });
});

describe("a name outside the authority's constraints is refused", () => {
  it("with the commands that make a wider authority", async () => {
    const asked = names("localhost", "*.app.example.com", "8.8.8.8");
    const error = await rejection("outside-constraints", issueLeaf(AUTHORITY, asked));
    expect(error.message).toBe(
      "could not sign *.app.example.com, 8.8.8.8: this authority is limited to local names",
    );
    expect(error.hint?.split("\n")).toEqual([
      "A wider authority has to be made and trusted anew:",
      "  devtls untrust",
      "  devtls ca create --force --permit app.example.com --permit 8.8.8.8",
      "  devtls trust",
    ]);
  });

  it("and those commands keep what it is permitted already", async () => {
    const wider = makeAuthority({ permit: ["example.org", "100.64.0.0/10", "2001:db8::/32"] });
    await issueLeaf(wider, names("www.example.org", "100.64.0.1", "2001:db8::1"));
    const refused = issueLeaf(wider, names("example.com"));
    expect((await rejection("outside-constraints", refused)).hint).toContain(
      "create --force --permit example.org --permit 100.64.0.0/10 --permit 2001:db8::/32 --permit example.com\n",
    );
  });

  it("a mailbox and a URI of another's domain among them", async () => {
    const asked = names("ceo@bank.com", "https://www.bank.com:443/x");
    const error = await rejection("outside-constraints", issueLeaf(AUTHORITY, asked));
    expect(error.message).toContain("could not sign ceo@bank.com, https://www.bank.com:443/x: ");
    expect(error.hint).toContain("create --force --permit bank.com --permit www.bank.com\n");
    const { certificate } = await issueLeaf(AUTHORITY, names("ada@a.test", "https://a.test/"));
    expect(certificate.names).toHaveLength(2);
  });

  it("a URI with an address, which no limit can name, only where there are no limits", async () => {
    const error = await rejection(
      "outside-constraints",
      issueLeaf(AUTHORITY, names("https://127.0.0.1/")),
    );
    expect(error.hint).toContain("devtls ca create --force --unconstrained\n");
    const free = makeAuthority({ unconstrained: true });
    await issueLeaf(free, names("https://127.0.0.1/"));
  });

  it("unless the authority has none", async () => {
    const free = makeAuthority({ unconstrained: true });
    const { certificate } = await issueLeaf(free, names("example.com", "8.8.8.8"));
    expect(certificate.names).toHaveLength(2);
  });

  it("before an authority is made for it", async () => {
    const home = join(temporaryFolder(), "state");
    await rejection("outside-constraints", openAuthorityFor(names("example.com"), home));
    expect(loadAuthority(home)).toBeUndefined();
    expect((await openAuthorityFor(names("localhost"), home)).created).toBe(true);
    expect((await openAuthorityFor(names("localhost"), home)).created).toBe(false);
  });

  it("before anything is issued by an authority that is there", async () => {
    const before = snapshot(AUTHORITY.paths.directory);
    const opened = openAuthorityFor(names("example.com"), AUTHORITY.paths.directory);
    await rejection("outside-constraints", opened);
    expect(snapshot(AUTHORITY.paths.directory)).toEqual(before);
  });
});

describe("a leaf without a name", () => {
  it("is refused: no client would accept it, and some read it as one for any name", async () => {
    const error = await rejection("bad-name", issueLeaf(AUTHORITY, []));
    expect(error.message).toBe("could not make a certificate: it needs at least one name");
  });
});

describe("on the command line", () => {
  it("the commands of the refusal lead to the certificate", async () => {
    const out = temporaryFolder();
    const env = { DEVTLS_HOME: join(temporaryFolder(), "state"), HOME: out };
    const cert = ["cert", "www.example.com", "100.64.0.1"];
    const refused = await devtls(cert, { cwd: out, env });
    expect(refused.status).toBe(1);
    expect(list(out)).toEqual([]);
    const [, command] = /^ +devtls (ca create .*)$/m.exec(refused.stderr) ?? [];
    expect(command).toBe("ca create --force --permit www.example.com --permit 100.64.0.1");
    expect((await devtls((command as string).split(" "), { cwd: out, env })).status).toBe(0);
    const issued = await devtls(cert, { cwd: out, env });
    expect(issued.status, issued.stderr).toBe(0);
    expect(list(out)).toEqual(["www.example.com+1-key.pem", "www.example.com+1.pem"]);
  });
});

describe("the key of a leaf", () => {
  it("is another one each time", async () => {
    const [first, second] = [
      await issueLeaf(AUTHORITY, names("a.test")),
      await issueLeaf(AUTHORITY, names("a.test")),
    ];
    expect(createPublicKey(first.keyPem as string).equals(second.certificate.publicKey)).toBe(
      false,
    );
    expect(first.certificate.serial).not.toBe(second.certificate.serial);
  });
});
