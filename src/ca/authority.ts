/**
 * The certificate authority on disk: `rootCA.pem` and `rootCA-key.pem` in the state directory, or,
 * where the root's key was destroyed, an intermediate with its key in place of the root's.
 * Nothing here overwrites an authority unless it is told to replace it.
 */
import { createPublicKey, type KeyObject } from "node:crypto";
import { existsSync, rmdirSync, rmSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { causeOf, DevtlsError, systemCode } from "../errors.js";
import { type StatePaths, stateDirectory, statePaths } from "../paths.js";
import {
  type Certificate,
  isSignedBy,
  parseCertificate,
  parsePemCertificate,
} from "../x509/certificate.js";
import { defaultConstraints, type NameConstraints } from "../x509/constraints.js";
import { decodePrivateKey, encodePrivateKey, generateKey } from "../x509/keys.js";
import { encodePem } from "../x509/pem.js";
import {
  discard,
  leftoversOf,
  makeDirectory,
  type NewFile,
  readIfThere,
  writeFiles,
  writeNewFiles,
} from "./files.js";
import { requireOwnState, requirePrivate, stateUnreadable } from "./ownership.js";

export interface Authority {
  /** The root: what is trusted. */
  readonly certificate: Certificate;
  /** Signs in place of a root whose key was destroyed. */
  readonly intermediate?: Certificate;
  /** The issuer's. */
  readonly key: KeyObject;
  readonly paths: StatePaths;
}

export interface AuthorityOptions {
  /** Domains, addresses or CIDR blocks that may be signed besides the local ones. */
  readonly permit?: readonly string[];
  /** No name constraints at all: the key could then impersonate any site to this machine. */
  readonly unconstrained?: boolean;
  /** RSA-3072 instead of P-256. */
  readonly rsa?: boolean;
  /** Have an intermediate sign, and destroy the root's key without ever writing it. */
  readonly burnRoot?: boolean;
}

/** An authority as it goes to disk, PEM. */
export interface AuthorityFiles {
  readonly root: string;
  /** Where it is absent, the root signs. */
  readonly intermediate?: string;
  /** The issuer's, PKCS#8. */
  readonly key: string;
}

/** What signs leaves: the intermediate where there is one, else the root. */
export function issuerOf(authority: Pick<Authority, "certificate" | "intermediate">): Certificate {
  return authority.intermediate ?? authority.certificate;
}

const NEW_AUTHORITY = "Make a new one: devtls ca create --force";

/** How long a pair of files that another process is just writing may take to become whole. */
const SETTLE_MS = 400;
const SETTLE_STEP_MS = 20;

/**
 * Loads the authority, or makes one when there is none. Processes that do this at once on an empty
 * directory end up with the same authority.
 * @throws DevtlsError "authority-damaged", "authority-expired", "file-unreadable",
 * "file-unwritable"; "bad-name" for a permitted name
 */
export async function openAuthority(
  directory: string = stateDirectory(),
  options: AuthorityOptions = {},
): Promise<{ authority: Authority; created: boolean }> {
  const existing = loadAuthority(directory);
  if (existing) return { authority: existing, created: false };
  const paths = statePaths(directory);
  const made = await makeAuthority(kindOf(options));
  const created = addAuthority(directory, made);
  const authority = loadAuthority(directory);
  if (!authority) throw damaged(`${paths.rootKey} was removed while it was made`);
  return { authority, created };
}

/**
 * Writes an authority where there is none. The key's name is the claim: one process gets it, every
 * other one takes what that one made. Two that make different kinds of authority claim different
 * names, and meet at the root's.
 * @returns whether this call wrote it
 * @throws DevtlsError "file-unwritable"
 */
export function addAuthority(directory: string, made: AuthorityFiles): boolean {
  const paths = statePaths(directory);
  makeDirectory(directory, 0o700);
  requireOwnState(paths, []);
  try {
    return writeNewFiles(newFiles(made, paths));
  } catch (error) {
    const cause = error instanceof DevtlsError ? error.cause : undefined;
    if (systemCode(cause) === "EEXIST" && loadAuthority(directory)) return false;
    throw error;
  }
}

/** Makes an authority in place of the one that is there. */
export async function replaceAuthority(
  directory: string,
  options: AuthorityOptions,
): Promise<Authority> {
  return installAuthority(directory, await makeAuthority(kindOf(options)));
}

/** Puts an authority in place of the one that is there, if any. @throws DevtlsError "file-unwritable" */
export function installAuthority(directory: string, made: AuthorityFiles): Authority {
  const paths = statePaths(directory);
  makeDirectory(directory, 0o700);
  requireOwnState(paths, []);
  const files = newFiles(made, paths);
  writeFiles(files);
  // Those of the other kind: what is left of them after a crash here is not looked at.
  const stays = files.map(({ path }) => path);
  for (const path of authorityFilesIn(paths)) if (!stays.includes(path)) discard(path);
  return loadAuthority(directory) as Authority;
}

/** The key first, so that a certificate is never seen without the key that it needs. */
function newFiles({ root, intermediate, key }: AuthorityFiles, paths: StatePaths): NewFile[] {
  const keyPath = intermediate === undefined ? paths.rootKey : paths.intermediateKey;
  return [
    { path: keyPath, data: key, mode: 0o400, durable: true },
    ...(intermediate === undefined
      ? []
      : [{ path: paths.intermediateCertificate, data: intermediate, mode: 0o644, durable: true }]),
    { path: paths.rootCertificate, data: root, mode: 0o644, durable: true },
  ];
}

/** The files of an authority of either kind. */
export function authorityFilesIn(paths: StatePaths): string[] {
  return [
    ...[paths.rootKey, paths.intermediateKey],
    ...[paths.intermediateCertificate, paths.rootCertificate],
  ];
}

interface AuthorityKind {
  readonly constraints: NameConstraints | null;
  readonly rsa: boolean;
  readonly burnRoot: boolean;
}

function kindOf(options: AuthorityOptions): AuthorityKind {
  const { rsa = false, burnRoot = false } = options;
  return { constraints: constraintsOf(options), rsa, burnRoot };
}

/** Makes an authority; writes nothing. */
export async function makeAuthority(wanted: AuthorityKind): Promise<AuthorityFiles> {
  const { buildIntermediate, buildRoot } = await import("../x509/profile.js");
  const { constraints, rsa, burnRoot } = wanted;
  const kind = rsa ? "rsa3072" : "p256";
  const owner = ownerName();
  const rootKey = generateKey(kind);
  // Room for an intermediate: networks and clusters get one of their own instead of the root's key.
  const pathLength = 1;
  const now = new Date();
  const root = buildRoot({ key: rootKey, owner, now, constraints, pathLength });
  const rootPem = encodePem("CERTIFICATE", root);
  if (!burnRoot) return { root: rootPem, key: encodePrivateKey(rootKey) };
  const { subject, keyId, notBefore, notAfter } = parseCertificate(root);
  const key = generateKey(kind);
  const intermediate = buildIntermediate({
    issuer: { key: rootKey, subject, keyId },
    publicKey: createPublicKey(key),
    ...{ owner, notBefore, notAfter, constraints },
  });
  return {
    root: rootPem,
    intermediate: encodePem("CERTIFICATE", intermediate),
    key: encodePrivateKey(key),
  };
}

/** @throws DevtlsError "bad-name" for a permitted name that is none */
export function constraintsOf(options: AuthorityOptions): NameConstraints | null {
  return options.unconstrained ? null : defaultConstraints(options.permit);
}

/** "user@host", so that people recognise their own certificates. */
export function ownerName(): string {
  let user = "unknown";
  try {
    user = userInfo().username;
  } catch {
    // A container may run under a user id that has no name.
  }
  return `${user}@${hostname()}`;
}

/**
 * Loads the authority; undefined when neither of its files exists.
 * @throws DevtlsError "authority-damaged", "authority-expired", "file-unreadable"
 */
export function loadAuthority(directory: string = stateDirectory()): Authority | undefined {
  const paths = statePaths(directory);
  const deadline = Date.now() + SETTLE_MS;
  for (;;) {
    try {
      return readAuthority(paths);
    } catch (error) {
      const retry = error instanceof DevtlsError && error.code === "authority-damaged";
      if (!retry) throw error;
      if (Date.now() >= deadline) throw existsSync(paths.next) ? inRotation(error) : error;
      pause(SETTLE_STEP_MS);
    }
  }
}

function readAuthority(paths: StatePaths): Authority | undefined {
  const pem = readState(paths, paths.rootCertificate);
  const keyPem = readState(paths, paths.rootKey);
  if (!pem && !keyPem && !existsSync(paths.intermediateKey)) return undefined;
  if (!pem) {
    const beside = keyPem ? "its key" : paths.intermediateKey;
    throw damaged(`${paths.rootCertificate} is missing beside ${beside}`);
  }
  requireOwnState(paths, authorityFilesIn(paths));
  const certificate = checkCertificate(pem, paths.rootCertificate);
  checkDates(certificate, paths);
  const key = keyPem && readKey(keyPem, paths.rootKey);
  if (key && certificate.x509.checkPrivateKey(key)) {
    requirePrivate(paths.rootKey, paths);
    return { certificate, key, paths };
  }
  const signing = readIntermediate(certificate, paths);
  if (signing) {
    requirePrivate(paths.intermediateKey, paths);
    return { certificate, ...signing, paths };
  }
  throw damaged(
    key
      ? `${paths.rootKey} is not the key of ${paths.rootCertificate}`
      : `${paths.rootKey} is missing beside its certificate`,
  );
}

function readState(paths: StatePaths, path: string): Buffer | undefined {
  try {
    return readIfThere(path);
  } catch (error) {
    const cause = error instanceof DevtlsError ? error.cause : error;
    throw systemCode(cause) === "EACCES" ? stateUnreadable(path, paths, cause) : error;
  }
}

/** An intermediate of this root with its key; a root's own key from before it stays unused. */
function readIntermediate(
  root: Certificate,
  paths: StatePaths,
): { intermediate: Certificate; key: KeyObject } | undefined {
  const pem = readState(paths, paths.intermediateCertificate);
  const keyPem = readState(paths, paths.intermediateKey);
  if (!pem && !keyPem) return undefined;
  const [certificatePath, keyPath] = [paths.intermediateCertificate, paths.intermediateKey];
  if (!pem) throw damaged(`${certificatePath} is missing beside its key`);
  if (!keyPem) throw damaged(`${keyPath} is missing beside its certificate`);
  const intermediate = checkCertificate(pem, certificatePath);
  const key = readKey(keyPem, keyPath);
  if (!intermediate.x509.checkPrivateKey(key)) {
    throw damaged(`${keyPath} is not the key of ${certificatePath}`);
  }
  if (!isSignedBy(intermediate, root)) {
    throw damaged(`${paths.rootCertificate} did not sign ${certificatePath}`);
  }
  checkDates(intermediate, paths);
  return { intermediate, key };
}

function readKey(pem: Buffer, path: string): KeyObject {
  try {
    return decodePrivateKey(pem.toString("latin1"));
  } catch (error) {
    throw damaged(`${path}: ${causeOf(error)}`, error);
  }
}

/**
 * The authority's certificate alone, for what needs no key; undefined when there is none.
 * @throws DevtlsError "authority-damaged", "file-unreadable"
 */
export function loadAuthorityCertificate(directory: string): Certificate | undefined {
  const paths = statePaths(directory);
  const pem = readState(paths, paths.rootCertificate);
  return pem && checkCertificate(pem, paths.rootCertificate);
}

function checkCertificate(pem: Buffer, path: string): Certificate {
  let certificate: Certificate;
  try {
    certificate = parsePemCertificate(pem.toString("latin1"));
  } catch (error) {
    throw damaged(`${path}: ${causeOf(error)}`, error);
  }
  if (!certificate.isAuthority) {
    throw damaged(`${path} is not the certificate of an authority`);
  }
  return certificate;
}

function checkDates(certificate: Certificate, paths: StatePaths): void {
  const now = Date.now();
  if (now > certificate.notAfter.getTime()) {
    throw new DevtlsError(
      "authority-expired",
      `could not use the authority: ${paths.rootCertificate} expired on ${isoDay(certificate.notAfter)}`,
      { hint: `${NEW_AUTHORITY}, then trust it: devtls trust` },
    );
  }
  if (now < certificate.notBefore.getTime()) {
    throw new DevtlsError(
      "authority-expired",
      `could not use the authority: ${paths.rootCertificate} is valid from ${isoDay(certificate.notBefore)} on`,
      { hint: "Check the clock of this machine: date" },
    );
  }
}

function isoDay(date: Date): string {
  return date.toISOString().slice(0, 10);
}

function damaged(reason: string, cause?: unknown): DevtlsError {
  return new DevtlsError("authority-damaged", `could not load the authority: ${reason}`, {
    cause,
    hint: `Put the file back from a copy. ${NEW_AUTHORITY}`,
  });
}

/** What a rotation that was killed left, the next run of it mends. */
function inRotation(error: unknown): DevtlsError {
  return new DevtlsError("authority-damaged", causeOf(error), {
    cause: error,
    hint: "Its rotation was interrupted. To end it: devtls ca rotate",
  });
}

/** How a person recognises an authority. */
export function commonNameOf(certificate: Certificate): string {
  return /^CN=(.*)$/m.exec(certificate.x509.subject)?.[1] ?? "the authority";
}

/** Removes the authority, its leaves and its bundle, and the state directory when that is all. */
export function deleteAuthority(directory: string): string[] {
  const paths = statePaths(directory);
  const removed: string[] = [];
  // The key of a run that was killed has a second name, which must not outlive it.
  const files = authorityFilesIn(paths);
  for (const path of [...files.flatMap(leftoversOf), paths.lock, paths.turn]) discard(path);
  const { bundle, bundles, javaTrust, leaves, acme, next, previous } = paths;
  const extras = [bundle, bundles, javaTrust, leaves, acme, next, previous];
  for (const path of [...files, ...extras]) {
    try {
      rmSync(path, { recursive: true });
      removed.push(path);
    } catch {
      // Not there: nothing to report. What cannot be removed is reported by the check below.
    }
  }
  const rest = files.find((path) => readIfThere(path));
  if (rest) {
    throw new DevtlsError("file-unwritable", `could not delete ${rest}: permission denied`, {
      hint: `Check who may write there: ls -ld ${directory}`,
    });
  }
  try {
    rmdirSync(directory);
    removed.push(directory);
  } catch {
    // The folder holds something that is not devtls's, or is gone already.
  }
  return removed;
}

/** Blocks this thread: the files are read synchronously, and the wait is rare and short. */
function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
