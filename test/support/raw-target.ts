/** Dev servers that a test writes byte by byte. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { atEnd } from "./programs.js";
import { RawConnection, soon } from "./raw-client.js";

export interface RawTarget {
  readonly port: number;
  /** Every connection that was made to it, in order. */
  readonly connections: readonly RawConnection[];
  /** Waits for the connection with this number, from 0 on. */
  connection(number: number): Promise<RawConnection>;
  /** Listens no more and closes every connection. */
  stop(): Promise<void>;
}

export interface RawTargetOptions {
  readonly host?: string;
  readonly port?: number;
  /** A unix socket instead. */
  readonly path?: string;
  /** Is told of each connection. */
  readonly onConnection?: ((connection: RawConnection, number: number) => void) | undefined;
}

/** Starts one; it ends with the test file at the latest. */
export async function startRawTarget(options: RawTargetOptions = {}): Promise<RawTarget> {
  const server = createServer({ noDelay: true });
  const { host = "127.0.0.1", port = 0, path } = options;
  server.listen(path === undefined ? { host, port } : { path });
  return targetOf(server, "connection", options);
}

/** Gives a server that has been told to listen the shape of a target. */
export async function targetOf(
  server: Server,
  event: "connection" | "secureConnection",
  { onConnection, path }: RawTargetOptions,
): Promise<RawTarget> {
  const connections: RawConnection[] = [];
  const raws = new Set<Socket>();
  let wakes: (() => void)[] = [];
  server.on("connection", (socket: Socket) => {
    raws.add(socket);
    socket.on("close", () => raws.delete(socket));
  });
  server.on(event, (socket: Socket) => {
    const connection = new RawConnection(socket);
    connections.push(connection);
    onConnection?.(connection, connections.length - 1);
    for (const go of wakes) go();
    wakes = [];
  });
  await once(server, "listening");
  const stop = async (): Promise<void> => {
    if (!server.listening) return;
    server.close();
    for (const socket of raws) socket.destroy();
    await once(server, "close");
  };
  atEnd(stop);
  return {
    port: path === undefined ? (server.address() as AddressInfo).port : 0,
    connections,
    connection: (number) => {
      const met = async (): Promise<RawConnection> => {
        while (connections.length <= number) {
          await new Promise<void>((resolve) => wakes.push(resolve));
        }
        return connections[number] as RawConnection;
      };
      return soon(met(), () => `connection ${number} to the target`);
    },
    stop,
  };
}
