/** Problem documents (RFC 7807) with the error types of ACME (RFC 8555 6.7). */

/** What a certificate is asked for (RFC 8555 7.1.4, RFC 8738). */
export interface Identifier {
  readonly type: "dns" | "ip";
  /** A-labels in lower case, or an address in its canonical form (RFC 5952 for IPv6). */
  readonly value: string;
}

/**
 * The HTTP status of each error type: those of RFC 8555 6.7, RFC 9773 7.4 (alreadyReplaced) and
 * draft-ietf-acme-profiles (invalidProfile). The RFC fixes few of them; the rest are those of
 * Let's Encrypt.
 */
const STATUS_OF = {
  accountDoesNotExist: 400,
  alreadyReplaced: 409,
  alreadyRevoked: 400,
  badCSR: 400,
  badNonce: 400,
  badPublicKey: 400,
  badRevocationReason: 400,
  badSignatureAlgorithm: 400,
  caa: 403,
  compound: 400,
  connection: 400,
  dns: 400,
  externalAccountRequired: 403,
  incorrectResponse: 403,
  invalidContact: 400,
  invalidProfile: 400,
  malformed: 400,
  orderNotReady: 403,
  rateLimited: 429,
  rejectedIdentifier: 400,
  serverInternal: 500,
  tls: 400,
  unauthorized: 403,
  unsupportedContact: 400,
  unsupportedIdentifier: 400,
  userActionRequired: 403,
} as const;

export type ProblemType = keyof typeof STATUS_OF;

export interface ProblemDocument {
  /** "urn:ietf:params:acme:error:…" */
  readonly type: string;
  readonly detail: string;
  readonly status?: number;
  readonly identifier?: Identifier;
  readonly subproblems?: readonly ProblemDocument[];
  /** With badSignatureAlgorithm: those that are taken (RFC 8555 6.2). */
  readonly algorithms?: readonly string[];
}

export interface ProblemExtras {
  /** Instead of the status that goes with the type. */
  readonly status?: number;
  readonly subproblems?: readonly ProblemDocument[];
  readonly algorithms?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a client did wrong, thrown by the rules and sent to it as a problem document. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly type: ProblemType;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly #extras: ProblemExtras;

  constructor(type: ProblemType, detail: string, extras: ProblemExtras = {}) {
    super(detail);
    this.type = type;
    this.status = extras.status ?? STATUS_OF[type];
    this.headers = extras.headers ?? {};
    this.#extras = extras;
  }

  document(): ProblemDocument {
    const { subproblems, algorithms } = this.#extras;
    return {
      ...problem(this.type, this.message),
      status: this.status,
      ...(algorithms && { algorithms }),
      ...(subproblems && { subproblems }),
    };
  }
}

/** A problem that stands in another object: a subproblem, or a challenge's error. */
export function problem(
  type: ProblemType,
  detail: string,
  identifier?: Identifier,
): ProblemDocument {
  const name = `urn:ietf:params:acme:error:${type}`;
  return { type: name, detail, ...(identifier && { identifier }) };
}

export function malformed(detail: string, status?: number): Problem {
  return new Problem("malformed", detail, status === undefined ? {} : { status });
}

/** @param milliseconds what the client has to wait (RFC 8555 6.6) */
export function rateLimited(what: string, milliseconds: number): Problem {
  const seconds = Math.ceil(milliseconds / 1000);
  return new Problem("rateLimited", `${what}; try again in ${seconds} s`, {
    headers: { "Retry-After": String(seconds) },
  });
}
