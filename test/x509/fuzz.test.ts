/**
 * Damaged input. Certificates and requests can come from strangers: whatever is in them, devtls
 * either reads it or refuses it with an error of its own, and never takes long.
 */
import { generateKeyPairSync, sign } from "node:crypto";
import { expect, it } from "vitest";
import { DevtlsError } from "../../src/errors.js";
import { isSignedBy, parseCertificate, parsePemCertificate } from "../../src/x509/certificate.js";
import * as der from "../../src/x509/der.js";
import { TAG } from "../../src/x509/der-reader.js";
import { describeKey, isAcceptedByClients } from "../../src/x509/keys.js";
import { OID } from "../../src/x509/oids.js";
import { parseRequest } from "../../src/x509/request.js";
import { temporaryFolder } from "../support/cli.js";
import { describeWith } from "../support/tools.js";
import { makeLeaf, makeRoot, openssl, save } from "./fixtures.js";
import { FACTOR, Random, SEED } from "./random.js";

const ROUNDS = 1000 * FACTOR;
/** Reading takes a millisecond or so; this is a hang, not a slow machine. */
const HANG_MS = 3000;

const ROOT = makeRoot({ permit: ["example.com"] });
const RSA_ROOT = makeRoot({ kind: "rsa2048" });
const LEAF = makeLeaf(ROOT, ["app.test", "::1", "ada@a.test", "https://a.test/"], { client: true });

/** One to four changes: bits, octets, runs, lengths; then sometimes a cut or more at the end. */
function damage(random: Random, original: Buffer): Buffer {
  let bytes = Buffer.from(original);
  for (let changes = random.between(1, 4); changes > 0; changes--) {
    const at = random.below(bytes.length);
    switch (random.below(7)) {
      case 0:
      case 1:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
        break;
      case 2:
        bytes[at] = random.pick([0x00, 0x01, 0x30, 0x7f, 0x80, 0x81, 0x84, 0xa0, 0xff]);
        break;
      case 3: // an octet more or less, with every length around it now wrong
        bytes = Buffer.concat([bytes.subarray(0, at), random.bytes(1), bytes.subarray(at)]);
        break;
      case 4:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
        break;
      case 5: {
        const from = random.below(bytes.length);
        bytes.copy(bytes, at, from, Math.min(bytes.length, from + random.between(1, 40)));
        break;
      }
      default:
        bytes.fill(random.below(256), at, Math.min(bytes.length, at + random.between(1, 20)));
    }
    if (bytes.length === 0) break;
  }
  if (random.chance(0.1)) return bytes.subarray(0, random.below(bytes.length + 1));
  if (random.chance(0.05)) return Buffer.concat([bytes, random.bytes(random.between(1, 9))]);
  return bytes;
}

interface Tally {
  read: number;
  refused: number;
}

/** Calls `read`; anything that it throws but a DevtlsError fails the test with the input. */
function attempt(tally: Tally, input: Buffer, read: (input: Buffer) => void): void {
  const begun = performance.now();
  try {
    read(input);
    tally.read++;
  } catch (error) {
    if (!(error instanceof DevtlsError)) {
      throw new Error(`seed ${SEED}, input ${input.toString("hex")}`, { cause: error });
    }
    expect(error.message).toMatch(/^could not /);
    tally.refused++;
  }
  expect(performance.now() - begun, `time, input ${input.toString("hex")}`).toBeLessThan(HANG_MS);
}

function fuzz(original: Buffer, read: (input: Buffer) => void): Tally {
  const random = new Random(SEED);
  const tally: Tally = { read: 0, refused: 0 };
  attempt(tally, original, read);
  expect(tally.read, "the undamaged input is read").toBe(1);
  for (let round = 0; round < ROUNDS; round++) attempt(tally, damage(random, original), read);
  return tally;
}

/** Reads a certificate and everything that devtls asks of one. */
function readCertificate(input: Buffer): void {
  const certificate = parseCertificate(input);
  isSignedBy(certificate, ROOT.certificate);
  isSignedBy(ROOT.certificate, certificate);
  certificate.x509.checkPrivateKey(ROOT.key);
  describeKey(certificate.publicKey);
  isAcceptedByClients(certificate.publicKey);
}

it.each([
  ["a leaf", LEAF.der],
  ["a root with name constraints", ROOT.der],
  ["an RSA root", RSA_ROOT.der],
])("%s, damaged, is read or refused", (_, original) => {
  const { read, refused } = fuzz(original, readCertificate);
  expect(refused).toBeGreaterThan(ROUNDS / 4);
  expect(read).toBeGreaterThan(ROUNDS / 50); // else the damage never gets past the first check
});

