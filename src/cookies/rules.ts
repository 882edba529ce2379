/** Why browsers drop cookies: every rule by an id that findings, tests and scripts rely on. */

export interface Rule {
  /** What happened, in one sentence, which a cookie's name goes in front of. */
  readonly sentence: string;
  /** Where it is written down. */
  readonly section: string;
}

const BIS = "RFC 6265bis";
const LAYERED = "draft-ietf-httpbis-layered-cookies";

export const RULES = {
  "control-character": {
    sentence: "has a control character in it, so browsers drop the whole line",
    section: `${BIS} 5.6 step 1`,
  },
  "empty-cookie": {
    sentence: "has neither a name nor a value",
    section: `${BIS} 5.7 step 2`,
  },
  "too-large": {
    sentence: "has more than 4096 octets of name and value",
    section: `${BIS} 5.6 step 5`,
  },
  "domain-not-ascii": {
    sentence: "has a Domain with other characters than ASCII; write it as its A-label",
    section: `${BIS} 5.7 step 8`,
  },
  "public-suffix": {
    sentence: "has a Domain that is a public suffix, which nobody may set cookies for",
    section: `${BIS} 5.7 step 9`,
  },
  "domain-ip": {
    sentence: "has a Domain, but the host is an IP address, which has no domain above it",
    section: `${BIS} 5.1.3`,
  },
  "domain-mismatch": {
    sentence: "has a Domain that the host does not belong to",
    section: `${BIS} 5.7 step 10`,
  },
  "secure-over-http": {
    sentence: "is Secure, but the response came over plain http",
    section: `${BIS} 5.7 step 13`,
  },
  "leave-secure-alone": {
    sentence: "came over plain http and would overwrite a Secure cookie of the same name",
    section: `${BIS} 5.7 step 16`,
  },
  "cross-site-response": {
    sentence: "is not SameSite=None and came with a cross-site request that was no navigation",
    section: `${BIS} 5.7 step 18`,
  },
  "same-site-none-insecure": {
    sentence: "is SameSite=None without Secure",
    section: `${BIS} 5.7 step 19`,
  },
  "secure-prefix": {
    sentence: "has a name that begins with __Secure-, which needs Secure over https",
    section: `${BIS} 5.7 step 20`,
  },
  "host-prefix": {
    sentence:
      "has a name that begins with __Host-, which needs Secure over https, Path=/ and no Domain",
    section: `${BIS} 5.7 step 21`,
  },
  "http-prefix": {
    sentence: "has a name that begins with __Http-, which needs Secure over https and HttpOnly",
    section: LAYERED,
  },
  "host-http-prefix": {
    sentence:
      "has a name that begins with __Host-Http-, which needs Secure over https, HttpOnly, Path=/ and no Domain",
    section: LAYERED,
  },
  "nameless-prefix": {
    sentence: "has no name and a value that begins like a reserved name prefix",
    section: `${BIS} 5.7 step 22`,
  },
  "partitioned-insecure": {
    sentence: "is Partitioned without Secure",
    section: "draft-cutler-httpbis-partitioned-cookies 2.3",
  },
} as const satisfies Record<string, Rule>;

export type RuleId = keyof typeof RULES;
