/**
 * The sockets of the ACME server: TLS for everything but revocation lists, which clients read over
 * plain HTTP (RFC 5280 8). Both come in on one port; the first octet tells them apart.
 */
import { once } from "node:events";
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { createServer as createHttpsServer, type Server as HttpsServer } from "node:https";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { DevtlsError, systemCode, systemReason } from "../errors.js";

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export interface ListenerOptions {
  readonly addresses: readonly string[];
  /** 0 for a free one. */
  readonly port: number;
  readonly identity: { readonly cert: string; readonly key: string };
  /** What has to be done before a handshake; it reports its own failures. */
  readonly beforeHandshake: () => Promise<void>;
  readonly secure: Handler;
  readonly plain: Handler;
}

/** The first octet of a TLS record that opens a handshake. */
const HANDSHAKE = 0x16;

/** A client that sends nothing must not keep its connection. */
const FIRST_OCTET_MS = 10_000;
const HANDSHAKE_MS = 10_000;
const REQUEST_MS = 30_000;
const MAX_CONNECTIONS = 1000;

export class Listener {
  readonly #secure: HttpsServer;
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #beforeHandshake: ListenerOptions["beforeHandshake"];
  port = 0;

  private constructor({ identity, secure, beforeHandshake }: ListenerOptions) {
    this.#beforeHandshake = beforeHandshake;
    this.#secure = createHttpsServer(
      { ...identity, handshakeTimeout: HANDSHAKE_MS, requestTimeout: REQUEST_MS },
      secure,
    );
  }

  /** @throws DevtlsError "address-unavailable" */
  static async open(options: ListenerOptions): Promise<Listener> {
    const listener = new Listener(options);
    const plain = createHttpServer({ requestTimeout: REQUEST_MS }, options.plain);
    listener.port = options.port;
    try {
      for (const address of options.addresses) await listener.#listen(address, plain);
    } catch (error) {
      await listener.close();
      throw error;
    }
    return listener;
  }

  async #listen(address: string, plain: ReturnType<typeof createHttpServer>): Promise<void> {
    const server = createServer((socket) => this.#sort(socket, plain));
    server.maxConnections = MAX_CONNECTIONS;
    try {
      server.listen({ host: address, port: this.port, ipv6Only: address.includes(":") });
      await once(server, "listening");
    } catch (error) {
      // Machines without IPv6 have the other loopback address still.
      const absent = ["EADDRNOTAVAIL", "EAFNOSUPPORT"].includes(systemCode(error) ?? "");
      if (address === "::1" && absent) return;
      throw unavailable(address, this.port, error);
    }
    this.#servers.push(server);
    this.port = (server.address() as AddressInfo).port;
  }

  #sort(socket: Socket, plain: ReturnType<typeof createHttpServer>): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    socket.setTimeout(FIRST_OCTET_MS, () => socket.destroy());
    socket.once("readable", () => {
      const first = socket.read(1) as Buffer | null;
      if (first === null) return;
      socket.setTimeout(0);
      socket.removeAllListeners("timeout");
      socket.unshift(first);
      if (first[0] === HANDSHAKE) void this.#secureConnection(socket);
      else plain.emit("connection", socket);
    });
  }

  async #secureConnection(socket: Socket): Promise<void> {
    await this.#beforeHandshake();
    if (!socket.destroyed) this.#secure.emit("connection", socket);
  }

  /** Shows another certificate from the next connection on. */
  setIdentity(identity: { readonly cert: string; readonly key: string }): void {
    this.#secure.setSecureContext(identity);
  }

  /** Stops listening and ends what is open. */
  async close(): Promise<void> {
    const closed = this.#servers.map((server) => {
      const event = once(server, "close");
      server.close();
      return event;
    });
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(closed);
  }
}

function unavailable(address: string, port: number, error: unknown): DevtlsError {
  const code = systemCode(error);
  const busy = code === "EADDRINUSE";
  const where = `${address.includes(":") ? `[${address}]` : address}:${port}`;
  const reason = busy
    ? "another program is using the port"
    : code === "EADDRNOTAVAIL"
      ? "it is no address of this machine"
      : systemReason(error);
  return new DevtlsError("address-unavailable", `could not listen on ${where}: ${reason}`, {
    cause: error,
    hint: busy
      ? `Use another one: devtls acme --port ${port + 1}`
      : "See the addresses: ip address",
  });
}
