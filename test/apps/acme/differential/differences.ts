/** Where devtls and pebble 2.4 answer differently, and why devtls answers as it does. */

export interface Difference {
  /** Which requests. */
  readonly requests: RegExp;
  readonly devtls: string;
  readonly pebble: string;
  readonly reason: string;
}

/** Orders for what is no name, or a name under the wrong type. */
const NO_NAMES =
  /^newOrder: (?:an address (?:that|as)|a name (?:with|as|that (?:is too|ends))|a wildcard (?:in|alone)|two wildcards|an empty name|letters)/;

export const DIFFERENCES: readonly Difference[] = [
  {
    requests: /: (?:alg|no alg|an empty protected header|an inner alg)/,
    devtls: "400 badSignatureAlgorithm",
    pebble: "400 malformed",
    reason: "RFC 8555 6.2: the error type is badSignatureAlgorithm, with the algorithms taken",
  },
  {
    requests: /: (?:the url of another|a url with a query)/,
    devtls: "403 unauthorized",
    pebble: "400 malformed",
    reason: "RFC 8555 6.4: a url that does not match is rejected as unauthorized",
  },
  {
    requests: /^newAccount: one signature and several|^newOrder: one signature and several/,
    devtls: "400 malformed",
    pebble: "201",
    reason: "RFC 8555 6.2: the JWS must not have several signatures, not even none",
  },
  {
    requests: /^order: one signature and several/,
    devtls: "400 malformed",
    pebble: "200",
    reason: "the same",
  },
  {
    requests: /^newAccount: a payload that is null/,
    devtls: "400 malformed",
    pebble: "403 agreementRequired",
    reason: "null is no JSON object",
  },
  {
    requests: /^newAccount: EdDSA/,
    devtls: "201",
    pebble: "400 badPublicKey",
    reason: "RFC 8555 6.2: servers should take EdDSA",
  },
  {
    requests: /^newAccount: a contact with header fields/,
    devtls: "400 invalidContact",
    pebble: "201",
    reason: "RFC 8555 7.3: clients must not use hfields, and servers must refuse them",
  },
  {
    requests: /^account: another's/,
    devtls: "403 unauthorized",
    pebble: "400 malformed",
    reason: "the request is well formed; the client may not make it",
  },
  {
    requests: /^keyChange: to the key of another account/,
    devtls: "409 malformed",
    pebble: "500 serverInternal",
    reason: "RFC 8555 7.3.5: 409 (Conflict) with the Location of the other account",
  },
  {
    requests: NO_NAMES,
    devtls: "400 rejectedIdentifier",
    pebble: "400 malformed",
    reason: "RFC 8555 6.7: the server will not issue for the identifier; the subproblem names it",
  },
  {
    requests: /^newOrder: an unknown type/,
    devtls: "400 unsupportedIdentifier",
    pebble: "400 malformed",
    reason: "RFC 8555 6.7: an identifier is of an unsupported type",
  },
  {
    requests: /^newOrder: (?:a name that begins with a dot|a label that is too long)/,
    devtls: "400 rejectedIdentifier",
    pebble: "201",
    reason: "RFC 1035: a label has 1 to 63 octets",
  },
  {
    requests: /^newOrder: an underscore/,
    devtls: "201",
    pebble: "400 malformed",
    reason: "names of containers have underscores, and devtls cert takes them too",
  },
  {
    requests: /^newOrder: not(?:Before|After) is no time/,
    devtls: "400 malformed",
    pebble: "201",
    reason: "pebble does not look at them",
  },
  {
    requests: /that there is not$/,
    devtls: "404 malformed",
    pebble: "404 none",
    reason: "pebble answers with an empty body; RFC 8555 6.7 wants a problem document",
  },
  {
    requests: /^finalize: (?:another name|one name more)/,
    devtls: "400 badCSR",
    pebble: "403 unauthorized",
    reason: "RFC 8555 7.4: the error type is badCSR",
  },
  {
    requests: /^finalize: (?:another common name|signed by another key)/,
    devtls: "400 badCSR",
    pebble: "200",
    reason: "the common name counts as a name, and the signature proves possession (RFC 8555 7.4)",
  },
  {
    requests: /^finalize: an RSA key that is too short/,
    devtls: "400 badPublicKey",
    pebble: "200",
    reason: "no client accepts such a certificate",
  },
  {
    requests: /^finalize: (?:no name|csr )/,
    devtls: "400 badCSR",
    pebble: "400 malformed",
    reason: "RFC 8555 7.4: what is wrong with a request is badCSR",
  },
  {
    requests: /^challenge: unknown fields/,
    devtls: "200",
    pebble: "400 malformed",
    reason: "RFC 8555 7.5.1: clients send {}, and servers ignore fields that they do not know",
  },
  {
    requests: /^challenge: after the authorization was deactivated/,
    devtls: "400 malformed",
    pebble: "200",
    reason: "there is nothing left to prove",
  },
  {
    requests: /^revoke: with (?:the reason -1|a reason that is text)/,
    devtls: "400 badRevocationReason",
    pebble: "400 malformed",
    reason: "RFC 8555 7.6: a reason that is not taken is badRevocationReason",
  },
];

/** The difference that is known for this request; two would be one too many. */
export function differenceFor(request: string): Difference | undefined {
  return DIFFERENCES.find(({ requests }) => requests.test(request));
}
