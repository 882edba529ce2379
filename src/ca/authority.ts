/**
 * The certificate authority on disk: `rootCA.pem` and `rootCA-key.pem` in the state directory.
 * Nothing here overwrites an authority unless it is told to replace it.
 */
import type { KeyObject } from "node:crypto";
import { rmdirSync, rmSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { causeOf, DevtlsError } from "../errors.js";
import { type StatePaths, stateDirectory, statePaths } from "../paths.js";
import { type Certificate, parsePemCertificate } from "../x509/certificate.js";
import { defaultConstraints, type NameConstraints } from "../x509/constraints.js";
import { decodePrivateKey, encodePrivateKey, generateKey } from "../x509/keys.js";
import { encodePem } from "../x509/pem.js";
import {
  discard,
  leftoversOf,
  makeDirectory,
  readIfThere,
  writeFiles,
  writeNewFiles,
} from "./files.js";

export interface Authority {
  readonly certificate: Certificate;
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
  const made = await makeAuthority(options);
  makeDirectory(directory, 0o700);
  // The key's name is the claim: one process gets it, every other one takes what that one made.
  const created = writeNewFiles([
    { path: paths.rootKey, data: made.keyPem, mode: 0o400, durable: true },
    { path: paths.rootCertificate, data: made.pem, mode: 0o644, durable: true },
  ]);
  const authority = loadAuthority(directory);
  if (!authority) throw damaged(`${paths.rootKey} was removed while it was made`);
  return { authority, created };
}

/** Makes an authority in place of the one that is there. */
export async function replaceAuthority(
  directory: string,
  options: AuthorityOptions,
): Promise<Authority> {
  const paths = statePaths(directory);
  const made = await makeAuthority(options);
  makeDirectory(directory, 0o700);
  writeFiles([
    { path: paths.rootKey, data: made.keyPem, mode: 0o400, durable: true },
    { path: paths.rootCertificate, data: made.pem, mode: 0o644, durable: true },
  ]);
  return loadAuthority(directory) as Authority;
}

async function makeAuthority(options: AuthorityOptions): Promise<{ pem: string; keyPem: string }> {
  const { buildRoot } = await import("../x509/profile.js");
  const key = generateKey(options.rsa ? "rsa3072" : "p256");
  const constraints = constraintsOf(options);
  const der = buildRoot({ key, owner: ownerName(), now: new Date(), constraints });
  return { pem: encodePem("CERTIFICATE", der), keyPem: encodePrivateKey(key) };
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
      if (!retry || Date.now() >= deadline) throw error;
      pause(SETTLE_STEP_MS);
    }
  }
}

function readAuthority(paths: StatePaths): Authority | undefined {
  const pem = readIfThere(paths.rootCertificate);
  const keyPem = readIfThere(paths.rootKey);
  if (!pem && !keyPem) return undefined;
  if (!pem) throw damaged(`${paths.rootCertificate} is missing beside its key`);
  const certificate = checkCertificate(pem, paths);
  if (!keyPem) throw damaged(`${paths.rootKey} is missing beside its certificate`);
  let key: KeyObject;
  try {
    key = decodePrivateKey(keyPem.toString("latin1"));
  } catch (error) {
    throw damaged(`${paths.rootKey}: ${causeOf(error)}`, error);
  }
  if (!certificate.x509.checkPrivateKey(key)) {
    throw damaged(`${paths.rootKey} is not the key of ${paths.rootCertificate}`);
  }
  checkDates(certificate, paths);
  return { certificate, key, paths };
}

/**
 * The authority's certificate alone, for what needs no key; undefined when there is none.
 * @throws DevtlsError "authority-damaged", "file-unreadable"
 */
export function loadAuthorityCertificate(directory: string): Certificate | undefined {
  const paths = statePaths(directory);
  const pem = readIfThere(paths.rootCertificate);
  return pem && checkCertificate(pem, paths);
}

function checkCertificate(pem: Buffer, paths: StatePaths): Certificate {
  let certificate: Certificate;
  try {
    certificate = parsePemCertificate(pem.toString("latin1"));
  } catch (error) {
    throw damaged(`${paths.rootCertificate}: ${causeOf(error)}`, error);
  }
  if (!certificate.isAuthority) {
    throw damaged(`${paths.rootCertificate} is not the certificate of an authority`);
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

/** Removes the authority, its leaves and its bundle, and the state directory when that is all. */
export function deleteAuthority(directory: string): string[] {
  const paths = statePaths(directory);
  const removed: string[] = [];
  // The key of a run that was killed has a second name, which must not outlive it.
  for (const path of [paths.rootKey, paths.rootCertificate].flatMap(leftoversOf)) discard(path);
  for (const path of [paths.rootKey, paths.rootCertificate, paths.bundle, paths.leaves]) {
    try {
      rmSync(path, { recursive: true });
      removed.push(path);
    } catch {
      // Not there: nothing to report. What cannot be removed is reported by the check below.
    }
  }
  const rest = [paths.rootKey, paths.rootCertificate].find((path) => readIfThere(path));
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
