/** What can be wrong on purpose with a certificate (`serve --fault`). */
export const FAULTS = [
  "expired",
  "not-yet-valid",
  "wrong-host",
  "self-signed",
  "untrusted-root",
  "sha1",
  "weak-key",
  "missing-intermediate",
] as const;

export type Fault = (typeof FAULTS)[number];
