/** Intermediates for others to sign with, under the same constraints: the root's key stays here. */
import { createPublicKey, type KeyObject } from "node:crypto";
import { DevtlsError } from "../errors.js";
import { type Certificate, parseCertificate } from "../x509/certificate.js";
import { generateKey } from "../x509/keys.js";
import { type Authority, issuerOf, ownerName } from "./authority.js";

export interface Intermediate {
  readonly certificate: Certificate;
  readonly key: KeyObject;
}

/**
 * Makes an intermediate that signs leaves only; writes nothing.
 * @param purpose what it is for, as its name says it
 * @throws DevtlsError "authority-exists" when this authority cannot make one
 */
export async function makeIntermediate(
  authority: Authority,
  purpose: string,
  validity: { readonly notBefore: Date; readonly notAfter: Date },
): Promise<Intermediate> {
  const refusal = whyNoIntermediate(authority);
  if (refusal) throw refusal;
  const { certificate: root, key: rootKey } = authority;
  const { buildIntermediate } = await import("../x509/profile.js");
  const key = generateKey(rootKey.asymmetricKeyType === "rsa" ? "rsa3072" : "p256");
  const der = buildIntermediate({
    issuer: { key: rootKey, subject: root.subject, keyId: root.keyId },
    publicKey: createPublicKey(key),
    owner: `${purpose} ${ownerName()}`,
    notBefore: validity.notBefore,
    notAfter: validity.notAfter < root.notAfter ? validity.notAfter : root.notAfter,
    constraints: issuerOf(authority).constraints,
  });
  return { certificate: parseCertificate(der), key };
}

/** Why an authority cannot make an intermediate, with the way out; undefined when it can. */
export function whyNoIntermediate({
  certificate,
  intermediate,
}: Authority): DevtlsError | undefined {
  if (intermediate) {
    return new DevtlsError(
      "authority-exists",
      "could not make an intermediate: the key of this root was destroyed",
      {
        hint: "An authority whose root's key is kept can: devtls ca create --force, then devtls trust",
      },
    );
  }
  if (certificate.pathLength !== 0) return undefined;
  return new DevtlsError(
    "authority-exists",
    "could not make an intermediate: this root was made to sign leaves only (pathLen 0)",
    { hint: "Replace it by one that can, and keep it trusted: devtls ca rotate" },
  );
}
