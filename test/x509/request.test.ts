/** Requests as openssl makes them, and as nobody should. */
import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import * as der from "../../src/x509/der.js";
import { isAcceptedByClients } from "../../src/x509/keys.js";
import { OID } from "../../src/x509/oids.js";
import { encodePem, pemBlocks } from "../../src/x509/pem.js";
import { parseRequest } from "../../src/x509/request.js";
import { temporaryFolder } from "../support/cli.js";
import { describeWith } from "../support/tools.js";
import { openssl, refusal, save } from "./fixtures.js";

const folder = temporaryFolder();
let count = 0;

const EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];

/** A request in PEM; `names` as openssl writes subject alternative names. */
async function request(
  subject: string,
  names?: string,
  key: readonly string[] = EC,
  ...more: string[]
): Promise<string> {
  const keyFile = join(folder, `${count++}.key`);
  const alternatives = names === undefined ? [] : ["-addext", `subjectAltName=${names}`];
  const config = save(
    folder,
    "req.cnf",
    "[req]\nprompt = no\ndistinguished_name = dn\n[dn]\nCN = x\n",
  );
  const fixed = ["req", "-new", "-nodes", "-config", config, "-utf8", "-keyout", keyFile];
  return openssl([...fixed, ...key, "-subj", subject, ...alternatives, ...more]);
}

const valuesOf = (input: string | Buffer): string[] =>
  parseRequest(Buffer.from(input)).names.map(({ kind, value }) => `${kind} ${value}`);

