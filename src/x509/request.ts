/** Certificate signing requests (PKCS#10, RFC 2986). */
import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { causeOf, DevtlsError } from "../errors.js";
import { readExtensions, signedParts } from "./certificate.js";
import { childrenOf, type DerValue, expectTag, readDer, readOid, TAG } from "./der-reader.js";
import { decodeGeneralNames, type Name, parseName } from "./names.js";
import { OID } from "./oids.js";
import { pemBlocks } from "./pem.js";

export interface CertificateRequest {
  /** The subject alternative names asked for, else the common name where it is a name. */
  readonly names: readonly Name[];
  /** As it stands in the subject, whether or not it is among the names. */
  readonly commonName?: string;
  readonly publicKey: KeyObject;
}

function bad(reason: string, cause?: unknown): DevtlsError {
  return new DevtlsError("bad-request", `could not read the certificate request: ${reason}`, {
    cause,
  });
}

const HASHES: Record<string, string | null> = {
  [OID.ecdsaWithSha256]: "sha256",
  [OID.ecdsaWithSha384]: "sha384",
  [OID.ecdsaWithSha512]: "sha512",
  [OID.sha256WithRsa]: "sha256",
  [OID.sha384WithRsa]: "sha384",
  [OID.sha512WithRsa]: "sha512",
  [OID.ed25519]: null,
};

/**
 * Reads a request, PEM or DER. Of what it asks for, devtls takes the names and the key only: the
 * rest of the certificate follows its own profile.
 * @throws DevtlsError "bad-request" when it is malformed or its signature does not prove
 * possession of the key; "bad-name" for a name that cannot be issued.
 */
export function parseRequest(input: Buffer): CertificateRequest {
  let value: DerValue;
  let fields: DerValue[];
  let parts: ReturnType<typeof signedParts>;
  let publicKey: KeyObject;
  let names: readonly Name[];
  let commonName: string | undefined;
  try {
    value = readDer(requestDer(input));
    parts = signedParts(value);
    fields = childrenOf(parts.signed);
    const spki = expectTag(fields[2], TAG.sequence);
    publicKey = createPublicKey({ key: spki.raw, format: "der", type: "spki" });
    commonName = commonNameOf(expectTag(fields[1], TAG.sequence));
    names = alternativeNames(fields) ?? (commonName === undefined ? [] : [dnsName(commonName)]);
  } catch (error) {
    throw bad(causeOf(error).replace(/^could not read [^:]+: /, ""), error);
  }
  const hash = HASHES[parts.algorithm];
  if (hash === undefined) throw bad(`it is signed with ${parts.algorithm}, which is not supported`);
  if (!isProved(hash, parts, publicKey)) throw bad("its signature does not fit its key");
  // Names take the way of names that are typed, so that both are held to the same rules.
  const checked = names.map((name) => parseName(name.value));
  if (checked.length === 0) {
    throw bad("it asks for no name; add a subject alternative name to it");
  }
  return { names: checked, publicKey, ...(commonName !== undefined && { commonName }) };
}

function isProved(
  hash: string | null,
  { signed, signature }: ReturnType<typeof signedParts>,
  publicKey: KeyObject,
): boolean {
  try {
    return verify(hash, signed.raw, publicKey, signature);
  } catch {
    return false; // the algorithm is none of this kind of key, or the key cannot sign at all
  }
}

function requestDer(input: Buffer): Buffer {
  if (input[0] === TAG.sequence) return input;
  const text = input
    .toString("latin1")
    .replaceAll("NEW CERTIFICATE REQUEST", "CERTIFICATE REQUEST");
  return pemBlocks(text, "CERTIFICATE REQUEST")[0] as Buffer;
}

function dnsName(value: string): Name {
  return { kind: "dns", value };
}

function alternativeNames(fields: DerValue[]): Name[] | undefined {
  const attributes = fields[3]?.tag === 0xa0 ? childrenOf(fields[3]) : [];
  for (const attribute of attributes) {
    const [id, values] = childrenOf(attribute, TAG.sequence);
    if (readOid(id) !== OID.extensionRequest) continue;
    const wanted = readExtensions(childrenOf(expectTag(values, TAG.set))[0]);
    const alternatives = wanted.get(OID.subjectAltName);
    if (alternatives) return decodeGeneralNames(alternatives);
  }
  return undefined;
}

function commonNameOf(subject: DerValue): string | undefined {
  for (const relative of childrenOf(subject)) {
    for (const attribute of childrenOf(relative, TAG.set)) {
      const [id, value] = childrenOf(attribute, TAG.sequence);
      if (value && readOid(id) === OID.commonName) {
        return value.content.toString("utf8");
      }
    }
  }
  return undefined;
}
