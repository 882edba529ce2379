/** Certificate profiles (RFC 5280): what a devtls root and a devtls leaf contain, and why. */
import { type KeyObject, randomBytes } from "node:crypto";
import type { NameConstraints } from "./constraints.js";
import {
  bitString,
  boolean,
  context,
  contextBytes,
  type DerNode,
  encode,
  integer,
  namedBits,
  octetString,
  oid,
  sequence,
  set,
  time,
  utf8String,
  verbatim,
} from "./der.js";
import { encodeConstraints, encodeGeneralNames, signatureAlgorithm } from "./encode.js";
import { encodePublicKey, keyIdentifier, signDer } from "./keys.js";
import type { Name } from "./names.js";
import { OID } from "./oids.js";
import { DAY_MS } from "./validity.js";

const ROOT_YEARS = 10;

/** A root made on a machine whose clock runs ahead must be valid on a phone whose clock does not. */
const ROOT_BACKDATE_MS = DAY_MS;

/** X.520 upper bound of the name attributes that devtls writes, in characters. */
const MAX_ATTRIBUTE = 64;

const KEY_USAGE = { digitalSignature: 0, keyEncipherment: 2, keyCertSign: 5, cRLSign: 6 } as const;

export interface RootProfile {
  readonly key: KeyObject;
  /** Who made it, as "user@host": shown wherever a person has to recognise the root. */
  readonly owner: string;
  readonly now: Date;
  /** The names that the root may sign; null leaves it unconstrained. */
  readonly constraints: NameConstraints | null;
  /** Authorities that may stand between it and a leaf; none unless told otherwise. */
  readonly pathLength?: number;
}

/** A self-signed root, in DER. */
export function buildRoot({ key, owner, now, constraints, pathLength = 0 }: RootProfile): Buffer {
  const serial = randomSerial();
  const subject = distinguishedName([
    [OID.organization, "devtls development authority"],
    // iOS lists a root only when it has a common name, and a unique one lets tools that find
    // roots by name tell two of them apart.
    [OID.commonName, authorityName(owner, serial)],
  ]);
  const spki = encodePublicKey(key);
  const notBefore = wholeSecond(now.getTime() - ROOT_BACKDATE_MS);
  const notAfter = wholeSecond(now.getTime());
  notAfter.setUTCFullYear(notAfter.getUTCFullYear() + ROOT_YEARS);
  return signCertificate(key, {
    serial,
    issuer: subject,
    notBefore,
    notAfter,
    subject,
    spki,
    extensions: authorityExtensions(spki, pathLength, constraints),
  });
}

function authorityExtensions(
  spki: Uint8Array,
  pathLength: number,
  constraints: NameConstraints | null,
): DerNode[] {
  return [
    basicConstraints({ ca: true, pathLength }),
    keyUsage(KEY_USAGE.keyCertSign, KEY_USAGE.cRLSign),
    // In an authority's certificate it limits what is below it: no signed mail, no signed code.
    extension(OID.extKeyUsage, false, sequence(oid(OID.serverAuth), oid(OID.clientAuth))),
    extension(OID.subjectKeyIdentifier, false, octetString(keyIdentifier(spki))),
    // Not critical: every verifier that knows the extension enforces it either way, and old
    // Apple and LibreSSL versions reject a root where it is critical.
    ...(constraints ? [extension(OID.nameConstraints, false, encodeConstraints(constraints))] : []),
  ];
}

function authorityName(owner: string, serial: Buffer, prefix = "devtls "): string {
  const unique = serial.toString("hex").slice(0, 8);
  return `${prefix}${clip(owner, MAX_ATTRIBUTE - prefix.length - 1 - unique.length)} ${unique}`;
}

/** Who signs: its key, and its subject and subjectKeyIdentifier as its certificate has them. */
export interface Issuer {
  readonly key: KeyObject;
  /** DER, copied byte for byte. */
  readonly subject: Uint8Array;
  readonly keyId: Uint8Array;
}

export interface IntermediateProfile {
  readonly issuer: Issuer;
  readonly publicKey: KeyObject;
  /** Who made it, as "user@host". */
  readonly owner: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly constraints: NameConstraints | null;
}

/** The certificate of an authority under a root that signs leaves only (pathLength 0), in DER. */
export function buildIntermediate(profile: IntermediateProfile): Buffer {
  const { issuer, publicKey, owner, notBefore, notAfter, constraints } = profile;
  const serial = randomSerial();
  const spki = encodePublicKey(publicKey);
  return signCertificate(issuer.key, {
    serial,
    issuer: verbatim(issuer.subject),
    notBefore,
    notAfter,
    subject: distinguishedName([
      [OID.organization, "devtls development authority"],
      [OID.commonName, authorityName(owner, serial, "devtls intermediate ")],
    ]),
    spki,
    extensions: [
      ...authorityExtensions(spki, 0, constraints),
      extension(OID.authorityKeyIdentifier, false, sequence(contextBytes(0, issuer.keyId))),
    ],
  });
}

