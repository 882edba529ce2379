import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  certificateToPem,
  fingerprint,
  isSignedBy,
  parseCertificate,
  parsePemCertificate,
  readExtensions,
} from "../../src/x509/certificate.js";
import { readDer } from "../../src/x509/der-reader.js";
import {
  decodePrivateKey,
  describeKey,
  encodePrivateKey,
  generateKey,
  isAcceptedByClients,
} from "../../src/x509/keys.js";
import { describeWith } from "../support/tools.js";
import { makeLeaf, makeRoot, openssl, refusal } from "./fixtures.js";

const ROOT = makeRoot();
const LEAF = makeLeaf(ROOT, ["app.test", "127.0.0.1"], { client: true });

describe("a certificate is read", () => {
  it("with the fields that Node reads of it", () => {
    const node = new X509Certificate(LEAF.der);
    const { certificate } = LEAF;
    expect(certificate.serial).toBe(node.serialNumber);
    expect(certificate.notBefore).toEqual(new Date(node.validFrom));
    expect(certificate.notAfter).toEqual(new Date(node.validTo));
    expect(certificate.publicKey.equals(node.publicKey)).toBe(true);
    expect(certificate.isAuthority).toBe(node.ca);
    expect(ROOT.certificate.isAuthority).toBe(true);
    expect(fingerprint(certificate)).toBe(node.fingerprint256);
    expect(fingerprint(certificate, "sha1")).toBe(node.fingerprint);
  });

  it("with its names, usages, organisation and constraints", () => {
    const { certificate } = LEAF;
    expect(certificate.names.map(({ value }) => value)).toEqual(["app.test", "127.0.0.1"]);
    expect(certificate.extKeyUsages).toEqual(["1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.1"]);
    expect(certificate.organization).toBe("devtls development certificate");
    expect(certificate.constraints).toBeNull();
    expect(ROOT.certificate.constraints?.dns).toContain("localhost");
  });

  it("the same from PEM as from DER, and back", () => {
    expect(parsePemCertificate(LEAF.pem).der.equals(LEAF.der)).toBe(true);
    expect(certificateToPem(LEAF.certificate)).toBe(LEAF.pem);
  });

  it("the first of a chain", () => {
    expect(parsePemCertificate(LEAF.pem + ROOT.pem).serial).toBe(LEAF.certificate.serial);
  });
});

describe("a certificate is refused", () => {
  it.each([
    ["nothing", Buffer.alloc(0)],
    ["text", Buffer.from("not a certificate")],
    ["PEM where DER is expected", Buffer.from(LEAF.pem)],
    ["an empty sequence", Buffer.from("3000", "hex")],
    ["three empty sequences", Buffer.from("3006300030003000", "hex")],
    ["a key", generateKeyPairSync("ed25519").publicKey.export({ type: "spki", format: "der" })],
    ["one with a byte after it", Buffer.concat([LEAF.der, Buffer.from([0])])],
    ["one without its last byte", LEAF.der.subarray(0, -1)],
  ])("%s", (_, der) => {
    refusal("bad-certificate", () => parseCertificate(der));
  });

  it("in PEM that holds a key only", () => {
    const { message } = refusal("bad-certificate", () => parsePemCertificate(LEAF.keyPem));
    expect(message).toContain("no CERTIFICATE in it, only PRIVATE KEY");
  });

  it("with an extension twice", () => {
    const keyUsage = "300b0603551d0f0404020201ff"; // its value stands in for any
    const twice = readDer(Buffer.from(`301a${keyUsage}${keyUsage}`, "hex"));
    const { message } = refusal("bad-certificate", () => readExtensions(twice));
    expect(message).toContain("2.5.29.15 twice");
  });

  it("with an extension that is known and no DER, but not with one that is unknown", () => {
    // id, then an octet string with the one byte 02; .NET marks its development certificates so.
    const dotnet = readDer(Buffer.from("3011300f060a2b060104018237540101040102", "hex"));
    expect(readExtensions(dotnet).size).toBe(0);
    const keyUsage = readDer(Buffer.from("300a30080603551d0f040102", "hex"));
    refusal("bad-certificate", () => readExtensions(keyUsage));
  });

  it("when a month, a day or an hour of its validity does not exist", () => {
    const at = LEAF.der.indexOf(
      LEAF.certificate.notBefore.toISOString().slice(2, 10).replaceAll("-", ""),
    );
    const der = Buffer.from(LEAF.der);
    der.write("13", at + 2, "latin1");
    refusal("bad-certificate", () => parseCertificate(der));
  });
});

