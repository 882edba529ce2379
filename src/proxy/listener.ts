/** Listening sockets: several addresses with one port, and the first byte of each connection. */
import { createServer, type Server, type Socket } from "node:net";
import { DevtlsError, systemCode } from "../errors.js";

export interface ListenRequest {
  readonly addresses: readonly string[];
  /** By which the port is chosen, for the errors about it. */
  readonly option: "--port" | "--http-port" | "--lan-port";
  readonly port: number;
  /** When the port is busy, take the next free one instead of failing. */
  readonly orNext: boolean;
  readonly onConnection: (socket: Socket) => void;
}

export interface Listening {
  readonly port: number;
  /** The addresses that were bound; without IPv6 on the machine, ::1 is not among them. */
  readonly addresses: readonly string[];
  /** Stops accepting. Connections that are open stay so. */
  close(): void;
}

/** How far the search for a free port goes. */
const PORTS_TO_TRY = 50;

/**
 * Listens on one port of every address.
 * @throws DevtlsError "address-unavailable" naming the port and the way out
 */
export async function listen(request: ListenRequest): Promise<Listening> {
  const last = request.orNext ? Math.min(65535, request.port + PORTS_TO_TRY) : request.port;
  for (let port = request.port; ; port++) {
    try {
      return await listenOn(request, port);
    } catch (error) {
      const busy = systemCode(error) === "EADDRINUSE";
      if (busy && port < last) continue;
      throw unavailable(error, request, port);
    }
  }
}

async function listenOn(request: ListenRequest, port: number): Promise<Listening> {
  const servers: Server[] = [];
  const bound: string[] = [];
  const close = (): void => {
    for (const server of servers) server.close();
  };
  let actual = port;
  for (const address of request.addresses) {
    // allowHalfOpen: a tunnel passes a half-close on.
    const server = createServer(
      { allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 },
      request.onConnection,
    );
    try {
      await bind(server, address, actual);
    } catch (error) {
      const code = systemCode(error);
      const missing = code === "EADDRNOTAVAIL" || code === "EAFNOSUPPORT";
      if (missing && address === "::1" && request.addresses.length > 1) continue;
      close();
      throw error;
    }
    servers.push(server);
    bound.push(address);
    const chosen = server.address();
    if (actual === 0 && chosen !== null && typeof chosen === "object") actual = chosen.port;
  }
  return { port: actual, addresses: bound, close };
}

function bind(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    // ipv6Only: "::" must not take the IPv4 port from an address that is bound beside it.
    server.listen({ host, port, ipv6Only: host === "::" }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function unavailable(error: unknown, request: ListenRequest, port: number): DevtlsError {
  const at = request.addresses.join(" and ");
  switch (systemCode(error)) {
    case "EADDRINUSE":
      return new DevtlsError(
        "address-unavailable",
        `could not listen on port ${port}: another program uses it`,
        {
          cause: error,
          hint: `See which one: ss -ltnp 'sport = :${port}'. Or choose another port: ${request.option} ${nextPort(port)}`,
        },
      );
    case "EACCES":
      return new DevtlsError(
        "address-unavailable",
        `could not listen on port ${port}: ports below 1024 need a right that this user does not have`,
        {
          cause: error,
          hint: `Use another port: ${request.option} ${port + 8000}. Or allow it on Linux: sudo sysctl net.ipv4.ip_unprivileged_port_start=${port}`,
        },
      );
    case "EADDRNOTAVAIL":
      return new DevtlsError(
        "address-unavailable",
        `could not listen on ${at}: this machine has no such address`,
        { cause: error, hint: "See its addresses: ip address" },
      );
    default:
      return new DevtlsError(
        "address-unavailable",
        `could not listen on ${at} port ${port}: ${error instanceof Error ? error.message : error}`,
        { cause: error },
      );
  }
}

function nextPort(port: number): number {
  return port < 65535 ? port + 1 : 8443;
}

/** For a client to send its first byte: as long as Node gives a TLS handshake. */
const FIRST_BYTE_TIMEOUT_MS = 120_000;

/** A TLS record of the type handshake (RFC 8446 5.1); no HTTP method begins with it. */
const TLS_HANDSHAKE = 0x16;

/** Looks at the first byte of a connection, puts it back and calls the right side. */
export function peekTls(
  socket: Socket,
  onTls: (socket: Socket) => void,
  onPlain: (socket: Socket) => void,
): void {
  const stop = (): void => {
    socket.off("readable", onReadable);
    socket.off("error", onGone);
    socket.off("end", onGone);
    socket.off("timeout", onGone);
    socket.setTimeout(0);
  };
  const onGone = (): void => {
    stop();
    socket.on("error", () => undefined);
    socket.destroy();
  };
  const onReadable = (): void => {
    const bytes: Buffer | null = socket.read();
    if (bytes === null) return;
    stop();
    socket.unshift(bytes);
    if (bytes[0] === TLS_HANDSHAKE) onTls(socket);
    else onPlain(socket);
  };
  socket.on("readable", onReadable);
  socket.on("error", onGone);
  socket.on("end", onGone);
  socket.on("timeout", onGone);
  socket.setTimeout(FIRST_BYTE_TIMEOUT_MS);
}
