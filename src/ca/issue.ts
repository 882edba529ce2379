/** Issuing leaves: the only place where devtls signs, and where it refuses to. */
import { createPublicKey, type KeyObject } from "node:crypto";
import { DevtlsError } from "../errors.js";
import { type Certificate, certificateToPem, parseCertificate } from "../x509/certificate.js";
import {
  defaultConstraints,
  describeConstraints,
  type NameConstraints,
  permits,
  uriHost,
} from "../x509/constraints.js";
import { encodePrivateKey, generateKey, isAcceptedByClients } from "../x509/keys.js";
import { type Name, uniqueNames } from "../x509/names.js";
import { DAY_MS, DEFAULT_LEAF_DAYS, MAX_LEAF_DAYS } from "../x509/validity.js";
import {
  type Authority,
  issuerOf,
  loadAuthority,
  loadAuthorityCertificate,
  openAuthority,
  ownerName,
} from "./authority.js";
import { readIfThere } from "./files.js";
import { inTurn } from "./lock.js";

export interface LeafOptions {
  /** Validity in days, 1 to 825; 397 unless told otherwise. */
  readonly days?: number;
  /** RSA-2048 instead of P-256. */
  readonly rsa?: boolean;
  /** Add client authentication. */
  readonly client?: boolean;
  /** Certify this key instead of making one. */
  readonly publicKey?: KeyObject;
  /** From when to when it is valid, instead of the days from now on. */
  readonly validity?: { readonly notBefore: Date; readonly notAfter: Date };
  /** Where the issuer's revocation list is. */
  readonly crlUrl?: string;
  /** Be valid for longer than an issuer that has expired on purpose. */
  readonly outlive?: boolean;
}

export interface Leaf {
  readonly certificate: Certificate;
  /** What a server has to send: the leaf, and the intermediate that signed it where one did. */
  readonly certificatePem: string;
  /** The root, for clients that want the whole chain. */
  readonly rootPem: string;
  /** The leaf and all above it, the root last. */
  readonly chain: readonly Certificate[];
  /** Absent when the key was given. */
  readonly key?: KeyObject;
  readonly keyPem?: string;
}

/**
 * The authority for these names, made when there is none; a name that it would not sign is found
 * before it is made.
 * @throws DevtlsError as {@link openAuthority}; "outside-constraints"
 */
export async function openAuthorityFor(
  names: readonly Name[],
  directory?: string,
): Promise<{ authority: Authority; created: boolean }> {
  const existing = loadAuthority(directory);
  checkNames(existing ? issuerOf(existing).constraints : defaultConstraints(), names);
  return existing ? { authority: existing, created: false } : openAuthority(directory);
}

/**
 * Has something issued and written by the authority that is in place, in turn with others that do
 * so and with `ca rotate`, which certifies anew what the old one signed. Where the turn cannot be
 * had, on a disk that nothing can be written to, a rotation meanwhile is seen afterwards.
 * @param write is called again with the next authority when this one was replaced meanwhile
 * @throws DevtlsError as {@link inTurn}, and what `write` throws
 */
export function underCurrent<T>(
  authority: Authority,
  write: (authority: Authority) => Promise<T>,
): Promise<T> {
  const { directory } = authority.paths;
  return inTurn(directory, async () => {
    let current = successorOf(authority) ?? authority;
    for (;;) {
      const written = await write(current);
      const next = successorOf(current);
      if (!next) return written;
      current = next;
    }
  });
}

/** The authority that is in place of this one, if another one is. */
function successorOf({ certificate, paths }: Authority): Authority | undefined {
  // As devtls wrote it, it need not be taken apart.
  const pem = readIfThere(paths.rootCertificate)?.toString("latin1");
  if (pem === certificateToPem(certificate)) return undefined;
  const inPlace = loadAuthorityCertificate(paths.directory);
  if (!inPlace || inPlace.der.equals(certificate.der)) return undefined;
  return loadAuthority(paths.directory);
}

/**
 * Issues a certificate.
 * @throws DevtlsError "outside-constraints" for a name that this authority must not sign, with
 * the command that makes a wider authority; "bad-name" without a name; "usage" for days out of
 * range; "bad-key" for a key that no client accepts
 */
