/**
 * The grade of a TLS server by the SSL Labs Server Rating Guide (2009r), over what could be asked.
 * Pure.
 */
import type { Version } from "./codec.js";
import type { Suite } from "./suites.js";

export interface TlsFacts {
  /** Offered versions. */
  readonly versions: readonly Version[];
  readonly suites: readonly Suite[];
  /** Suites of TLS 1.1 and above that are offered there. */
  readonly newerSuites: readonly Suite[];
  /** Keys of certificates and of key exchanges: kind and bits. */
  readonly keys: readonly { readonly kind: "rsa" | "dsa" | "dh" | "ec"; readonly bits: number }[];
  /** RSA exponents of certificates. */
  readonly exponents: readonly number[];
  /** Object identifiers of the signatures of leaves. */
  readonly signatures: readonly string[];
  readonly chain: ChainVerdict;
  readonly coversName: boolean;
  readonly compresses: boolean;
  /** undefined where nobody asked, or TLS 1.3 alone is spoken. */
  readonly isRenegotiationSecure: boolean | undefined;
  /** What the site's HSTS says: seconds, "invalid", or undefined for none. */
  readonly hsts: number | "invalid" | undefined;
}

export type ChainVerdict =
  | "trusted"
  /** An intermediate is missing, or the root is unknown; the two cannot be told apart. */
  | "incomplete"
  | "self-signed"
  | "expired"
  | "not-yet-valid"
  | "untrusted"
  | "not-asked";

export interface Cap {
  readonly about: "certificate" | "protocols" | "suites" | "keys";
  readonly grade: string;
  readonly reason: string;
}

export interface TlsRating {
  readonly grade: string;
  readonly score: number;
  readonly caps: readonly Cap[];
  /** What keeps an A from being an A+. */
  readonly warnings: readonly string[];
}

/** Of OpenSSL's verdicts. */
export function chainVerdict(problem: string | undefined): ChainVerdict {
  if (problem === undefined) return "trusted";
  const name = problem.replace(/^Error: /, "");
  if (/CERT_HAS_EXPIRED/.test(name)) return "expired";
  if (/CERT_NOT_YET_VALID/.test(name)) return "not-yet-valid";
  if (/DEPTH_ZERO_SELF_SIGNED|^self-?signed certificate$/.test(name)) return "self-signed";
  if (/UNABLE_TO_(?:VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT)/.test(name)) return "incomplete";
  return "untrusted";
}

const PROTOCOL_SCORES: Readonly<Record<Version, number>> = {
  SSLv3: 80,
  "TLSv1.0": 90,
  "TLSv1.1": 95,
  "TLSv1.2": 100,
  "TLSv1.3": 100,
};

/** 180 days in seconds. */
const HSTS_MIN = 15_552_000;

const SHA1 = ["1.2.840.113549.1.1.5", "1.2.840.10045.4.1", "1.2.840.10040.4.3", "1.3.14.3.2.29"];
const MD = ["1.2.840.113549.1.1.4", "1.2.840.113549.1.1.2"];

/** Rates what was found; undefined where no protocol could be asked. */
export function rate(facts: TlsFacts): TlsRating | undefined {
  if (facts.versions.length === 0 || facts.suites.length === 0) return undefined;
  const exchange = exchangeScore(facts.keys);
  const caps = [...certificateCaps(facts), ...strengthCaps(facts, exchange), ...ageCaps(facts)];
  const hard = caps.find(({ grade }) => grade === "T") ?? caps.find(({ grade }) => grade === "M");
  const isFailed = caps.some(({ grade }) => grade === "F");
  const warnings = warningsOf(facts);
  if (hard || isFailed) return { grade: hard?.grade ?? "F", score: 0, caps, warnings };
  const protocols = facts.versions.map((version) => PROTOCOL_SCORES[version]);
  const ciphers = facts.suites.map(({ bits }) => cipherScore(bits));
  const parts = [middle(protocols), exchange, middle(ciphers)] as const;
  const score = parts.includes(0) ? 0 : weighted(parts);
  const plain = letterOf(score);
  const worst = caps
    .map(({ grade }) => grade)
    .sort()
    .at(-1);
  if (worst !== undefined && worst > plain) return { grade: worst, score, caps, warnings };
  if (plain !== "A" || worst !== undefined) return { grade: plain, score, caps, warnings };
  const grade = warnings.length > 0 ? "A-" : facts.hsts === undefined ? "A" : "A+";
  return { grade, score, caps, warnings };
}

/** Each part is cut to a whole number before they are added. */
function weighted([protocol, exchange, cipher]: readonly [number, number, number]): number {
  return (
    Math.trunc((protocol * 30) / 100) +
    Math.trunc((exchange * 30) / 100) +
    Math.trunc((cipher * 40) / 100)
  );
}

const middle = (scores: readonly number[]): number =>
  Math.trunc((Math.max(...scores) + Math.min(...scores)) / 2);

function cipherScore(bits: number): number {
  if (bits === 0) return 0;
  return bits < 128 ? 20 : bits < 256 ? 80 : 100;
}

