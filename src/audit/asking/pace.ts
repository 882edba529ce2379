/** Remote servers are asked gently: everything that goes to them waits for its turn here. */

/** At most five a second. */
const BETWEEN_MS = 200;

export class Pace {
  readonly #betweenMs: number;
  #next = 0;

  /** @param betweenMs milliseconds between two beginnings; 0 for a server of one's own */
  constructor(betweenMs: number) {
    this.#betweenMs = betweenMs;
  }

  static of(isRemote: boolean): Pace {
    return new Pace(isRemote ? BETWEEN_MS : 0);
  }

  get isLimited(): boolean {
    return this.#betweenMs > 0;
  }

  /** Resolves when it is the caller's turn, in the order of the calls. */
  async turn(): Promise<void> {
    if (this.#betweenMs === 0) return;
    const now = performance.now();
    const at = Math.max(now, this.#next);
    this.#next = at + this.#betweenMs;
    if (at > now) await new Promise((resolve) => setTimeout(resolve, at - now));
  }
}
