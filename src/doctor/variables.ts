/**
 * Checks of the environment: the variables by which programs choose what they trust, those that turn
 * verification off, and proxies that local requests would be sent to.
 */
import { SYSTEM_BUNDLES } from "../ca/environment.js";
import { certificatesOf } from "../trust/keystore.js";
import type { Certificate } from "../x509/certificate.js";
import { encodePem } from "../x509/pem.js";
import { rootHere } from "./authority.js";
import {
  type CheckFunction,
  type DoctorContext,
  type Outcome,
  ok,
  problem,
  warning,
} from "./check.js";

/** Each names a file of certificates, with who goes by it. */
export const TRUST_VARIABLES = {
  NODE_EXTRA_CA_CERTS: "Node",
  SSL_CERT_FILE: "OpenSSL, Python, Ruby and Go",
  REQUESTS_CA_BUNDLE: "Python's requests",
  CURL_CA_BUNDLE: "curl",
  GIT_SSL_CAINFO: "git",
  DENO_CERT: "Deno",
  AWS_CA_BUNDLE: "AWS clients",
  PIP_CERT: "pip",
} as const;

export type TrustVariable = keyof typeof TRUST_VARIABLES;

/** `devtls env` keeps what is set, so that it has to be unset before. */
function setAgain(name: string): string {
  return `unset ${name}; eval "$(devtls env)"`;
}

/** Unset variables are no finding: nobody has to have all of these programs. */
export function trustVariable(name: TrustVariable): CheckFunction {
  return async (context) => {
    const path = context.machine.env[name];
    if (!path) return undefined;
    const text = context.machine.read(path);
    if (text === undefined) {
      return problem(
        `${name} is ${path}, which cannot be read: ${TRUST_VARIABLES[name]} may trust nobody`,
        setAgain(name),
      );
    }
    const root = rootHere(context);
    if (!root) return undefined;
    if (holds(text, root)) return ok(`${name} is ${path}`);
    return warning(
      `${name} is ${path}, in which this authority is not: ${TRUST_VARIABLES[name]} will refuse it`,
      SYSTEM_BUNDLES.includes(path) ? "devtls trust --store system" : setAgain(name),
    );
  };
}

function holds(text: string, root: Certificate): boolean {
  const squeeze = (pem: string): string => pem.replace(/\s+/g, "");
  return squeeze(text).includes(squeeze(encodePem("CERTIFICATE", root.der)));
}

/** `-Djavax.net.ssl.trustStore=FILE` replaces the keystore of every Java that is started. */
export const javaOptions: CheckFunction = async (context) => {
  const { machine } = context;
  const options = machine.env.JAVA_TOOL_OPTIONS ?? "";
  const path = /-Djavax\.net\.ssl\.trustStore=("[^"]*"|'[^']*'|\S+)/.exec(options)?.[1];
  if (!path) return undefined;
  const file = path.replace(/^["']|["']$/g, "");
  const bytes = machine.readBytes(file);
  if (!bytes) {
    return problem(
      `JAVA_TOOL_OPTIONS names ${file}, which cannot be read: Java trusts nobody`,
      "unset JAVA_TOOL_OPTIONS",
    );
  }
  const root = rootHere(context);
  const known = certificatesOf(bytes);
  // One with a password of its own is for keytool to read, who would have to be told it.
  if (!root || !known) return undefined;
  if (known.some((der) => der.equals(root.der))) return ok(`JAVA_TOOL_OPTIONS names ${file}`);
  return warning(
    `JAVA_TOOL_OPTIONS names ${file}, in which this authority is not: Java will refuse it`,
    `keytool -importcert -noprompt -keystore ${file} -alias devtls -file ${context.paths.rootCertificate}`,
  );
};

/** Variables that turn verification off, with the value that does. */
const SWITCHES: Readonly<Record<string, { readonly off: RegExp; readonly whose: string }>> = {
  NODE_TLS_REJECT_UNAUTHORIZED: { off: /^0$/, whose: "Node" },
  GIT_SSL_NO_VERIFY: { off: /^(?!0$|false$|no$|off$).+/i, whose: "git" },
  PYTHONHTTPSVERIFY: { off: /^0$/, whose: "Python" },
};

export const verificationOff: CheckFunction = async ({ machine }) => {
  const set = Object.entries(SWITCHES).filter(([name, { off }]) =>
    off.test(machine.env[name] ?? ""),
  );
  if (set.length === 0) return ok("no variable turns verification off");
  const names = set.map(([name]) => name);
  return warning(
    `${names.join(", ")}: ${set.map(([, { whose }]) => whose).join(" and ")} would accept every certificate of every site, and hide what is wrong with yours`,
    `unset ${names.join(" ")}`,
  );
};

const PROXIES = [
  "HTTPS_PROXY",
  "https_proxy",
  "HTTP_PROXY",
  "http_proxy",
  "ALL_PROXY",
  "all_proxy",
];

export const proxyVariables: CheckFunction = async ({ machine }) => {
  const { env } = machine;
  const set = PROXIES.filter((name) => env[name]);
  if (set.length === 0) return ok("no proxy is set");
  const exempt = (env.NO_PROXY || env.no_proxy || "").split(/[\s,]+/).filter(Boolean);
  const missing = ["localhost", "127.0.0.1"].filter((host) => !isExempt(host, exempt));
  if (missing.length === 0) return ok(`${set.join(", ")}, not for this machine itself`);
  return warning(
    `${set.join(", ")}: requests to ${missing.join(" and ")} go to the proxy, which has neither`,
    `export NO_PROXY=${[...exempt, ...missing, "::1"].join(",")}`,
  );
};

function isExempt(host: string, exempt: readonly string[]): boolean {
  return exempt.some(
    (entry) => entry === "*" || entry === host || (entry === "127.0.0.0/8" && host === "127.0.0.1"),
  );
}

/** The releases since which Node reads NODE_USE_SYSTEM_CA (nodejs.org/api/cli.html). */
const READS_SYSTEM_CA: readonly (readonly [major: number, minor: number])[] = [
  [22, 19],
  [24, 6],
];

/** A Node that does not know the variable says nothing of it. */
export const nodeSystemStore: CheckFunction = async ({ machine, nodeVersion }) => {
  if (machine.env.NODE_USE_SYSTEM_CA !== "1") return undefined;
  return nodeFinding(nodeVersion);
};

function nodeFinding(version: string): Outcome {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const line = READS_SYSTEM_CA.find(([known]) => known === major);
  const knows = line ? minor >= line[1] : major > 24;
  if (knows) return ok(`Node ${version} goes by the system store`);
  return warning(
    `NODE_USE_SYSTEM_CA is set, which Node ${version} does not know: it goes by its own list`,
    'eval "$(devtls env)", or use Node 24.6 or later',
  );
}

/** What root makes with sudo is root's, in root's folders. */
export const runBySudo: CheckFunction = async ({ machine, paths }: DoctorContext) => {
  const user = machine.env.SUDO_USER;
  if (!user || user === "root" || !machine.isRoot) return undefined;
  if (machine.env.DEVTLS_HOME) return ok(`DEVTLS_HOME is ${machine.env.DEVTLS_HOME}`);
  return warning(
    `sudo runs devtls as root: ${paths.directory} is not the authority of ${user}`,
    "Run devtls without sudo: it asks for the rights that it needs",
  );
};
