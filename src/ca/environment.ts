/**
 * What makes programs trust the authority by their environment, where they do not look at the
 * system's store. The variables and what each does to the system's list are in their manuals:
 * nodejs.org/api/cli.html, docs.python.org ssl, requests "SSL Cert Verification", curl(1), git-config(1).
 */
import { readFileSync, statSync } from "node:fs";
import { rootCertificates } from "node:tls";
import type { StatePaths } from "../paths.js";
import { readIfThere, writeFiles } from "./files.js";

export interface RuntimeEnvironment {
  /** Variables to set. */
  readonly set: Readonly<Record<string, string>>;
  /** Variables that have a value already, which stays. */
  readonly kept: Readonly<Record<string, string>>;
}

/** These add to the roots that a program brings. */
const ADDING = ["NODE_EXTRA_CA_CERTS", "DENO_CERT"];

/** These replace the system's list, so that they get it together with the authority. */
const REPLACING = [
  "SSL_CERT_FILE",
  "REQUESTS_CA_BUNDLE",
  "CURL_CA_BUNDLE",
  "GIT_SSL_CAINFO",
  "AWS_CA_BUNDLE",
  "PIP_CERT",
];

/** Where systems keep their roots in one file; the first that is there. */
const SYSTEM_BUNDLES = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/**
 * The environment in which programs trust the authority; writes `bundle.pem` when the system's
 * roots or the authority are others than in it.
 * @param given the environment so far; what it sets is kept
 * @throws DevtlsError "file-unwritable"
 */
export function runtimeEnvironment(
  paths: StatePaths,
  rootPem: string,
  given: Readonly<Record<string, string | undefined>>,
): RuntimeEnvironment {
  const bundle = `${systemRoots(paths.bundle)}\n${rootPem}`;
  if (readIfThere(paths.bundle)?.toString("latin1") !== bundle) {
    writeFiles([{ path: paths.bundle, data: bundle, mode: 0o644 }]);
  }
  const wanted = {
    ...Object.fromEntries(ADDING.map((name) => [name, paths.rootCertificate])),
    ...Object.fromEntries(REPLACING.map((name) => [name, paths.bundle])),
  };
  const others = Object.entries(wanted).filter(([name, value]) => {
    const before = given[name];
    return before !== undefined && before !== "" && before !== value;
  });
  return {
    set: Object.fromEntries(
      Object.entries(wanted).filter(([name]) => !others.some(([kept]) => kept === name)),
    ),
    kept: Object.fromEntries(others.map(([name]) => [name, given[name] as string])),
  };
}

/** The system's roots, PEM; Node's own where the system has no such file. */
function systemRoots(own: string): string {
  const path = SYSTEM_BUNDLES.find((candidate) => {
    const stat = statSync(candidate, { throwIfNoEntry: false });
    return candidate !== own && stat?.isFile();
  });
  return (
    path === undefined ? rootCertificates.join("\n") : readFileSync(path, "latin1")
  ).trimEnd();
}
