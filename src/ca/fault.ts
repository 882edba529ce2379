/**
 * Certificates that are wrong on purpose, to see what clients and error pages make of them. The
 * ones that the trusted authority has to sign are limited by its constraints and live for a day at
 * most; the others come from selfsigned, under roots that nobody trusts.
 */
import { createPublicKey } from "node:crypto";
import { certificateToPem, parseCertificate, parsePemCertificate } from "../x509/certificate.js";
import { encodePrivateKey, generateKey } from "../x509/keys.js";
import { type Name, parseName } from "../x509/names.js";
import { DAY_MS } from "../x509/validity.js";
import { issuerOf, ownerName } from "./authority.js";
import type { Fault } from "./fault-kinds.js";
import { openAuthorityFor } from "./issue.js";
import type { ServeLeaf } from "./leaves.js";

/** In the constraints of every authority, and nobody's. */
const WRONG_HOST = "wrong-host.test";

export interface FaultyLeaf extends ServeLeaf {
  /** OpenSSL does not load weak keys and hashes at its usual level. */
  readonly ciphers?: string;
}

/**
 * A certificate with this fault for these names.
 * @throws DevtlsError as {@link openAuthorityFor}, for the faults that the authority signs
 */
export async function makeFaulty(
  fault: Fault,
  names: readonly Name[],
  directory?: string,
): Promise<FaultyLeaf> {
  const now = Date.now();
  switch (fault) {
    case "expired":
      return fromAuthority(names, now - 2 * DAY_MS, directory);
    case "not-yet-valid":
      return fromAuthority(names, now + DAY_MS, directory);
    case "wrong-host":
      return fromAuthority([parseName(WRONG_HOST)], now, directory);
    default:
      return fromNobody(fault, names);
  }
}

/** Valid for one day, from a time on. */
async function fromAuthority(
  names: readonly Name[],
  begin: number,
  directory?: string,
): Promise<ServeLeaf> {
  const { authority } = await openAuthorityFor(names, directory);
  const { buildLeaf } = await import("../x509/profile.js");
  const key = generateKey("p256");
  const { subject, keyId } = issuerOf(authority);
  const der = buildLeaf({
    issuer: { key: authority.key, subject, keyId },
    publicKey: createPublicKey(key),
    names,
    notBefore: new Date(begin),
    notAfter: new Date(begin + DAY_MS),
    client: false,
    owner: ownerName(),
  });
  const certificate = parseCertificate(der);
  const above = [
    ...(authority.intermediate ? [authority.intermediate] : []),
    authority.certificate,
  ];
  const chainPem = [certificate, ...above].map(certificateToPem).join("");
  return { certificate, chainPem, keyPem: encodePrivateKey(key) };
}

type Generated = Awaited<ReturnType<typeof import("selfsigned").generate>>;
type Options = NonNullable<Parameters<typeof import("selfsigned").generate>[1]>;

async function fromNobody(fault: Fault, names: readonly Name[]): Promise<FaultyLeaf> {
  const { generate } = await import("selfsigned");
  const until = new Date(Date.now() + DAY_MS);
  const make = (commonName: string, options: Options): Promise<Generated> =>
    generate([{ name: "commonName", value: commonName }], {
      algorithm: "sha256",
      notAfterDate: until,
      ...options,
    });
  const authority = (commonName: string, ca?: Generated): Promise<Generated> =>
    make(commonName, {
      extensions: [
        { name: "basicConstraints", cA: true, critical: true },
        { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
      ],
      ...(ca && { ca: { key: ca.private, cert: ca.cert } }),
    });
  const leaf = (options: Options = {}): Promise<Generated> =>
    make(names[0]?.value ?? "localhost", { extensions: leafExtensions(names), ...options });
  const under = (ca: Generated): Options => ({ ca: { key: ca.private, cert: ca.cert } });

  if (fault === "untrusted-root") {
    const root = await authority("devtls fault: a root that nobody trusts");
    const made = await leaf(under(root));
    return shown(made, `${made.cert.trim()}\n${root.cert}`);
  }
  if (fault === "missing-intermediate") {
    const root = await authority("devtls fault: root");
    const intermediate = await authority("devtls fault: intermediate that is not sent", root);
    const made = await leaf(under(intermediate));
    return shown(made, made.cert);
  }
  const weak: Options =
    fault === "sha1" ? { algorithm: "sha1" } : fault === "weak-key" ? { keySize: 1024 } : {};
  const made = await leaf(weak);
  const ciphers = fault === "self-signed" ? {} : { ciphers: "DEFAULT@SECLEVEL=0" };
  return { ...shown(made, made.cert), ...ciphers };
}

function leafExtensions(names: readonly Name[]): NonNullable<Options["extensions"]> {
  return [
    { name: "basicConstraints", cA: false },
    { name: "keyUsage", digitalSignature: true, keyEncipherment: true, critical: true },
    { name: "extKeyUsage", serverAuth: true },
    {
      name: "subjectAltName",
      altNames: names.map(({ kind, value }) =>
        kind === "ip" ? { type: 7 as const, ip: value } : { type: 2 as const, value },
      ),
    },
  ];
}

function shown(made: Generated, chainPem: string): ServeLeaf {
  return { certificate: parsePemCertificate(made.cert), chainPem, keyPem: made.private };
}
