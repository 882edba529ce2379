/**
 * PKCS#12 files (RFC 7292): a leaf, its key and its chain for programs that import one file.
 *
 * Key and certificates are encrypted with PBE-SHA1-3DES and sealed with an HMAC-SHA-1: the one
 * combination that OpenSSL 3, NSS, Java 8, macOS and every Windows version read. It keeps no
 * secret (the usual password is public); the file mode does.
 */
import { createCipheriv, createHash, createHmac, type KeyObject, randomBytes } from "node:crypto";
import pbe from "node-forge/lib/pbe.js";
import forgeUtil from "node-forge/lib/util.js";
import {
  bmpString,
  context,
  contextBytes,
  type DerNode,
  encode,
  integer,
  nullValue,
  octetString,
  oid,
  sequence,
  set,
} from "./der.js";
import { OID } from "./oids.js";

/** OpenSSL's default; more would not help a password that is public. */
const ITERATIONS = 2048;

export interface Pkcs12Content {
  readonly key: KeyObject;
  /** The leaf first, then what signed it, DER. */
  readonly chain: readonly Uint8Array[];
  /** Shown by import dialogues. */
  readonly friendlyName: string;
  readonly password: string;
}

/** @returns the PFX, DER. */
export function encodePkcs12({ key, chain, friendlyName, password }: Pkcs12Content): Buffer {
  const [leaf] = chain;
  const keyId = createHash("sha1")
    .update(leaf ?? "")
    .digest();
  const attributes = set(
    attribute(OID.friendlyName, bmpString(friendlyName)),
    attribute(OID.localKeyId, octetString(keyId)),
  );
  const certificates = chain.map((der, index) =>
    sequence(
      oid(OID.certBag),
      context(0, sequence(oid(OID.x509Certificate), context(0, octetString(der)))),
      ...(index === 0 ? [attributes] : []),
    ),
  );
  const pkcs8 = key.export({ type: "pkcs8", format: "der" });
  const shrouded = encrypt(pkcs8, password);
  const keyBag = sequence(
    oid(OID.shroudedKeyBag),
    context(0, sequence(shrouded.algorithm, octetString(shrouded.bytes))),
    attributes,
  );
  const sealed = encrypt(encode(sequence(...certificates)), password);
  const safe = encode(
    sequence(
      sequence(
        oid(OID.encryptedData),
        context(
          0,
          sequence(
            integer(0),
            sequence(oid(OID.data), sealed.algorithm, contextBytes(0, sealed.bytes)),
          ),
        ),
      ),
      sequence(oid(OID.data), context(0, octetString(sequence(keyBag)))),
    ),
  );
  return encode(
    sequence(
      integer(3),
      sequence(oid(OID.data), context(0, octetString(safe))),
      macData(safe, password),
    ),
  );
}

function attribute(type: string, value: DerNode): DerNode {
  return sequence(oid(type), set(value));
}

function encrypt(plain: Uint8Array, password: string): { algorithm: DerNode; bytes: Buffer } {
  const salt = randomBytes(16);
  const cipher = createCipheriv(
    "des-ede3-cbc",
    derive(password, salt, 1, 24),
    derive(password, salt, 2, 8),
  );
  return {
    algorithm: sequence(oid(OID.pbeSha1And3Des), sequence(octetString(salt), integer(ITERATIONS))),
    bytes: Buffer.concat([cipher.update(plain), cipher.final()]),
  };
}

function macData(safe: Buffer, password: string): DerNode {
  const salt = randomBytes(16);
  const mac = createHmac("sha1", derive(password, salt, 3, 20))
    .update(safe)
    .digest();
  return sequence(
    sequence(sequence(oid(OID.sha1), nullValue()), octetString(mac)),
    octetString(salt),
    integer(ITERATIONS),
  );
}

function derive(password: string, salt: Buffer, purpose: 1 | 2 | 3, length: number): Buffer {
  const bytes = forgeUtil.createBuffer(salt.toString("latin1"));
  const derived = pbe.generatePkcs12Key(password, bytes, purpose, ITERATIONS, length);
  return Buffer.from(derived.getBytes(), "latin1");
}
