/** The edges that can be simulated, as data. */
import type { EdgeProfile } from "./profile.js";

/** Every header by which an app could be told that a request was secure, or by whom it was sent. */
const TELLTALES = [
  "X-Forwarded-For",
  "X-Forwarded-Proto",
  "X-Forwarded-Host",
  "X-Forwarded-Port",
  "X-Forwarded-Ssl",
  "X-Forwarded-Scheme",
  "Forwarded",
];

const devtls: EdgeProfile = {
  name: "devtls",
  title: "the default: the four X-Forwarded headers, none of them taken from the client",
  evidence: "captured",
  headers: [
    { name: "X-Forwarded-For", op: "set", value: "{client}" },
    { name: "X-Forwarded-Proto", op: "set", value: "{scheme}" },
    { name: "X-Forwarded-Host", op: "set", value: "{host}" },
    { name: "X-Forwarded-Port", op: "set", value: "{port}" },
    // Other spellings of the same facts, which a client could contradict them with.
    { name: "X-Forwarded-Ssl", op: "strip" },
    { name: "X-Forwarded-Scheme", op: "strip" },
    { name: "Forwarded", op: "strip" },
  ],
};

const none: EdgeProfile = {
  name: "none",
  title: "tells the app nothing: it sees plain HTTP from a stranger",
  evidence: "captured",
  headers: TELLTALES.map((name) => ({ name, op: "strip" })),
};

export const PROFILES: readonly EdgeProfile[] = [devtls, none];

export function findProfile(name: string): EdgeProfile | undefined {
  return PROFILES.find((profile) => profile.name === name);
}
