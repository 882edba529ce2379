/**
 * What makes programs trust the authority by their environment, where they do not look at the
 * system's store. The variables and what each does to the system's list are in their manuals:
 * nodejs.org/api/cli.html, docs.python.org ssl, requests "SSL Cert Verification", curl(1), git-config(1),
 * and the JSSE reference guide for Java's trust store.
 */
import { createHash, X509Certificate } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { type StatePaths, stateDirectory, statePaths } from "../paths.js";
import { makeDirectory, readIfThere, writeFiles } from "./files.js";

export interface RuntimeEnvironment {
  /** Variables to set. */
  readonly set: Readonly<Record<string, string>>;
  /** Variables that have a value already to which nothing can be added; it stays. */
  readonly kept: Readonly<Record<string, string>>;
  /** What variables among `set` have already, to which something is added. */
  readonly extended: Readonly<Record<string, string>>;
}

/** The options that every Java of a shell takes; the system's list is replaced by one of them. */
const JAVA_OPTIONS = "JAVA_TOOL_OPTIONS";

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
export const SYSTEM_BUNDLES = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/**
 * The environment in which programs trust the authority; writes `bundle.pem` and `java-trust.p12`
 * when the system's roots or the authority are others than in them.
 * @param given the environment so far; what it names is in what is set, too
 * @throws DevtlsError "file-unwritable"
 */
export async function runtimeEnvironment(
  paths: StatePaths,
  rootPem: string,
  given: Readonly<Record<string, string | undefined>>,
): Promise<RuntimeEnvironment> {
  const bundle = mergedBundle(paths.bundle, rootPem);
  const isNew = readIfThere(paths.bundle)?.toString("latin1") !== bundle;
  if (isNew || !existsSync(paths.javaTrust)) {
    const { encodeTrustStore } = await import("../x509/pkcs12-trust.js");
    writeFiles([
      { path: paths.javaTrust, data: encodeTrustStore(certificatesIn(bundle)), mode: 0o644 },
      // Last: by it the next run knows that both are up to date.
      { path: paths.bundle, data: bundle, mode: 0o644 },
    ]);
  }
  const wanted = {
    ...Object.fromEntries(ADDING.map((name) => [name, paths.rootCertificate])),
    ...Object.fromEntries(REPLACING.map((name) => [name, paths.bundle])),
  };
  const set: [string, string][] = [];
  const kept: [string, string][] = [];
  const extended: [string, string][] = [];
  for (const [name, value] of Object.entries(wanted)) {
    const before = given[name] ?? "";
    const merged = before === "" || before === value ? undefined : extend(before, rootPem, paths);
    if (before === "" || before === value) set.push([name, value]);
    else if (!merged) kept.push([name, before]);
    else {
      set.push([name, merged.path]);
      extended.push([name, merged.of]);
    }
  }
  const java = given[JAVA_OPTIONS]?.trim() ?? "";
  const option = javaOption(paths.javaTrust);
  // Programs of a JVM that is configured otherwise get what it is configured for.
  if (java.includes(TRUST_STORE) && !java.includes(option)) kept.push([JAVA_OPTIONS, java]);
  else set.push([JAVA_OPTIONS, java.includes(option) ? java : `${java} ${option}`.trim()]);
  if (java !== "" && !java.includes(TRUST_STORE)) extended.push([JAVA_OPTIONS, java]);
  return {
    set: Object.fromEntries(set),
    kept: Object.fromEntries(kept),
    extended: Object.fromEntries(extended),
  };
}

/** The first line of a bundle that was made here says of which file. */
const MADE_OF = "# devtls: the authority, and what is in ";

/**
 * A bundle of what a variable names, as many CI images set them, and the authority's root.
 * @returns undefined for what is no file of certificates
 * @throws DevtlsError "file-unwritable"
 */
function extend(
  named: string,
  rootPem: string,
  { bundles }: StatePaths,
): { readonly path: string; readonly of: string } | undefined {
  const text = readOrNothing(named);
  // Set by an earlier run: what that one was made of may have changed.
  const of = text.startsWith(MADE_OF) ? text.slice(MADE_OF.length).split("\n")[0] : named;
  const own = of === named ? text : readOrNothing(of ?? "");
  if (of === undefined || of.includes("\n") || !own.includes("-----BEGIN ")) return undefined;
  const path = join(bundles, `${createHash("sha256").update(of).digest("hex").slice(0, 16)}.pem`);
  const data = `${MADE_OF}${of}\n${own.trimEnd()}\n${rootPem}`;
  if (readOrNothing(path) !== data) {
    makeDirectory(bundles, 0o700);
    writeFiles([{ path, data, mode: 0o644 }]);
  }
  return { path, of };
}

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

const TRUST_STORE = "-Djavax.net.ssl.trustStore=";

/**
 * The option by which Java goes by this trust store. Its type is left to Java, which tells it by
 * the file; one that is given would hold for a store that a program names itself, too.
 */
export function javaOption(path: string): string {
  const quote = path.includes('"') ? "'" : '"';
  return TRUST_STORE + (/[\s'"]/.test(path) ? `${quote}${path}${quote}` : path);
}

/** Java refuses a trust store with one certificate in it that it cannot read. */
function certificatesIn(bundle: string): Buffer[] {
  const blocks = bundle.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  return blocks.flatMap((pem) => {
    try {
      return [new X509Certificate(pem).raw];
    } catch {
      return [];
    }
  });
}

/**
 * What `bundle.pem` holds: the system's roots and the authority's, PEM.
 * @param own its path, for a system whose list is a link to it
 */
export function mergedBundle(own: string, rootPem: string): string {
  return `${systemRoots(own)}\n${rootPem}`;
}

/**
 * What a client on this machine trusts, PEM: Node's own roots, those of the system, those that
 * NODE_EXTRA_CA_CERTS adds, and the authority, trusted or not.
 */
export function rootsOf(env: Readonly<Record<string, string | undefined>>): string[] {
  const { bundle, rootCertificate } = statePaths(stateDirectory());
  const extra = env.NODE_EXTRA_CA_CERTS;
  const files = [rootCertificate, ...(extra ? [extra] : [])];
  const added = files.flatMap((path) => readIfThere(path)?.toString("latin1") ?? []);
  return [...rootCertificates, systemRoots(bundle), ...added];
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
