/**
 * IP addresses as octets. `node:net` can tell that a text is an address but not what its octets
 * are, and certificates hold octets (RFC 5280 4.2.1.6).
 */

/**
 * The octets of an IPv4 address in dotted-decimal form, or undefined. Leading zeros are refused:
 * some resolvers read them as octal (RFC 6943 3.1.1).
 */
function parseIpv4(text: string): Buffer | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part))) {
    return undefined;
  }
  const octets = parts.map(Number);
  return octets.every((octet) => octet <= 255) ? Buffer.from(octets) : undefined;
}

/** The 16 octets of an IPv6 address in any spelling of RFC 4291 2.2 (no zone), or undefined. */
function parseIpv6(text: string): Buffer | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head, tail] = halves as [string, string | undefined];
  const left = groupsOf(head, tail === undefined);
  const right = tail === undefined ? [] : groupsOf(tail, true);
  if (!left || !right) return undefined;
  const missing = 8 - left.length - right.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const bytes = Buffer.alloc(16);
  left.forEach((group, index) => {
    bytes.writeUInt16BE(group, index * 2);
  });
  right.forEach((group, index) => {
    bytes.writeUInt16BE(group, (left.length + missing + index) * 2);
  });
  return bytes;
}

/** The 16-bit groups of one side of "::"; the last two may be written as an IPv4 address. */
function groupsOf(text: string, last: boolean): number[] | undefined {
  if (text === "") return [];
  const parts = text.split(":");
  const groups: number[] = [];
  for (const [index, part] of parts.entries()) {
    const dotted = last && index === parts.length - 1 && part.includes(".");
    const octets = dotted ? parseIpv4(part) : undefined;
    if (octets) groups.push(octets.readUInt16BE(0), octets.readUInt16BE(2));
    else if (/^[0-9A-Fa-f]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

/** 4 or 16 octets of an address of either family, or undefined. */
export function parseIp(text: string): Buffer | undefined {
  return parseIpv4(text) ?? parseIpv6(text);
}

/** The canonical text of 4 or 16 octets (RFC 5952 for IPv6). */
export function formatIp(bytes: Uint8Array): string {
  if (bytes.length === 4) return [...bytes].join(".");
  const view = Buffer.from(bytes);
  const groups = Array.from({ length: 8 }, (_, index) => view.readUInt16BE(index * 2));
  const zeros = longestZeroRun(groups);
  const hex = (part: number[]): string => part.map((group) => group.toString(16)).join(":");
  if (zeros.length < 2) return hex(groups);
  return `${hex(groups.slice(0, zeros.start))}::${hex(groups.slice(zeros.start + zeros.length))}`;
}

function longestZeroRun(groups: number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  groups.forEach((group, index) => {
    if (group !== 0) start = index + 1;
    else if (index + 1 - start > best.length) best = { start, length: index + 1 - start };
  });
  return best;
}

/** An address block: the network's octets (host bits zero) and the mask's, of the same length. */
export interface IpBlock {
  readonly network: Buffer;
  readonly mask: Buffer;
}

/** "10.0.0.0/8" or a single address as a block, or undefined when it is neither. */
export function parseCidr(text: string): IpBlock | undefined {
  const [address = "", length, ...more] = text.split("/");
  const bytes = parseIp(address);
  if (!bytes || more.length > 0) return undefined;
  const bits = bytes.length * 8;
  if (length !== undefined && !/^\d{1,3}$/.test(length)) return undefined;
  const prefix = length === undefined ? bits : Number(length);
  if (prefix > bits) return undefined;
  const mask = Buffer.alloc(bytes.length);
  for (let bit = 0; bit < prefix; bit++) {
    mask[bit >> 3] = (mask[bit >> 3] ?? 0) | (0x80 >> (bit & 7));
  }
  return { network: Buffer.from(bytes.map((octet, index) => octet & (mask[index] ?? 0))), mask };
}

export function formatCidr(block: IpBlock): string {
  return `${formatIp(block.network)}/${prefixLength(block)}`;
}

/** How many bits the addresses of a block have in common. */
export function prefixLength({ mask }: IpBlock): number {
  return [...mask].reduce((sum, octet) => sum + bitCount(octet), 0);
}

function bitCount(octet: number): number {
  return octet.toString(2).replaceAll("0", "").length;
}

/** The machine itself (RFC 5735 3, RFC 4291 2.5.3). */
const LOOPBACK = ["127.0.0.0/8", "::1/128"].map((text) => parseCidr(text) as IpBlock);

/** Whether an address, as text, is in one of these blocks. */
export function isWithin(blocks: readonly IpBlock[], address: string): boolean {
  const octets = parseIp(address);
  return octets !== undefined && blocks.some((block) => blockContains(block, octets));
}

export function isLoopbackAddress(address: string): boolean {
  return isWithin(LOOPBACK, address);
}

export function blockContains(block: IpBlock, address: Uint8Array): boolean {
  return (
    address.length === block.network.length &&
    block.network.every(
      (octet, index) => ((address[index] ?? 0) & (block.mask[index] ?? 0)) === octet,
    )
  );
}
