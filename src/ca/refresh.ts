/** Replacing a leaf that nears its end while it is being served. */
import { DAY_MS } from "../x509/validity.js";
import { RENEW_WITHIN_DAYS, type ServeIdentity, type ServeLeaf } from "./leaves.js";

/** Time as the refresh sees it; a test brings its own. */
export interface Clock {
  now(): number;
  /** Calls back again and again. @returns what stops it */
  every(milliseconds: number, callback: () => void): () => void;
}

const SYSTEM_CLOCK: Clock = {
  now: Date.now,
  every: (milliseconds, callback) => {
    const timer = setInterval(callback, milliseconds).unref();
    return () => clearInterval(timer);
  },
};

/** A laptop may sleep for days; what counts is the first look after it wakes. */
const LOOK_EVERY_MS = 3_600_000;

/**
 * Looks every hour and issues the leaf again when less than {@link RENEW_WITHIN_DAYS} is left.
 * When that fails, the next look tries again.
 * @param use takes another leaf into service
 * @returns what stops the looking
 */
export function keepFresh(
  identity: ServeIdentity,
  use: (leaf: ServeLeaf) => void,
  onError: (error: unknown) => void,
  clock: Clock = SYSTEM_CLOCK,
): () => void {
  let current = identity.leaf;
  let issuing = false;
  return clock.every(LOOK_EVERY_MS, () => {
    const left = current.certificate.notAfter.getTime() - clock.now();
    if (issuing || left > RENEW_WITHIN_DAYS * DAY_MS) return;
    issuing = true;
    identity
      .issueAgain()
      .then((fresh) => {
        current = fresh;
        use(fresh);
      })
      .catch(onError)
      .finally(() => {
        issuing = false;
      });
  });
}
