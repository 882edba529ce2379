/** For how long certificates are valid. */

export const DAY_MS = 86_400_000;

/** Apple refuses TLS leaves that are valid for longer, under user-added roots too (103769). */
export const MAX_LEAF_DAYS = 825;

/** Below the 398 days that Apple and browsers ask of public roots, in case that ever spreads. */
export const DEFAULT_LEAF_DAYS = 397;
