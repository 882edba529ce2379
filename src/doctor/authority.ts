/** Checks of the authority: its certificate, its key, and the files they are in. */
import { join } from "node:path";
import { causeOf } from "../errors.js";
import type { StatePaths } from "../paths.js";
import { type Certificate, isSignedBy, parsePemCertificate } from "../x509/certificate.js";
import { describeConstraints } from "../x509/constraints.js";
import { decodePrivateKey } from "../x509/keys.js";
import { DAY_MS } from "../x509/validity.js";
import { type CheckFunction, type DoctorContext, day, ok, problem, warning } from "./check.js";

/** Trusting the next one takes every browser and every colleague who trusts this one. */
const AUTHORITY_ENDS_SOON_DAYS = 90;

const RENEW_AUTHORITY = "devtls ca rotate";

/** A rotation keeps the limits of the authority, or that it has none. */
const REPLACE_AUTHORITY = "devtls untrust && devtls ca create --force && devtls trust";
/** Stores trust one that cannot be read still; untrust --stale finds it there. */
const PUT_BACK =
  "Put it back from a copy, or: devtls ca create --force && devtls trust && devtls untrust --stale";

export const authorityPresent: CheckFunction = async ({ machine, paths }) => {
  const [certificate, key] = [paths.rootCertificate, paths.rootKey].map(machine.exists);
  if (!certificate && !key) {
    return problem(`there is no authority in ${paths.directory}`, "devtls trust");
  }
  if (!certificate) {
    return problem(`${paths.rootCertificate} is missing beside its key`, PUT_BACK);
  }
  return ok(paths.rootCertificate);
};

export const authorityValid: CheckFunction = async ({ machine, paths }) => {
  if (!machine.exists(paths.rootCertificate)) return undefined;
  const pem = machine.read(paths.rootCertificate);
  if (pem === undefined) {
    return problem(
      `${paths.rootCertificate} cannot be read`,
      `Check whose it is: ls -l ${paths.rootCertificate}`,
    );
  }
  let certificate: Certificate;
  try {
    certificate = parsePemCertificate(pem);
  } catch (error) {
    return problem(`${paths.rootCertificate}: ${causeOf(error)}`, PUT_BACK);
  }
  if (certificate.isAuthority) return ok(certificate.x509.subject.replaceAll("\n", ", "));
  return problem(`${paths.rootCertificate} is not the certificate of an authority`, PUT_BACK);
};

export const authorityExpiry: CheckFunction = async (context) => {
  const root = rootHere(context);
  if (!root) return undefined;
  const left = root.notAfter.getTime() - context.now;
  if (left <= 0) return problem(`it expired on ${day(root.notAfter)}`, RENEW_AUTHORITY);
  if (left < AUTHORITY_ENDS_SOON_DAYS * DAY_MS) {
    return warning(`it expires on ${day(root.notAfter)}`, RENEW_AUTHORITY);
  }
  return ok(`valid until ${day(root.notAfter)}`);
};

export const authorityKeyFits: CheckFunction = async (context) => {
  const { machine } = context;
  const issuer = issuersOf(context).at(-1);
  if (!issuer) return undefined;
  const { certificate, keyPath } = issuer;
  const pem = machine.read(keyPath);
  if (pem === undefined) {
    return machine.exists(keyPath)
      ? problem(
          `${keyPath} cannot be read, so that nothing can be issued`,
          `Check whose it is: ls -l ${keyPath}`,
        )
      : problem(`${keyPath} is missing, so that nothing can be issued`, PUT_BACK);
  }
  try {
    if (certificate.x509.checkPrivateKey(decodePrivateKey(pem))) return ok(keyPath);
  } catch (error) {
    return problem(`${keyPath}: ${causeOf(error)}`, PUT_BACK);
  }
  return problem(`${keyPath} is not the key of the certificate beside it`, PUT_BACK);
};

export const authorityConstraints: CheckFunction = async (context) => {
  const root = rootHere(context);
  if (!root) return undefined;
  const { constraints } = root;
  const open = constraints?.dns.length === 0 ? "domain" : "address";
  if (constraints && constraints.dns.length > 0 && constraints.ip.length > 0) {
    return ok(`signs only for ${describeConstraints(constraints).join(", ")}`);
  }
  return warning(
    constraints
      ? `it may sign for any ${open}: who has its key can impersonate any such site to this machine`
      : "it may sign for any name: who has its key can impersonate any site to this machine",
    REPLACE_AUTHORITY,
  );
};

export const authorityKeyMode: CheckFunction = async ({ machine, paths, status }) => {
  if (machine.platform === "win32") return undefined;
  const keys = [paths.rootKey, intermediateOf(paths).keyPath].filter((path) => status(path));
  if (keys.length === 0) return undefined;
  const open = keys.filter((path) => (status(path)?.mode ?? 0) & 0o077);
  if (open.length === 0) return ok("only you can read it");
  return problem(
    `${open.join(", ")}: other users can read the key, and sign with it`,
    `chmod 400 ${open.join(" ")}`,
  );
};

export const rootFileMode: CheckFunction = async ({ machine, paths, status }) => {
  const found = status(paths.rootCertificate);
  if (!found || machine.platform === "win32") return undefined;
  const mode = found.mode.toString(8);
  if ((found.mode & 0o022) === 0) return ok(`${paths.rootCertificate} has mode ${mode}`);
  return problem(
    `${paths.rootCertificate} has mode ${mode}: other users can put a root of their own there, which devtls trust would install`,
    `chmod 644 ${paths.rootCertificate}`,
  );
};

/** A clock that was set back makes every client say that the certificates are not valid yet. */
export const clock: CheckFunction = async (context) => {
  const root = rootHere(context);
  if (!root) return undefined;
  const now = new Date(context.now);
  if (root.notBefore.getTime() <= context.now) return ok(now.toISOString());
  return problem(
    `it says ${day(now)}, but the authority is valid from ${day(root.notBefore)} on only`,
    "Set the clock: timedatectl set-ntp true",
  );
};

/** The authority's certificate where it can be read; what is wrong with it is another check's. */
export function rootHere(context: DoctorContext): Certificate | undefined {
  return certificateIn(context, context.paths.rootCertificate);
}

function certificateIn({ machine }: DoctorContext, path: string): Certificate | undefined {
  try {
    const certificate = parsePemCertificate(machine.read(path) ?? "");
    return certificate.isAuthority ? certificate : undefined;
  } catch {
    return undefined;
  }
}

export interface Issuer {
  readonly certificate: Certificate;
  readonly keyPath: string;
}

/** The root, and after it the intermediate that signs where the root's key was destroyed. */
export function issuersOf(context: DoctorContext): Issuer[] {
  const root = rootHere(context);
  if (!root) return [];
  const { machine, paths } = context;
  const { path, keyPath } = intermediateOf(paths);
  const issuers: Issuer[] = [{ certificate: root, keyPath: paths.rootKey }];
  if (machine.exists(paths.rootKey) || !machine.exists(path)) return issuers;
  const intermediate = certificateIn(context, path);
  if (intermediate && isSignedBy(intermediate, root)) {
    issuers.push({ certificate: intermediate, keyPath });
  }
  return issuers;
}

function intermediateOf({ directory }: StatePaths): { path: string; keyPath: string } {
  const [path, keyPath] = ["intermediateCA.pem", "intermediateCA-key.pem"].map((name) =>
    join(directory, name),
  ) as [string, string];
  return { path, keyPath };
}
