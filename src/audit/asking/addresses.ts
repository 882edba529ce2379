/** Where a host is, and what an audit of it may therefore do. */
import { lookup } from "node:dns/promises";
import { causeOf, DevtlsError } from "../../errors.js";
import {
  formatIp,
  type IpBlock,
  isLoopbackAddress,
  isWithin,
  parseCidr,
  parseIp,
} from "../../x509/ip.js";

const blocks = (...texts: readonly string[]): IpBlock[] =>
  texts.map((text) => parseCidr(text) as IpBlock);

/** Addresses that are not public (IANA special-purpose registries), besides loopback. */
const INTERNAL = blocks(
  ...["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12"],
  ...["192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4"],
  ...["::/128", "64:ff9b:1::/48", "fc00::/7", "fe80::/10", "ff00::/8"],
);

/** Without a zone, and an IPv4 address out of its IPv6 wrapping. */
function bare(address: string): string {
  const octets = parseIp(address.replace(/%.*$/, ""));
  const isWrapped = octets?.length === 16 && octets.subarray(0, 12).equals(WRAPPING);
  return octets ? formatIp(isWrapped ? octets.subarray(12) : octets) : address;
}

const WRAPPING = Buffer.from("00000000000000000000ffff", "hex");

export function isLoopback(address: string): boolean {
  return isLoopbackAddress(bare(address));
}

/** Whether only this machine, or who is in the same network, reaches an address. */
export function isInternal(address: string): boolean {
  return isLoopback(address) || isWithin(INTERNAL, bare(address)) || !parseIp(bare(address));
}

/** The addresses of a host of a URL. @throws DevtlsError "request-failed" */
export async function addressesOf({ hostname }: URL): Promise<readonly string[]> {
  const host = hostname.replace(/^\[|\]$/g, "");
  if (parseIp(host)) return [host];
  if (/(?:^|\.)localhost\.?$/i.test(host)) return ["127.0.0.1", "::1"];
  try {
    const found = await lookup(host, { all: true, order: "ipv4first" });
    return found.map(({ address }) => address);
  } catch (error) {
    throw new DevtlsError("request-failed", `could not audit ${host}: ${causeOf(error)}`, {
      hint: "Is the name right, and does it resolve here?",
      cause: error,
    });
  }
}