it.each([
  ["a leaf", LEAF.der],
  ["a root", ROOT.der],
])("%s, cut off anywhere, is refused", (_, original) => {
  for (let length = 0; length < original.length; length++) {
    const tally = { read: 0, refused: 0 };
    attempt(tally, original.subarray(0, length), readCertificate);
    expect(tally, `${length} octets`).toEqual({ read: 0, refused: 1 });
  }
});

it("a certificate in PEM, damaged, is read or refused", () => {
  const { refused } = fuzz(Buffer.from(LEAF.pem), (input) => {
    parsePemCertificate(input.toString("latin1"));
  });
  expect(refused).toBeGreaterThan(ROUNDS / 4);
});

describeWith(["openssl"], "a request of openssl", () => {
  const config = save(
    temporaryFolder(),
    "req.cnf",
    "[req]\nprompt=no\ndistinguished_name=dn\n[dn]\nCN=app.test\n",
  );
  const alternatives = "subjectAltName=DNS:app.test,IP:127.0.0.1,email:a@a.test,URI:https://a.test";

  async function makeRequest(...key: string[]): Promise<Buffer> {
    const options = ["-nodes", "-keyout", "/dev/null", "-config", config];
    const args = ["req", "-new", ...key, ...options, "-addext", alternatives];
    return Buffer.from(await openssl(args));
  }

  it.each([
    ["P-256", ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]],
    ["RSA", ["-newkey", "rsa:2048"]],
    ["Ed25519", ["-newkey", "ed25519"]],
  ])("with %s, damaged, is read or refused", async (_, key) => {
    const pem = (await makeRequest(...key)).toString("latin1");
    const original = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ""), "base64");
    const { refused } = fuzz(original, (input) => {
      parseRequest(input);
    });
    // The signature covers nearly everything, so nearly nothing that is damaged is read.
    expect(refused).toBeGreaterThan(ROUNDS * 0.9);
  });

  it("in PEM, damaged, is read or refused", async () => {
    const original = await makeRequest("-newkey", "ed25519");
    fuzz(original, (input) => {
      parseRequest(input);
    });
  });

  it("cut off anywhere is refused", async () => {
    const original = await makeRequest("-newkey", "ed25519");
    const end = original.toString().trimEnd().length;
    for (let length = 0; length < end; length++) {
      const tally = { read: 0, refused: 0 };
      attempt(tally, original.subarray(0, length), (input) => {
        parseRequest(input);
      });
      expect(tally, `${length} octets`).toEqual({ read: 0, refused: 1 });
    }
  });
});

/** A SEQUENCE around octets that need not be values. */
function wrap(body: Buffer): Buffer {
  const wrapped = der.encode(der.octetString(body));
  wrapped[0] = TAG.sequence;
  return wrapped;
}

/** Damage that the signature does not cover is rare above; here whoever damages it also signs. */
it("a request that is damaged and then signed is read or refused", () => {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const spki = publicKey.export({ type: "spki", format: "der" });
  const names = der.encode(
    der.sequence(
      der.contextBytes(2, Buffer.from("app.test")),
      der.contextBytes(7, Buffer.alloc(4)),
    ),
  );
  const wanted = der.sequence(
    der.sequence(der.oid(OID.subjectAltName), der.octetString(names)),
    der.sequence(der.oid(OID.basicConstraints), der.octetString(Buffer.from("3000", "hex"))),
  );
  const parts = (subject: Buffer, attributes: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from("020100", "hex"), subject, spki, attributes]);
    return wrap(body);
  };
  const subject = der.encode(
    der.sequence(der.set(der.sequence(der.oid(OID.commonName), der.utf8String("app.test")))),
  );
  const attributes = der.encode(
    der.context(0, der.sequence(der.oid(OID.extensionRequest), der.set(wanted))),
  );
  const random = new Random(SEED);
  const tally: Tally = { read: 0, refused: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    const info = parts(
      random.chance(0.5) ? damage(random, subject) : subject,
      random.chance(0.8) ? damage(random, attributes) : attributes,
    );
    const algorithm = der.encode(der.sequence(der.oid(OID.ed25519)));
    const bits = der.encode(der.bitString(sign(null, info, privateKey)));
    attempt(tally, wrap(Buffer.concat([info, algorithm, bits])), (input) => {
      parseRequest(input);
    });
  }
  expect(tally.read).toBeGreaterThan(ROUNDS / 20);
  expect(tally.refused).toBeGreaterThan(ROUNDS / 4);
});
