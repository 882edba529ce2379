/** Signed requests (RFC 8555 6.2): flattened JWS with one signature. */
import { createHmac, type KeyObject, timingSafeEqual, verify } from "node:crypto";
import { decodeBase64Url, decodeObject, isObject, type JsonObject, shownJson } from "./json.js";
import { type AccountKey, readJwk } from "./jwk.js";
import { malformed, Problem } from "./problem.js";

interface Algorithm {
  readonly hash: "sha256" | "sha384" | null;
  readonly fits: (key: KeyObject) => boolean;
}

const onCurve = (curve: string) => (key: KeyObject) =>
  key.asymmetricKeyType === "ec" && key.asymmetricKeyDetails?.namedCurve === curve;

const ALGORITHMS: Readonly<Record<string, Algorithm>> = {
  ES256: { hash: "sha256", fits: onCurve("prime256v1") },
  ES384: { hash: "sha384", fits: onCurve("secp384r1") },
  EdDSA: { hash: null, fits: (key) => key.asymmetricKeyType === "ed25519" },
  RS256: { hash: "sha256", fits: (key) => key.asymmetricKeyType === "rsa" },
};

export interface Jws {
  readonly header: JsonObject;
  readonly payload: Buffer;
  /** What is signed: header and payload as they were sent. */
  readonly signed: Buffer;
  readonly signature: Buffer;
}

/** Takes a JWS apart; its signature is not looked at. @throws Problem "malformed" */
export function parseJws(value: JsonObject): Jws {
  if ("signatures" in value) throw malformed("the JWS has signatures; it must have one signature");
  if ("header" in value) throw malformed("the JWS has an unprotected header");
  const { protected: head, payload, signature } = value;
  if (head === undefined || payload === undefined || signature === undefined) {
    throw malformed("the JWS needs protected, payload and signature");
  }
  const header = decodeObject(decodeBase64Url(head, "protected"), "the protected header");
  // None is understood here, so that each one has to be refused (RFC 7515 4.1.11).
  if ("crit" in header || "b64" in header) throw malformed("the JWS asks for extensions");
  return {
    header,
    payload: decodeBase64Url(payload, "payload"),
    signed: Buffer.from(`${head}.${payload}`, "latin1"),
    signature: decodeBase64Url(signature, "signature"),
  };
}

/** Who signed: a key that comes along, or an account by its URL; exactly one (RFC 8555 6.2). */
export type SignedBy = { readonly jwk: AccountKey } | { readonly kid: string };

/** @throws Problem "malformed", "badSignatureAlgorithm", "badPublicKey" */
export function readSignedBy({ header }: Jws): SignedBy {
  checkAlgorithm(header);
  const { kid, jwk } = header;
  if (kid !== undefined && jwk !== undefined) throw malformed("the JWS has both jwk and kid");
  if (jwk !== undefined) return { jwk: readJwk(jwk) };
  if (kid === undefined) throw malformed("the JWS has neither jwk nor kid");
  if (typeof kid !== "string") throw malformed("kid is not a string");
  return { kid };
}

function checkAlgorithm({ alg }: JsonObject): Algorithm {
  if (typeof alg === "string" && Object.hasOwn(ALGORITHMS, alg)) {
    return ALGORITHMS[alg] as Algorithm;
  }
  const taken = Object.keys(ALGORITHMS);
  throw new Problem(
    "badSignatureAlgorithm",
    `the algorithm ${shownJson(alg)} is not taken; use ${taken.join(", ")}`,
    { algorithms: taken },
  );
}

/** @throws Problem "malformed" when the signature is not this key's */
export function verifyJws(jws: Jws, key: KeyObject): void {
  const { hash, fits } = checkAlgorithm(jws.header);
  if (!fits(key)) {
    throw new Problem(
      "badSignatureAlgorithm",
      `the algorithm ${String(jws.header.alg)} is none of this key's`,
      { algorithms: Object.keys(ALGORITHMS).filter((name) => ALGORITHMS[name]?.fits(key)) },
    );
  }
  if (!isSigned(hash, jws, key)) throw malformed("the signature of the JWS is not this key's");
}

function isSigned(hash: Algorithm["hash"], { signed, signature }: Jws, key: KeyObject): boolean {
  try {
    return verify(hash, signed, { key, dsaEncoding: "ieee-p1363" }, signature);
  } catch {
    return false; // a signature that cannot be one of this key
  }
}

/** The keys that accounts can be bound with, by their ids. */
export type BindingKeys = ReadonlyMap<string, Buffer>;

/**
 * Checks an external account binding (RFC 8555 7.3.4): the account's key, signed with a key that
 * the operator gave out.
 * @throws Problem "malformed", "unauthorized", "badSignatureAlgorithm"
 */
export function verifyBinding(
  value: unknown,
  expected: { readonly url: string; readonly account: AccountKey; readonly keys: BindingKeys },
): void {
  if (!isObject(value)) throw malformed("externalAccountBinding is not a JWS");
  const jws = parseJws(value);
  const { alg, kid, url, nonce, jwk } = jws.header;
  if (alg !== "HS256") {
    throw new Problem("badSignatureAlgorithm", "the external account binding is not HS256", {
      algorithms: ["HS256"],
    });
  }
  if (nonce !== undefined) throw malformed("the external account binding has a nonce");
  if (jwk !== undefined || typeof kid !== "string") {
    throw malformed("the external account binding has no kid");
  }
  if (url !== expected.url) throw malformed("the external account binding is for another URL");
  const bound = readJwk(decodeObject(jws.payload, "the payload of the external account binding"));
  if (bound.thumbprint !== expected.account.thumbprint) {
    throw malformed("the external account binding is for another account key");
  }
  const key = expected.keys.get(kid);
  const mac = createHmac("sha256", key ?? "")
    .update(jws.signed)
    .digest();
  const fits = mac.length === jws.signature.length && timingSafeEqual(mac, jws.signature);
  if (!key || !fits) {
    throw new Problem("unauthorized", "the external account binding is not signed by a known key");
  }
}
