/**
 * The first flight of a TLS handshake, written and read octet by octet, for versions and suites that
 * no library speaks any more (RFC 8446, RFC 5246, RFC 6101). What a server sends is read strictly and
 * within bounds; nothing is decrypted, and no handshake is ever finished.
 */
import { type Suite, suiteById } from "./suites.js";

/** As on the wire. */
export const VERSIONS = {
  SSLv3: 0x0300,
  "TLSv1.0": 0x0301,
  "TLSv1.1": 0x0302,
  "TLSv1.2": 0x0303,
  "TLSv1.3": 0x0304,
} as const;

export type Version = keyof typeof VERSIONS;

export interface Hello {
  readonly version: Version;
  readonly suites: readonly number[];
  /** Named groups (RFC 8446 4.2.7). */
  readonly groups: readonly number[];
  /** For the extension server_name; undefined where the host is an address. */
  readonly name: string | undefined;
  /** Also offer DEFLATE (RFC 3749). */
  readonly compression?: boolean;
}

const uint8 = (value: number): Buffer => Buffer.from([value]);
const uint16 = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff]);
const uint24 = (value: number): Buffer =>
  Buffer.from([value >> 16, (value >> 8) & 0xff, value & 0xff]);

/** A vector with its length in front of it. */
function vector(lengthOctets: 1 | 2 | 3, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const length = { 1: uint8, 2: uint16, 3: uint24 }[lengthOctets](content.length);
  return Buffer.concat([length, content]);
}

const extension = (type: number, ...parts: readonly Buffer[]): Buffer =>
  Buffer.concat([uint16(type), vector(2, ...parts)]);

const EXT = {
  serverName: 0,
  groups: 10,
  pointFormats: 11,
  signatureAlgorithms: 13,
  extendedMasterSecret: 23,
  versions: 43,
  pskModes: 45,
  keyShare: 51,
  renegotiation: 0xff01,
} as const;

/** Every pair of a hash and a signature that certificates are signed with, and RSA-PSS and EdDSA. */
const SIGNATURES = [
  ...[0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0807, 0x0808, 0x0809, 0x080a, 0x080b],
  ...[0x0401, 0x0501, 0x0601, 0x0402, 0x0502, 0x0602, 0x0303, 0x0301, 0x0302, 0x0203, 0x0201],
  ...[0x0202, 0x0101],
];

/** A ClientHello in its record. @param random 32 octets, and 32 more for the session of TLS 1.3 */
export function encodeHello(hello: Hello, random: Buffer): Buffer {
  const { version, suites, groups, name, compression = false } = hello;
  const isTls13 = version === "TLSv1.3";
  const legacy = isTls13 ? VERSIONS["TLSv1.2"] : VERSIONS[version];
  const body = Buffer.concat([
    uint16(legacy),
    random.subarray(0, 32),
    vector(1, isTls13 ? random.subarray(32, 64) : Buffer.alloc(0)),
    vector(2, ...suites.map(uint16)),
    vector(1, Buffer.from(compression ? [1, 0] : [0])),
    // SSL 3.0 knows no extensions, and some of its servers stumble over them.
    ...(version === "SSLv3" ? [] : [vector(2, ...extensionsOf(version, groups, name))]),
  ]);
  const handshake = Buffer.concat([uint8(1), vector(3, body)]);
  const recordVersion = Math.min(legacy, VERSIONS["TLSv1.0"]);
  return Buffer.concat([uint8(RECORD.handshake), uint16(recordVersion), vector(2, handshake)]);
}

function extensionsOf(
  version: Version,
  groups: readonly number[],
  name: string | undefined,
): Buffer[] {
  const isTls13 = version === "TLSv1.3";
  const own =
    name === undefined
      ? []
      : [extension(EXT.serverName, vector(2, uint8(0), vector(2, Buffer.from(name, "latin1"))))];
  return [
    ...own,
    extension(EXT.groups, vector(2, ...groups.map(uint16))),
    ...(isTls13 ? [] : [extension(EXT.pointFormats, vector(1, Buffer.from([0])))]),
    ...(version === "TLSv1.2" || isTls13
      ? [extension(EXT.signatureAlgorithms, vector(2, ...SIGNATURES.map(uint16)))]
      : []),
    ...(isTls13
      ? [
          extension(EXT.versions, vector(1, uint16(VERSIONS["TLSv1.3"]))),
          extension(EXT.pskModes, vector(1, uint8(1))),
          // Without a share the server names the group that it wants, and nothing is computed.
          extension(EXT.keyShare, vector(2)),
        ]
      : [extension(EXT.extendedMasterSecret), extension(EXT.renegotiation, vector(1))]),
  ];
}

