/** Renewal: the same names, kind of key and paths, for a certificate that nears its end. */
import type { KeyObject } from "node:crypto";
import { readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { type Certificate, isSignedBy, parseCertificate } from "../x509/certificate.js";
import { decodePrivateKey, describeKey } from "../x509/keys.js";
import { OID } from "../x509/oids.js";
import { decodePem, encodePem, type PemBlock } from "../x509/pem.js";
import { DAY_MS, MAX_LEAF_DAYS } from "../x509/validity.js";
import { type Authority, issuerOf } from "./authority.js";
import { type NewFile, readIfFile, writeFiles } from "./files.js";
import { issueLeaf } from "./issue.js";

export interface Renewable {
  readonly path: string;
  readonly certificate: Certificate;
  /** The file holds the chain up to the root. */
  readonly fullchain: boolean;
  /** Where its key is; the certificate's own path when they share a file. */
  readonly keyPath: string | undefined;
  /** What the file holds besides certificates: keys, parameters. */
  readonly others: readonly PemBlock[];
}

/** Whose leaves are looked for; its key is not needed for that. */
type Signer = Pick<Authority, "certificate" | "intermediate">;

/** The kinds of key that devtls makes. A key of another kind is its owner's, and stays. */
const OWN_KINDS = ["EC P-256", "RSA 2048"];

/**
 * Reads a certificate file that this authority signed; undefined for anything else: a key, a
 * foreign certificate, a root.
 */
export function readRenewable(path: string, authority: Signer): Renewable | undefined {
  const blocks = blocksOf(path);
  const certificates = blocks.filter(({ label }) => label === "CERTIFICATE");
  const [leaf] = certificates;
  if (!leaf) return undefined;
  let certificate: Certificate;
  try {
    certificate = parseCertificate(leaf.der);
  } catch {
    return undefined;
  }
  if (certificate.isAuthority || !isSignedBy(certificate, issuerOf(authority))) return undefined;
  return {
    path,
    certificate,
    fullchain: certificates.length > (authority.intermediate ? 2 : 1),
    keyPath: findKey(path, certificate),
    others: blocks.filter(({ label }) => label !== "CERTIFICATE"),
  };
}

/** The renewable certificates of a folder, by name. */
export function findRenewable(directory: string, authority: Signer): Renewable[] {
  let names: string[];
  try {
    names = readdirSync(directory).sort();
  } catch {
    return [];
  }
  return names
    .filter((name) => /\.(?:pem|crt|cer)$/.test(name))
    .map((name) => readRenewable(join(directory, name), authority))
    .filter((renewable) => renewable !== undefined);
}

/** Whole days that a certificate is still valid, negative when it is not. */
export function daysLeft(certificate: Certificate, now = Date.now()): number {
  return Math.floor((certificate.notAfter.getTime() - now) / DAY_MS);
}

/**
 * Issues the certificate again and writes it over the old one. Where its key cannot be found (it
 * was made from a request), is of a kind that devtls does not make or is to be kept, the same key
 * is certified again.
 * @throws DevtlsError as {@link issueLeaf}; "file-unwritable"
 */
export async function renew(
  renewable: Renewable,
  authority: Authority,
  { keepKey = false }: { readonly keepKey?: boolean } = {},
): Promise<Certificate> {
  const { certificate, path, keyPath, fullchain, others } = renewable;
  const lifetime = certificate.notAfter.getTime() - certificate.notBefore.getTime();
  const newKey =
    !keepKey && keyPath !== undefined && OWN_KINDS.includes(describeKey(certificate.publicKey));
  const leaf = await issueLeaf(authority, certificate.names, {
    days: Math.min(MAX_LEAF_DAYS, Math.max(1, Math.round(lifetime / DAY_MS))),
    rsa: certificate.publicKey.asymmetricKeyType === "rsa",
    client: certificate.extKeyUsages.includes(OID.clientAuth),
    ...(!newKey && { publicKey: certificate.publicKey }),
  });
  const { keyPem = "" } = leaf;
  const inside = others.some((block) => isKeyOf(block, certificate));
  const kept = newKey ? others.filter((block) => !isKeyOf(block, certificate)) : others;
  const data = [
    leaf.certificatePem,
    fullchain ? leaf.rootPem : "",
    ...kept.map(({ label, der }) => encodePem(label, der)),
    inside ? keyPem : "",
  ].join("");
  const secret = others.some(({ label }) => label.endsWith("PRIVATE KEY"));
  const files: NewFile[] = [{ path, data, mode: secret ? 0o600 : 0o644 }];
  if (newKey && keyPath !== path) files.push({ path: keyPath, data: keyPem, mode: 0o600 });
  writeFiles(files);
  return leaf.certificate;
}

/** The file with the certificate's key: by mkcert's name, else any in the same folder that fits. */
function findKey(path: string, certificate: Certificate): string | undefined {
  const directory = dirname(path);
  const stem = basename(path).replace(/\.[^.]+$/, "");
  let names: string[] = [];
  try {
    names = readdirSync(directory);
  } catch {
    // The certificate could be read, so this is a race with a removal; there is no key then.
  }
  const usual = [`${stem}-key.pem`, `${stem}.key`, basename(path)];
  const candidates = [...usual, ...names.filter((name) => /\.(?:pem|key)$/.test(name))];
  return candidates
    .map((name) => join(directory, name))
    .find((candidate) => blocksOf(candidate).some((block) => isKeyOf(block, certificate)));
}

function isKeyOf({ label, der }: PemBlock, certificate: Certificate): boolean {
  if (!/^(?:EC |RSA )?PRIVATE KEY$/.test(label)) return false;
  let key: KeyObject;
  try {
    key = decodePrivateKey(encodePem(label, der));
  } catch {
    return false;
  }
  return certificate.x509.checkPrivateKey(key);
}

function blocksOf(path: string): PemBlock[] {
  try {
    return decodePem(readIfFile(path)?.toString("latin1") ?? "");
  } catch {
    return [];
  }
}
