/** Which addresses a validation may connect to: a stranger's order must not make devtls ask others. */
import { formatIp, type IpBlock, isLoopbackAddress, isWithin, parseIp } from "../../x509/ip.js";

export interface AddressPolicy {
  /** Ranges that may be asked besides loopback. */
  readonly reach: readonly IpBlock[];
  /** Whether the address that a request came from may be asked, where it is not loopback. */
  readonly askers: boolean;
  /** Addresses of names, given by who runs the server: these are asked whatever they are. */
  readonly resolve: ReadonlyMap<string, readonly string[]>;
}

/** The canonical form of an address, an IPv4 address out of its IPv6 wrapping; undefined for none. */
export function canonicalAddress(text: string): string | undefined {
  const bare = text.replace(/%.*$/, "").replace(/^::ffff:(?=\d+\.)/i, "");
  const octets = parseIp(bare);
  return octets && formatIp(octets);
}

/** Whether a validation of this name may connect to this address. */
export function mayAsk(
  policy: AddressPolicy,
  { name, address, asker }: { name: string; address: string; asker: string },
): boolean {
  if (isLoopbackAddress(address) || isWithin(policy.reach, address)) return true;
  if (policy.askers && address === asker) return true;
  return policy.resolve.get(name)?.includes(address) ?? false;
}
