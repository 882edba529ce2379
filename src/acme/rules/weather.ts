/** Weather: what public authorities do on a bad day, so that a client can be seen to survive it. */

/** Each kind, and what it does. */
export const WEATHER = {
  "short-lived": "certificates are valid for six days",
  "renew-now": "renewalInfo says that every certificate is to be renewed at once",
  "bad-nonce": "every other good nonce is refused",
  "rate-limit": "each new order is refused once with 429 and Retry-After",
  slow: "validation and issuance take ten seconds each",
  revoked: "certificates are revoked as soon as they are issued",
  "expired-intermediate": "the chain holds an intermediate that has expired",
} as const;

export type WeatherKind = keyof typeof WEATHER;

export const WEATHER_KINDS = Object.keys(WEATHER) as WeatherKind[];

/** How long `slow` keeps a client waiting, for its challenge and again for its certificate. */
export const SLOW_MS = 10_000;

/** What `rate-limit` tells a client to wait. */
export const RATE_LIMIT_MS = 10_000;

/** The weather that depends on what came before. */
export class Weather {
  readonly #kinds: ReadonlySet<WeatherKind>;
  readonly #retryAt = new Map<string, number>();
  #refuseNonce = false;

  constructor(kinds: readonly WeatherKind[]) {
    this.#kinds = new Set(kinds);
  }

  is(kind: WeatherKind): boolean {
    return this.#kinds.has(kind);
  }

  /** Whether a good nonce is to be refused: never two in a row, for clients try once more. */
  refusesNonce(): boolean {
    if (!this.is("bad-nonce")) return false;
    this.#refuseNonce = !this.#refuseNonce;
    return this.#refuseNonce;
  }

  /** @returns how many milliseconds this account has to wait for its order; 0 when it may have it */
  refusesOrder(account: string, now: number): number {
    if (!this.is("rate-limit")) return 0;
    const retryAt = this.#retryAt.get(account);
    if (retryAt === undefined) {
      this.#retryAt.set(account, now + RATE_LIMIT_MS);
      return RATE_LIMIT_MS;
    }
    if (now < retryAt) return retryAt - now;
    this.#retryAt.delete(account);
    return 0;
  }
}
