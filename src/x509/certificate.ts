/** Reading certificates: the fields that devtls decides by, straight from the DER. */
import { createHash, type KeyObject, X509Certificate } from "node:crypto";
import { causeOf, DevtlsError } from "../errors.js";
import { decodeConstraints, type NameConstraints } from "./constraints.js";
import {
  childrenOf,
  type DerValue,
  expectTag,
  readBitString,
  readBoolean,
  readDer,
  readIntegerHex,
  readOid,
  readTime,
  TAG,
} from "./der-reader.js";
import { keyIdentifier } from "./keys.js";
import { decodeGeneralNames, type Name } from "./names.js";
import { OID } from "./oids.js";
import { encodePem, pemBlocks } from "./pem.js";

export interface Certificate {
  readonly der: Buffer;
  readonly x509: X509Certificate;
  /** Hexadecimal, upper case. */
  readonly serial: string;
  /** Distinguished names as DER, to be copied and compared byte for byte. */
  readonly issuer: Buffer;
  readonly subject: Buffer;
  /** The organisation of the subject, for recognising what a tool made; "" when it has none. */
  readonly organization: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly publicKey: KeyObject;
  readonly isAuthority: boolean;
  /** How many authorities may stand below it before a leaf (RFC 5280 4.2.1.9); null for any number. */
  readonly pathLength: number | null;
  readonly names: readonly Name[];
  /** Extended key usages as dotted identifiers. */
  readonly extKeyUsages: readonly string[];
  /** subjectKeyIdentifier, or what it would be where the certificate has none. */
  readonly keyId: Buffer;
  /** The issuer's, where the certificate says it. */
  readonly issuerKeyId: Buffer | null;
  readonly constraints: NameConstraints | null;
}

/** @throws DevtlsError "bad-certificate" */
export function parseCertificate(der: Uint8Array): Certificate {
  const value = readDer(der);
  let x509: X509Certificate;
  let publicKey: KeyObject;
  try {
    x509 = new X509Certificate(der);
    publicKey = x509.publicKey;
  } catch (error) {
    throw new DevtlsError("bad-certificate", `could not read the certificate: ${causeOf(error)}`, {
      cause: error,
    });
  }
  const fields = childrenOf(expectTag(childrenOf(value, TAG.sequence)[0], TAG.sequence));
  if (fields[0]?.tag === 0xa0) fields.shift(); // version
  const [serial, , issuer, validity, subject, spki, ...rest] = fields;
  const [notBefore, notAfter] = childrenOf(expectTag(validity, TAG.sequence));
  const extensions = readExtensions(rest.find((field) => field.tag === 0xa3));
  const keyId = extensions.get(OID.subjectKeyIdentifier);
  const basic = extensions.get(OID.basicConstraints);
  const [flag, pathLength] = basic ? childrenOf(basic, TAG.sequence) : [];
  const issuerKeyId = extensions.get(OID.authorityKeyIdentifier);
  const usages = extensions.get(OID.extKeyUsage);
  const alternatives = extensions.get(OID.subjectAltName);
  const constraints = extensions.get(OID.nameConstraints);
  const subjectName = expectTag(subject, TAG.sequence);
  return {
    der: value.raw,
    x509,
    serial: readIntegerHex(serial),
    issuer: expectTag(issuer, TAG.sequence).raw,
    subject: subjectName.raw,
    organization: attributeOf(subjectName, OID.organization) ?? "",
    notBefore: readTime(notBefore),
    notAfter: readTime(notAfter),
    publicKey,
    isAuthority: flag?.tag === TAG.boolean && readBoolean(flag),
    pathLength: pathLength ? Number.parseInt(readIntegerHex(pathLength), 16) : null,
    names: alternatives ? decodeGeneralNames(alternatives) : [],
    extKeyUsages: usages ? childrenOf(usages, TAG.sequence).map(readOid) : [],
    keyId: keyId
      ? expectTag(keyId, TAG.octetString).content
      : keyIdentifier(expectTag(spki, TAG.sequence).raw),
    issuerKeyId: issuerKeyId
      ? (childrenOf(issuerKeyId, TAG.sequence).find(({ tag }) => tag === 0x80)?.content ?? null)
      : null,
    constraints: constraints ? decodeConstraints(constraints) : null,
  };
}

/** The first certificate of a PEM text. @throws DevtlsError "bad-certificate" */
export function parsePemCertificate(pem: string): Certificate {
  return parseCertificate(pemBlocks(pem, "CERTIFICATE")[0] as Buffer);
}

export function certificateToPem(certificate: Certificate): string {
  return encodePem("CERTIFICATE", certificate.der);
}

/** SHA-256 or SHA-1 over the DER, as OpenSSL and browsers show it: "AB:CD:…". */
export function fingerprint(certificate: Certificate, hash: "sha256" | "sha1" = "sha256"): string {
  const digest = createHash(hash).update(certificate.der).digest("hex").toUpperCase();
  return (digest.match(/../g) ?? []).join(":");
}

/** The extensions that devtls decides by. */
const KNOWN_EXTENSIONS: readonly string[] = [
  ...[OID.subjectKeyIdentifier, OID.keyUsage, OID.subjectAltName, OID.basicConstraints],
  ...[OID.nameConstraints, OID.authorityKeyIdentifier, OID.extKeyUsage],
];

/**
 * The value of each known extension by its identifier (RFC 5280 4.1.2.9), each at most once. The
 * others are not looked into: .NET writes a byte into its own where DER belongs.
 */
export function readExtensions(tagged: DerValue | undefined): Map<string, DerValue> {
  const extensions = new Map<string, DerValue>();
  const seen = new Set<string>();
  if (!tagged) return extensions;
  const list = tagged.tag === TAG.sequence ? tagged : childrenOf(tagged)[0];
  for (const entry of childrenOf(expectTag(list, TAG.sequence))) {
    const parts = childrenOf(entry, TAG.sequence);
    const id = readOid(parts[0]);
    if (seen.has(id)) {
      throw new DevtlsError("bad-certificate", `could not read the extensions: ${id} twice`);
    }
    seen.add(id);
    const { content } = expectTag(parts.at(-1), TAG.octetString);
    if (KNOWN_EXTENSIONS.includes(id)) extensions.set(id, readDer(content));
  }
  return extensions;
}

function attributeOf(name: DerValue, type: string): string | undefined {
  for (const relative of childrenOf(name)) {
    for (const attribute of childrenOf(relative, TAG.set)) {
      const [id, value] = childrenOf(attribute, TAG.sequence);
      if (value && readOid(id) === type) return value.content.toString("utf8");
    }
  }
  return undefined;
}

/** Whether `issuer` signed `certificate`: names match octet for octet and the signature holds. */
export function isSignedBy(certificate: Certificate, issuer: Certificate): boolean {
  return certificate.issuer.equals(issuer.subject) && certificate.x509.verify(issuer.publicKey);
}

/** The signed part, the algorithm and the signature of a certificate or request, in DER. */
export function signedParts(value: DerValue): {
  signed: DerValue;
  algorithm: string;
  signature: Buffer;
} {
  const [signed, algorithm, signature] = childrenOf(value, TAG.sequence);
  return {
    signed: expectTag(signed, TAG.sequence),
    algorithm: readOid(childrenOf(expectTag(algorithm, TAG.sequence))[0]),
    signature: readBitString(signature),
  };
}
