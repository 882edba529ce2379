/**
 * A new authority in place of the old one, in steps that leave the state directory such that the
 * next run knows where the last one was interrupted:
 *
 *   made     `next/` holds the new authority; the old one still signs
 *   placing  `previous/` holds the old one's certificates, too; the new one is being put in place
 *   placed   `previous/` alone is there; what the old one signed and where it is trusted is left
 */
import { existsSync, rmSync } from "node:fs";
import { DevtlsError } from "../errors.js";
import { type StatePaths, statePaths } from "../paths.js";
import {
  type Certificate,
  certificateToPem,
  isSignedBy,
  parsePemCertificate,
} from "../x509/certificate.js";
import { limitEveryKind } from "../x509/constraints.js";
import {
  type Authority,
  addAuthority,
  authorityFilesIn,
  installAuthority,
  issuerOf,
  loadAuthority,
  loadAuthorityCertificate,
  makeAuthority,
} from "./authority.js";
import {
  discard,
  leftoversOf,
  makeDirectory,
  readIfThere,
  readRequired,
  writeFiles,
} from "./files.js";

export type RotationStage = "none" | "made" | "placing" | "placed";

/** What is known of an authority by its certificates; its key is not needed to replace it. */
export type KnownAuthority = Pick<Authority, "certificate" | "intermediate">;

export function rotationStage(directory: string): RotationStage {
  const { next, previous } = placesOf(directory);
  const made = existsSync(next.rootCertificate);
  if (existsSync(previous.rootCertificate)) return made ? "placing" : "placed";
  return made ? "made" : "none";
}

function placesOf(directory: string): { next: StatePaths; previous: StatePaths } {
  const { next, previous } = statePaths(directory);
  return { next: statePaths(next), previous: statePaths(previous) };
}

/**
 * The authority that is to go, by its certificates; undefined when there is none.
 * @throws DevtlsError "authority-damaged", "file-unreadable"
 */
export function authorityToReplace(directory: string): KnownAuthority | undefined {
  const stage = rotationStage(directory);
  const current = stage === "none" || stage === "made";
  return readKnown(current ? statePaths(directory) : placesOf(directory).previous);
}

/**
 * The roots besides the current one that an interrupted rotation may have left in stores.
 * @throws DevtlsError "authority-damaged", "file-unreadable"
 */
export function rootsInRotation(directory: string): Certificate[] {
  const { next, previous } = placesOf(directory);
  return [next, previous]
    .map((paths) => loadAuthorityCertificate(paths.directory))
    .filter((certificate) => certificate !== undefined);
}

/** Before the current authority is replaced otherwise. @throws DevtlsError "authority-exists" */
export function requireNoRotation(directory: string): void {
  if (rotationStage(directory) === "none") return;
  throw new DevtlsError(
    "authority-exists",
    `could not replace the authority: its rotation in ${directory} was interrupted`,
    { hint: "End it first: devtls ca rotate" },
  );
}

function readKnown(paths: StatePaths): KnownAuthority | undefined {
  const certificate = loadAuthorityCertificate(paths.directory);
  if (!certificate) return undefined;
  const pem = readIfThere(paths.intermediateCertificate);
  const intermediate = pem && parsePemCertificate(pem.toString("latin1"));
  return intermediate && isSignedBy(intermediate, certificate)
    ? { certificate, intermediate }
    : { certificate };
}

/**
 * The new authority, made unless an interrupted rotation did: of the old one's kind, with its limits.
 * @returns it, in a folder of its own until it is put in place
 * @throws DevtlsError "file-unwritable"
 */
export async function openNext(directory: string, old: KnownAuthority): Promise<Authority> {
  if (rotationStage(directory) === "placed") return requireAuthority(directory);
  const { next } = placesOf(directory);
  const made = loadNext(next.directory);
  if (made) return made;
  // Half of one, which nobody has been told of.
  rmSync(next.directory, { recursive: true, force: true });
  const issuer = issuerOf(old);
  const files = await makeAuthority({
    constraints: issuer.constraints && limitEveryKind(issuer.constraints),
    rsa: issuer.publicKey.asymmetricKeyType === "rsa",
    burnRoot: old.intermediate !== undefined,
  });
  addAuthority(next.directory, files);
  return requireAuthority(next.directory);
}

function requireAuthority(directory: string): Authority {
  const authority = loadAuthority(directory);
  if (authority) return authority;
  throw new DevtlsError(
    "authority-missing",
    `could not rotate the authority: the new one is not in ${directory} any more`,
    { hint: "Make one: devtls ca create" },
  );
}

function loadNext(folder: string): Authority | undefined {
  try {
    return loadAuthority(folder);
  } catch (error) {
    if (error instanceof DevtlsError && error.code === "authority-damaged") return undefined;
    throw error;
  }
}

/**
 * Puts the new authority in place of the old one, whose certificates are set aside.
 * @throws DevtlsError "file-unwritable", "file-unreadable"
 */
export function placeNext(directory: string, old: KnownAuthority): Authority {
  if (rotationStage(directory) === "placed") return requireAuthority(directory);
  const { next, previous } = placesOf(directory);
  if (!existsSync(previous.rootCertificate)) setAside(old, previous);
  const text = (path: string): string => readRequired(path).toString("latin1");
  const burnt = existsSync(next.intermediateCertificate);
  const placed = installAuthority(directory, {
    root: text(next.rootCertificate),
    ...(burnt && { intermediate: text(next.intermediateCertificate) }),
    key: text(burnt ? next.intermediateKey : next.rootKey),
  });
  removeNext(next);
  return placed;
}

/** The root comes last: by it the next run knows that the old authority is here. */
function setAside({ certificate, intermediate }: KnownAuthority, previous: StatePaths): void {
  makeDirectory(previous.directory, 0o700);
  const write = (path: string, from: Certificate): void =>
    writeFiles([{ path, data: certificateToPem(from), mode: 0o644, durable: true }]);
  if (intermediate) write(previous.intermediateCertificate, intermediate);
  write(previous.rootCertificate, certificate);
}

/** The root goes first: by it the next run knows that the new authority is not in place yet. */
function removeNext(next: StatePaths): void {
  discard(next.rootCertificate);
  rmSync(next.directory, { recursive: true, force: true });
}

/** Forgets the old authority; nothing that it signed is in use and no store trusts it. */
export function endRotation(directory: string): void {
  const { next, previous } = placesOf(directory);
  removeNext(next);
  // What a killed run kept of the old one's key under a second name must not outlive it.
  for (const path of authorityFilesIn(statePaths(directory)).flatMap(leftoversOf)) discard(path);
  discard(previous.intermediateCertificate);
  discard(previous.rootCertificate);
  rmSync(previous.directory, { recursive: true, force: true });
}
