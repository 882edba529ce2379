/** Connections to ports of this machine that a test speaks byte by byte. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { atEnd } from "./programs.js";
import { Peer } from "./wire-peer.js";

/** Ends with the test file at the latest. */
export async function connectPlain(port: number, host = "127.0.0.1"): Promise<Peer> {
  return new Peer(await dial(port, host));
}

/** The same with TLS, HTTP/1.1 if nothing else is asked for. @param root the one to trust, PEM */
export async function connectSecure(
  port: number,
  root: string,
  options: ConnectionOptions = {},
): Promise<Peer> {
  const raw = await dial(port);
  const socket = connectTls({
    socket: raw,
    ca: root,
    servername: "localhost",
    ALPNProtocols: ["http/1.1"],
    ...options,
  });
  await once(socket, "secureConnect");
  return new Peer(socket, raw);
}

/** A connection of which either end can end alone. */
export async function dial(port: number, host = "127.0.0.1"): Promise<Socket> {
  const socket = connect({ port, host, allowHalfOpen: true, noDelay: true });
  atEnd(() => socket.destroy());
  await once(socket, "connect");
  return socket;
}
