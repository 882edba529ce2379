/** Certificates: download (RFC 8555 7.4.2) and revocation (7.6). */
import { DevtlsError } from "../../errors.js";
import { type Certificate, parseCertificate } from "../../x509/certificate.js";
import { encodePublicKey } from "../../x509/keys.js";
import { pemBlocks } from "../../x509/pem.js";
import { type Answer, type Call, type Context, expectNoPayload, payloadOf } from "./context.js";
import { keyOf } from "./identifiers.js";
import { certificateId } from "./ids.js";
import { decodeBase64Url, shownJson } from "./json.js";
import type { Account, IssuedCertificate } from "./model.js";
import { malformed, Problem } from "./problem.js";

/** @param chain which one, as its URL says it; "" for the one that is sent unless asked otherwise */
export function download(context: Context, call: Call, id: string, chain: string): Answer {
  expectNoPayload(call);
  const { records, origin } = context;
  const certificate = records.certificate(id);
  const body = certificate?.chains[Number(chain || "0")];
  if (!certificate || body === undefined) throw malformed("there is no such certificate", 404);
  if (certificate.account !== call.account?.id) {
    throw new Problem("unauthorized", "the certificate is another account's");
  }
  const url = `${origin}/cert/${id}`;
  const links = certificate.chains
    .map((_, at) => (at === 0 ? url : `${url}/${at}`))
    .filter((_, at) => String(at) !== (chain || "0"))
    .map((other) => `<${other}>;rel="alternate"`);
  return {
    status: 200,
    body,
    headers: { "Content-Type": "application/pem-certificate-chain", Link: links },
  };
}

/** Reasons that a subscriber can give (RFC 5280 5.3.1): not 2 and 10, which are authorities'. */
const REASONS: readonly unknown[] = [0, 1, 3, 4, 5, 9];

/**
 * Revokes a certificate: for the account that it was issued to, an account that is authorized for
 * all its names, or whoever has its key.
 */
export function revoke(context: Context, call: Call): Answer {
  const { records, world, now } = context;
  const payload = payloadOf(call);
  const given = readCertificate(decodeBase64Url(payload.certificate, "certificate"));
  const record = records.certificate(certificateId(given.issuerKeyId, given.certificate.serial));
  if (!record || !isThis(record, given.certificate)) {
    throw malformed("this server did not issue the certificate", 404);
  }
  if (
    call.account ? !mayRevoke(context, call.account, record) : !hasKeyOf(call, given.certificate)
  ) {
    throw new Problem("unauthorized", "the certificate is another's to revoke");
  }
  const reason = payload.reason ?? 0;
  if (!REASONS.includes(reason)) {
    throw new Problem(
      "badRevocationReason",
      `the reason ${shownJson(reason)} is not taken; use ${REASONS.join(", ")}`,
    );
  }
  if (record.revoked) throw new Problem("alreadyRevoked", "the certificate is revoked already");
  const certificate = { ...record, revoked: { at: now, reason: reason as number } };
  records.saveCertificate(certificate);
  world.report({ event: "revoked", certificate });
  return { status: 200 };
}

function readCertificate(der: Buffer): { certificate: Certificate; issuerKeyId: Buffer } {
  try {
    const certificate = parseCertificate(der);
    if (certificate.issuerKeyId) return { certificate, issuerKeyId: certificate.issuerKeyId };
  } catch (error) {
    if (!(error instanceof DevtlsError)) throw error;
    throw malformed("certificate is not a certificate in DER");
  }
  throw malformed("this server did not issue the certificate", 404);
}

function isThis({ chains }: IssuedCertificate, { der }: Certificate): boolean {
  return pemBlocks(chains[0] ?? "", "CERTIFICATE")[0]?.equals(der) ?? false;
}

function hasKeyOf({ key }: Call, { publicKey }: Certificate): boolean {
  return encodePublicKey(key.key).equals(encodePublicKey(publicKey));
}

function mayRevoke({ records, now }: Context, { id }: Account, record: IssuedCertificate): boolean {
  if (record.account === id) return true;
  const authorized = new Set<string>();
  for (const orderId of records.ordersOf(id)) {
    const order = records.order(orderId);
    if (!order || order.expires <= now) continue;
    for (const { status, identifier, wildcard } of order.authorizations) {
      const value = wildcard ? `*.${identifier.value}` : identifier.value;
      if (status === "valid") authorized.add(keyOf({ ...identifier, value }));
    }
  }
  return record.identifiers.every((identifier) => authorized.has(keyOf(identifier)));
}
