/**
 * A strict reader for DER (ITU-T X.690). Certificates and requests can come from strangers, so
 * what DER forbids is refused: indefinite and over-long lengths, multi-byte tags, trailing bytes.
 * Values keep their exact encoding, which an issuer or a signed part is copied from.
 */
import { DevtlsError } from "../errors.js";

export interface DerValue {
  /** The identifier octet: class, constructed bit and number. */
  readonly tag: number;
  readonly content: Buffer;
  /** Identifier, length and content, as they stood in the input. */
  readonly raw: Buffer;
}

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

function bad(reason: string): DevtlsError {
  return new DevtlsError("bad-certificate", `could not read DER: ${reason}`);
}

/** Reads exactly one value that fills `input`. @throws DevtlsError "bad-certificate" */
export function readDer(input: Uint8Array): DerValue {
  const [value, rest] = readFirst(asBuffer(input));
  if (rest.length > 0) throw bad(`${rest.length} bytes follow the value`);
  return value;
}

/** Reads the values that stand one after the other in a constructed value's content. */
export function childrenOf(value: DerValue, expected?: number): DerValue[] {
  if (expected !== undefined) expectTag(value, expected);
  if ((value.tag & 0x20) === 0) throw bad("a constructed value was expected");
  const children: DerValue[] = [];
  let rest = value.content;
  while (rest.length > 0) {
    const [child, after] = readFirst(rest);
    children.push(child);
    rest = after;
  }
  return children;
}

export function expectTag(value: DerValue | undefined, tag: number): DerValue {
  if (!value) throw bad(`a value with tag 0x${tag.toString(16)} is missing`);
  if (value.tag !== tag) {
    throw bad(`tag 0x${value.tag.toString(16)} where 0x${tag.toString(16)} was expected`);
  }
  return value;
}

function readFirst(input: Buffer): [DerValue, Buffer] {
  const tag = input[0];
  const first = input[1];
  if (tag === undefined || first === undefined) throw bad("it ends too early");
  if ((tag & 0x1f) === 0x1f) throw bad("a multi-byte tag");
  let length = first;
  let offset = 2;
  if (first & 0x80) {
    const octets = first & 0x7f;
    if (octets === 0) throw bad("an indefinite length");
    if (octets > 3) throw bad("a length over 16 MiB");
    if (input.length < 2 + octets) throw bad("it ends too early");
    length = input.readUIntBE(2, octets);
    if (length < 0x80 || length < 2 ** (8 * (octets - 1))) throw bad("a length that is too long");
    offset += octets;
  }
  const end = offset + length;
  if (input.length < end) throw bad("it ends too early");
  const value = { tag, content: input.subarray(offset, end), raw: input.subarray(0, end) };
  return [value, input.subarray(end)];
}

/**
 * Octets of the longest object identifier that is read. Those in use have fewer than 30; an arc
 * can be a number of any size, and reading takes time that grows with the square of it.
 */
const MAX_OID_OCTETS = 128;

export function readOid(value: DerValue | undefined): string {
  const { content } = expectTag(value, TAG.oid);
  if (content.length > MAX_OID_OCTETS) throw bad("an object identifier that is too long");
  const arcs: bigint[] = [];
  let arc = 0n;
  let open = false;
  for (const octet of content) {
    if (!open && octet === 0x80) throw bad("a padded object identifier");
    arc = (arc << 7n) | BigInt(octet & 0x7f);
    open = (octet & 0x80) !== 0;
    if (!open) {
      arcs.push(arc);
      arc = 0n;
    }
  }
  const head = arcs.shift();
  if (open || head === undefined) throw bad("a cut-off object identifier");
  const root = head < 80n ? head / 40n : 2n;
  return [root, head - root * 40n, ...arcs].join(".");
}

export function readBoolean(value: DerValue): boolean {
  const { content } = expectTag(value, TAG.boolean);
  if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff)) throw bad("a bad BOOLEAN");
  return content[0] === 0xff;
}

/** The content of an INTEGER as hexadecimal digits, upper case, without the sign octet. */
export function readIntegerHex(value: DerValue | undefined): string {
  const { content } = expectTag(value, TAG.integer);
  if (content.length === 0) throw bad("an empty INTEGER");
  const [first, second = 0] = content;
  const padded = content.length > 1 && first === (second & 0x80 ? 0xff : 0);
  if (padded) throw bad("a padded INTEGER");
  const unsigned = content.length > 1 && content[0] === 0 ? content.subarray(1) : content;
  return unsigned.toString("hex").toUpperCase();
}

/** A BIT STRING of whole octets (keys and signatures). */
export function readBitString(value: DerValue | undefined): Buffer {
  const { content } = expectTag(value, TAG.bitString);
  if (content[0] !== 0) throw bad("a BIT STRING that does not end on an octet");
  return content.subarray(1);
}

/** A UTCTime or GeneralizedTime in the one form RFC 5280 4.1.2.5 allows: seconds and Z. */
export function readTime(value: DerValue | undefined): Date {
  if (!value || (value.tag !== TAG.utcTime && value.tag !== TAG.generalizedTime)) {
    throw bad("a time is missing");
  }
  const text = value.content.toString("latin1");
  const wide = value.tag === TAG.generalizedTime;
  const match = (wide ? /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/ : UTC_TIME).exec(text);
  if (!match) throw bad(`the time "${text}"`);
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as SixNumbers;
  const century = wide ? 0 : year >= 50 ? 1900 : 2000;
  const date = new Date(Date.UTC(century + year, month - 1, day, hour, minute, second));
  // Date.UTC carries over: the 30th of February would be the 1st of March.
  const digits = date.toISOString().replace(/\.\d+|[-:T]/g, "");
  if (!digits.endsWith(text)) throw bad(`the time "${text}"`);
  return date;
}

type SixNumbers = [number, number, number, number, number, number];
const UTC_TIME = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
