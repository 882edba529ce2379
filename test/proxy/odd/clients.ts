/** The ways in which a client asks: two versions of HTTP, each for a page and for a WebSocket. */
import { once } from "node:events";
import { Agent, type ClientRequest, type IncomingMessage, request } from "node:http";
import { type ClientHttp2Stream, connect as connectHttp2 } from "node:http2";
import { within } from "../../support/wire-peer.js";
import type { OddFront } from "./front.js";

export interface Got {
  /** 0 when there was no response at all. */
  readonly status: number;
  readonly body: string;
  /** The response ended as a whole one does. */
  readonly whole: boolean;
}

export interface Asking {
  readonly protocol: "HTTP/1.1" | "HTTP/2";
  readonly upgrades: boolean;
  ask(path: string): Promise<Got>;
  /** Asks for an ordinary page. */
  askNext(path: string): Promise<Got>;
  close(): void;
}

/** Longer than anything on loopback takes on a busy machine. */
const PATIENCE_MS = 15_000;

const UPGRADE = {
  Connection: "Upgrade",
  Upgrade: "websocket",
  "Sec-WebSocket-Version": "13",
  "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
};

function http1Got(asking: ClientRequest): Promise<Got> {
  const got = new Promise<Got>((resolve) => {
    asking.on("response", (response: IncomingMessage) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", () => undefined);
      response.on("close", () =>
        resolve({
          status: response.statusCode ?? 0,
          body: Buffer.concat(chunks).toString("latin1"),
          whole: response.complete,
        }),
      );
    });
    asking.on("upgrade", (response: IncomingMessage, socket) => {
      socket.destroy();
      resolve({ status: response.statusCode ?? 0, body: "", whole: true });
    });
    asking.on("error", (error) => resolve({ status: 0, body: String(error), whole: false }));
  });
  asking.end();
  return within(PATIENCE_MS, got, asking.path);
}

async function http1(front: OddFront, headers: Record<string, string>): Promise<Asking> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const options = { host: "127.0.0.1", port: front.plainPort, maxHeaderSize: 256 * 1024 };
  const named = { Host: `localhost:${front.plainPort}` };
  return {
    protocol: "HTTP/1.1",
    upgrades: "Upgrade" in headers,
    ask: (path) =>
      http1Got(request({ ...options, agent, path, headers: { ...named, ...headers } })),
    askNext: (path) => http1Got(request({ ...options, agent, path, headers: named })),
    close: () => agent.destroy(),
  };
}

function http2Got(stream: ClientHttp2Stream): Promise<Got> {
  const chunks: Buffer[] = [];
  let status = 0;
  let ended = false;
  stream.on("response", (headers) => {
    status = Number(headers[":status"]);
  });
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  stream.on("end", () => {
    ended = !stream.aborted;
  });
  stream.on("error", () => undefined);
  const got = new Promise<Got>((resolve) => {
    stream.on("close", () => {
      const body = Buffer.concat(chunks).toString("latin1");
      resolve({ status, body, whole: ended && stream.rstCode === 0 });
    });
  });
  return within(PATIENCE_MS, got, "the end of a stream");
}

async function http2(front: OddFront, upgrades: boolean): Promise<Asking> {
  const session = connectHttp2(`https://localhost:${front.port}`, {
    ca: front.root,
    maxHeaderListPairs: 5_000,
    settings: { maxHeaderListSize: 1024 * 1024 },
  });
  session.on("error", () => undefined);
  await once(session, "remoteSettings");
  const connect = { ":method": "CONNECT", ":protocol": "websocket", "sec-websocket-version": "13" };
  return {
    protocol: "HTTP/2",
    upgrades,
    ask: (path) =>
      http2Got(
        upgrades
          ? session.request({ ":path": path, ...connect }, { endStream: true })
          : session.request({ ":path": path }),
      ),
    askNext: (path) => http2Got(session.request({ ":path": path })),
    close: () => session.destroy(),
  };
}

export const over = {
  "HTTP/1.1": (front: OddFront) => http1(front, {}),
  "HTTP/2": (front: OddFront) => http2(front, false),
  "an upgrade of HTTP/1.1": (front: OddFront) => http1(front, UPGRADE),
  "extended CONNECT": (front: OddFront) => http2(front, true),
};
