/** Dev servers whose every byte a test writes. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { atEnd } from "./programs.js";
import { Peer, soon } from "./wire-peer.js";

export interface WireTarget {
  readonly port: number;
  /** Every connection that was made to it, in order. */
  readonly connections: readonly Peer[];
  /** Waits for the connection with this number, from 0 on. */
  connection(number: number): Promise<Peer>;
  /** The connection after the last one that was accepted so. */
  accept(): Promise<Peer>;
  /** Accepts nothing any more; what is open stays open. */
  refuse(): void;
  /** Listens no more and closes every connection. */
  stop(): Promise<void>;
}

export interface TargetOptions {
  readonly host?: string;
  readonly port?: number;
  /** A unix socket instead. */
  readonly path?: string;
  /** Whether it may still speak when devtls has ended its side. */
  readonly halfOpen?: boolean;
  /** Is told of each connection. */
  readonly onConnection?: ((connection: Peer, number: number) => void) | undefined;
}

/** Starts one; it ends with the test file at the latest. */
export async function startTarget(options: TargetOptions = {}): Promise<WireTarget> {
  const { host = "127.0.0.1", port = 0, path, halfOpen = false } = options;
  const server = createServer({ noDelay: true, allowHalfOpen: halfOpen });
  server.listen(path === undefined ? { host, port } : { path });
  return targetOf(server, "connection", options);
}

/** Gives a server that has been told to listen the shape of a target. */
export async function targetOf(
  server: Server,
  event: "connection" | "secureConnection",
  { onConnection, path }: TargetOptions,
): Promise<WireTarget> {
  const connections: Peer[] = [];
  const raws = new Set<Socket>();
  let accepted = 0;
  let wakes: (() => void)[] = [];
  server.on("connection", (socket: Socket) => {
    raws.add(socket);
    socket.on("close", () => raws.delete(socket));
  });
  server.on(event, (socket: Socket) => {
    const connection = new Peer(socket);
    connections.push(connection);
    onConnection?.(connection, connections.length - 1);
    for (const go of wakes) go();
    wakes = [];
  });
  await once(server, "listening");
  const stop = async (): Promise<void> => {
    const closed = server.listening ? once(server, "close") : undefined;
    server.close();
    for (const socket of raws) socket.destroy();
    await closed;
  };
  const connection = async (number: number): Promise<Peer> => {
    while (connections.length <= number) {
      const woken = new Promise<void>((resolve) => wakes.push(resolve));
      await soon(woken, `connection ${number} to the target`);
    }
    return connections[number] as Peer;
  };
  atEnd(stop);
  return {
    port: path === undefined ? (server.address() as AddressInfo).port : 0,
    connections,
    connection,
    accept: () => connection(accepted++),
    refuse: () => void server.close(),
    stop,
  };
}