const RECORD = { alert: 21, handshake: 22 } as const;

const MESSAGE = { serverHello: 2, certificate: 11, keyExchange: 12, done: 14 } as const;

export interface Answer {
  readonly version: Version | undefined;
  readonly suite: number;
  readonly compression: number;
  /** The server knows renegotiation_info (RFC 5746). */
  readonly isRenegotiationSecure: boolean;
  /** The group that TLS 1.3 asks a share for, or that ECDHE uses. */
  readonly group: number | undefined;
  /** Bits of the prime of DHE. */
  readonly primeBits: number | undefined;
  /** The certificates as they were sent, DER; empty in TLS 1.3, which hides them. */
  readonly certificates: readonly Buffer[];
}

/** What cannot be read as TLS. */
export class NotTls extends Error {}

/** A flight is not longer; certificates are the most of it. */
const MAX_OCTETS = 128 * 1024;

/** RFC 8446 5.1 and what older versions add to it. */
const MAX_RECORD = 16_384 + 2_048;

/**
 * Reads the server's flight as it comes. Done when the hello is complete, and where the key exchange
 * is wanted, when that is, too.
 */
export class FlightReader {
  readonly #wantsKeyExchange: boolean;
  #records = Buffer.alloc(0);
  #messages = Buffer.alloc(0);
  #octets = 0;
  #hello: Omit<Answer, "certificates" | "primeBits"> | undefined;
  #certificates: readonly Buffer[] = [];
  #exchange: Pick<Answer, "group" | "primeBits"> | undefined;
  #isDone = false;

  constructor(wantsKeyExchange: boolean) {
    this.#wantsKeyExchange = wantsKeyExchange;
  }

