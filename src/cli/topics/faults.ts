/** What clients say of the certificates of `serve --fault`, with the authority trusted. */
import type { Fault } from "../../ca/fault-kinds.js";

export interface Verdicts {
  /** The number and text of OpenSSL's verification error. */
  readonly openssl: string;
  readonly curl: string;
  /** `error.code`. */
  readonly node: string;
  readonly chromium: string;
}

const UNKNOWN_ISSUER = "net::ERR_CERT_AUTHORITY_INVALID";

export const VERDICTS: Readonly<Record<Fault, Verdicts>> = {
  expired: {
    openssl: "10 (certificate has expired)",
    curl: "certificate has expired",
    node: "CERT_HAS_EXPIRED",
    chromium: "net::ERR_CERT_DATE_INVALID",
  },
  "not-yet-valid": {
    openssl: "9 (certificate is not yet valid)",
    curl: "certificate is not yet valid",
    node: "CERT_NOT_YET_VALID",
    chromium: "net::ERR_CERT_DATE_INVALID",
  },
  "wrong-host": {
    openssl: "62 (hostname mismatch)",
    curl: "no alternative certificate subject name matches target host name 'localhost'",
    node: "ERR_TLS_CERT_ALTNAME_INVALID",
    chromium: "net::ERR_CERT_COMMON_NAME_INVALID",
  },
  "self-signed": {
    openssl: "18 (self-signed certificate)",
    curl: "self-signed certificate",
    node: "DEPTH_ZERO_SELF_SIGNED_CERT",
    chromium: UNKNOWN_ISSUER,
  },
  "untrusted-root": {
    openssl: "19 (self-signed certificate in certificate chain)",
    curl: "self-signed certificate in certificate chain",
    node: "SELF_SIGNED_CERT_IN_CHAIN",
    chromium: UNKNOWN_ISSUER,
  },
  sha1: {
    openssl: "18 (self-signed certificate)",
    curl: "self-signed certificate",
    node: "DEPTH_ZERO_SELF_SIGNED_CERT",
    chromium: UNKNOWN_ISSUER,
  },
  "weak-key": {
    openssl: "66 (EE certificate key too weak)",
    curl: "EE certificate key too weak",
    node: "DEPTH_ZERO_SELF_SIGNED_CERT",
    chromium: UNKNOWN_ISSUER,
  },
  "missing-intermediate": {
    openssl: "21 (unable to verify the first certificate)",
    curl: "unable to get local issuer certificate",
    node: "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    chromium: UNKNOWN_ISSUER,
  },
};
