/** Key pairs and the parts of a certificate that depend on the kind of key. */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from "node:crypto";
import { causeOf, DevtlsError } from "../errors.js";
import { childrenOf, readBitString, readDer } from "./der-reader.js";

export type KeyKind = "p256" | "rsa2048" | "rsa3072";

/** Makes a key with OpenSSL: P-256 takes under a millisecond, RSA some hundred. */
export function generateKey(kind: KeyKind): KeyObject {
  if (kind === "p256") return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  const modulusLength = kind === "rsa2048" ? 2048 : 3072;
  return generateKeyPairSync("rsa", { modulusLength }).privateKey;
}

/** PKCS#8 PEM, unencrypted. */
export function encodePrivateKey(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }) as string;
}

/** @throws DevtlsError "bad-key" */
export function decodePrivateKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    const encrypted = /BEGIN ENCRYPTED|Proc-Type: 4,ENCRYPTED/.test(pem);
    throw new DevtlsError(
      "bad-key",
      `could not read the private key: ${encrypted ? "it is encrypted" : causeOf(error)}`,
      {
        cause: error,
        ...(encrypted && { hint: "Decrypt it first: openssl pkey -in KEY -out PLAIN-KEY" }),
      },
    );
  }
}

/** SubjectPublicKeyInfo (RFC 5280 4.1.2.7). */
export function encodePublicKey(key: KeyObject): Buffer {
  const publicKey = key.type === "private" ? createPublicKey(key) : key;
  return publicKey.export({ type: "spki", format: "der" });
}

/** SHA-1 of the subjectPublicKey bit string (RFC 5280 4.2.1.2, method 1). */
export function keyIdentifier(spki: Uint8Array): Buffer {
  const [, subjectPublicKey] = childrenOf(readDer(spki));
  return createHash("sha1").update(readBitString(subjectPublicKey)).digest();
}

export function signDer(key: KeyObject, toBeSigned: Uint8Array): Buffer {
  return sign("sha256", toBeSigned, key);
}

/** How a person names the key: "EC P-256", "RSA 2048". */
export function describeKey(key: KeyObject): string {
  const details = key.asymmetricKeyDetails;
  if (key.asymmetricKeyType === "rsa") return `RSA ${details?.modulusLength}`;
  if (key.asymmetricKeyType !== "ec") return String(key.asymmetricKeyType);
  const curves: Record<string, string> = {
    prime256v1: "P-256",
    secp384r1: "P-384",
    secp521r1: "P-521",
  };
  const curve = details?.namedCurve ?? "";
  return `EC ${curves[curve] ?? curve}`;
}

/**
 * Whether clients accept this key in a server certificate: RSA from 2048 bits on (Apple 103769)
 * and the three NIST curves; browsers take no other curve and no Ed25519.
 */
export function isAcceptedByClients(key: KeyObject): boolean {
  const details = key.asymmetricKeyDetails;
  if (key.asymmetricKeyType === "rsa") return (details?.modulusLength ?? 0) >= 2048;
  const curves = ["prime256v1", "secp384r1", "secp521r1"];
  return key.asymmetricKeyType === "ec" && curves.includes(details?.namedCurve ?? "");
}