describeWith(["openssl"], "a request that openssl made", () => {
  it("gives its names of every kind, in order", async () => {
    const names =
      "DNS:app.test,DNS:*.app.test,IP:127.0.0.1,IP:fe80::1,email:ada@a.test,URI:https://a.test/x";
    expect(valuesOf(await request("/CN=other.test", names))).toEqual([
      "dns app.test",
      "dns *.app.test",
      "ip 127.0.0.1",
      "ip fe80::1",
      "email ada@a.test",
      "uri https://a.test/x",
    ]);
  });

  it("gives its common name where it has no alternative names", async () => {
    expect(valuesOf(await request("/O=Example/CN=App.Test"))).toEqual(["dns app.test"]);
    expect(valuesOf(await request("/CN=bücher.test"))).toEqual(["dns xn--bcher-kva.test"]);
    expect(valuesOf(await request("/CN=127.0.0.1"))).toEqual(["ip 127.0.0.1"]);
  });

  it("has its names normalised as names that are typed", async () => {
    const names = "DNS:APP.test,IP:0:0:0:0:0:0:0:1";
    expect(valuesOf(await request("/CN=x", names))).toEqual(["dns app.test", "ip ::1"]);
  });

  it.each([
    ["in DER", (pem: string) => pemBlocks(pem, "CERTIFICATE REQUEST")[0] as Buffer],
    ["in PEM with CR LF", (pem: string) => Buffer.from(pem.replaceAll("\n", "\r\n"))],
    ["in PEM with text before it", (pem: string) => Buffer.from(`Certificate Request:\n${pem}`)],
    [
      "in PEM with the old label",
      (pem: string) => Buffer.from(pem.replaceAll("CERTIFICATE REQ", "NEW CERTIFICATE REQ")),
    ],
  ])("is read %s", async (_, convert) => {
    expect(valuesOf(convert(await request("/CN=app.test")))).toEqual(["dns app.test"]);
  });

  it.each([
    ["P-256", EC, true],
    ["P-384", ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"], true],
    ["P-521 and SHA-512", [...EC.slice(0, 3), "ec_paramgen_curve:P-521", "-sha512"], true],
    ["RSA 2048 and SHA-384", ["-newkey", "rsa:2048", "-sha384"], true],
    ["RSA 1024", ["-newkey", "rsa:1024"], false],
    ["Ed25519", ["-newkey", "ed25519"], false],
    ["secp256k1", [...EC.slice(0, 3), "ec_paramgen_curve:secp256k1"], false],
  ])("is read with the key %s, which clients take or do not", async (_, key, accepted) => {
    const { publicKey } = parseRequest(Buffer.from(await request("/CN=app.test", undefined, key)));
    expect(isAcceptedByClients(publicKey)).toBe(accepted);
  });

  it("gives the key it was made for", async () => {
    const pem = await request("/CN=app.test");
    const spki = await openssl(["req", "-noout", "-pubkey"], { input: pem });
    expect(parseRequest(Buffer.from(pem)).publicKey.equals(createPublicKey(spki))).toBe(true);
  });

  it("may ask for more: an authority, usages, a challenge; only names and key are taken", async () => {
    const more = ["basicConstraints=critical,CA:TRUE", "keyUsage=keyCertSign", "1.2.3.4=ASN1:NULL"];
    const pem = await request(
      "/CN=x.test",
      "DNS:app.test",
      EC,
      ...more.flatMap((e) => ["-addext", e]),
    );
    expect(Object.keys(parseRequest(Buffer.from(pem))).sort()).toEqual([
      "commonName",
      "names",
      "publicKey",
    ]);
    expect(valuesOf(pem)).toEqual(["dns app.test"]);
  });

  it.each([
    ["no name at all", "/O=Example", undefined],
    ["an empty subject", "/", undefined],
    ["names of kinds that devtls does not issue only", "/O=x", "RID:1.2.3"],
  ])("is refused with %s", async (_, subject, names) => {
    const input = Buffer.from(await request(subject, names));
    expect(refusal("bad-request", () => parseRequest(input)).message).toContain(
      "it asks for no name; add a subject alternative name to it",
    );
  });

  it.each([
    ["a common name that is a person", "/CN=Ada Lovelace", undefined, "a space"],
    ["a wildcard below a top-level name", "/CN=x", "DNS:*.localhost", "directly below"],
    ["a name that is none", "/CN=x", "DNS:a..b", "an empty label"],
    ["a host with a port", "/CN=localhost:8443", undefined, "not a host name"],
  ])("is refused with %s, as the same name is when it is typed", async (_, subject, names, why) => {
    const input = Buffer.from(await request(subject, names));
    expect(refusal("bad-name", () => parseRequest(input)).message).toContain(why);
  });

  it("is refused when what was signed has been changed", async () => {
    const input = pemBlocks(await request("/CN=app.test"), "CERTIFICATE REQUEST")[0] as Buffer;
    input.write("abc", input.indexOf("app.test"), "latin1");
    expect(refusal("bad-request", () => parseRequest(input)).message).toBe(
      "could not read the certificate request: its signature does not fit its key",
    );
  });

  it("is refused when another key takes the place of its own", async () => {
    const [mine, yours] = await Promise.all([request("/CN=app.test"), request("/CN=app.test")]);
    const bytes = (pem: string): Buffer => pemBlocks(pem, "CERTIFICATE REQUEST")[0] as Buffer;
    const point = Buffer.from("03420004", "hex"); // the bit string of an uncompressed P-256 point
    const stolen = bytes(mine);
    const other = bytes(yours);
    other.copy(stolen, stolen.indexOf(point), other.indexOf(point), other.indexOf(point) + 68);
    expect(refusal("bad-request", () => parseRequest(stolen)).message).toContain(
      "its signature does not fit its key",
    );
  });

  it.each([["-sha1"], ["-sigopt", "rsa_padding_mode:pss"]])(
    "is refused when it is signed with %s, naming the algorithm",
    async (...option) => {
      const input = Buffer.from(
        await request("/CN=a.test", undefined, ["-newkey", "rsa:2048", ...option]),
      );
      expect(refusal("bad-request", () => parseRequest(input)).message).toMatch(
        /it is signed with 1\.2\.840\.113549\.1\.1\.\d+, which is not supported/,
      );
    },
  );
});

describe("what is no request is refused", () => {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const keyPem = privateKey.export({ type: "pkcs8", format: "pem" }) as string;

  it.each([
    ["nothing", ""],
    ["text", "hello"],
    ["a key", keyPem],
    ["a private key in DER", privateKey.export({ type: "pkcs8", format: "der" })],
    ["an empty sequence", Buffer.from("3000", "hex")],
    ["zeros", Buffer.alloc(100)],
    ["a sequence tag alone", Buffer.from("30", "hex")],
    ["a block that is cut off", "-----BEGIN CERTIFICATE REQUEST-----\nMIIB"],
    ["an empty block", "-----BEGIN CERTIFICATE REQUEST-----\n-----END CERTIFICATE REQUEST-----\n"],
    ["a block of something else", encodePem("CERTIFICATE REQUEST", Buffer.from("0500", "hex"))],
  ])("%s", (_, input) => {
    const { message } = refusal("bad-request", () => parseRequest(Buffer.from(input)));
    expect(message).toMatch(/^could not read the certificate request: \S/);
    expect(message.match(/could not read/g)).toHaveLength(1);
  });
});

describe("a request whose key cannot have signed it is refused", () => {
  /** A request for this key that says it is signed with this algorithm. */
  function claim(publicKey: KeyObject, algorithm: string, signature: Buffer): Buffer {
    const spki = publicKey.export({ type: "spki", format: "der" });
    const name = der.set(der.sequence(der.oid(OID.commonName), der.utf8String("app.test")));
    const info = der.sequence(
      der.integer(0),
      der.sequence(name),
      der.verbatim(spki),
      der.context(0),
    );
    return der.encode(
      der.sequence(info, der.sequence(der.oid(algorithm)), der.bitString(signature)),
    );
  }

  it.each([
    ["X25519, ECDSA", "x25519", OID.ecdsaWithSha256],
    ["X25519, Ed25519", "x25519", OID.ed25519],
    ["Ed25519, ECDSA", "ed25519", OID.ecdsaWithSha256],
    ["Ed25519, RSA", "ed25519", OID.sha256WithRsa],
    ["Ed448, Ed25519", "ed448", OID.ed25519],
  ] as const)("%s", (_, type, algorithm) => {
    const { publicKey } = generateKeyPairSync(type as "ed25519");
    const input = claim(publicKey, algorithm, Buffer.alloc(64, 1));
    refusal("bad-request", () => parseRequest(input));
  });

  it("P-256, Ed25519", () => {
    const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const input = claim(publicKey, OID.ed25519, sign("sha256", Buffer.from("x"), privateKey));
    refusal("bad-request", () => parseRequest(input));
  });

  it("any key, an empty signature", () => {
    const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    refusal("bad-request", () =>
      parseRequest(claim(publicKey, OID.ecdsaWithSha256, Buffer.alloc(0))),
    );
  });
});
