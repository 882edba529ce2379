/** The certificate request that finalizes an order (RFC 8555 7.4). */
import type { KeyObject } from "node:crypto";
import { causeOf, DevtlsError } from "../../errors.js";
import { encodePublicKey, isAcceptedByClients } from "../../x509/keys.js";
import type { Name } from "../../x509/names.js";
import { type CertificateRequest, parseRequest } from "../../x509/request.js";
import { keyOf } from "./identifiers.js";
import type { Identifier } from "./model.js";
import { Problem } from "./problem.js";
import { weaknessOf } from "./weak-keys.js";

/** With 100 names and the longest key that is taken it has less. */
const MAX_REQUEST_OCTETS = 65_536;

/**
 * The key to certify. Of what the request asks for besides names, nothing is taken.
 * @throws Problem "badCSR" when it is malformed, not signed by its key, for other names than the
 * order, or for the account's own key; "badPublicKey"
 */
export function readRequest(
  der: Buffer,
  identifiers: readonly Identifier[],
  accountKey: KeyObject,
): KeyObject {
  if (der.length > MAX_REQUEST_OCTETS) throw badCsr("it is too long");
  if (der[0] !== 0x30) throw badCsr("it is not DER; PEM does not belong here");
  const request = parse(der);
  checkNames(request, identifiers);
  const { publicKey } = request;
  if (!isAcceptedByClients(publicKey)) {
    throw badKey("clients accept EC P-256, P-384, P-521 and RSA from 2048 bits on");
  }
  const weakness = weaknessOf(publicKey);
  if (weakness) throw badKey(weakness);
  if (encodePublicKey(publicKey).equals(encodePublicKey(accountKey))) {
    throw badCsr("its key is the account's; a certificate needs a key of its own");
  }
  return publicKey;
}

function parse(der: Buffer): CertificateRequest {
  try {
    return parseRequest(der);
  } catch (error) {
    if (!(error instanceof DevtlsError)) throw error;
    throw badCsr(causeOf(error).replace(/^could not read the certificate request: /, ""));
  }
}

function checkNames(request: CertificateRequest, identifiers: readonly Identifier[]): void {
  const ordered = new Set(identifiers.map(keyOf));
  const asked = new Set(request.names.map(nameKey));
  const { commonName } = request;
  if (commonName !== undefined) asked.add(keyOfCommonName(commonName, asked));
  const more = [...asked].filter((key) => !ordered.has(key));
  const fewer = [...ordered].filter((key) => !asked.has(key));
  if (more.length === 0 && fewer.length === 0) return;
  const parts = [
    ...(more.length > 0 ? [`it asks for ${namesOf(more)}, which the order does not`] : []),
    ...(fewer.length > 0 ? [`it leaves out ${namesOf(fewer)}`] : []),
  ];
  throw badCsr(parts.join("; "));
}

/** A common name is text: an address in it stands for the same address in the alternative names. */
function keyOfCommonName(text: string, asked: ReadonlySet<string>): string {
  const value = text.toLowerCase();
  return asked.has(`ip:${value}`) ? `ip:${value}` : `dns:${value}`;
}

function nameKey({ kind, value }: Name): string {
  return `${kind}:${value}`;
}

function namesOf(keys: readonly string[]): string {
  return keys.map((key) => JSON.stringify(key.slice(key.indexOf(":") + 1, 260))).join(", ");
}

function badCsr(reason: string): Problem {
  return new Problem("badCSR", `the certificate request is not taken: ${reason}`);
}

function badKey(reason: string): Problem {
  return new Problem("badPublicKey", `the key of the certificate request is not taken: ${reason}`);
}
