/** Where a host is, and what an audit of it may therefore do. */
import { lookup } from "node:dns/promises";
import { causeOf, DevtlsError } from "../../errors.js";
import { blockContains, type IpBlock, parseCidr, parseIp } from "../../x509/ip.js";

const blocks = (...texts: readonly string[]): IpBlock[] =>
  texts.map((text) => parseCidr(text) as IpBlock);

const LOOPBACK = blocks("127.0.0.0/8", "::1/128");

/** Addresses that are not public (IANA special-purpose registries), besides loopback. */
const INTERNAL = blocks(
  ...["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12"],
  ...["192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4"],
  ...["::/128", "64:ff9b:1::/48", "fc00::/7", "fe80::/10", "ff00::/8"],
);

/** An IPv4 address also in its IPv6 wrapping. */
function octetsOf(address: string): Buffer | undefined {
  const bare = address.replace(/%.*$/, "");
  const octets = parseIp(bare.replace(/^::ffff:(?=\d+\.)/i, ""));
  if (octets?.length !== 16) return octets;
  const isWrapped = octets.subarray(0, 12).equals(Buffer.from("00000000000000000000ffff", "hex"));
  return isWrapped ? octets.subarray(12) : octets;
}

const isIn = (list: readonly IpBlock[], address: string): boolean => {
  const octets = octetsOf(address);
  return octets !== undefined && list.some((block) => blockContains(block, octets));
};

export function isLoopback(address: string): boolean {
  return isIn(LOOPBACK, address);
}

/** Whether only this machine, or who is in the same network, reaches an address. */
export function isInternal(address: string): boolean {
  return isLoopback(address) || isIn(INTERNAL, address) || octetsOf(address) === undefined;
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
