/** Public keys that anybody could compute the private key of, or that clients do not accept. */
import { createPublicKey, type KeyObject } from "node:crypto";

const MIN_RSA_BITS = 2048;

/** Products of these have been made by broken generators; so are they looked for by public CAs. */
const SMALL_PRIMES = primesBelow(752);

/** Rounds of Fermat's method that find primes made too close to each other (CVE-2022-26320). */
const FERMAT_ROUNDS = 100;

const verdicts = new WeakMap<KeyObject, string>();

/** Why a key is not taken, or undefined for a good one. */
export function weaknessOf(key: KeyObject): string | undefined {
  const known = verdicts.get(key);
  if (known !== undefined) return known || undefined;
  const verdict = judge(key);
  verdicts.set(key, verdict ?? "");
  return verdict;
}

function judge(key: KeyObject): string | undefined {
  switch (key.asymmetricKeyType) {
    case "ec":
    case "ed25519":
      return undefined; // the curve is judged by who takes the key
    case "rsa":
      return weaknessOfRsa(key);
    default:
      return `it is of the type ${key.asymmetricKeyType ?? "unknown"}`;
  }
}

function weaknessOfRsa(key: KeyObject): string | undefined {
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  if (modulusLength < MIN_RSA_BITS) {
    return `RSA with ${modulusLength} bits is too short; use ${MIN_RSA_BITS} or more`;
  }
  if (publicExponent < 3n || publicExponent % 2n === 0n) return "its RSA exponent is not valid";
  const modulus = modulusOf(key);
  if (SMALL_PRIMES.some((prime) => modulus % prime === 0n)) {
    return "its RSA modulus is divisible by a small prime";
  }
  return hasClosePrimes(modulus) ? "the primes of its RSA modulus are too close" : undefined;
}

function modulusOf(key: KeyObject): bigint {
  const { n = "" } = createPublicKey({
    key: key.export({ type: "spki", format: "der" }),
    format: "der",
    type: "spki",
  }).export({ format: "jwk" });
  return BigInt(`0x${Buffer.from(n, "base64url").toString("hex")}`);
}

function hasClosePrimes(modulus: bigint): boolean {
  let middle = squareRoot(modulus);
  if (middle * middle < modulus) middle += 1n;
  for (let round = 0; round < FERMAT_ROUNDS; round++) {
    const rest = middle * middle - modulus;
    const root = squareRoot(rest);
    if (root * root === rest) return true;
    middle += 1n;
  }
  return false;
}

/** The whole part, by Newton's method. */
function squareRoot(value: bigint): bigint {
  if (value < 2n) return value;
  let guess = 1n << BigInt(Math.ceil(value.toString(16).length * 2) + 1);
  for (;;) {
    const next = (guess + value / guess) >> 1n;
    if (next >= guess) return guess;
    guess = next;
  }
}

function primesBelow(limit: number): bigint[] {
  const primes: number[] = [];
  for (let candidate = 2; candidate < limit; candidate++) {
    if (primes.every((prime) => candidate % prime !== 0)) primes.push(candidate);
  }
  return primes.map(BigInt);
}
