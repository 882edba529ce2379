/** The tls-alpn-01 challenge (RFC 8737): a certificate that only the account's holder can make. */
import { createHash } from "node:crypto";
import { connect } from "node:tls";
import { causeOf, DevtlsError, systemCode } from "../../errors.js";
import { type Certificate, parseCertificate } from "../../x509/certificate.js";
import {
  childrenOf,
  type DerValue,
  expectTag,
  readBoolean,
  readDer,
  readOid,
  TAG,
} from "../../x509/der-reader.js";
import { parseIp } from "../../x509/ip.js";
import { OID } from "../../x509/oids.js";
import type { Explanation } from "../rules/context.js";
import type { ProblemType } from "../rules/problem.js";
import { ATTEMPT_MS, ChallengeFailure, type Task } from "./failure.js";
import type { Candidate } from "./resolve.js";

const PROTOCOL = "acme-tls/1";

/** @throws ChallengeFailure */
export async function validateTlsAlpn01(
  task: Task,
  candidate: Candidate,
  port: number,
  signal: AbortSignal,
): Promise<void> {
  const attempt = AbortSignal.any([signal, AbortSignal.timeout(ATTEMPT_MS)]);
  const asked = `TLS with ${PROTOCOL} and server name ${serverName(task)} at ${candidate.address}:${port} (${candidate.source})`;
  const { protocol, der } = await shakeHands(task, candidate, port, attempt, asked);
  if (protocol !== PROTOCOL || !der) {
    throw failure("unauthorized", `the server does not speak ${PROTOCOL}`, {
      asked,
      got: protocol ? `the protocol ${protocol}` : `a server that does not know ${PROTOCOL}`,
      change: [
        `What listens on port ${port} is not the ACME client, or has tls-alpn-01 switched off. Use http-01 with it, or stop it while the client listens.`,
      ],
    });
  }
  const defect = defectOf(der, task);
  if (defect === undefined) return;
  throw failure("unauthorized", `the certificate of the challenge is wrong: ${defect}`, {
    asked,
    got: `a certificate that is wrong: ${defect}`,
    change: [
      "Another client, or another account of the same client, answers there: use one of them only.",
    ],
  });
}

function shakeHands(
  task: Task,
  { address }: Candidate,
  port: number,
  signal: AbortSignal,
  asked: string,
): Promise<{ protocol: string | false | null; der: Buffer | undefined }> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: address,
      port,
      servername: serverName(task),
      ALPNProtocols: [PROTOCOL],
      // The certificate is self-signed by design; what counts is in it.
      rejectUnauthorized: false,
    });
    const give = (error: unknown): void => {
      socket.destroy();
      reject(handshakeFailure(error, signal, asked, port));
    };
    const abort = (): void => give(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    socket.on("error", give);
    socket.on("close", () => signal.removeEventListener("abort", abort));
    socket.once("secureConnect", () => {
      const der = socket.getPeerX509Certificate()?.raw;
      resolve({ protocol: socket.alpnProtocol, der });
      socket.destroy();
    });
  });
}

/** RFC 8738 6: addresses are asked for by their name in reverse DNS. */
function serverName({ identifier: { type, value } }: Task): string {
  if (type === "dns") return value;
  const octets = parseIp(value) ?? Buffer.alloc(4);
  if (octets.length === 4) return `${[...octets].reverse().join(".")}.in-addr.arpa`;
  const digits = [...octets.toString("hex")].reverse();
  return `${digits.join(".")}.ip6.arpa`;
}

/** What is wrong with a challenge's certificate (RFC 8737 3); undefined when nothing is. */
function defectOf(der: Buffer, task: Task): string | undefined {
  try {
    const certificate = parseCertificate(der);
    if (!isForNothingElse(certificate, task)) return "it is not for this name alone";
    if (!certificate.issuer.equals(certificate.subject)) return "it is not self-signed";
    if (!certificate.x509.verify(certificate.publicKey)) return "it is not self-signed";
    const extension = acmeIdentifier(certificate);
    if (!extension) return "it has no acmeIdentifier extension";
    if (!extension.critical) return "its acmeIdentifier extension is not critical";
    const digest = createHash("sha256").update(task.keyAuthorization).digest();
    return expectTag(readDer(extension.value), TAG.octetString).content.equals(digest)
      ? undefined
      : "its key authorization is another one";
  } catch (error) {
    if (error instanceof DevtlsError) return causeOf(error);
    return "it cannot be read";
  }
}

function isForNothingElse({ names }: Certificate, { identifier }: Task): boolean {
  const [name, ...more] = names;
  const { type, value } = identifier;
  return more.length === 0 && name?.kind === type && name.value.toLowerCase() === value;
}

function acmeIdentifier({ der }: Certificate): { critical: boolean; value: Buffer } | undefined {
  const fields = childrenOf(expectTag(childrenOf(readDer(der), TAG.sequence)[0], TAG.sequence));
  const tagged = fields.find(({ tag }) => tag === 0xa3);
  const list: DerValue[] = tagged ? childrenOf(childrenOf(tagged)[0] as DerValue) : [];
  for (const entry of list) {
    const [id, second, third] = childrenOf(entry, TAG.sequence);
    if (readOid(id) !== OID.acmeIdentifier) continue;
    const critical = third !== undefined && second !== undefined && readBoolean(second);
    return { critical, value: expectTag(third ?? second, TAG.octetString).content };
  }
  return undefined;
}

function failure(type: ProblemType, detail: string, explanation: Explanation): ChallengeFailure {
  return new ChallengeFailure(type, `tls-alpn-01: ${detail}`, explanation);
}

function handshakeFailure(
  error: unknown,
  signal: AbortSignal,
  asked: string,
  port: number,
): ChallengeFailure {
  const code = signal.aborted ? "ETIMEDOUT" : (systemCode(error) ?? "");
  if (code === "ECONNREFUSED") {
    return failure("connection", `port ${port}: connection refused`, {
      asked,
      got: "connection refused",
      change: [
        `Nothing listens on port ${port} there. If the client listens on another one: devtls acme --tls-alpn-01-port 8443`,
      ],
    });
  }
  if (code === "ETIMEDOUT" || code === "ECONNRESET") {
    const reason = code === "ECONNRESET" ? "the connection was reset" : "no answer in time";
    return failure("connection", `port ${port}: ${reason}`, {
      asked,
      got: reason,
      change: [`See what listens on port ${port}: ss -ltnp`],
    });
  }
  const alert = code === "ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL";
  const reason = alert ? `the server does not speak ${PROTOCOL}` : "the TLS handshake failed";
  return failure("tls", `port ${port}: ${reason}`, {
    asked,
    got: `${reason}${alert || !code ? "" : ` (${code})`}`,
    change: [
      `What listens on port ${port} is not the ACME client, or has no challenge of this name yet. Use http-01 with it, or stop it while the client listens.`,
    ],
  });
}
