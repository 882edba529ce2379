/**
 * Deterministic randomness for generated inputs. A run is repeated with the seed that a failure
 * prints: DEVTLS_TEST_SEED=… npx vitest run test/x509. DEVTLS_TEST_FACTOR=20 generates twenty
 * times as many inputs.
 */
import { randomFrom } from "../support/random.js";

const DEFAULT_SEED = 20_260_101;

export const SEED = wholeNumber("DEVTLS_TEST_SEED", DEFAULT_SEED);
export const FACTOR = wholeNumber("DEVTLS_TEST_FACTOR", 1);

function wholeNumber(variable: string, fallback: number): number {
  const text = process.env[variable];
  if (!text) return fallback;
  if (!/^\d{1,9}$/.test(text)) throw new Error(`${variable}=${text} is not a whole number`);
  return Number(text);
}

export class Random {
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = randomFrom(seed);
  }

  /** A number from 0 up to, not including, `limit`. */
  below(limit: number): number {
    return Math.floor(this.#next() * limit);
  }

  /** From `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  chance(probability: number): boolean {
    return this.below(1_000_000) < probability * 1_000_000;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  /** A text of `length` characters out of `alphabet`. */
  text(length: number, alphabet: string): string {
    return Array.from({ length }, () => alphabet[this.below(alphabet.length)]).join("");
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }
}
