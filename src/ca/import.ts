/** Taking over an authority that another tool made, and that the machine may trust already. */
import type { KeyObject } from "node:crypto";
import { existsSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { causeOf, DevtlsError } from "../errors.js";
import { type Place, thisPlace } from "../paths.js";
import {
  type Certificate,
  certificateToPem,
  isSignedBy,
  parseCertificate,
} from "../x509/certificate.js";
import { decodePrivateKey, encodePrivateKey, isAcceptedByClients } from "../x509/keys.js";
import { decodePem, encodePem, pemBlocks } from "../x509/pem.js";
import type { AuthorityFiles } from "./authority.js";
import { readRequired } from "./files.js";

export interface ForeignAuthority {
  readonly files: AuthorityFiles;
  readonly root: Certificate;
  /** Signs in place of the root: the file held its certificate and then the root's. */
  readonly intermediate?: Certificate;
  /** Where they were read. */
  readonly certificatePath: string;
  readonly keyPath: string;
}

/** Commands that take the roots of other tools out of the stores where these put them. */
const UNINSTALL: readonly (readonly [RegExp, string])[] = [
  [/^O=mkcert development CA$/m, "mkcert -uninstall"],
  [/^CN=Caddy Local Authority/m, "caddy untrust"],
];

/**
 * How to untrust an authority that devtls did not make where its own commands cannot, as stores may
 * hold it under the name that another tool gave it; undefined for an authority of devtls.
 */
export function foreignUntrust(certificate: Certificate): string | undefined {
  if (certificate.organization === "devtls development authority") return undefined;
  const known = UNINSTALL.find(([pattern]) => pattern.test(certificate.x509.subject));
  return known
    ? `The tool that made it may have put it there: ${known[1]}`
    : "Remove it by the tool that put it there";
}

interface Source {
  readonly certificate: string;
  readonly key: string;
}

/**
 * Where mkcert has its authority: $CAROOT, else its folder of application data (mkcert's
 * main.go, getCAROOT).
 */
export function mkcertPlaces({ env, platform, home }: Place): Source[] {
  const folder = env.CAROOT || join(dataFolder({ env, platform, home }, "LOCALAPPDATA"), "mkcert");
  return [{ certificate: join(folder, "rootCA.pem"), key: join(folder, "rootCA-key.pem") }];
}

/**
 * Where Caddy has its local authority: in its data directory (caddyserver.com/docs/conventions),
 * or in that of the service that packages install.
 */
export function caddyPlaces({ env, platform, home }: Place): Source[] {
  const name = platform === "linux" || env.XDG_DATA_HOME ? "caddy" : "Caddy";
  const folders = [
    join(dataFolder({ env, platform, home }, "APPDATA"), name),
    ...(platform === "linux" ? ["/var/lib/caddy/.local/share/caddy"] : []),
  ];
  return folders.map((folder) => {
    const local = join(folder, "pki", "authorities", "local");
    return { certificate: join(local, "root.crt"), key: join(local, "root.key") };
  });
}

function dataFolder({ env, platform, home }: Place, variable: "APPDATA" | "LOCALAPPDATA"): string {
  if (platform === "win32") {
    const usual = variable === "APPDATA" ? "Roaming" : "Local";
    return env[variable] ?? join(home, "AppData", usual);
  }
  if (env.XDG_DATA_HOME) return env.XDG_DATA_HOME;
  return platform === "darwin"
    ? join(home, "Library", "Application Support")
    : join(home, ".local", "share");
}

/**
 * Reads and checks an authority; writes nothing.
 * @param from "mkcert", "caddy", or a PEM file with its certificate
 * @param keyFile its key where that is neither in the file nor beside it
 * @throws DevtlsError "authority-missing" where the tool has none, "file-unreadable",
 * "bad-certificate" for what is no authority, "certificate-expired", "bad-key", "key-mismatch"
 */
export function readForeignAuthority(
  from: string,
  keyFile?: string,
  place: Place = thisPlace(),
): ForeignAuthority {
  const source = findSource(from, keyFile, place);
  const [issuer, ...above] = certificatesIn(source.certificate);
  checkIssuer(issuer, source.certificate);
  const key = readKey(source.key);
  if (!issuer.x509.checkPrivateKey(key)) {
    throw new DevtlsError(
      "key-mismatch",
      `could not import ${source.certificate}: ${source.key} is not its key`,
      { hint: "Name its key: devtls ca import --from FILE --key KEY" },
    );
  }
  const paths = { certificatePath: source.certificate, keyPath: source.key };
  const keyPem = encodePrivateKey(key);
  if (isSignedBy(issuer, issuer)) {
    return { files: { root: certificateToPem(issuer), key: keyPem }, root: issuer, ...paths };
  }
  const root = above.find((candidate) => isSignedBy(issuer, candidate));
  if (!root || !isSignedBy(root, root)) {
    throw notAnAuthority(source.certificate, "it is signed by another authority, its root");
  }
  checkIssuer(root, source.certificate);
  const files = { root: certificateToPem(root), intermediate: certificateToPem(issuer) };
  return { files: { ...files, key: keyPem }, root, intermediate: issuer, ...paths };
}

function findSource(from: string, keyFile: string | undefined, place: Place): Source {
  if (from === "mkcert" || from === "caddy") {
    const places = from === "mkcert" ? mkcertPlaces(place) : caddyPlaces(place);
    const found = places.find(({ certificate }) => existsSync(certificate));
    if (found) return found;
    const looked = places.map(({ certificate }) => certificate).join(" and ");
    throw new DevtlsError(
      "authority-missing",
      `could not import the authority of ${from}: there is none at ${looked}`,
      { hint: "Name its files: devtls ca import --from FILE --key KEY" },
    );
  }
  const certificate = resolve(from);
  return { certificate, key: keyFile ? resolve(keyFile) : keyBeside(certificate) };
}

/** By the names that tools give to a key beside its certificate; else in the same file. */
function keyBeside(certificate: string): string {
  const stem = basename(certificate).replace(/\.[^.]+$/, "");
  return (
    [`${stem}-key.pem`, `${stem}.key`, `${stem}.key.pem`, `${stem}_key.pem`]
      .map((name) => join(dirname(certificate), name))
      .find((path) => existsSync(path)) ?? certificate
  );
}

function certificatesIn(path: string): [Certificate, ...Certificate[]] {
  const text = readRequired(path).toString("latin1");
  try {
    const [first, ...rest] = pemBlocks(text, "CERTIFICATE").map(parseCertificate);
    return [first as Certificate, ...rest];
  } catch (error) {
    const reason = causeOf(error).replace(/^could not read [^:]+: /, "");
    throw new DevtlsError("bad-certificate", `could not import ${path}: ${reason}`, {
      cause: error,
      hint: `See what it holds: openssl x509 -in ${path} -noout -text`,
    });
  }
}

/** That it is an authority (RFC 5280 4.2.1.3, 4.2.1.9) whose leaves clients accept now. */
function checkIssuer(certificate: Certificate, path: string): void {
  const { isAuthority, x509, notBefore, notAfter } = certificate;
  if (!isAuthority) throw notAnAuthority(path, "its basic constraints do not say CA");
  if (!x509.ca) throw notAnAuthority(path, "its key usage does not allow it to sign certificates");
  if (!isAcceptedByClients(certificate.publicKey)) {
    throw notAnAuthority(path, "its key is neither EC P-256, P-384, P-521 nor RSA from 2048 bits");
  }
  const now = Date.now();
  if (notAfter.getTime() > now && notBefore.getTime() <= now) return;
  const [verb, date] =
    notAfter.getTime() > now ? ["is valid from", notBefore] : ["expired on", notAfter];
  throw new DevtlsError(
    "certificate-expired",
    `could not import ${path}: it ${verb} ${date.toISOString().slice(0, 10)}`,
    { hint: "Make an authority of devtls's own: devtls ca create" },
  );
}

function notAnAuthority(path: string, reason: string): DevtlsError {
  return new DevtlsError("bad-certificate", `could not import ${path}: ${reason}`, {
    hint: `See what it is: openssl x509 -in ${path} -noout -text`,
  });
}

/** @throws DevtlsError "bad-key" naming the file */
function readKey(path: string): KeyObject {
  const text = readRequired(path).toString("latin1");
  try {
    // The headers by which an encrypted key is told are no PEM of RFC 7468.
    if (/ENCRYPTED/.test(text)) return decodePrivateKey(text);
    const block = decodePem(text).find(({ label }) => label.endsWith("PRIVATE KEY"));
    if (!block) throw new Error("there is no private key in it");
    return decodePrivateKey(encodePem(block.label, block.der));
  } catch (error) {
    const reason = causeOf(error).replace(/^could not read [^:]+: /, "");
    const hint = error instanceof DevtlsError ? error.hint : undefined;
    throw new DevtlsError("bad-key", `could not import the key ${path}: ${reason}`, {
      cause: error,
      hint:
        hint?.replace(/\bKEY\b/, path) ?? "Name its key: devtls ca import --from FILE --key KEY",
    });
  }
}