export interface LeafProfile {
  readonly issuer: Issuer;
  readonly publicKey: KeyObject;
  readonly names: readonly Name[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Adds client authentication. */
  readonly client: boolean;
  /** Who asked for it, as "user@host". */
  readonly owner: string;
  /** Where the issuer's revocation list is. */
  readonly crlUrl?: string;
}

/** An end-entity certificate, in DER. The caller has checked the names against the constraints. */
export function buildLeaf(profile: LeafProfile): Buffer {
  const { issuer, publicKey, names } = profile;
  const spki = encodePublicKey(publicKey);
  const rsa = publicKey.asymmetricKeyType === "rsa";
  return signCertificate(issuer.key, {
    serial: randomSerial(),
    issuer: verbatim(issuer.subject),
    notBefore: wholeSecond(profile.notBefore.getTime()),
    notAfter: wholeSecond(profile.notAfter.getTime()),
    subject: leafSubject(names, profile.owner),
    spki,
    extensions: [
      basicConstraints({ ca: false }),
      // Key encipherment is a thing of RSA key exchange; an EC key cannot do it.
      keyUsage(KEY_USAGE.digitalSignature, ...(rsa ? [KEY_USAGE.keyEncipherment] : [])),
      extension(OID.extKeyUsage, false, sequence(...extendedKeyUsages(profile).map(oid))),
      extension(OID.subjectKeyIdentifier, false, octetString(keyIdentifier(spki))),
      extension(OID.authorityKeyIdentifier, false, sequence(contextBytes(0, issuer.keyId))),
      extension(OID.subjectAltName, false, encodeGeneralNames(names)),
      ...(profile.crlUrl === undefined ? [] : [crlDistributionPoint(profile.crlUrl)]),
    ],
  });
}

/** One DistributionPoint whose fullName is a URL (RFC 5280 4.2.1.13). */
function crlDistributionPoint(url: string): DerNode {
  const name = context(0, context(0, contextBytes(6, Buffer.from(url, "latin1"))));
  return extension(OID.crlDistributionPoints, false, sequence(sequence(name)));
}

function extendedKeyUsages({ names, client }: LeafProfile): string[] {
  return [
    ...(client ? [OID.clientAuth] : []),
    ...(names.some((name) => name.kind !== "email") ? [OID.serverAuth] : []),
    ...(names.some((name) => name.kind === "email") ? [OID.emailProtection] : []),
  ];
}

/**
 * The subject is for people: clients match the subject alternative names only. It is never empty,
 * which would force those to be critical, and its common name is never an IP address, which
 * OpenSSL would hold against the DNS constraints of the root.
 */
function leafSubject(names: readonly Name[], owner: string): DerNode {
  const host = names.find((name) => name.kind === "dns" && name.value.length <= MAX_ATTRIBUTE);
  return distinguishedName([
    [OID.organization, "devtls development certificate"],
    [OID.organizationalUnit, clip(owner, MAX_ATTRIBUTE)],
    ...(host ? [[OID.commonName, host.value] as const] : []),
  ]);
}

interface Certificate {
  readonly serial: Buffer;
  readonly issuer: DerNode;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly subject: DerNode;
  readonly spki: Buffer;
  readonly extensions: readonly DerNode[];
}

function signCertificate(key: KeyObject, certificate: Certificate): Buffer {
  const algorithm = signatureAlgorithm(key);
  const toBeSigned = sequence(
    context(0, integer(2)), // version 3
    integer(certificate.serial),
    algorithm,
    certificate.issuer,
    sequence(time(certificate.notBefore), time(certificate.notAfter)),
    certificate.subject,
    verbatim(certificate.spki),
    context(3, sequence(...certificate.extensions)),
  );
  const signature = signDer(key, encode(toBeSigned));
  return encode(sequence(toBeSigned, algorithm, bitString(signature)));
}

function distinguishedName(attributes: readonly (readonly [string, string])[]): DerNode {
  return sequence(
    ...attributes.map(([type, value]) => set(sequence(oid(type), utf8String(value)))),
  );
}

function extension(id: string, critical: boolean, value: DerNode): DerNode {
  return sequence(oid(id), ...(critical ? [boolean(true)] : []), octetString(value));
}

function basicConstraints(value: { ca: boolean; pathLength?: number }): DerNode {
  return extension(
    OID.basicConstraints,
    true,
    sequence(
      ...(value.ca ? [boolean(true)] : []), // FALSE is the default, which DER leaves out
      ...(value.pathLength === undefined ? [] : [integer(value.pathLength)]),
    ),
  );
}

function keyUsage(...bits: number[]): DerNode {
  return extension(OID.keyUsage, true, namedBits(...bits));
}

/** 16 random octets, positive and with a first octet that is not zero (RFC 5280 4.1.2.2). */
function randomSerial(): Buffer {
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  return serial;
}

/** Certificates carry whole seconds; what devtls says of a certificate must be what it holds. */
function wholeSecond(milliseconds: number): Date {
  return new Date(Math.floor(milliseconds / 1000) * 1000);
}

function clip(text: string, characters: number): string {
  return [...text].slice(0, characters).join("");
}
