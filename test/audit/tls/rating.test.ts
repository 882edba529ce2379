/** The rating guide of SSL Labs, as a table. */
import { describe, expect, it } from "vitest";
import { chainVerdict, rate, type TlsFacts } from "../../../src/audit/tls/rating.js";
import { OLDER_SUITES, SUITES, type Suite, TLS13_SUITES } from "../../../src/audit/tls/suites.js";

const named = (...names: readonly string[]): Suite[] =>
  names.map((name) => {
    const suite = SUITES.find((each) => each.name === name);
    if (!suite) throw new Error(`no suite ${name}`);
    return suite;
  });

const GOOD = named("TLS_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384");

const GROUND: TlsFacts = {
  versions: ["TLSv1.3", "TLSv1.2"],
  ...{ suites: GOOD, newerSuites: GOOD, keys: [{ kind: "ec", bits: 256 }] },
  ...{ exponents: [65_537], signatures: ["1.2.840.113549.1.1.11"], chain: "trusted" },
  ...{ coversName: true, compresses: false, isRenegotiationSecure: true, hsts: 31_536_000 },
};

const withSuites = (...names: readonly string[]): Partial<TlsFacts> => {
  const suites = [...GOOD, ...named(...names)];
  return { suites, newerSuites: suites };
};

describe("A server is rated", () => {
  it.each<readonly [string, Partial<TlsFacts>, string, number]>([
    ["A+", {}, "A+", 100],
    ["A without HSTS", { hsts: undefined }, "A", 100],
    ["A- with HSTS that is short", { hsts: 86_400 }, "A-", 100],
    ["A- without TLS 1.3", { versions: ["TLSv1.2"] }, "A-", 100],
    ["A- without secure renegotiation", { isRenegotiationSecure: false }, "A-", 100],
    ["A+ with RSA of 2048 bits", { keys: [{ kind: "rsa", bits: 2048 }] }, "A+", 97],
    ["A+ with AES of 128 bits", withSuites("ECDHE-RSA-AES128-GCM-SHA256"), "A+", 96],
    ["B with TLS 1.1", { versions: ["TLSv1.2", "TLSv1.1"] }, "B", 99],
    ["B with TLS 1.0", { versions: ["TLSv1.2", "TLSv1.0"] }, "B", 98],
    ["C without TLS 1.2", { versions: ["TLSv1.1", "TLSv1.0"] }, "C", 97],
    [
      "C with SSL 3.0 and CBC",
      { versions: ["TLSv1.2", "SSLv3"], ...withSuites("AES256-SHA") },
      "C",
      97,
    ],
    ["F with SSL 3.0 alone", { versions: ["SSLv3"] }, "F", 0],
    ["B with 1024 bits of Diffie-Hellman", { keys: [{ kind: "dh", bits: 1024 }] }, "B", 94],
    ["F with 768 bits", { keys: [{ kind: "dh", bits: 768 }] }, "F", 0],
    ["F with export suites", withSuites("EXP-RC4-MD5"), "F", 0],
    ["F with NULL", withSuites("NULL-SHA"), "F", 0],
    ["F with anonymous suites", withSuites("ADH-AES128-SHA"), "F", 0],
    ["C with RC4", withSuites("RC4-SHA"), "C", 96],
    ["C with 3DES", withSuites("DES-CBC3-SHA"), "C", 84],
    ["C with compression", { compresses: true }, "C", 100],
    [
      "B without forward secrecy",
      { versions: ["TLSv1.2"], suites: named("AES256-GCM-SHA384"), newerSuites: [] },
      "B",
      100,
    ],
    [
      "B without AEAD",
      { versions: ["TLSv1.2"], suites: named("ECDHE-RSA-AES256-SHA384"), newerSuites: [] },
      "B",
      100,
    ],
    ["B with an incomplete chain", { chain: "incomplete" }, "B", 100],
    ["T with an expired certificate", { chain: "expired" }, "T", 0],
    ["T with one that signs itself", { chain: "self-signed" }, "T", 0],
    ["T with SHA-1", { signatures: ["1.2.840.113549.1.1.5"] }, "T", 0],
    ["M with another name", { coversName: false }, "M", 0],
    ["T before M", { chain: "expired", coversName: false }, "T", 0],
    ["F with an exponent of 1", { exponents: [1] }, "F", 0],
  ])("%s", (_, changed, grade, score) => {
    expect(rate({ ...GROUND, ...changed })).toMatchObject({ grade, score });
  });

  it("not at all when it could not be asked", () => {
    expect(rate({ ...GROUND, versions: [] })).toBeUndefined();
  });
});

describe("OpenSSL's verdicts", () => {
  it.each([
    [undefined, "trusted"],
    ["CERT_HAS_EXPIRED", "expired"],
    ["CERT_NOT_YET_VALID", "not-yet-valid"],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "self-signed"],
    ["SELF_SIGNED_CERT_IN_CHAIN", "untrusted"],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "incomplete"],
    ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "incomplete"],
  ])("%s means %s", (problem, verdict) => {
    expect(chainVerdict(problem)).toBe(verdict);
  });
});

describe("Suites", () => {
  it("have numbers of their own, and a strength", () => {
    expect(new Set(SUITES.map(({ id }) => id)).size).toBe(SUITES.length);
    expect(TLS13_SUITES.length + OLDER_SUITES.length).toBe(SUITES.length);
    const strengths = new Set(SUITES.map(({ bits }) => bits));
    expect([...strengths].sort((a, b) => a - b)).toEqual([0, 40, 56, 112, 128, 256]);
  });

  it.each([
    ["ECDHE-ECDSA-AES128-GCM-SHA256", "ecdhe", "ecdsa"],
    ["EDH-RSA-DES-CBC3-SHA", "dhe", "rsa"],
    ["AES128-SHA", "rsa", "rsa"],
    ["ADH-AES128-SHA", "dhe", "none"],
    ["AECDH-AES128-SHA", "ecdhe", "none"],
    ["ECDH-RSA-AES128-SHA", "ecdh", "rsa"],
    ["DHE-DSS-AES128-SHA", "dhe", "dss"],
    ["EXP-EDH-RSA-DES-CBC-SHA", "dhe", "rsa"],
    ["TLS_AES_128_GCM_SHA256", "tls13", "any"],
  ])("%s agrees by %s and signs with %s", (name, exchange, signs) => {
    expect(named(name)[0]).toMatchObject({ exchange, signs });
  });
});
