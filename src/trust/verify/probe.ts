/**
 * A listener that proves what one client does with the authority. A client that refuses a
 * certificate never sends its request, so a request that arrives is the proof of trust.
 */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer, type Server, type TLSSocket } from "node:tls";

/** What the listener shows: a chain for `localhost` and 127.0.0.1, PEM, and its key. */
export interface ProbeIdentity {
  readonly cert: string;
  readonly key: string;
}

export interface Probe {
  readonly port: number;
  readonly url: string;
  /** A request has arrived. */
  readonly accepted: Promise<void>;
  /** The client has ended the handshake because of the certificate. */
  readonly refused: Promise<void>;
  /** Whether a client has connected at all. */
  connected(): boolean;
  close(): void;
}

const ANSWER = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";

/** Listens on both loopback addresses where there are two, on a port of the system's choice. */
export async function startProbe(credentials: ProbeIdentity): Promise<Probe> {
  const accepted = withResolver();
  const refused = withResolver();
  let connected = false;
  const sockets = new Set<TLSSocket>();
  const answer = (socket: TLSSocket): void => {
    sockets.add(socket);
    socket.on("error", () => undefined); // clients leave as they like
    socket.on("close", () => sockets.delete(socket));
    socket.once("data", () => {
      accepted.resolve();
      socket.end(ANSWER);
    });
  };
  const listen = async (host: string, port: number): Promise<Server> => {
    const server = createServer({ ...credentials }, answer);
    server.on("connection", () => {
      connected = true;
    });
    server.on("tlsClientError", (error) => {
      // Browsers open connections ahead and drop them; only an alert is an answer.
      if (/ALERT/.test((error as NodeJS.ErrnoException).code ?? "")) refused.resolve();
    });
    server.listen(port, host);
    await once(server, "listening");
    return server;
  };
  const first = await listen("127.0.0.1", 0);
  const { port } = first.address() as AddressInfo;
  const second = await listen("::1", port).catch(() => undefined); // no IPv6, or a port that is taken
  return {
    port,
    url: `https://localhost:${port}/`,
    accepted: accepted.promise,
    refused: refused.promise,
    connected: () => connected,
    close: () => {
      for (const socket of sockets) socket.destroy();
      first.close();
      second?.close();
    },
  };
}

function withResolver(): { readonly promise: Promise<void>; resolve(): void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
