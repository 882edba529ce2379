/** The leaves of `serve`: issued once for a set of hosts, kept in the state directory. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { DevtlsError } from "../errors.js";
import { type StatePaths, stateDirectory, statePaths } from "../paths.js";
import { type Certificate, isSignedBy, parseCertificate } from "../x509/certificate.js";
import { parseIp } from "../x509/ip.js";
import { decodePrivateKey } from "../x509/keys.js";
import { type Name, parseName, uniqueNames } from "../x509/names.js";
import { decodePem, encodePem } from "../x509/pem.js";
import { DAY_MS } from "../x509/validity.js";
import { type Authority, loadAuthorityCertificate } from "./authority.js";
import { makeDirectory, readIfThere, writeFiles } from "./files.js";
import { issueLeaf, openAuthorityFor, underCurrent } from "./issue.js";

/** Every serve certificate covers these, so that a URL with an address works too. */
const ALWAYS = ["localhost", "127.0.0.1", "::1"];

/** A leaf with less than this left is issued again. */
export const RENEW_WITHIN_DAYS = 30;

export interface ServeLeaf {
  readonly certificate: Certificate;
  /** The leaf, an intermediate where one signed it, and the root, PEM. */
  readonly chainPem: string;
  readonly keyPem: string;
  /** Why it is in memory only: a disk that is full, or that nothing can be written to. */
  readonly unkept?: DevtlsError;
}

/** The names that a certificate for these hosts covers. @throws DevtlsError "bad-name" */
export function serveNames(hosts: readonly string[]): Name[] {
  return uniqueNames([...hosts, ...ALWAYS].map(parseName));
}

/**
 * The leaf for these names that the state directory keeps, when it is this root's, valid already and
 * has more than {@link RENEW_WITHIN_DAYS} left. The authority's key is not read for it.
 */
export function keptLeaf(
  paths: StatePaths,
  root: Certificate,
  names: readonly Name[],
  now = Date.now(),
): ServeLeaf | undefined {
  const kept = readKept(join(paths.leaves, fileName(names)), root);
  if (!kept) return undefined;
  const { notBefore, notAfter } = kept.certificate;
  // A clock that was set back makes it one of the future, which clients refuse.
  const isCurrent = notBefore.getTime() <= now;
  return isCurrent && notAfter.getTime() > now + RENEW_WITHIN_DAYS * DAY_MS ? kept : undefined;
}

/** What `serve` shows its clients, and how to get the next one. */
export interface ServeIdentity {
  readonly leaf: ServeLeaf;
  readonly root: Certificate;
  /** Whether the authority was made for it. */
  readonly created: boolean;
  issueAgain(): Promise<ServeLeaf>;
}

/**
 * The leaf for these names: the one that is kept, else a new one.
 * @throws DevtlsError as {@link openAuthorityFor} and {@link issueLeaf}
 */
export async function openServeIdentity(
  names: readonly Name[],
  directory: string = stateDirectory(),
): Promise<ServeIdentity> {
  const issueAgain = async (): Promise<ServeLeaf> => {
    const { authority } = await openAuthorityFor(names, directory);
    return underCurrent(authority, (issuer) => issueServeLeaf(issuer, names));
  };
  const paths = statePaths(directory);
  const root = loadAuthorityCertificate(directory);
  const kept = root && keptLeaf(paths, root, names);
  if (kept) return { leaf: kept, root, created: false, issueAgain };
  const { authority, created } = await openAuthorityFor(names, directory);
  const issued = await underCurrent(authority, async (issuer) => ({
    leaf: await issueServeLeaf(issuer, names),
    root: issuer.certificate,
  }));
  return { ...issued, created, issueAgain };
}

/**
 * Issues the leaf for these names and keeps it, where it can be kept.
 * @throws DevtlsError as {@link issueLeaf}
 */
export async function issueServeLeaf(
  authority: Authority,
  names: readonly Name[],
): Promise<ServeLeaf> {
  const leaf = await issueLeaf(authority, names);
  const keyPem = leaf.keyPem as string;
  const unkept = keep(leaf.certificatePem + keyPem, names, authority.paths.leaves);
  const chainPem = leaf.certificatePem + leaf.rootPem;
  return { certificate: leaf.certificate, chainPem, keyPem, ...(unkept && { unkept }) };
}

/** @returns why it is not kept */
function keep(data: string, names: readonly Name[], folder: string): DevtlsError | undefined {
  try {
    makeDirectory(folder, 0o700);
    // One file for both, so that a key never stands beside another leaf's certificate.
    writeFiles([{ path: join(folder, fileName(names)), data, mode: 0o600 }]);
    return undefined;
  } catch (error) {
    if (error instanceof DevtlsError && error.code === "file-unwritable") return error;
    throw error;
  }
}

function fileName(names: readonly Name[]): string {
  const list = names.map((name) => `${name.kind}:${name.value}`).sort();
  const digest = createHash("sha256").update(list.join("\n")).digest("hex").slice(0, 12);
  const first = (names[0]?.value ?? "").replace(/[^a-z0-9.-]/g, "_").slice(0, 80);
  return `${first}-${digest}.pem`;
}

/** A kept leaf that is whole and this root's; anything else is issued again. */
function readKept(path: string, root: Certificate): ServeLeaf | undefined {
  const text = readIfThere(path)?.toString("latin1");
  if (text === undefined) return undefined;
  try {
    const blocks = decodePem(text);
    const ders = blocks.filter((block) => block.label === "CERTIFICATE").map(({ der }) => der);
    const [leafDer, ...between] = ders;
    const keyDer = blocks.find((block) => block.label === "PRIVATE KEY")?.der;
    if (!leafDer || !keyDer) return undefined;
    const certificate = parseCertificate(leafDer);
    const keyPem = encodePem("PRIVATE KEY", keyDer);
    // An intermediate is kept with its leaf, so that nothing but the root has to be read for it.
    const above = [...between.map(parseCertificate), root];
    if (!linked([certificate, ...above])) return undefined;
    if (!certificate.x509.checkPrivateKey(decodePrivateKey(keyPem))) return undefined;
    const chain = [...ders, root.der];
    return {
      certificate,
      chainPem: chain.map((der) => encodePem("CERTIFICATE", der)).join(""),
      keyPem,
    };
  } catch {
    return undefined;
  }
}

/** Whether each certificate is signed by the next. */
function linked(chain: readonly Certificate[]): boolean {
  return chain.slice(1).every((issuer, at) => isSignedBy(chain[at] as Certificate, issuer));
}

/** Whether a certificate's names cover a host (RFC 9525 6): names, addresses, one level of wildcard. */
export function coversHost(names: readonly Name[], hostname: string): boolean {
  const address = parseIp(hostname);
  const parent = hostname.replace(/^[^.]+/, "*");
  return names.some((name) => {
    if (name.kind === "ip") return address?.equals(name.bytes) ?? false;
    return name.kind === "dns" && (name.value === hostname || name.value === parent);
  });
}
