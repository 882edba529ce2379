/** Named groups (IANA "TLS Supported Groups") with their names in OpenSSL and their bits. */
const GROUPS: readonly (readonly [id: number, name: string, bits: number])[] = [
  [0x11ec, "X25519MLKEM768", 256],
  [0x11eb, "SecP256r1MLKEM768", 256],
  [0x11ed, "SecP384r1MLKEM1024", 384],
  [0x001d, "x25519", 253],
  [0x0017, "prime256v1", 256],
  [0x001e, "x448", 448],
  [0x0018, "secp384r1", 384],
  [0x0019, "secp521r1", 521],
  [0x001a, "brainpoolP256r1", 256],
  [0x001b, "brainpoolP384r1", 384],
  [0x001c, "brainpoolP512r1", 512],
  [0x001f, "brainpoolP256r1tls13", 256],
  [0x0020, "brainpoolP384r1tls13", 384],
  [0x0021, "brainpoolP512r1tls13", 512],
  [0x0016, "secp256k1", 256],
  [0x0015, "secp224r1", 224],
  [0x0014, "secp224k1", 224],
  [0x0013, "prime192v1", 192],
  [0x0012, "secp192k1", 192],
  [0x0010, "secp160r1", 160],
  [0x0011, "secp160r2", 160],
  [0x000f, "secp160k1", 160],
  [0x000e, "sect571r1", 571],
  [0x000d, "sect571k1", 571],
  [0x000c, "sect409r1", 409],
  [0x000b, "sect409k1", 409],
  [0x000a, "sect283r1", 283],
  [0x0009, "sect283k1", 283],
  [0x0007, "sect233r1", 233],
  [0x0006, "sect233k1", 233],
  [0x0003, "sect163r2", 163],
  [0x0001, "sect163k1", 163],
  [0x0100, "ffdhe2048", 2048],
  [0x0101, "ffdhe3072", 3072],
  [0x0102, "ffdhe4096", 4096],
  [0x0103, "ffdhe6144", 6144],
  [0x0104, "ffdhe8192", 8192],
];

const BY_ID = new Map(GROUPS.map((group) => [group[0], group]));

const isFiniteField = (id: number): boolean => id >= 0x100 && id < 0x200;

/** All of them, for TLS 1.3. */
export const ALL_GROUPS: readonly number[] = GROUPS.map(([id]) => id);

/** Those of elliptic curves, for ECDHE up to TLS 1.2. */
export const CURVES: readonly number[] = ALL_GROUPS.filter((id) => id < 0x100);

export function groupName(id: number): string {
  return BY_ID.get(id)?.[1] ?? `0x${id.toString(16).padStart(4, "0")}`;
}

/** The strength of an elliptic curve in bits; undefined for a group of another kind. */
export function curveBits(id: number): number | undefined {
  return isFiniteField(id) ? undefined : BY_ID.get(id)?.[2];
}