/** Of the weakest key. */
function exchangeScore(keys: TlsFacts["keys"]): number {
  const scores = keys.map(({ kind, bits }) => {
    const steps = kind === "ec" ? [110, 123, 163, 225] : [512, 1024, 2048, 4096];
    const at = steps.findIndex((step) => bits < step);
    return at < 0 ? 100 : ([20, 40, 80, 90][at] as number);
  });
  return Math.min(100, ...scores);
}

function letterOf(score: number): string {
  const steps = [80, 65, 50, 35, 20];
  const at = steps.findIndex((step) => score >= step);
  return at < 0 ? "F" : ("ABCDE"[at] as string);
}

type About = (grade: string, applies: boolean, reason: string) => Cap[];

const of =
  (about: Cap["about"]): About =>
  (grade, applies, reason) =>
    applies ? [{ about, grade, reason }] : [];

const [certificate, protocol, suite, key] = [
  of("certificate"),
  of("protocols"),
  of("suites"),
  of("keys"),
] as const;

function certificateCaps({ chain, coversName, signatures, exponents }: TlsFacts): Cap[] {
  return [
    ...certificate("T", chain === "expired", "the certificate has expired"),
    ...certificate("T", chain === "not-yet-valid", "the certificate is not valid yet"),
    ...certificate("T", chain === "self-signed", "the certificate is signed by itself"),
    ...certificate("T", chain === "untrusted", "the chain ends at no trusted root"),
    ...certificate(
      "T",
      signatures.some((oid) => SHA1.includes(oid)),
      "the certificate is signed with SHA-1",
    ),
    ...certificate("M", !coversName, "the certificate does not cover the name"),
    ...certificate(
      "F",
      signatures.some((oid) => MD.includes(oid)),
      "the certificate is signed with MD5 or MD2",
    ),
    ...certificate("F", exponents.includes(1), "the exponent of the RSA key is 1"),
    ...certificate("B", chain === "incomplete", "the chain is incomplete, or its root unknown"),
  ];
}

function strengthCaps({ suites, newerSuites, versions }: TlsFacts, exchange: number): Cap[] {
  const hasForwardSecrecy = suites.some(({ exchange: how }) => /^(?:tls13|ecdhe|dhe)$/.test(how));
  const isOldOnly = versions.every((version) => version === "TLSv1.0" || version === "SSLv3");
  return [
    ...suite(
      "F",
      suites.some(({ bits }) => bits < 112),
      "a suite is weaker than 112 bits",
    ),
    ...suite(
      "F",
      suites.some(({ isExport }) => isExport),
      "a suite is of export strength",
    ),
    ...suite(
      "F",
      suites.some(({ signs }) => signs === "none"),
      "a suite needs no certificate",
    ),
    ...key("F", exchange <= 40, "a key is broken: too few bits"),
    ...suite(
      "C",
      newerSuites.some(({ hasShortBlocks }) => hasShortBlocks),
      "blocks of 64 bits with TLS 1.1 or above (Sweet32)",
    ),
    ...suite(
      "C",
      newerSuites.some(({ isRc4 }) => isRc4),
      "RC4 with TLS 1.1 or above",
    ),
    ...suite(
      "B",
      suites.some(({ isRc4 }) => isRc4),
      "RC4 is offered",
    ),
    ...key("B", exchange > 40 && exchange <= 80, "a key has fewer bits than today's least"),
    ...suite("B", !suites.some(({ isAead }) => isAead), "no suite is authenticated encryption"),
    ...suite("B", !hasForwardSecrecy, "no suite has forward secrecy"),
    ...suite(
      "B",
      isOldOnly && suites.some(({ isCbc }) => isCbc),
      "CBC with nothing newer than TLS 1.0 (BEAST)",
    ),
  ];
}

function ageCaps({ versions, suites, compresses }: TlsFacts): Cap[] {
  const offers = (version: Version): boolean => versions.includes(version);
  return [
    ...protocol(
      "F",
      versions.every((version) => version === "SSLv3"),
      "SSL 3.0 is the best protocol",
    ),
    ...protocol(
      "C",
      offers("SSLv3") && suites.some(({ isCbc }) => isCbc),
      "SSL 3.0 with CBC (POODLE)",
    ),
    ...protocol("C", !offers("TLSv1.2") && !offers("TLSv1.3"), "TLS 1.2 is not offered"),
    ...protocol("C", compresses, "TLS compresses (CRIME)"),
    ...protocol("B", offers("SSLv3"), "SSL 3.0 is offered"),
    ...protocol("B", offers("TLSv1.0"), "TLS 1.0 is offered"),
    ...protocol("B", offers("TLSv1.1"), "TLS 1.1 is offered"),
  ];
}

function warningsOf({ versions, isRenegotiationSecure, hsts }: TlsFacts): string[] {
  return [
    ...(versions.includes("TLSv1.3") ? [] : ["TLS 1.3 is not offered"]),
    ...(isRenegotiationSecure === false ? ["renegotiation is not bound to its connection"] : []),
    ...(hsts === "invalid" ? ["HSTS cannot be read"] : []),
    ...(hsts === 0 ? ["HSTS is switched off"] : []),
    ...(typeof hsts === "number" && hsts > 0 && hsts < HSTS_MIN
      ? ["HSTS holds for less than 180 days"]
      : []),
  ];
}
