/** The production edges, as data. */
import { type EdgeProfile, type Evidence, evidenceOf } from "../edge/profile.js";
import { PROFILES } from "../edge/profiles/index.js";

/** An edge that can be simulated: what it does to requests and responses, and how sure that is. */
export interface Edge extends EdgeProfile {
  /** `captured` from the real thing, `documented` by its vendor, or `unverified`. */
  readonly evidence: Evidence;
}

/** Every edge that `serve` can simulate, the default first. */
export function edges(): Edge[] {
  return PROFILES.map((profile) => ({ ...profile, evidence: evidenceOf(profile) }));
}