describe("whether an authority signed a certificate", () => {
  it("is seen from the signature and the name", () => {
    expect(isSignedBy(LEAF.certificate, ROOT.certificate)).toBe(true);
    expect(isSignedBy(ROOT.certificate, ROOT.certificate)).toBe(true);
    expect(isSignedBy(LEAF.certificate, makeRoot().certificate)).toBe(false);
    expect(isSignedBy(ROOT.certificate, LEAF.certificate)).toBe(false);
  });

  it("is denied when a bit of the signature differs, or of what is signed", () => {
    for (const at of [LEAF.der.length - 1, LEAF.der.indexOf("app.test")]) {
      const der = Buffer.from(LEAF.der);
      der[at] = (der[at] ?? 0) ^ 1;
      expect(isSignedBy(parseCertificate(der), ROOT.certificate)).toBe(false);
    }
  });

  it("is denied, without an error, when the keys are of another kind", () => {
    const rsa = makeRoot({ kind: "rsa2048" }).certificate;
    const named = { ...rsa, subject: ROOT.certificate.subject };
    expect(isSignedBy(LEAF.certificate, named)).toBe(false);
  });
});

describe("keys", () => {
  it.each([
    ["p256", "EC P-256"],
    ["rsa2048", "RSA 2048"],
    ["rsa3072", "RSA 3072"],
  ] as const)("%s is made as %s", (kind, described) => {
    const key = generateKey(kind);
    expect(describeKey(key)).toBe(described);
    expect(isAcceptedByClients(key)).toBe(true);
    expect(encodePrivateKey(key)).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
    expect(decodePrivateKey(encodePrivateKey(key)).equals(key)).toBe(true);
  });

  it.each([
    ["EC P-384", true, () => generateKeyPairSync("ec", { namedCurve: "P-384" })],
    ["EC P-521", true, () => generateKeyPairSync("ec", { namedCurve: "P-521" })],
    ["EC secp256k1", false, () => generateKeyPairSync("ec", { namedCurve: "secp256k1" })],
    ["RSA 1024", false, () => generateKeyPairSync("rsa", { modulusLength: 1024 })],
    ["ed25519", false, () => generateKeyPairSync("ed25519")],
    ["x25519", false, () => generateKeyPairSync("x25519")],
    ["rsa-pss", false, () => generateKeyPairSync("rsa-pss", { modulusLength: 2048 })],
  ] as const)("%s: accepted by clients is %s", (described, accepted, make) => {
    const { publicKey, privateKey } = make();
    expect(describeKey(publicKey)).toBe(described);
    expect(isAcceptedByClients(publicKey)).toBe(accepted);
    expect(isAcceptedByClients(privateKey)).toBe(accepted);
  });

  it("that cannot be read are refused", () => {
    refusal("bad-key", () => decodePrivateKey(""));
    refusal("bad-key", () => decodePrivateKey(LEAF.pem));
    refusal("bad-key", () => decodePrivateKey(LEAF.keyPem.slice(0, 60)));
  });

  it.each(["pkcs8", "pkcs1"] as const)(
    "that are encrypted (%s) are refused, with the way out",
    (type) => {
      const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
      const pem = privateKey.export({
        type,
        format: "pem",
        cipher: "aes-256-cbc",
        passphrase: "x",
      });
      const error = refusal("bad-key", () => decodePrivateKey(pem as string));
      expect(error.message).toContain("it is encrypted");
      expect(error.hint).toContain("openssl pkey -in");
    },
  );

  it("of a kind that devtls does not sign with make no certificate", () => {
    const { privateKey } = generateKeyPairSync("ed25519");
    refusal("bad-key", () =>
      makeLeaf({ certificate: ROOT.certificate, key: privateKey }, ["a.test"]),
    );
  });
});

describeWith(["openssl"], "keys that openssl made", () => {
  it.each([
    ["SEC 1", ["ecparam", "-name", "prime256v1", "-genkey", "-noout"], "EC P-256"],
    ["SEC 1 with parameters", ["ecparam", "-name", "secp384r1", "-genkey"], "EC P-384"],
    ["PKCS#1", ["genrsa", "-traditional", "2048"], "RSA 2048"],
    ["PKCS#8", ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"], "RSA 2048"],
  ])("are read: %s", async (_, args, described) => {
    expect(describeKey(decodePrivateKey(await openssl(args)))).toBe(described);
  });
});
