/** Two ends that have left HTTP, connected. */
import type { Duplex } from "node:stream";
import type { Side } from "./watch.js";

export interface End {
  readonly stream: Duplex;
  /** What has come on it already. */
  readonly rest: Buffer;
}

/**
 * Connects a client and an app: each direction ends by itself, a break of either breaks both.
 * @param see is told of all octets, once each; they are valid until it returns
 */
export function joinEnds(client: End, app: End, see: (from: Side, chunk: Buffer) => void): void {
  const { stream } = client;
  const socket = app.stream;
  socket.on("error", () => stream.destroy());
  socket.on("close", () => {
    if (!stream.destroyed && !socket.readableEnded) stream.destroy();
  });
  stream.on("error", () => socket.destroy());
  stream.on("close", () => {
    if (!socket.destroyed) {
      if (stream.readableEnded) socket.end();
      else socket.destroy();
    }
  });
  if (app.rest.length > 0) {
    see("app", app.rest);
    stream.write(app.rest);
  }
  if (client.rest.length > 0) {
    see("client", client.rest);
    socket.write(client.rest);
  }
  socket.on("data", (chunk: Buffer) => see("app", chunk));
  stream.on("data", (chunk: Buffer) => see("client", chunk));
  socket.pipe(stream);
  stream.pipe(socket);
}
