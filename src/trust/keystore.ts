/**
 * Java keystores that hold trusted certificates, read and written without keytool: `--check` takes
 * milliseconds then, and a program can be given a trust store where no JDK is.
 *
 * JKS is the format of every JDK's own keystore up to 17 and of Debian's, and all of them read it
 * still (the layout is in sun.security.provider.JavaKeyStore of OpenJDK). From 18 on a JDK
 * brings PKCS#12 without encryption.
 */
import { createHash } from "node:crypto";
import { childrenOf, type DerValue, readDer, readOid, TAG } from "../x509/der-reader.js";
import { OID } from "../x509/oids.js";

const JKS_MAGIC = 0xfeedfeed;
const TRUSTED_ENTRY = 2;

/** SHA-1, which ends the file. */
const DIGEST_LENGTH = 20;

/** What the digest of a JKS begins with besides the password; it is the format's. */
const WHITENER = "Mighty Aphrodite";

/**
 * The certificates of a keystore that holds nothing else, DER; undefined when only keytool can tell:
 * it is encrypted, holds keys, or has another format.
 */
export function certificatesOf(keystore: Buffer): Buffer[] | undefined {
  try {
    if (keystore.readUInt32BE(0) === JKS_MAGIC) return readJks(keystore);
    return readPlainPkcs12(keystore);
  } catch {
    return undefined;
  }
}

function readJks(bytes: Buffer): Buffer[] | undefined {
  const version = bytes.readUInt32BE(4);
  const count = bytes.readUInt32BE(8);
  const found: Buffer[] = [];
  let at = 12;
  const skipText = (): void => {
    at += 2 + bytes.readUInt16BE(at);
  };
  for (let entry = 0; entry < count; entry++) {
    if (bytes.readUInt32BE(at) !== TRUSTED_ENTRY) return undefined;
    at += 4;
    skipText(); // alias
    at += 8; // time of its creation
    if (version === 2) skipText(); // "X.509"
    const length = bytes.readUInt32BE(at);
    at += 4;
    found.push(Buffer.from(bytes.subarray(at, at + length)));
    at += length;
  }
  // A subarray of a file that is cut short is shorter than asked for, without an error.
  return at + DIGEST_LENGTH === bytes.length ? found : undefined;
}

/** RFC 7292 4: PFX, AuthenticatedSafe, SafeContents, each in the clear. */
function readPlainPkcs12(bytes: Buffer): Buffer[] | undefined {
  const [, safe] = childrenOf(readDer(bytes), TAG.sequence);
  const found: Buffer[] = [];
  for (const info of childrenOf(dataOf(safe), TAG.sequence)) {
    const [type] = childrenOf(info, TAG.sequence);
    if (readOid(type) !== OID.data) return undefined; // encrypted
    for (const bag of childrenOf(dataOf(info), TAG.sequence)) {
      const [kind, value] = childrenOf(bag, TAG.sequence);
      if (readOid(kind) !== OID.certBag) return undefined;
      const [, tagged] = childrenOf(firstOf(value), TAG.sequence);
      found.push(firstOf(tagged).content);
    }
  }
  return found;
}

/** What a ContentInfo of the type "data" holds. */
function dataOf(info: DerValue | undefined): DerValue {
  const [, content] = childrenOf(info as DerValue, TAG.sequence);
  return readDer(firstOf(content).content);
}

function firstOf(value: DerValue | undefined): DerValue {
  return childrenOf(value as DerValue)[0] as DerValue;
}

/**
 * A JKS that trusts these certificates.
 * @param certificates DER; each is in it once
 * @param created the time that every entry shows; the same input makes the same bytes
 */
export function encodeJks(
  certificates: readonly Buffer[],
  password: string,
  created = new Date(0),
): Buffer {
  const unique = [...new Map(certificates.map((der) => [sha256(der), der]))];
  const parts = [uint32(JKS_MAGIC), uint32(2), uint32(unique.length)];
  for (const [alias, der] of unique) {
    const time = Buffer.alloc(8);
    time.writeBigInt64BE(BigInt(created.getTime()));
    parts.push(uint32(TRUSTED_ENTRY), text(alias), time, text("X.509"), uint32(der.length), der);
  }
  const body = Buffer.concat(parts);
  const digest = createHash("sha1")
    .update(Buffer.from(password, "utf16le").swap16())
    .update(WHITENER)
    .update(body)
    .digest();
  return Buffer.concat([body, digest]);
}

function sha256(der: Buffer): string {
  return createHash("sha256").update(der).digest("hex");
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, "utf8");
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
