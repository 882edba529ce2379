/**
 * PKCS#12 files (RFC 7292) that hold trusted certificates and nothing else, as Java reads them: in
 * the clear and without a MAC, the form of the JDK's own `cacerts` from 18 on. They need no
 * password, and one that is given is not looked at.
 */
import { createHash } from "node:crypto";
import {
  bmpString,
  context,
  type DerNode,
  encode,
  integer,
  octetString,
  oid,
  sequence,
  set,
} from "./der.js";
import { OID } from "./oids.js";

/**
 * A trust store.
 * @param certificates DER; each is in it once
 * @returns the PFX, DER; the same certificates make the same bytes
 */
export function encodeTrustStore(certificates: readonly Uint8Array[]): Buffer {
  const unique = new Map(certificates.map((der) => [aliasOf(der), der]));
  const bags = [...unique].map(([alias, der]) => trustedCertificate(alias, der));
  const safe = encode(sequence(data(encode(sequence(...bags)))));
  return encode(sequence(integer(3), data(safe)));
}

function aliasOf(der: Uint8Array): string {
  return createHash("sha256").update(der).digest("hex");
}

function trustedCertificate(alias: string, der: Uint8Array): DerNode {
  return sequence(
    oid(OID.certBag),
    context(0, sequence(oid(OID.x509Certificate), context(0, octetString(der)))),
    set(
      sequence(oid(OID.friendlyName), set(bmpString(alias))),
      // Without it Java takes the certificate for a part of some key's chain (PKCS12KeyStore).
      sequence(oid(OID.trustedKeyUsage), set(oid(OID.anyExtendedKeyUsage))),
    ),
  );
}

function data(content: Uint8Array): DerNode {
  return sequence(oid(OID.data), context(0, octetString(content)));
}
