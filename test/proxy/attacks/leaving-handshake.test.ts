/** Clients that leave within their TLS handshake, or right behind it, are noticed when they do. */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { expect, it, onTestFinished } from "vitest";
import { startBoth } from "../../support/wire-front.js";

const EACH = 10;

/** What a client says first. */
async function clientHello(): Promise<Buffer> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = connectTls({ port: (server.address() as AddressInfo).port, host: "127.0.0.1" });
  client.on("error", () => undefined);
  const [socket] = (await once(server, "connection")) as [Socket];
  const [hello] = (await once(socket, "data")) as [Buffer];
  socket.destroy();
  server.close();
  return hello;
}

/** Waits until this many of the sockets that servers of this process accept from now on are gone. */
function untilGone(count: number): Promise<void> {
  return new Promise((resolve) => {
    let left = count;
    const accept = (message: unknown): void => {
      (message as { socket: Socket }).socket.once("close", () => {
        left--;
        if (left === 0) resolve();
      });
    };
    subscribe("net.server.socket", accept);
    onTestFinished(() => void unsubscribe("net.server.socket", accept));
  });
}

/** Says something and waits until it has left. */
async function say(port: number, bytes: Buffer): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
  socket.on("error", () => undefined);
  await once(socket, "connect");
  await new Promise<unknown>((resolve) => socket.write(bytes, resolve));
  socket.resume();
  return socket;
}

it("a client of HTTP/2 that leaves before a word of it is noticed", async () => {
  const { front } = await startBoth();
  const gone = untilGone(1);
  const client = await front.connectHttp2();
  client.finish();
  await gone;
});

it(`${4 * EACH} clients that leave within the handshake are gone before one that stays is sent away`, async () => {
  const { front } = await startBoth();
  const hello = await clientHello();
  const staying = await say(front.port, hello.subarray(0, 20));
  const over = once(staying, "end");
  const gone = untilGone(4 * EACH);
  for (const part of [hello.subarray(0, 20), hello]) {
    for (const leave of ["end", "resetAndDestroy"] as const) {
      const clients = await Promise.all(Array.from({ length: EACH }, () => say(front.port, part)));
      for (const client of clients) client[leave]();
    }
  }
  expect(await Promise.race([gone, over.then(() => "too late")])).toBeUndefined();
  // The bound for who says no more.
  await over;
}, 30_000);
