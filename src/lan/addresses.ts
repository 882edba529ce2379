/** The addresses under which devices of the local network reach this machine. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import { type NetworkInterfaceInfo, networkInterfaces } from "node:os";
import { DevtlsError } from "../errors.js";
import { blockContains, type IpBlock, parseCidr, parseIp } from "../x509/ip.js";

/**
 * RFC 1918, RFC 3927 and RFC 4193. Not fe80::/10: URLs have no zone (WHATWG URL 4.3), so no browser
 * can open such an address.
 */
const BLOCKS = [
  ...["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"],
  "fc00::/7",
].map((text) => parseCidr(text) as IpBlock);

/** Networks that are inside this machine, or lead elsewhere than to the devices on the desk. */
const VIRTUAL =
  /^(?:docker|br-|veth|virbr|vmnet|vboxnet|vethernet|lxc|lxd|cni|podman|utun|tun|tap|wg|zt|tailscale)/i;

/** An address of TEST-NET-1 (RFC 5737): connecting a datagram socket asks the routes, and sends nothing. */
const ANYWHERE = "192.0.2.1";

/** An address of this machine on a local network. */
export interface LanAddress {
  readonly address: string;
  readonly family: "IPv4" | "IPv6";
  readonly netmask: string;
  /** "wlan0" */
  readonly interface: string;
}

type Interfaces = ReturnType<typeof networkInterfaces>;

/** Whether an address is one that only a local network has. */
export function isPrivate(address: string): boolean {
  const bytes = parseIp(address);
  return bytes !== undefined && BLOCKS.some((block) => blockContains(block, bytes));
}

/** This machine's private addresses: IPv4 first, those of real networks before virtual ones. */
export function lanAddresses(interfaces: Interfaces = networkInterfaces()): LanAddress[] {
  const found = Object.entries(interfaces).flatMap(([name, infos = []]) =>
    infos.filter(isUsable).map((info) => ({ name, info })),
  );
  const rank = ({ name, info }: (typeof found)[number]): number =>
    (info.family === "IPv6" ? 4 : 0) +
    (VIRTUAL.test(name) ? 2 : 0) +
    (info.address.startsWith("169.254.") ? 1 : 0);
  return found
    .sort((a, b) => rank(a) - rank(b))
    .map(({ name, info: { address, family, netmask } }) => ({
      ...{ address, family, netmask },
      interface: name,
    }));
}

/**
 * Some of them, of which there has to be one.
 * @param wanted the only one to use
 * @throws DevtlsError "address-unavailable"
 */
export function requireLanAddresses(
  wanted: string | undefined,
  all: readonly LanAddress[] = lanAddresses(),
): LanAddress[] {
  const found = all.filter(({ address }) => address === (wanted ?? address));
  if (found.length > 0) return found;
  if (wanted !== undefined) {
    throw new DevtlsError(
      "address-unavailable",
      `could not listen on ${wanted}: this machine has no such address`,
      { hint: "See its addresses: ip address. For all of them: --lan" },
    );
  }
  throw new DevtlsError(
    "address-unavailable",
    "could not serve the local network: this machine has no private address",
    { hint: "Join a network (Wi-Fi, cable, the phone's hotspot), then start devtls again" },
  );
}

function isUsable({ internal, address }: NetworkInterfaceInfo): boolean {
  return !internal && isPrivate(address);
}

/** The same with the address first by which this machine reaches the rest of the world. */
export async function byRoute(addresses: readonly LanAddress[]): Promise<LanAddress[]> {
  const source = await sourceAddress();
  const first = addresses.filter(({ address }) => address === source);
  return [...first, ...addresses.filter(({ address }) => address !== source)];
}

async function sourceAddress(): Promise<string | undefined> {
  const socket = createSocket("udp4");
  try {
    socket.connect(9, ANYWHERE);
    await once(socket, "connect");
    return socket.address().address;
  } catch {
    // No route leads out of this network: then any of its addresses is as good.
    return undefined;
  } finally {
    socket.close();
  }
}

/** For this machine to answer itself. */
const KNOCK_MS = 1_000;

/** The first of these addresses at which something listens on a port. */
export async function listeningAt(
  addresses: readonly string[],
  port: number,
): Promise<string | undefined> {
  for (const host of addresses) {
    const socket = connect({ host, port });
    const timer = setTimeout(() => socket.destroy(new Error("no answer")), KNOCK_MS);
    const isOpen = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    clearTimeout(timer);
    socket.destroy();
    if (isOpen) return host;
  }
  return undefined;
}

/** Whether two addresses are on one link, by the netmask of the first. */
export function isOnLink(own: LanAddress, other: string): boolean {
  const [address, mask, bytes] = [own.address, own.netmask, other].map(parseIp);
  if (!address || !mask || !bytes || bytes.length !== address.length) return false;
  return address.every((octet, at) => ((octet ^ (bytes[at] ?? 0)) & (mask[at] ?? 0)) === 0);
}
