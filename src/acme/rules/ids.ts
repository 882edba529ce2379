/** Identifiers of what the server keeps. */
import { randomBytes } from "node:crypto";

/** One that cannot be guessed, for URLs. */
export function newId(): string {
  return randomBytes(12).toString("base64url");
}

/** How RFC 9773 4.1 names a certificate: its issuer's key identifier and its serial number. */
export function certificateId(issuerKeyId: Uint8Array, serial: string): string {
  return `${Buffer.from(issuerKeyId).toString("base64url")}.${serialOctets(serial).toString("base64url")}`;
}

/** The content of the INTEGER: with a zero octet where the number would read negative. */
function serialOctets(serial: string): Buffer {
  const octets = Buffer.from(serial, "hex");
  return (octets[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.alloc(1), octets]) : octets;
}
