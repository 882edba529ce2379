/**
 * Multicast DNS on one link (RFC 6762): the socket, and what of the network's packets is looked at.
 * Everybody on the network can send here, so that sizes, sources and rates are bounded before a
 * packet is read.
 */
import { createSocket, type RemoteInfo } from "node:dgram";
import { once } from "node:events";
import { decode, encode, type Packet } from "dns-packet";
import { isOnLink, type LanAddress } from "../addresses.js";

/** RFC 6762 3. */
const GROUP = "224.0.0.251";
export const MDNS_PORT = 5353;

/** RFC 6762 17. */
const MAX_OCTETS = 9_000;

/** Packets that are read in a second: a hundred devices that all ask at once are fewer. */
const MAX_PER_SECOND = 200;

/** RFC 6762 11: it shows that a packet has not been routed. */
const TTL = 255;

export interface Link {
  /** This machine's addresses there. */
  readonly addresses: readonly LanAddress[];
  /** @param to one asker; all of the link unless told otherwise */
  send(packet: Packet, to?: { readonly address: string; readonly port: number }): void;
  close(): void;
}

/** @throws the system's error where there is no multicast, or no right to it */
export async function openLink(
  addresses: readonly LanAddress[],
  onPacket: (packet: Packet, from: RemoteInfo, link: Link) => void,
): Promise<Link> {
  const [first] = addresses;
  if (!first) throw new Error("a link without an address");
  // The system's own responder has the port, too, and each of them gets what is sent to all.
  const socket = createSocket({ type: "udp4", reuseAddr: true });
  const budget = new Budget(MAX_PER_SECOND);
  let sending = 0;
  let isOver = false;
  const closeWhenSent = (): void => {
    if (isOver && sending === 0) socket.close();
  };
  const link: Link = {
    addresses,
    send: (packet, to) => {
      sending++;
      // A network that is gone is noticed elsewhere.
      socket.send(encode(packet), to?.port ?? MDNS_PORT, to?.address ?? GROUP, () => {
        sending--;
        closeWhenSent();
      });
    },
    close: () => {
      isOver = true;
      closeWhenSent();
    },
  };
  socket.on("message", (data, from) => {
    const isNear = addresses.some((own) => isOnLink(own, from.address));
    if (isOver || !isNear || data.length > MAX_OCTETS || !budget.spend()) return;
    let packet: Packet;
    try {
      packet = decode(data);
    } catch {
      return;
    }
    onPacket(packet, from, link);
  });
  try {
    socket.bind({ port: MDNS_PORT, address: "0.0.0.0" });
    await once(socket, "listening");
    socket.addMembership(GROUP, first.address);
    socket.setMulticastInterface(first.address);
    socket.setMulticastTTL(TTL);
    socket.setMulticastLoopback(true);
  } catch (error) {
    socket.close();
    throw error;
  }
  socket.on("error", () => undefined);
  return link;
}

/** So many a second, and no more. */
export class Budget {
  readonly #perSecond: number;
  readonly #now: () => number;
  #left: number;
  #since: number;

  constructor(perSecond: number, now: () => number = Date.now) {
    this.#perSecond = perSecond;
    this.#now = now;
    this.#left = perSecond;
    this.#since = now();
  }

  spend(): boolean {
    const now = this.#now();
    if (now - this.#since >= 1_000) {
      this.#since = now;
      this.#left = this.#perSecond;
    }
    return this.#left-- > 0;
  }
}