export async function issueLeaf(
  authority: Authority,
  names: readonly Name[],
  options: LeafOptions = {},
): Promise<Leaf> {
  const days = checkDays(options.days ?? DEFAULT_LEAF_DAYS);
  if (names.length === 0) {
    throw new DevtlsError("bad-name", "could not make a certificate: it needs at least one name");
  }
  const issuer = issuerOf(authority);
  checkNames(issuer.constraints, names);
  const key = options.publicKey ? undefined : generateKey(options.rsa ? "rsa2048" : "p256");
  const publicKey = options.publicKey ?? createPublicKey(key as KeyObject);
  if (!isAcceptedByClients(publicKey)) {
    throw new DevtlsError(
      "bad-key",
      "could not certify the key: clients accept EC P-256, P-384, P-521 and RSA from 2048 bits on",
      { hint: "Make the request with another key: openssl ecparam -genkey -name prime256v1" },
    );
  }
  const now = Math.floor(Date.now() / 1000) * 1000;
  const { notBefore, notAfter } = options.validity ?? {
    notBefore: new Date(now),
    notAfter: new Date(now + days * DAY_MS),
  };
  // A leaf that outlives its issuer is refused by some clients before its own end.
  const clipped = !options.outlive && notAfter > issuer.notAfter;
  // Loaded only by who signs: `serve` with a leaf that is kept does not.
  const { buildLeaf } = await import("../x509/profile.js");
  const der = buildLeaf({
    issuer: { key: authority.key, subject: issuer.subject, keyId: issuer.keyId },
    publicKey,
    names: uniqueNames(names),
    notBefore,
    notAfter: clipped ? issuer.notAfter : notAfter,
    client: options.client ?? false,
    owner: ownerName(),
    ...(options.crlUrl !== undefined && { crlUrl: options.crlUrl }),
  });
  const certificate = parseCertificate(der);
  const sent = [certificate, ...(authority.intermediate ? [authority.intermediate] : [])];
  return {
    certificate,
    certificatePem: sent.map(certificateToPem).join(""),
    rootPem: certificateToPem(authority.certificate),
    chain: [...sent, authority.certificate],
    ...(key && { key, keyPem: encodePrivateKey(key) }),
  };
}

/** @throws DevtlsError "usage" */
export function checkDays(days: number, given: string = String(days)): number {
  if (Number.isInteger(days) && days >= 1 && days <= MAX_LEAF_DAYS) return days;
  throw new DevtlsError(
    "usage",
    `could not make a certificate for ${given} days: it takes a whole number from 1 to ${MAX_LEAF_DAYS}, the most that Apple's clients accept`,
    { hint: `The default is --days ${DEFAULT_LEAF_DAYS}` },
  );
}

function checkNames(constraints: NameConstraints | null, names: readonly Name[]): void {
  if (!constraints) return;
  const outside = names.filter((name) => !permits(constraints, name));
  if (outside.length === 0) return;
  const local = describeConstraints(defaultConstraints());
  const already = describeConstraints(constraints).filter((entry) => !local.includes(entry));
  const wanted = outside.map(permitFor);
  const permit = wanted.includes(undefined)
    ? "--unconstrained"
    : [...new Set([...already, ...wanted])].map((name) => `--permit ${name}`).join(" ");
  throw new DevtlsError(
    "outside-constraints",
    `could not sign ${outside.map((name) => name.value).join(", ")}: this authority is limited to local names`,
    {
      hint: [
        "A wider authority has to be made and trusted anew:",
        "  devtls untrust",
        `  devtls ca create --force ${permit}`,
        "  devtls trust",
      ].join("\n"),
    },
  );
}

/** What `--permit` takes to have this name signed; undefined where no limit can name it. */
function permitFor(name: Name): string | undefined {
  switch (name.kind) {
    case "email":
      return name.value.slice(name.value.lastIndexOf("@") + 1);
    case "uri":
      return uriHost(name.value);
    default:
      return name.value.replace(/^\*\./, "");
  }
}
