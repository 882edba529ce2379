/** Authorities that other tools made: their names are copied into leaves octet for octet. */
import { createPrivateKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { type Certificate, isSignedBy, parsePemCertificate } from "../../src/x509/certificate.js";
import { runProgram, temporaryFolder } from "../support/cli.js";
import { describeWith } from "../support/tools.js";
import { type Made, makeLeaf, openssl, save } from "./fixtures.js";

interface Foreign {
  readonly pem: string;
  readonly certificate: Certificate;
  readonly key: ReturnType<typeof createPrivateKey>;
}

/** What openssl writes for each `string_mask`, and shapes of names that devtls never makes. */
const SUBJECTS = [
  ["PrintableString", "default", "/C=DE/O=Example/CN=Example Root", "PRINTABLESTRING"],
  ["T61String", "default", "/O=Caf\xe9/CN=R\xf6\xf6t", "T61STRING"],
  ["BMPString", "MASK:0x802", "/O=Caf\xe9/CN=Root", "BMPSTRING"],
  ["UTF8String", "utf8only", "/O=Caf\xe9/CN=Root", "UTF8STRING"],
  [
    "a multi-valued relative name",
    "default",
    "/O=Example+OU=Dev+CN=Root/L=Here",
    "PRINTABLESTRING",
  ],
  ["an e-mail address", "default", "/CN=Root/emailAddress=ca@example.test", "IA5STRING"],
  ["no common name", "utf8only", "/O=Only an organisation", "UTF8STRING"],
  ["one attribute twice", "utf8only", "/DC=test/DC=example/CN=a/CN=b", "IA5STRING"],
] as const;

const folder = temporaryFolder();
const roots = new Map<string, Foreign>();

async function makeForeign(subject: string, mask: string, name: string): Promise<Foreign> {
  const config = `[req]
prompt = no
distinguished_name = dn
string_mask = ${mask}
x509_extensions = ext
[dn]
CN = replaced
[ext]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
subjectKeyIdentifier = ${name === "PrintableString" ? "0102030405" : "hash"}
`;
  const keyPath = join(folder, `${roots.size}.key`);
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  const pem = await openssl([
    ...["req", "-x509", "-days", "30", "-config", save(folder, "req.cnf", config), "-utf8"],
    ...[...key, "-keyout", keyPath, "-subj", subject],
  ]);
  return {
    pem,
    certificate: parsePemCertificate(pem),
    key: createPrivateKey(readFileSync(keyPath)),
  };
}

describeWith(["openssl", "certtool"], "the issuer of a leaf under a foreign authority", () => {
  beforeAll(async () => {
    for (const [name, mask, subject] of SUBJECTS) {
      roots.set(name, await makeForeign(subject, mask, name));
    }
  });

  const leafOf = (name: string): { root: Foreign; leaf: Made } => {
    const root = roots.get(name) as Foreign;
    return { root, leaf: makeLeaf(root, ["localhost"]) };
  };

  it.each(SUBJECTS)("with %s is the authority's subject octet for octet", async (...row) => {
    const [name, , , type] = row;
    const { root, leaf } = leafOf(name);
    const path = save(folder, "root.der", root.certificate.der);
    // The premise: openssl did write this type of string.
    expect(await openssl(["asn1parse", "-inform", "DER", "-in", path])).toContain(type);
    expect(leaf.certificate.issuer.toString("hex")).toBe(root.certificate.subject.toString("hex"));
    expect(leaf.der.includes(root.certificate.subject)).toBe(true);
    expect(isSignedBy(leaf.certificate, root.certificate)).toBe(true);
  });

  it.each(SUBJECTS)("with %s is accepted by openssl verify -x509_strict", async (name) => {
    const { root, leaf } = leafOf(name);
    const args = ["verify", "-x509_strict", "-CAfile", save(folder, "root.pem", root.pem)];
    const { status, stderr } = await runProgram("openssl", [
      ...args,
      save(folder, "leaf.pem", leaf.pem),
    ]);
    expect(stderr).toBe("");
    expect(status).toBe(0);
  });

  it("has a key identifier that is not SHA-1, copied as it is", () => {
    const { root, leaf } = leafOf("PrintableString");
    expect(root.certificate.keyId.toString("hex")).toBe("0102030405");
    expect(leaf.der.includes(Buffer.from("300780050102030405", "hex"))).toBe(true);
  });

  it("is told from an authority of the same name with another key", async () => {
    const { leaf } = leafOf("PrintableString");
    const [name, mask, subject] = SUBJECTS[0];
    const twin = await makeForeign(subject, mask, name);
    expect(twin.certificate.subject.equals(leaf.certificate.issuer)).toBe(true);
    expect(isSignedBy(leaf.certificate, twin.certificate)).toBe(false);
  });

  it("is told from an authority of the same key with another name", async () => {
    const { root, leaf } = leafOf("UTF8String");
    const renamed = { ...root.certificate, subject: Buffer.from("3000", "hex") };
    expect(isSignedBy(leaf.certificate, renamed)).toBe(false);
  });

  it.each(SUBJECTS)("with %s is accepted by GnuTLS", async (name) => {
    const { root, leaf } = leafOf(name);
    const { status } = await runProgram("certtool", [
      ...["--verify", "--load-ca-certificate", save(folder, "root.pem", root.pem)],
      ...["--infile", save(folder, "leaf.pem", leaf.pem)],
    ]);
    expect(status).toBe(0);
  });
});

describeWith(["mkcert"], "an authority made by mkcert", () => {
  it("signs leaves that carry its name and key identifier", async () => {
    const home = temporaryFolder();
    await runProgram(
      "mkcert",
      ["-cert-file", join(home, "x.pem"), "-key-file", join(home, "x.key"), "a.test"],
      {
        env: { CAROOT: home },
      },
    );
    const certificate = parsePemCertificate(readFileSync(join(home, "rootCA.pem"), "utf8"));
    const key = createPrivateKey(readFileSync(join(home, "rootCA-key.pem")));
    const leaf = makeLeaf({ certificate, key }, ["localhost"]);
    expect(certificate.isAuthority).toBe(true);
    expect(certificate.organization).toBe("mkcert development CA");
    expect(leaf.certificate.issuer.equals(certificate.subject)).toBe(true);
    expect(isSignedBy(leaf.certificate, certificate)).toBe(true);
  });
});
