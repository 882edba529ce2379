/** What signs for the ACME server, and its revocation lists. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { type Authority, authorityFilesIn, issuerOf, loadAuthority } from "../ca/authority.js";
import { readIfThere, writeFiles } from "../ca/files.js";
import { type Intermediate, makeIntermediate } from "../ca/intermediate.js";
import { issueLeaf, type Leaf } from "../ca/issue.js";
import { DevtlsError } from "../errors.js";
import { statePaths } from "../paths.js";
import { certificateToPem, isSignedBy, parseCertificate } from "../x509/certificate.js";
import { decodePrivateKey, encodePrivateKey } from "../x509/keys.js";
import { decodePem, encodePem } from "../x509/pem.js";
import { DAY_MS } from "../x509/validity.js";
import type { Wanted, World } from "./rules/context.js";
import { certificateName } from "./rules/identifiers.js";
import { certificateId } from "./rules/ids.js";
import type { IssuedCertificate } from "./rules/model.js";

export interface SignerOptions {
  /** The state directory of the authority. */
  readonly directory: string;
  /** Where the server keeps its own state. */
  readonly folder: string;
  /** Sign with an intermediate, which others on the network may then be told to trust. */
  readonly intermediate: boolean;
  /** Sign with an intermediate that has expired. */
  readonly expired: boolean;
  /** Where revocation lists are: this, the issuer's key identifier, and ".crl". */
  readonly crlBase: () => string;
}

/** An intermediate of a network's own lives this long, and is replaced in its last third. */
const INTERMEDIATE_DAYS = 825 + 397;
const CRL_LIFETIME_MS = DAY_MS;

type Issued = Omit<IssuedCertificate, "account" | "order" | "identifiers">;

export class Signer {
  readonly #options: SignerOptions;
  #loaded?: { readonly authority: Authority; readonly stamp: string };
  #made?: Intermediate & { readonly root: string };

  constructor(options: SignerOptions) {
    this.#options = options;
  }

