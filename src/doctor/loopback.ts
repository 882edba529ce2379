import type { IpBlock } from "../x509/ip.js";
import { blockContains, parseCidr, parseIp } from "../x509/ip.js";

const BLOCKS = ["127.0.0.0/8", "::1/128"].map((text) => parseCidr(text) as IpBlock);

/** Whether an address is this machine itself (RFC 6890), a scope such as "%lo0" left aside. */
export function isLoopback(address: string): boolean {
  const bytes = parseIp(address.replace(/%.*/, ""));
  // fe80::1%lo0 stands in every hosts file of macOS.
  if (/^fe80::1%lo0$/.test(address)) return true;
  return bytes !== undefined && BLOCKS.some((block) => blockContains(block, bytes));
}
