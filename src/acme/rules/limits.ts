/** How often one client may ask for something, so that a script gone wild stops only itself. */

export interface Rate {
  /** So many at once. */
  readonly burst: number;
  /** Afterwards one in so many milliseconds. */
  readonly everyMs: number;
}

/** Those who have not asked for so long have their whole burst again and are forgotten. */
const MAX_TRACKED = 10_000;

/** A token bucket for each client. */
export class RateLimit {
  readonly #rate: Rate;
  /** The time up to which what has come in is used. */
  readonly #usedUpTo = new Map<string, number>();

  constructor(rate: Rate) {
    this.#rate = rate;
  }

  /** Takes one. @returns 0, or how many milliseconds the client has to wait */
  take(client: string, now: number): number {
    const { burst, everyMs } = this.#rate;
    const full = now - burst * everyMs;
    const used = Math.max(this.#usedUpTo.get(client) ?? full, full);
    if (used > now - everyMs) return used - (now - everyMs);
    this.#usedUpTo.delete(client);
    this.#usedUpTo.set(client, used + everyMs);
    if (this.#usedUpTo.size > MAX_TRACKED) this.#forget(full);
    return 0;
  }

  #forget(full: number): void {
    for (const [client, used] of this.#usedUpTo) {
      if (used > full && this.#usedUpTo.size <= MAX_TRACKED) return;
      this.#usedUpTo.delete(client);
    }
  }
}