  /** What signs at the moment: the authority is read anew, for `ca rotate` may have replaced it. */
  async authority(): Promise<Authority> {
    const authority = this.#load();
    if (!this.#options.intermediate && !this.#options.expired) return authority;
    if (authority.intermediate && !this.#options.expired) return authority;
    const { certificate, key } = await this.#intermediateOf(authority);
    return { ...authority, intermediate: certificate, key };
  }

  /** Changes whenever the authority is replaced. */
  stamp(): string {
    return stampOf(this.#options.directory);
  }

  #load(): Authority {
    const { directory } = this.#options;
    const stamp = this.stamp();
    const known = this.#loaded;
    if (known?.stamp === stamp && issuerOf(known.authority).notAfter.getTime() > Date.now()) {
      return known.authority;
    }
    const authority = loadAuthority(directory);
    if (authority) {
      this.#loaded = { authority, stamp };
      return authority;
    }
    throw new DevtlsError(
      "authority-missing",
      `could not issue: the authority in ${directory} was removed`,
      { hint: "Make one: devtls ca create" },
    );
  }

  constraints(): ReturnType<World["constraints"]> {
    return issuerOf(this.#load()).constraints;
  }

  async #intermediateOf(authority: Authority): Promise<Intermediate> {
    const { expired, folder } = this.#options;
    const root = authority.certificate.serial;
    if (this.#made?.root === root && (expired || isFresh(this.#made))) return this.#made;
    const path = join(folder, "intermediate.pem");
    const kept = expired ? undefined : readKept(path, authority);
    const now = Date.now();
    const days = expired ? [-INTERMEDIATE_DAYS, -1] : [0, INTERMEDIATE_DAYS];
    const [notBefore, notAfter] = days.map((count) => new Date(now + count * DAY_MS));
    const validity = { notBefore: notBefore as Date, notAfter: notAfter as Date };
    const made = kept ?? (await makeIntermediate(authority, "acme", validity));
    if (!kept && !expired) {
      const data = certificateToPem(made.certificate) + encodePrivateKey(made.key);
      writeFiles([{ path, data, mode: 0o600, durable: true }]);
    }
    this.#made = { ...made, root };
    return made;
  }

  /** By the authority that is in place when it is done. */
  async issue(wanted: Wanted): Promise<Issued> {
    for (;;) {
      const authority = await this.authority();
      const issued = await this.#issue(authority, wanted);
      if (this.#load().certificate === authority.certificate) return issued;
    }
  }

  async #issue(
    authority: Authority,
    { publicKey, identifiers, notBefore, notAfter }: Wanted,
  ): Promise<Issued> {
    const issuer = issuerOf(authority);
    const keyId = issuer.keyId.toString("hex");
    const leaf = await issueLeaf(authority, identifiers.map(certificateName), {
      publicKey,
      validity: { notBefore: new Date(notBefore), notAfter: new Date(notAfter) },
      crlUrl: `${this.#options.crlBase()}${keyId}.crl`,
      outlive: this.#options.expired,
    });
    const { serial, notBefore: from, notAfter: to } = leaf.certificate;
    return {
      id: certificateId(issuer.keyId, serial),
      chains: chainsOf(leaf),
      serial,
      issuer: keyId,
      notBefore: from.getTime(),
      notAfter: to.getTime(),
    };
  }

  /**
   * The revocation list of an issuer, in DER; undefined for one whose key is not here any more.
   * @param keyId the issuer's key identifier, hexadecimal
   */
  async crl(keyId: string, revoked: readonly IssuedCertificate[]): Promise<Buffer | undefined> {
    const authority = await this.authority();
    const { subject, keyId: current } = issuerOf(authority);
    if (current.toString("hex") !== keyId) return undefined;
    const { buildCrl } = await import("../x509/crl.js");
    const now = Date.now();
    return buildCrl({
      issuer: { key: authority.key, subject, keyId: current },
      // Seconds since 1970 grow by themselves, across restarts too.
      number: Math.floor(now / 1000),
      thisUpdate: new Date(now),
      nextUpdate: new Date(now + CRL_LIFETIME_MS),
      revoked: revoked.map(({ serial, revoked: entry }) => ({
        serial,
        at: new Date(entry?.at ?? now),
        reason: entry?.reason ?? 0,
      })),
    });
  }
}

/** Changes whenever a file of the authority is replaced; reading the key anew takes milliseconds. */
function stampOf(directory: string): string {
  return authorityFilesIn(statePaths(directory))
    .map((path) => statSync(path, { throwIfNoEntry: false }))
    .map((stat) => (stat ? `${stat.ino} ${stat.mtimeMs} ${stat.size}` : ""))
    .join();
}

function isFresh({ certificate }: Intermediate): boolean {
  const left = certificate.notAfter.getTime() - Date.now();
  return left > (INTERMEDIATE_DAYS / 3) * DAY_MS;
}

/** The intermediate that is kept, when it is this root's; anything else is made again. */
function readKept(path: string, { certificate: root }: Authority): Intermediate | undefined {
  const text = readIfThere(path)?.toString("latin1");
  if (text === undefined) return undefined;
  try {
    const [certificateDer, keyDer] = ["CERTIFICATE", "PRIVATE KEY"].map(
      (label) => decodePem(text).find((block) => block.label === label)?.der,
    );
    if (!certificateDer || !keyDer) return undefined;
    const certificate = parseCertificate(certificateDer);
    const key = decodePrivateKey(encodePem("PRIVATE KEY", keyDer));
    const kept = { certificate, key };
    const whole = isSignedBy(certificate, root) && certificate.x509.checkPrivateKey(key);
    return whole && isFresh(kept) ? kept : undefined;
  } catch {
    return undefined;
  }
}

/**
 * What a server has to send, and where there is an intermediate an alternate that goes up to the
 * root. A root that signs itself comes along: certbot refuses a chain of one certificate.
 */
function chainsOf({ certificatePem, rootPem, chain }: Leaf): string[] {
  const whole = certificatePem + rootPem;
  return chain.length > 2 ? [certificatePem, whole] : [whole];
}
