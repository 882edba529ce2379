/** A proxy that leads every CONNECT to a port of ours: clients go to any name and stay on this machine. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

export interface Tunnel {
  readonly port: number;
  close(): void;
}

/** @param portOf where a CONNECT to this host is led; nowhere when it has none */
export async function startTunnel(portOf: (host: string) => number | undefined): Promise<Tunnel> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on("error", () => undefined); // clients leave as they like
    socket.on("close", () => sockets.delete(socket));
  };
  const server: Server = createServer((client) => {
    keep(client);
    let head = "";
    const read = (chunk: Buffer): void => {
      head += chunk.toString("latin1");
      if (!head.includes("\r\n\r\n")) return;
      client.off("data", read);
      const host = /^CONNECT (\S+):\d+ /.exec(head)?.[1] ?? "";
      const port = portOf(host);
      if (port === undefined) return void client.destroy();
      const target = connect(port, "127.0.0.1");
      keep(target);
      target.on("close", () => client.destroy());
      client.on("close", () => target.destroy());
      // A client waits for the answer before it begins with TLS.
      client.write("HTTP/1.1 200 OK\r\n\r\n");
      client.pipe(target).pipe(client);
    };
    client.on("data", read);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
