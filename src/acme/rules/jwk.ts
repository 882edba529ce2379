/** Keys of accounts (RFC 7517), and which of them are too weak to trust. */
import { createHash, createPublicKey, type KeyObject } from "node:crypto";
import { decodeBase64Url, isObject, shownJson } from "./json.js";
import { malformed, Problem } from "./problem.js";
import { weaknessOf } from "./weak-keys.js";

export type JsonWebKey = Readonly<Record<string, string>>;

export interface AccountKey {
  /** The members that make the key, and no other. */
  readonly jwk: JsonWebKey;
  /** RFC 7638, base64url. */
  readonly thumbprint: string;
  readonly key: KeyObject;
}

/** The members that RFC 7638 3.2 hashes, in its order, for the kinds that are taken. */
const MEMBERS: ReadonlyMap<unknown, readonly string[]> = new Map([
  ["EC", ["crv", "kty", "x", "y"]],
  ["OKP", ["crv", "kty", "x"]],
  ["RSA", ["e", "kty", "n"]],
]);

/** Verifying with a longer modulus takes so long that it stops the server for everybody. */
const MAX_RSA_BITS = 8192;

/**
 * Reads a key.
 * @throws Problem "malformed" for what is no public key, "badPublicKey" for one that is not taken
 */
export function readJwk(value: unknown): AccountKey {
  if (!isObject(value)) throw malformed("the jwk is not an object");
  const members = MEMBERS.get(value.kty);
  if (!members)
    throw badKey(`the key type ${shownJson(value.kty)} is not taken; use EC, OKP or RSA`);
  if ("d" in value) throw badKey("the jwk holds a private key, which is public now: make another");
  const jwk: Record<string, string> = {};
  for (const member of members) {
    const text = value[member];
    if (typeof text !== "string") throw malformed(`the jwk has no ${member}`);
    if (member !== "kty" && member !== "crv") decodeBase64Url(text, `${member} of the jwk`);
    jwk[member] = text;
  }
  if (jwk.n !== undefined && jwk.n.length > Math.ceil(MAX_RSA_BITS / 6)) {
    throw badKey(`an RSA key of more than ${MAX_RSA_BITS} bits is not taken`);
  }
  return { jwk, thumbprint: thumbprintOf(jwk), key: importJwk(jwk) };
}

/** Keys of accounts are used again with every request. */
const imported = new WeakMap<JsonWebKey, KeyObject>();

/** A key that was read before. */
export function importJwk(jwk: JsonWebKey): KeyObject {
  const known = imported.get(jwk);
  if (known) return known;
  let key: KeyObject;
  try {
    key = createPublicKey({ key: { ...jwk }, format: "jwk" });
  } catch {
    throw malformed("the jwk is not a valid key");
  }
  const weakness = weaknessOf(key);
  if (weakness) throw badKey(`the account's key is not taken: ${weakness}`);
  imported.set(jwk, key);
  return key;
}

/** JSON.stringify keeps the order that the members were put in, and needs no white space. */
function thumbprintOf(jwk: JsonWebKey): string {
  return createHash("sha256").update(JSON.stringify(jwk)).digest("base64url");
}

function badKey(detail: string): Problem {
  return new Problem("badPublicKey", detail);
}
