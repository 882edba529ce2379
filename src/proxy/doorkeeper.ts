/** Who stands between visitors from other machines and the app. */
import type { Socket } from "node:net";
import type { Exchange } from "./exchange.js";
import type { Page } from "./own/pages.js";

/**
 * Decides about every exchange of a visitor from another machine, ordinary or upgraded, in whatever
 * version of HTTP, before the app and those who look on hear of it.
 */
export interface Doorkeeper {
  /**
   * Listens on these addresses and no others from before; open connections stay.
   * @throws DevtlsError "address-unavailable"
   */
  listenOn(
    addresses: readonly string[],
    port: number,
    onConnection: (socket: Socket) => void,
  ): Promise<unknown>;
  /** What the visitor gets in place of an answer of the app; undefined where they may go on. */
  answer(exchange: Exchange): Page | undefined;
  /** The exchange as all behind the door see it: without what the visitor shows to be let in. */
  behind(exchange: Exchange): Exchange;
  /** Listens no more. */
  close(): void;
}
