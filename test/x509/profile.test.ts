/** The profiles of trust.md, read back by Node and field by field by openssl. */
import { createHash, X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { readExtensions } from "../../src/x509/certificate.js";
import { childrenOf, readDer } from "../../src/x509/der-reader.js";
import { DAY_MS } from "../../src/x509/validity.js";
import { describeWith } from "../support/tools.js";
import { extensionsIn, type Made, makeLeaf, makeRoot, OWNER, opensslText } from "./fixtures.js";

const ROOT = makeRoot();
const LEAF = makeLeaf(ROOT, ["app.localhost", "127.0.0.1", "::1"]);
const RSA_ROOT = makeRoot({ kind: "rsa2048" });
const RSA_LEAF = makeLeaf(RSA_ROOT, ["localhost"], { kind: "rsa2048", client: true });

/** SHA-1 of the key's bit string, as openssl prints it, computed from the SPKI with Node alone. */
function identifier({ der }: Made): string {
  const spki = new X509Certificate(der).publicKey.export({ type: "spki", format: "der" });
  // The bit string is the last value: 65 octets of a P-256 point, or an RSA key after its header.
  const bits = spki.subarray(spki.indexOf(Buffer.from("0003", "hex")) === -1 ? -65 : 24);
  const hex = createHash("sha1").update(bits).digest("hex").toUpperCase();
  return (hex.match(/../g) ?? []).join(":");
}

/** The tags of notBefore and notAfter. */
function timeTags({ der }: Made): number[] {
  const fields = childrenOf(childrenOf(readDer(der))[0] as ReturnType<typeof readDer>);
  return childrenOf(fields[4] as ReturnType<typeof readDer>).map(({ tag }) => tag);
}

describeWith(["openssl"], "openssl reads of the root", () => {
  it("exactly the extensions of the profile", async () => {
    expect([...extensionsIn(await opensslText(ROOT.pem))]).toEqual([
      ["X509v3 Basic Constraints critical", "CA:TRUE, pathlen:0"],
      ["X509v3 Key Usage critical", "Certificate Sign, CRL Sign"],
      ["X509v3 Extended Key Usage", "TLS Web Server Authentication, TLS Web Client Authentication"],
      ["X509v3 Subject Key Identifier", identifier(ROOT)],
      [
        "X509v3 Name Constraints",
        "Permitted: DNS:localhost DNS:test DNS:local DNS:internal DNS:home.arpa " +
          "IP:127.0.0.0/255.0.0.0 IP:10.0.0.0/255.0.0.0 IP:172.16.0.0/255.240.0.0 " +
          "IP:192.168.0.0/255.255.0.0 IP:169.254.0.0/255.255.0.0 " +
          "IP:0:0:0:0:0:0:0:1/FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF " +
          "IP:FE80:0:0:0:0:0:0:0/FFC0:0:0:0:0:0:0:0 IP:FC00:0:0:0:0:0:0:0/FE00:0:0:0:0:0:0:0 " +
          "email:localhost email:.localhost email:test email:.test email:local email:.local " +
          "email:internal email:.internal email:home.arpa email:.home.arpa " +
          "URI:localhost URI:.localhost URI:test URI:.test URI:local URI:.local " +
          "URI:internal URI:.internal URI:home.arpa URI:.home.arpa",
      ],
    ]);
  });

  it("version 3, ECDSA P-256 with SHA-256, and the owner in the common name", async () => {
    const text = await opensslText(ROOT.pem);
    expect(text).toContain("Version: 3 (0x2)");
    expect(text).toContain("ASN1 OID: prime256v1");
    expect(text.match(/Signature Algorithm: ecdsa-with-SHA256/g)).toHaveLength(2);
    const name = `O = devtls development authority, CN = devtls ${OWNER} [0-9a-f]{8}`;
    expect(text).toMatch(new RegExp(`Subject: ${name}\n`));
    expect(text).toMatch(new RegExp(`Issuer: ${name}\n`));
  });

  it("no name constraints where it was made without", async () => {
    const text = await opensslText(makeRoot({ unconstrained: true }).pem);
    expect([...extensionsIn(text).keys()]).toEqual([
      "X509v3 Basic Constraints critical",
      "X509v3 Key Usage critical",
      "X509v3 Extended Key Usage",
      "X509v3 Subject Key Identifier",
    ]);
  });

  it("RSA with SHA-256 where it was made so", async () => {
    const text = await opensslText(RSA_ROOT.pem);
    expect(text.match(/Signature Algorithm: sha256WithRSAEncryption/g)).toHaveLength(2);
    expect(text).toContain("Public-Key: (2048 bit)");
    expect(extensionsIn(text).get("X509v3 Key Usage critical")).toBe("Certificate Sign, CRL Sign");
  });
});

describeWith(["openssl"], "openssl reads of a leaf", () => {
  it("exactly the extensions of the profile", async () => {
    expect([...extensionsIn(await opensslText(LEAF.pem))]).toEqual([
      ["X509v3 Basic Constraints critical", "CA:FALSE"],
      ["X509v3 Key Usage critical", "Digital Signature"],
      ["X509v3 Extended Key Usage", "TLS Web Server Authentication"],
      ["X509v3 Subject Key Identifier", identifier(LEAF)],
      ["X509v3 Authority Key Identifier", identifier(ROOT)],
      [
        "X509v3 Subject Alternative Name",
        "DNS:app.localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1",
      ],
    ]);
  });

  it("key encipherment with an RSA key, and client authentication when it was asked for", async () => {
    expect([...extensionsIn(await opensslText(RSA_LEAF.pem))].slice(0, 5)).toEqual([
      ["X509v3 Basic Constraints critical", "CA:FALSE"],
      ["X509v3 Key Usage critical", "Digital Signature, Key Encipherment"],
      ["X509v3 Extended Key Usage", "TLS Web Client Authentication, TLS Web Server Authentication"],
      ["X509v3 Subject Key Identifier", identifier(RSA_LEAF)],
      ["X509v3 Authority Key Identifier", identifier(RSA_ROOT)],
    ]);
  });

  it.each([
    [["ada@a.test"], "E-mail Protection"],
    [["ada@a.test", "a.test"], "TLS Web Server Authentication, E-mail Protection"],
    [["https://a.test"], "TLS Web Server Authentication"],
    [["10.0.0.1"], "TLS Web Server Authentication"],
  ])("the extended key usages of %j", async (names, usages) => {
    const extensions = extensionsIn(await opensslText(makeLeaf(ROOT, names).pem));
    expect(extensions.get("X509v3 Extended Key Usage")).toBe(usages);
  });
});

describe("the subject of a leaf", () => {
  const subject = (names: string[], owner = OWNER): string[] =>
    makeLeaf(ROOT, names, { owner }).certificate.x509.subject.split("\n");
  const ORGANISATION = "O=devtls development certificate";

  it("names who asked for it, and the first host", () => {
    expect(subject(["::1", "b.test", "a.test"])).toEqual([
      ORGANISATION,
      `OU=${OWNER}`,
      "CN=b.test",
    ]);
  });

  it("is not empty and has no common name where there is no host", () => {
    expect(subject(["127.0.0.1", "ada@a.test", "https://a.test"])).toEqual([
      ORGANISATION,
      `OU=${OWNER}`,
    ]);
  });

  it("passes over a host that is longer than a common name may be", () => {
    const fits = `${"a".repeat(59)}.test`;
    expect(subject([`a${fits}`, fits])).toContain(`CN=${fits}`);
    expect(subject([`a${fits}`])).toEqual([ORGANISATION, `OU=${OWNER}`]);
  });

  it("cuts an owner at 64 characters, never inside one", () => {
    expect(subject(["a.test"], "é".repeat(70))).toContain(`OU=${"é".repeat(64)}`);
    expect(subject(["a.test"], "🔐".repeat(70))).toContain(`OU=${"🔐".repeat(64)}`);
  });
});

describe("the common name of a root", () => {
  it("stays within 64 characters however long the owner is", () => {
    const { subject } = makeRoot({ owner: "u".repeat(100) }).certificate.x509;
    expect(subject).toMatch(/^CN=devtls u{48} [0-9a-f]{8}$/m);
    expect(/CN=(.*)/.exec(subject)?.[1]).toHaveLength(64);
  });

  it("differs from one root to the next", () => {
    expect(makeRoot().certificate.x509.subject).not.toBe(makeRoot().certificate.x509.subject);
  });
});

describe("serial numbers", () => {
  it("have 16 octets, the first neither zero nor negative, and are all different", () => {
    const serials = Array.from({ length: 300 }, () => makeLeaf(ROOT, ["a.test"]).certificate);
    for (const { serial } of serials) expect(serial).toMatch(/^[4-7][0-9A-F]{31}$/);
    expect(new Set(serials.map(({ serial }) => serial)).size).toBe(300);
    expect(new X509Certificate(ROOT.der).serialNumber).toMatch(/^[4-7][0-9A-F]{31}$/);
  });
});

describe("validity", () => {
  it("of a root begins 24 hours before it is made and ends ten years after", () => {
    const now = new Date("2026-03-04T05:06:07.890Z");
    const { notBefore, notAfter } = makeRoot({ now }).certificate;
    expect(notBefore.toISOString()).toBe("2026-03-03T05:06:07.000Z");
    expect(notAfter.toISOString()).toBe("2036-03-04T05:06:07.000Z");
  });

  it("of a leaf is what the caller says, in whole seconds", () => {
    const notBefore = new Date("2026-03-04T05:06:07.890Z");
    const { certificate } = makeLeaf(ROOT, ["a.test"], { notBefore, days: 825 });
    expect(certificate.notBefore.toISOString()).toBe("2026-03-04T05:06:07.000Z");
    expect(certificate.notAfter.getTime() - certificate.notBefore.getTime()).toBe(825 * DAY_MS);
    expect(new Date(certificate.x509.validTo)).toEqual(certificate.notAfter);
  });

  it("is UTCTime through 2049 and GeneralizedTime after it", () => {
    const at = (iso: string, days: number): number[] =>
      timeTags(makeLeaf(ROOT, ["a.test"], { notBefore: new Date(iso), days }));
    expect(at("2049-12-30T00:00:00Z", 1)).toEqual([0x17, 0x17]);
    expect(at("2049-12-31T00:00:00Z", 1)).toEqual([0x17, 0x18]);
    expect(at("2050-01-01T00:00:00Z", 1)).toEqual([0x18, 0x18]);
    expect(timeTags(makeRoot({ now: new Date("2041-01-01T00:00:00Z") }))).toEqual([0x17, 0x18]);
  });

  it("after 2049 is read by Node as it was meant", () => {
    const { x509 } = makeLeaf(ROOT, ["a.test"], {
      notBefore: new Date("2049-12-31T00:00:00Z"),
      days: 366,
    }).certificate;
    expect(new Date(x509.validTo).toISOString()).toBe("2051-01-01T00:00:00.000Z");
  });
});

describe("the encoding", () => {
  it("leaves out what DER leaves out: a criticality of FALSE and CA:FALSE", () => {
    const fields = childrenOf(childrenOf(readDer(LEAF.der))[0] as ReturnType<typeof readDer>);
    const list = childrenOf(fields.at(-1) as ReturnType<typeof readDer>)[0];
    const critical = childrenOf(list as ReturnType<typeof readDer>).map(
      (entry) => childrenOf(entry).length,
    );
    expect(critical).toEqual([3, 3, 2, 2, 2, 2]);
    expect(readExtensions(list).get("2.5.29.19")?.raw.toString("hex")).toBe("3000");
  });
});
