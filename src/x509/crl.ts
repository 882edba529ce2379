/** Certificate revocation lists (RFC 5280 5). */
import {
  bitString,
  context,
  contextBytes,
  type DerNode,
  encode,
  enumerated,
  integer,
  octetString,
  oid,
  sequence,
  time,
  verbatim,
} from "./der.js";
import { signatureAlgorithm } from "./encode.js";
import { signDer } from "./keys.js";
import { OID } from "./oids.js";
import type { Issuer } from "./profile.js";

interface RevokedEntry {
  /** Hexadecimal. */
  readonly serial: string;
  readonly at: Date;
  /** RFC 5280 5.3.1; 0 is "unspecified". */
  readonly reason: number;
}

export interface RevocationList {
  readonly issuer: Issuer;
  /** Grows from one list to the next. */
  readonly number: number;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  readonly revoked: readonly RevokedEntry[];
}

/** A signed list, in DER. */
export function buildCrl(list: RevocationList): Buffer {
  const { issuer, thisUpdate, nextUpdate, revoked } = list;
  const algorithm = signatureAlgorithm(issuer.key);
  const toBeSigned = sequence(
    integer(1), // version 2
    algorithm,
    verbatim(issuer.subject),
    time(thisUpdate),
    time(nextUpdate),
    // An empty list is left out (RFC 5280 5.1.2.6).
    ...(revoked.length > 0 ? [sequence(...revoked.map(entry))] : []),
    context(
      0,
      sequence(
        extension(OID.authorityKeyIdentifier, sequence(contextBytes(0, issuer.keyId))),
        extension(OID.crlNumber, integer(list.number)),
      ),
    ),
  );
  const signature = signDer(issuer.key, encode(toBeSigned));
  return encode(sequence(toBeSigned, algorithm, bitString(signature)));
}

function entry({ serial, at, reason }: RevokedEntry): DerNode {
  return sequence(
    integer(Buffer.from(serial, "hex")),
    time(at),
    // "unspecified" is said by leaving the reason out (RFC 5280 5.3.1).
    ...(reason === 0 ? [] : [sequence(extension(OID.reasonCode, enumerated(reason)))]),
  );
}

function extension(id: string, value: DerNode): DerNode {
  return sequence(oid(id), octetString(value));
}
