/** Where visitors from other machines come in: listeners that follow this machine's addresses. */
import type { Socket } from "node:net";
import { type Listening, type ListenRequest, listen } from "../proxy/listener.js";

/** Connections that one address may have open: a browser's, and some WebSockets. */
const MAX_PER_ADDRESS = 100;

/** Connections from all of them; beyond, the network is not a few devices of one developer. */
const MAX_CONNECTIONS = 1_000;

/** The listeners for other machines, which come and go with this machine's addresses. */
export class VisitorListeners {
  readonly #option: ListenRequest["option"];
  readonly #listening = new Map<string, Listening>();
  readonly #open = new Map<string, number>();
  #total = 0;
  #isOver = false;

  /** @param option by which the port is chosen */
  constructor(option: ListenRequest["option"]) {
    this.#option = option;
  }

  /**
   * Listens on these addresses and no others; open connections stay.
   * @param orNext when the port is busy, take the next free one
   * @returns the port
   * @throws DevtlsError "address-unavailable"; what was listened on stays so
   */
  async listenOn(
    addresses: readonly string[],
    wanted: number,
    onConnection: (socket: Socket) => void,
    orNext = false,
  ): Promise<number> {
    let port = wanted;
    const added: [string, Listening][] = [];
    try {
      for (const address of addresses) {
        if (this.#listening.has(address)) continue;
        const listening = await listen({
          ...{ addresses: [address], option: this.#option, port },
          orNext: orNext && added.length === 0,
          onConnection: (socket) => this.#take(socket, onConnection),
        });
        port = listening.port;
        added.push([address, listening]);
      }
    } catch (error) {
      for (const [, listening] of added) listening.close();
      throw error;
    }
    for (const [address, listening] of this.#listening) {
      if (addresses.includes(address)) continue;
      listening.close();
      this.#listening.delete(address);
    }
    for (const [address, listening] of added) this.#listening.set(address, listening);
    // All of it was closed meanwhile.
    if (this.#isOver) this.close();
    return port;
  }

  close(): void {
    this.#isOver = true;
    for (const listening of this.#listening.values()) listening.close();
    this.#listening.clear();
  }

  /** A stranger who opens connections without end must not take the room of everybody else. */
  #take(socket: Socket, onConnection: (socket: Socket) => void): void {
    const address = socket.remoteAddress ?? "";
    const open = this.#open.get(address) ?? 0;
    if (open >= MAX_PER_ADDRESS || this.#total >= MAX_CONNECTIONS) {
      socket.on("error", () => undefined);
      socket.destroy();
      return;
    }
    this.#open.set(address, open + 1);
    this.#total++;
    socket.once("close", () => {
      this.#total--;
      const left = (this.#open.get(address) ?? 1) - 1;
      if (left > 0) this.#open.set(address, left);
      else this.#open.delete(address);
    });
    onConnection(socket);
  }
}