  /**
   * @returns the answer when it is complete, "refused" for an alert, undefined while more is to come
   * @throws NotTls
   */
  push(chunk: Buffer): Answer | "refused" | undefined {
    this.#octets += chunk.length;
    if (this.#octets > MAX_OCTETS) throw new NotTls("its first flight has no end");
    this.#records = Buffer.concat([this.#records, chunk]);
    for (let record = this.#record(); record; record = this.#record()) {
      if (record.type === RECORD.alert) {
        // A warning (unrecognized_name) may come before the hello.
        if (record.content[0] !== 1) return this.#answer() ?? "refused";
        continue;
      }
      if (record.type !== RECORD.handshake) return this.#answer() ?? "refused";
      this.#messages = Buffer.concat([this.#messages, record.content]);
      this.#readMessages();
      if (this.#isDone) return this.#answer();
    }
    return undefined;
  }

  /** What there is when the server says no more. */
  end(): Answer | "refused" {
    return this.#answer() ?? "refused";
  }

  #answer(): Answer | undefined {
    if (!this.#hello) return undefined;
    const { group = this.#hello.group, primeBits } = this.#exchange ?? {};
    return { ...this.#hello, group, primeBits, certificates: this.#certificates };
  }

  #record(): { readonly type: number; readonly content: Buffer } | undefined {
    if (this.#records.length < 5) return undefined;
    const type = this.#records[0] as number;
    const major = this.#records[1] as number;
    const length = this.#records.readUInt16BE(3);
    if (type < 20 || type > 24 || major !== 3 || length > MAX_RECORD) {
      throw new NotTls("it answers something else than TLS");
    }
    if (this.#records.length < 5 + length) return undefined;
    const content = this.#records.subarray(5, 5 + length);
    this.#records = this.#records.subarray(5 + length);
    return { type, content };
  }

  #readMessages(): void {
    while (this.#messages.length >= 4 && !this.#isDone) {
      const type = this.#messages[0] as number;
      const length = this.#messages.readUIntBE(1, 3);
      if (length > MAX_OCTETS) throw new NotTls("a message of its handshake is too long");
      if (this.#messages.length < 4 + length) return;
      const body = new Cursor(this.#messages.subarray(4, 4 + length));
      this.#messages = this.#messages.subarray(4 + length);
      this.#message(type, body);
    }
  }

  #message(type: number, body: Cursor): void {
    if (type === MESSAGE.serverHello) {
      this.#hello = readServerHello(body);
      // TLS 1.3 goes on encrypted.
      this.#isDone = !this.#wantsKeyExchange || this.#hello.version === "TLSv1.3";
    } else if (!this.#hello) throw new NotTls("its handshake begins without a hello");
    else if (type === MESSAGE.certificate) this.#certificates = readCertificates(body);
    else if (type === MESSAGE.keyExchange) {
      this.#exchange = readKeyExchange(body, suiteById(this.#hello.suite)?.exchange);
    } else if (type === MESSAGE.done) this.#isDone = true;
  }
}

/** Reads forward, and throws where there is less than it asks for. */
class Cursor {
  #rest: Buffer;

  constructor(content: Buffer) {
    this.#rest = content;
  }

  get isAtEnd(): boolean {
    return this.#rest.length === 0;
  }

  take(octets: number): Buffer {
    if (this.#rest.length < octets) throw new NotTls("a message of its handshake ends too early");
    const taken = this.#rest.subarray(0, octets);
    this.#rest = this.#rest.subarray(octets);
    return taken;
  }

  uint(octets: 1 | 2 | 3): number {
    return this.take(octets).readUIntBE(0, octets);
  }

  vector(lengthOctets: 1 | 2 | 3): Cursor {
    return new Cursor(this.take(this.uint(lengthOctets)));
  }

  rest(): Buffer {
    return this.take(this.#rest.length);
  }
}

function versionOf(number: number): Version | undefined {
  return (Object.keys(VERSIONS) as Version[]).find((name) => VERSIONS[name] === number);
}

function readServerHello(body: Cursor): Omit<Answer, "certificates" | "primeBits"> {
  let version = versionOf(body.uint(2));
  body.take(32);
  body.vector(1);
  const suite = body.uint(2);
  const compression = body.uint(1);
  let isRenegotiationSecure = false;
  let group: number | undefined;
  const extensions = body.isAtEnd ? undefined : body.vector(2);
  while (extensions && !extensions.isAtEnd) {
    const type = extensions.uint(2);
    const content = extensions.vector(2);
    if (type === EXT.versions) version = versionOf(content.uint(2));
    else if (type === EXT.keyShare) group = content.uint(2);
    else if (type === EXT.renegotiation) isRenegotiationSecure = true;
  }
  return { version, suite, compression, isRenegotiationSecure, group };
}

/** More are no chain. */
const MAX_CERTIFICATES = 32;

function readCertificates(body: Cursor): Buffer[] {
  const list = body.vector(3);
  const found: Buffer[] = [];
  while (!list.isAtEnd) {
    if (found.length >= MAX_CERTIFICATES) throw new NotTls("it sends too many certificates");
    found.push(Buffer.from(list.vector(3).rest()));
  }
  return found;
}

/** RFC 5246 7.4.3; of curves only those that have a number (RFC 8422 5.4). */
function readKeyExchange(
  body: Cursor,
  exchange: Suite["exchange"] | undefined,
): Pick<Answer, "group" | "primeBits"> {
  if (exchange === "ecdhe") {
    const isNamed = body.uint(1) === 3;
    return { group: isNamed ? body.uint(2) : undefined, primeBits: undefined };
  }
  const prime = exchange === "dhe" ? body.vector(2).rest() : undefined;
  return { group: undefined, primeBits: prime && bitLength(prime) };
}

function bitLength(number: Buffer): number {
  const at = number.findIndex((octet) => octet !== 0);
  if (at < 0) return 0;
  return (number.length - at - 1) * 8 + (32 - Math.clz32(number[at] as number));
}
