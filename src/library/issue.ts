/** Certificates for programs: the authority, leaves to keep where one likes, and ready credentials. */
import { loadAuthority, openAuthority as open } from "../ca/authority.js";
import { issueLeaf, openAuthorityFor } from "../ca/issue.js";
import { openServeIdentity, serveNames } from "../ca/leaves.js";
import { DevtlsError } from "../errors.js";
import { type StatePaths, stateDirectory } from "../paths.js";
import { type Certificate, certificateToPem, fingerprint } from "../x509/certificate.js";
import { describeConstraints } from "../x509/constraints.js";
import { parseName } from "../x509/names.js";

export interface StateOptions {
  /** The state directory; unless told otherwise the one that the command line uses. */
  readonly stateDirectory?: string;
}

/** The certificate authority of this machine, as others may see it: its key stays where it is. */
export interface AuthorityInfo {
  /** PEM. */
  readonly certificate: string;
  /** Where that is, for variables such as NODE_EXTRA_CA_CERTS. */
  readonly path: string;
  /** SHA-256 over the DER, "AB:CD:…". */
  readonly fingerprint: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** The names it may sign, as `devtls ca show` lists them; null for any. */
  readonly permitted: readonly string[] | null;
  /** Whether this call made it. */
  readonly created: boolean;
}

export interface IssueOptions extends StateOptions {
  /** Validity in days, 1 to 825; 397 unless told otherwise. */
  readonly days?: number;
  /** RSA-2048 instead of P-256. */
  readonly rsa?: boolean;
  /** Add client authentication (RFC 5280 4.2.1.12). */
  readonly client?: boolean;
}

export interface IssuedCertificate {
  /** The leaf, PEM. */
  readonly cert: string;
  /** Its private key, PKCS#8 PEM, unencrypted. */
  readonly key: string;
  /** The authority's certificate, PEM. */
  readonly ca: string;
  readonly names: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Hexadecimal. */
  readonly serial: string;
  /** SHA-256 over the DER, "AB:CD:…". */
  readonly fingerprint: string;
}

/** What `https.createServer`, `http2.createSecureServer` and `tls.createServer` take. */
export interface ServerCredentials {
  /** The leaf and the authority's certificate, PEM. */
  readonly cert: string;
  /** PKCS#8 PEM. */
  readonly key: string;
}

/**
 * Opens this machine's certificate authority, and makes it when there is none (P-256, limited to
 * local names). It is not trusted by that; `devtls trust` is for a person to run.
 * @throws DevtlsError "authority-damaged", "authority-expired", "file-unwritable"
 */
export async function openAuthority(options: StateOptions = {}): Promise<AuthorityInfo> {
  const directory = options.stateDirectory ?? stateDirectory();
  const existing = loadAuthority(directory);
  const { authority, created } = existing
    ? { authority: existing, created: false }
    : await open(directory);
  return describe(authority.certificate, authority.paths, created);
}

function describe(certificate: Certificate, paths: StatePaths, created: boolean): AuthorityInfo {
  const { constraints } = certificate;
  return {
    certificate: certificateToPem(certificate),
    path: paths.rootCertificate,
    fingerprint: fingerprint(certificate),
    notBefore: certificate.notBefore,
    notAfter: certificate.notAfter,
    permitted: constraints && describeConstraints(constraints),
    created,
  };
}

/**
 * Issues a certificate with a new key; nothing but the authority, when it has to be made, is
 * written.
 * @param names DNS names (any script), `*.name`, IP addresses, e-mail addresses, URIs
 * @throws DevtlsError "bad-name", "outside-constraints", "usage" for days out of range, and as
 * {@link openAuthority}
 */
export async function issue(
  names: string | readonly string[],
  options: IssueOptions = {},
): Promise<IssuedCertificate> {
  const { stateDirectory: directory, ...leafOptions } = options;
  const parsed = toList(names).map(parseName);
  const { authority } = await openAuthorityFor(parsed, directory);
  const { certificate, certificatePem, keyPem, rootPem } = await issueLeaf(
    authority,
    parsed,
    leafOptions,
  );
  return {
    cert: certificatePem,
    key: keyPem as string,
    ca: rootPem,
    names: certificate.names.map(({ value }) => value),
    notBefore: certificate.notBefore,
    notAfter: certificate.notAfter,
    serial: certificate.serial,
    fingerprint: fingerprint(certificate),
  };
}

/**
 * The credentials for an https server on these hosts; localhost, 127.0.0.1 and ::1 are always
 * covered. They are kept in the state directory, shared with `devtls serve`, and issued again when
 * less than 30 days are left.
 * @throws DevtlsError as {@link issue}
 */
export async function credentials(
  hosts: string | readonly string[] = "localhost",
  options: StateOptions = {},
): Promise<ServerCredentials> {
  const { leaf } = await openServeIdentity(serveNames(toList(hosts)), options.stateDirectory);
  return { cert: leaf.chainPem, key: leaf.keyPem };
}

function toList(names: string | readonly string[]): readonly string[] {
  const list = typeof names === "string" ? [names] : names;
  const stray = list.find((name) => typeof name !== "string");
  if (stray === undefined) return list;
  throw new DevtlsError("bad-name", `could not use the name ${String(stray)}: it is not a string`);
}
