/**
 * DER writing (ITU-T X.690), a thin layer over node-forge's encoder. Only `lib/asn1` of the
 * package is loaded: the whole package would add 55 to 90 ms to a cold start.
 */
import asn1, { type Node } from "node-forge/lib/asn1.js";
import { readDer } from "./der-reader.js";

export type DerNode = Node;

const UNIVERSAL = 0x00;
const CONTEXT = 0x80;
const TYPE = {
  boolean: 1,
  integer: 2,
  bitString: 3,
  octetString: 4,
  null: 5,
  oid: 6,
  enumerated: 10,
  utf8: 12,
  sequence: 16,
  set: 17,
  ia5: 22,
  utcTime: 23,
  generalizedTime: 24,
  bmp: 30,
} as const;

const binary = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");
const primitive = (type: number, value: string): DerNode =>
  asn1.create(UNIVERSAL, type, false, value);

export function encode(node: DerNode): Buffer {
  return Buffer.from(asn1.toDer(node).getBytes(), "latin1");
}

export function sequence(...children: DerNode[]): DerNode {
  return asn1.create(UNIVERSAL, TYPE.sequence, true, children);
}

export function set(...children: DerNode[]): DerNode {
  return asn1.create(UNIVERSAL, TYPE.set, true, children);
}

export function oid(dotted: string): DerNode {
  return primitive(TYPE.oid, asn1.oidToDer(dotted).getBytes());
}

export function boolean(value: boolean): DerNode {
  return primitive(TYPE.boolean, value ? "\xff" : "\x00");
}

export function nullValue(): DerNode {
  return primitive(TYPE.null, "");
}

/** An INTEGER from its big-endian magnitude; a leading zero is added where it would read negative. */
export function integer(magnitude: Uint8Array | number): DerNode {
  const bytes =
    typeof magnitude === "number" ? Buffer.from(hexOf(magnitude), "hex") : Buffer.from(magnitude);
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const trimmed = bytes.subarray(start);
  const negative = ((trimmed[0] ?? 0) & 0x80) !== 0;
  return primitive(TYPE.integer, (negative ? "\0" : "") + binary(trimmed));
}

/** An ENUMERATED below 128. */
export function enumerated(value: number): DerNode {
  return primitive(TYPE.enumerated, String.fromCharCode(value));
}

function hexOf(value: number): string {
  const hex = value.toString(16);
  return hex.length % 2 === 0 ? hex : `0${hex}`;
}

export function octetString(value: Uint8Array | DerNode): DerNode {
  return primitive(TYPE.octetString, binary(value instanceof Uint8Array ? value : encode(value)));
}

/** A BIT STRING; `unused` counts the bits of the last octet that do not belong to it. */
export function bitString(bytes: Uint8Array, unused = 0): DerNode {
  return primitive(TYPE.bitString, String.fromCharCode(unused) + binary(bytes));
}

/**
 * A BIT STRING used as a set of named bits (KeyUsage): bit 0 is the most significant one, and
 * trailing zero bits are left out, as DER asks (X.690 11.2.2).
 */
export function namedBits(...bits: number[]): DerNode {
  const highest = Math.max(...bits);
  const bytes = Buffer.alloc(Math.floor(highest / 8) + 1);
  for (const bit of bits) {
    const index = Math.floor(bit / 8);
    bytes[index] = (bytes[index] ?? 0) | (0x80 >> (bit % 8));
  }
  return bitString(bytes, 7 - (highest % 8));
}

export function utf8String(text: string): DerNode {
  return primitive(TYPE.utf8, binary(Buffer.from(text, "utf8")));
}

export function ia5String(text: string): DerNode {
  return primitive(TYPE.ia5, text);
}

/** BMPString (UTF-16, big-endian, which the encoder makes of the text): PKCS#12 friendly names. */
export function bmpString(text: string): DerNode {
  return primitive(TYPE.bmp, text);
}

/** A Time (RFC 5280 4.1.2.5): UTCTime through 2049, GeneralizedTime from 2050 on. */
export function time(date: Date): DerNode {
  return date.getUTCFullYear() < 2050
    ? primitive(TYPE.utcTime, asn1.dateToUtcTime(date))
    : primitive(TYPE.generalizedTime, asn1.dateToGeneralizedTime(date));
}

/** `[tag] EXPLICIT` and constructed `[tag] IMPLICIT` values. */
export function context(tag: number, ...children: DerNode[]): DerNode {
  return asn1.create(CONTEXT, tag, true, children);
}

/** A primitive `[tag] IMPLICIT` value from its content octets. */
export function contextBytes(tag: number, content: Uint8Array): DerNode {
  return asn1.create(CONTEXT, tag, false, binary(content));
}

/**
 * An encoded value taken over byte for byte. Re-encoding a parsed value could change its string
 * types, and an issuer that differs from the authority's subject in one octet breaks the chain.
 */
export function verbatim(der: Uint8Array): DerNode {
  const value = readDer(der);
  return asn1.create(
    value.tag & 0xc0,
    (value.tag & 0x1f) | (value.tag & 0x20),
    false,
    binary(value.content),
  );
}
