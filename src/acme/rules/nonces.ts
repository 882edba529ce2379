/** Anti-replay nonces (RFC 8555 6.5): each is good for one request. */
import { randomBytes } from "node:crypto";

/** Those that are given out and never used must not fill the memory. */
const MAX_OUTSTANDING = 20_000;

export class Nonces {
  readonly #outstanding = new Set<string>();

  next(): string {
    if (this.#outstanding.size >= MAX_OUTSTANDING) {
      const [oldest] = this.#outstanding;
      if (oldest !== undefined) this.#outstanding.delete(oldest);
    }
    const nonce = randomBytes(16).toString("base64url");
    this.#outstanding.add(nonce);
    return nonce;
  }

  /** @returns whether it was given out here and is used for the first time */
  use(nonce: string): boolean {
    return this.#outstanding.delete(nonce);
  }
}
