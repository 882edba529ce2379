/** The `ws` package on both ends: real frames, pings, compression, close codes. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { type Front, startFront } from "../../support/wire-front.js";

async function startServer(): Promise<{ server: WebSocketServer; front: Front }> {
  const http = createServer();
  const server = new WebSocketServer({ server: http, perMessageDeflate: true });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  onTestFinished(() => {
    for (const client of server.clients) client.terminate();
    http.close();
  });
  return { server, front: await startFront(`127.0.0.1:${(http.address() as AddressInfo).port}`) };
}

const open = async (front: Front): Promise<WebSocket> => {
  const client = new WebSocket(`wss://localhost:${front.port}/socket`, { ca: front.root });
  await once(client, "open");
  return client;
};

it("messages of every size come back as they went", async () => {
  const { server, front } = await startServer();
  server.on("connection", (socket) => {
    socket.on("message", (data, binary) => socket.send(data, { binary }));
  });
  const client = await open(front);
  for (const size of [0, 1, 125, 126, 65_535, 65_536, 1_000_000]) {
    const sent = Buffer.alloc(size, size % 251);
    client.send(sent);
    const [received] = await once(client, "message");
    expect(sent.equals(received as Buffer)).toBe(true);
  }
  client.close();
});

it("pings, pongs and close codes pass", async () => {
  const { server, front } = await startServer();
  const connected = once(server, "connection");
  const client = await open(front);
  const [socket] = (await connected) as [WebSocket];
  socket.ping("are you there");
  const [payload] = await once(client, "ping");
  expect(String(payload)).toBe("are you there");
  await once(socket, "pong");
  const closed = once(client, "close");
  socket.close(4321, "enough");
  const [code, reason] = await closed;
  expect([code, String(reason)]).toEqual([4321, "enough"]);
});

it("a server that turns a client away says why", async () => {
  const { server, front } = await startServer();
  server.options.verifyClient = (_info, answer) => answer(false, 401, "log in first");
  const client = new WebSocket(`wss://localhost:${front.port}/`, { ca: front.root });
  const [error] = (await once(client, "error")) as [Error];
  expect(error.message).toContain("401");
});
