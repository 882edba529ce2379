/** Checks of the project in the current folder: its certificates and its configuration. */
import { join } from "node:path";
import { causeOf, DevtlsError } from "../errors.js";
import { type Certificate, isSignedBy, parseCertificate } from "../x509/certificate.js";
import { decodePem } from "../x509/pem.js";
import { DAY_MS } from "../x509/validity.js";
import { issuersOf } from "./authority.js";
import {
  type CheckFunction,
  count,
  type DoctorContext,
  day,
  ok,
  problem,
  warning,
} from "./check.js";

/** As `devtls renew` has it. */
const RENEW_WITHIN_DAYS = 30;

/** What devtls, in this or in a version to come, writes into the certificates it issues. */
const ORGANIZATION = /^devtls development/;

interface ProjectFile {
  readonly path: string;
  readonly certificate: Certificate | undefined;
  readonly hasKey: boolean;
}

/** The PEM files of the project where certificates are kept. */
function projectFiles({ machine, cwd }: DoctorContext): ProjectFile[] {
  return [cwd, join(cwd, "certs")].flatMap((folder) =>
    machine
      .list(folder)
      .filter((name) => /\.(?:pem|crt|cer|key)$/.test(name))
      .map((name) => readProjectFile(join(folder, name), machine.read(join(folder, name)) ?? "")),
  );
}

function readProjectFile(path: string, text: string): ProjectFile {
  try {
    const blocks = decodePem(text);
    const hasKey = blocks.some(({ label }) => label.endsWith("PRIVATE KEY"));
    const leaf = blocks.find(({ label }) => label === "CERTIFICATE");
    return { path, hasKey, certificate: leaf && parseCertificate(leaf.der) };
  } catch {
    return { path, hasKey: false, certificate: undefined };
  }
}

interface Issued {
  readonly path: string;
  readonly certificate: Certificate;
}

/** The certificates of this authority, and those of another of devtls. */
function issuedFiles(context: DoctorContext): { own: Issued[]; foreign: Issued[] } {
  const issuers = issuersOf(context).map(({ certificate }) => certificate);
  const files = projectFiles(context).flatMap(({ path, certificate }): Issued[] =>
    certificate && !certificate.isAuthority ? [{ path, certificate }] : [],
  );
  const isOwn = ({ certificate }: Issued): boolean =>
    issuers.some((issuer) => isSignedBy(certificate, issuer));
  return {
    own: files.filter(isOwn),
    foreign: files.filter(
      (file) => !isOwn(file) && ORGANIZATION.test(file.certificate.organization),
    ),
  };
}

export const certificatesExpiry: CheckFunction = async (context) => {
  const { own } = issuedFiles(context);
  if (own.length === 0) return undefined;
  const leftOf = ({ certificate }: Issued): number => certificate.notAfter.getTime() - context.now;
  const describe = (files: readonly Issued[]): string =>
    files.map(({ path, certificate }) => `${path} (${day(certificate.notAfter)})`).join(", ");
  const expired = own.filter((file) => leftOf(file) <= 0);
  if (expired.length > 0) return problem(`expired: ${describe(expired)}`, "devtls renew");
  const soon = own.filter((file) => leftOf(file) <= RENEW_WITHIN_DAYS * DAY_MS);
  if (soon.length > 0) return warning(`expires soon: ${describe(soon)}`, "devtls renew");
  return ok(`${count(own.length, "certificate")}, none expires within ${RENEW_WITHIN_DAYS} days`);
};

/** Left over from an authority that was replaced; clients refuse it without saying why. */
export const certificatesChain: CheckFunction = async (context) => {
  if (issuersOf(context).length === 0) return undefined;
  const { own, foreign } = issuedFiles(context);
  if (own.length + foreign.length === 0) return undefined;
  if (foreign.length === 0) return ok("signed by this authority");
  return warning(
    `${foreign.map(({ path }) => path).join(", ")}: signed by another authority of devtls`,
    foreign.map(issueAgain).join(" && "),
  );
};

function issueAgain({ path, certificate }: Issued): string {
  const names = certificate.names.map(({ value }) => value).join(" ");
  const key = path.replace(/(\.[^.]+)$/, "-key$1");
  return `devtls cert ${names} --cert-file ${path} --key-file ${key}`;
}

export const certificateKeyMode: CheckFunction = async (context) => {
  if (context.machine.platform === "win32") return undefined;
  const keys = projectFiles(context).filter(({ hasKey }) => hasKey);
  if (keys.length === 0) return undefined;
  const open = keys.filter(({ path }) => (context.status(path)?.mode ?? 0) & 0o077);
  if (open.length === 0) return ok(`only you can read ${count(keys.length, "key")}`);
  const paths = open.map(({ path }) => path).join(" ");
  return warning(`other users can read ${paths}`, `chmod 600 ${paths}`);
};

export const configFile: CheckFunction = async ({ readConfig }) => {
  try {
    const config = readConfig();
    return config && ok(config.path);
  } catch (error) {
    const hint = error instanceof DevtlsError ? error.hint : undefined;
    return problem(causeOf(error), hint ?? "devtls config");
  }
};
