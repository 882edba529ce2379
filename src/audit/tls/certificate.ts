/** The certificate of a server, as a client judges it: Node's own verification, asked and not enforced. */
import { X509Certificate } from "node:crypto";
import {
  type ConnectionOptions,
  checkServerIdentity,
  connect,
  createSecureContext,
  type DetailedPeerCertificate,
  type TLSSocket,
} from "node:tls";
import { causeOf, DevtlsError } from "../../errors.js";
import { childrenOf, readDer, readOid } from "../../x509/der-reader.js";
import { isUnreached, type Server } from "./probe.js";

export interface SeenCertificate {
  readonly subject: string;
  readonly issuer: string;
  readonly names: readonly string[];
  readonly notBefore: string;
  readonly notAfter: string;
  readonly sha256: string;
  readonly key: { readonly type: string; readonly bits: number; readonly exponent?: number };
  /** Object identifier of the algorithm that it is signed with. */
  readonly signature: string;
}

export interface SeenChain {
  readonly leaf: SeenCertificate;
  /** OpenSSL's verdict of the chain; undefined where it is trusted. */
  readonly problem: string | undefined;
  /** Why the certificate does not cover the host; undefined where it does. */
  readonly nameProblem: string | undefined;
  /** The chain ends at the authority of this machine. */
  readonly isLocal: boolean;
  readonly protocol: string;
  readonly alpn: string | undefined;
  readonly hasStaple: boolean;
}

export interface VerifyOptions {
  /** Roots to trust, PEM. */
  readonly roots: readonly string[];
  /** SHA-256 of the local authority's certificate, hexadecimal with colons. */
  readonly localRoot: string | undefined;
  /** What certificates the client takes, as OpenSSL lists them; any unless told otherwise. */
  readonly sigalgs?: string;
  /** What is offered to be spoken over TLS (RFC 7301). */
  readonly protocols?: readonly string[];
}

/** Everything that OpenSSL still speaks; what is weak is judged, not refused. */
const ALL_CIPHERS = "ALL:COMPLEMENTOFALL:@SECLEVEL=0";

const TIMEOUT_MS = 8_000;

/** Signature algorithms of a client that has one kind of key only. */
export const SIGALGS: Readonly<Record<string, string>> = {
  rsa: "rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:RSA+SHA256:RSA+SHA384:RSA+SHA512:RSA+SHA1",
  ecdsa: "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ECDSA+SHA1",
};

/**
 * Shakes hands once, at the first of the addresses where something listens.
 * @throws DevtlsError "request-failed" where no handshake succeeds
 */
export async function verifyChain(server: Server, options: VerifyOptions): Promise<SeenChain> {
  const { host, port, addresses } = server;
  let last: unknown;
  for (const address of addresses.length > 0 ? addresses : [host]) {
    await server.pace.turn();
    try {
      return await verifyAt(address, server, options);
    } catch (error) {
      last = error;
      if (!isUnreached(causeOf(error))) break;
    }
  }
  const what = `could not shake hands with ${host}:${port}: ${causeOf(last)}`;
  throw new DevtlsError("request-failed", what, { cause: last });
}

function verifyAt(
  address: string,
  { host, port, name }: Server,
  { roots, localRoot, sigalgs, protocols = ["h2", "http/1.1"] }: VerifyOptions,
): Promise<SeenChain> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(error);
    };
    let hasStaple = false;
    // Node's types leave requestOCSP to sockets that exist already.
    const asked: ConnectionOptions & { readonly requestOCSP: true } = {
      ...{ host: address, port, rejectUnauthorized: false },
      // Its verdict would take the place of the chain's; the name is looked at apart.
      checkServerIdentity: () => undefined,
      ...(name !== undefined && { servername: name }),
      secureContext: createSecureContext({
        ...{ ca: [...roots], ciphers: ALL_CIPHERS, minVersion: "TLSv1" },
        ...(sigalgs !== undefined && { sigalgs }),
      }),
      ALPNProtocols: [...protocols],
      requestOCSP: true,
    };
    const socket = connect(asked);
    const timer = setTimeout(() => fail(new Error("no answer in time")), TIMEOUT_MS);
    socket.on("OCSPResponse", (response: Buffer | null) => {
      hasStaple = (response?.length ?? 0) > 0;
    });
    socket.on("error", fail);
    socket.on("secureConnect", () => {
      try {
        const seen = chainOf(socket, name ?? host, localRoot);
        clearTimeout(timer);
        socket.destroy();
        resolve({ ...seen, hasStaple });
      } catch (error) {
        fail(error);
      }
    });
  });
}

function chainOf(
  socket: TLSSocket,
  host: string,
  localRoot: string | undefined,
): Omit<SeenChain, "hasStaple"> {
  const peer = socket.getPeerCertificate(true);
  if (peer.raw === undefined) throw new Error("the server shows no certificate");
  const { authorizationError } = socket;
  return {
    leaf: certificateOf(peer.raw),
    problem: authorizationError ? String(authorizationError) : undefined,
    nameProblem: checkServerIdentity(host, peer)?.message,
    isLocal: localRoot !== undefined && endsAt(peer, localRoot),
    protocol: socket.getProtocol() ?? "",
    alpn: socket.alpnProtocol || undefined,
  };
}

function endsAt(leaf: DetailedPeerCertificate, fingerprint: string): boolean {
  let [certificate, steps] = [leaf, 0];
  while (
    certificate.issuerCertificate &&
    certificate.issuerCertificate !== certificate &&
    steps < 16
  ) {
    certificate = certificate.issuerCertificate;
    steps++;
  }
  return certificate.fingerprint256 === fingerprint;
}

/** What a certificate says. @throws for what is no certificate */
export function certificateOf(der: Buffer): SeenCertificate {
  const certificate = new X509Certificate(der);
  const { subject, issuer, subjectAltName = "", validFrom, validTo, publicKey } = certificate;
  const { asymmetricKeyType: type = "", asymmetricKeyDetails: details = {} } = publicKey;
  const [, algorithm] = childrenOf(readDer(der));
  return {
    ...{ subject: oneLine(subject), issuer: oneLine(issuer) },
    names: subjectAltName.split(", ").filter(Boolean),
    notBefore: new Date(validFrom).toISOString(),
    notAfter: new Date(validTo).toISOString(),
    sha256: certificate.fingerprint256,
    key: {
      type,
      bits: details.modulusLength ?? curveLength(details.namedCurve ?? type),
      ...(details.publicExponent !== undefined && { exponent: Number(details.publicExponent) }),
    },
    signature: algorithm ? readOid(childrenOf(algorithm)[0]) : "",
  };
}

const oneLine = (name: string | undefined): string => (name ?? "").split("\n").join(", ");

function curveLength(curve: string): number {
  if (/25519$/i.test(curve)) return 253;
  return Number(/\d{3}/.exec(curve)?.[0] ?? 0);
}
