/** The leaves of `serve`: issued once for a set of hosts, kept in the state directory. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { type Certificate, isSignedBy, parseCertificate } from "../x509/certificate.js";
import { parseIp } from "../x509/ip.js";
import { decodePrivateKey } from "../x509/keys.js";
import { type Name, parseName, uniqueNames } from "../x509/names.js";
import { decodePem, encodePem } from "../x509/pem.js";
import { DAY_MS } from "../x509/validity.js";
import type { Authority } from "./authority.js";
import { makeDirectory, readIfThere, writeFiles } from "./files.js";
import { issueLeaf } from "./issue.js";

/** Every serve certificate covers these, so that a URL with an address works too. */
const ALWAYS = ["localhost", "127.0.0.1", "::1"];

/** A leaf with less than this left is issued again. */
export const RENEW_WITHIN_DAYS = 30;

export interface ServeLeaf {
  readonly certificate: Certificate;
  /** The leaf and the authority's certificate, PEM. */
  readonly chainPem: string;
  readonly keyPem: string;
}

/** The names that a certificate for these hosts covers. @throws DevtlsError "bad-name" */
export function serveNames(hosts: readonly string[]): Name[] {
  return uniqueNames([...hosts, ...ALWAYS].map(parseName));
}

/**
 * The leaf for these hosts, from the state directory or newly issued.
 * @throws DevtlsError as {@link issueLeaf}
 */
export async function serveLeaf(
  authority: Authority,
  names: readonly Name[],
  now = Date.now(),
): Promise<ServeLeaf> {
  const path = join(authority.paths.leaves, fileName(names));
  const kept = readKept(path, authority);
  if (kept && kept.certificate.notAfter.getTime() - now > RENEW_WITHIN_DAYS * DAY_MS) return kept;
  const leaf = await issueLeaf(authority, names);
  const keyPem = leaf.keyPem as string;
  makeDirectory(authority.paths.leaves, 0o700);
  // One file for both, so that a key never stands beside another leaf's certificate.
  writeFiles([{ path, data: leaf.certificatePem + keyPem, mode: 0o600 }]);
  return { certificate: leaf.certificate, chainPem: leaf.certificatePem + leaf.rootPem, keyPem };
}

function fileName(names: readonly Name[]): string {
  const list = names.map((name) => `${name.kind}:${name.value}`).sort();
  const digest = createHash("sha256").update(list.join("\n")).digest("hex").slice(0, 12);
  const first = (names[0]?.value ?? "").replace(/[^a-z0-9.-]/g, "_").slice(0, 80);
  return `${first}-${digest}.pem`;
}

/** A kept leaf that is whole and this authority's; anything else is issued again. */
function readKept(path: string, authority: Authority): ServeLeaf | undefined {
  const text = readIfThere(path)?.toString("latin1");
  if (text === undefined) return undefined;
  try {
    const blocks = decodePem(text);
    const leafDer = blocks.find((block) => block.label === "CERTIFICATE")?.der;
    const keyDer = blocks.find((block) => block.label === "PRIVATE KEY")?.der;
    if (!leafDer || !keyDer) return undefined;
    const certificate = parseCertificate(leafDer);
    const keyPem = encodePem("PRIVATE KEY", keyDer);
    if (!isSignedBy(certificate, authority.certificate)) return undefined;
    if (!certificate.x509.checkPrivateKey(decodePrivateKey(keyPem))) return undefined;
    const chain = [leafDer, authority.certificate.der];
    return {
      certificate,
      chainPem: chain.map((der) => encodePem("CERTIFICATE", der)).join(""),
      keyPem,
    };
  } catch {
    return undefined;
  }
}

/** Whether a certificate covers a host (RFC 9525 6): names, addresses, one level of wildcard. */
export function coversHost(certificate: Certificate, hostname: string): boolean {
  const address = parseIp(hostname);
  const parent = hostname.replace(/^[^.]+/, "*");
  return certificate.names.some((name) => {
    if (name.kind === "ip") return address?.equals(name.bytes) ?? false;
    return name.kind === "dns" && (name.value === hostname || name.value === parent);
  });
}
