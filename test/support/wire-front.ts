/** devtls in this process, between a client and a target that a test speaks byte by byte. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import {
  type ClientHttp2Session,
  connect as connectHttp2,
  type SecureClientSessionOptions,
} from "node:http2";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from "node:tls";
import { onTestFinished } from "vitest";
import type { EdgeProfile } from "../../src/edge/profile.js";
import { findProfile } from "../../src/edge/profiles/index.js";
import type { FinishedExchange } from "../../src/proxy/exchange.js";
import { parseTarget } from "../../src/proxy/upstream/target.js";
import { type ServeSettings, type Serving, startServing } from "../../src/serving/serving.js";
import { folderUntilEnd } from "./programs.js";
import { Peer, within } from "./wire-peer.js";

/** A dev server whose every byte the test writes. */
export interface WireTarget {
  readonly port: number;
  /** The connections so far, in the order they came. */
  readonly connections: readonly Peer[];
  /** The next connection of devtls. */
  accept(): Promise<Peer>;
  /** Accepts nothing any more. */
  stop(): void;
}

/** It ends with the test. */
export async function startTarget(): Promise<WireTarget> {
  const connections: Peer[] = [];
  const arrived: Peer[] = [];
  const waiting: ((peer: Peer) => void)[] = [];
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const peer = new Peer(socket);
    connections.push(peer);
    const take = waiting.shift();
    if (take) take(peer);
    else arrived.push(peer);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    for (const peer of connections) peer.destroy();
  });
  return {
    port: (server.address() as AddressInfo).port,
    connections,
    accept: () => {
      const peer = arrived.shift();
      if (peer) return Promise.resolve(peer);
      const next = new Promise<Peer>((resolve) => waiting.push(resolve));
      return within(8_000, next, "a connection to the target");
    },
    stop: () => server.close(),
  };
}

export interface Front {
  readonly serving: Serving;
  readonly port: number;
  /** The authority's certificate, PEM. */
  readonly root: string;
  /** "localhost:8443", as clients name it. */
  readonly authority: string;
  /** The exchanges that are over, in the order they ended. */
  readonly finished: readonly FinishedExchange[];
  /** Waits for the exchange with this number, from 1 on, to be over. */
  exchange(number: number): Promise<FinishedExchange>;
  /** What went wrong inside devtls. */
  readonly defects: readonly unknown[];
  /** A TLS connection that speaks HTTP/1.1. */
  connect(options?: ConnectionOptions): Promise<Peer>;
  /** A connection to the plain HTTP port. */
  connectPlain(): Promise<Peer>;
  /** A TLS connection for HTTP/2, without a word of it said. */
  connectRaw(): Promise<Peer>;
  session(options?: SecureClientSessionOptions): Promise<ClientHttp2Session>;
}

/** One for a test file: making an authority takes longer than a test. */
let stateDirectory: string | undefined;

/** Starts devtls in front of a target's port; it ends with the test. */
export async function startFront(
  target: number,
  settings: Partial<ServeSettings> = {},
): Promise<Front> {
  stateDirectory ??= folderUntilEnd("devtls-front-");
  const serving = await startServing({
    target: parseTarget(`127.0.0.1:${target}`),
    hosts: ["localhost"],
    addresses: ["127.0.0.1"],
    port: 0,
    orNextPort: false,
    edge: findProfile("none") as EdgeProfile,
    overrides: {},
    stateDirectory,
    ...settings,
  });
  const finished: FinishedExchange[] = [];
  const defects: unknown[] = [];
  const waiting: (() => void)[] = [];
  serving.on("request", (exchange) => {
    finished.push(exchange);
    for (const wake of waiting.splice(0)) wake();
  });
  serving.on("defect", (error) => defects.push(error));
  const raws: Socket[] = [];
  onTestFinished(async () => {
    for (const raw of raws) raw.destroy();
    await serving.close(0);
  });
  const root = readFileSync(join(settings.stateDirectory ?? stateDirectory, "rootCA.pem"), "utf8");
  const dial = async (port: number): Promise<Socket> => {
    const raw = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    raws.push(raw);
    await once(raw, "connect");
    return raw;
  };
  const secure = async (options: ConnectionOptions): Promise<[TLSSocket, Socket]> => {
    const raw = await dial(serving.port);
    const socket = connectTls({ socket: raw, ca: root, servername: "localhost", ...options });
    await once(socket, "secureConnect");
    return [socket, raw];
  };
  return {
    serving,
    port: serving.port,
    root,
    authority: `localhost:${serving.port}`,
    finished,
    defects,
    exchange: async (number) => {
      while (finished.length < number) {
        const woken = new Promise<void>((resolve) => waiting.push(resolve));
        await within(8_000, woken, `the end of exchange ${number}`);
      }
      return finished[number - 1] as FinishedExchange;
    },
    connect: async (options = {}) =>
      new Peer(...(await secure({ ALPNProtocols: ["http/1.1"], ...options }))),
    connectPlain: async () => new Peer(await dial(serving.plainPort as number)),
    connectRaw: async () => new Peer(...(await secure({ ALPNProtocols: ["h2"] }))),
    session: async (options = {}) => {
      const raw = await dial(serving.port);
      const session = connectHttp2(`https://localhost:${serving.port}`, {
        ...options,
        createConnection: () =>
          connectTls({ socket: raw, ca: root, servername: "localhost", ALPNProtocols: ["h2"] }),
      });
      session.on("error", () => undefined);
      onTestFinished(() => session.destroy());
      // Extended CONNECT may be asked for once the server's settings are known (RFC 8441 3).
      await once(session, "remoteSettings");
      return session;
    },
  };
}

/** A target and devtls in front of it. */
export async function startBoth(
  settings?: Partial<ServeSettings>,
): Promise<{ target: WireTarget; front: Front }> {
  const target = await startTarget();
  return { target, front: await startFront(target.port, settings) };
}
