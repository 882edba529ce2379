/** What the ACME server keeps (RFC 8555 7.1), as it stands in the state directory: plain JSON. */
import type { JsonWebKey } from "./jwk.js";
import type { Identifier, ProblemDocument } from "./problem.js";

export type { Identifier };

export interface Account {
  readonly id: string;
  readonly key: JsonWebKey;
  /** Of the key (RFC 7638), base64url. */
  readonly thumbprint: string;
  readonly status: "valid" | "deactivated";
  readonly contact: readonly string[];
  /** The external account binding that it was made with, as the client sent it. */
  readonly binding?: unknown;
  /** Milliseconds since 1970, as every time in here. */
  readonly created: number;
}

export type ChallengeType = "http-01" | "tls-alpn-01" | "dns-01";

export interface Challenge {
  readonly type: ChallengeType;
  readonly token: string;
  readonly status: "pending" | "processing" | "valid" | "invalid";
  readonly validated?: number;
  readonly error?: ProblemDocument;
  /** The address of the client that said it was ready. */
  readonly asker?: string;
}

export interface Authorization {
  readonly identifier: Identifier;
  /** For `*.` below the identifier. */
  readonly wildcard: boolean;
  readonly status: "pending" | "valid" | "invalid" | "deactivated";
  readonly challenges: readonly Challenge[];
}

export interface Order {
  readonly id: string;
  readonly account: string;
  /** "pending" and "ready" follow from the authorizations; see `statusOf`. */
  readonly status: "open" | "processing" | "valid" | "invalid";
  readonly identifiers: readonly Identifier[];
  readonly authorizations: readonly Authorization[];
  readonly profile: string;
  readonly created: number;
  readonly expires: number;
  readonly notBefore?: number;
  readonly notAfter?: number;
  /** The certificate that the one to come replaces (RFC 9773 5). */
  readonly replaces?: string;
  readonly error?: ProblemDocument;
  readonly certificate?: string;
}

export interface IssuedCertificate {
  /** The issuer's key identifier and the serial number, as RFC 9773 4.1 writes them. */
  readonly id: string;
  readonly account: string;
  readonly order: string;
  readonly identifiers: readonly Identifier[];
  /** PEM: the chain to send, then the alternate ones. */
  readonly chains: readonly string[];
  /** Hexadecimal. */
  readonly serial: string;
  /** The issuer's subjectKeyIdentifier, hexadecimal. */
  readonly issuer: string;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly revoked?: { readonly at: number; readonly reason: number };
  readonly replacedBy?: string;
}

/** Where all of it is kept. What `save` has returned from survives a crash. */
export interface Records {
  account(id: string): Account | undefined;
  accountOf(thumbprint: string): Account | undefined;
  order(id: string): Order | undefined;
  /** The identifiers of an account's orders, the oldest first. */
  ordersOf(account: string): readonly string[];
  certificate(id: string): IssuedCertificate | undefined;
  revokedBy(issuer: string): readonly IssuedCertificate[];
  saveAccount(account: Account): void;
  saveOrder(order: Order): void;
  saveCertificate(certificate: IssuedCertificate): void;
}
