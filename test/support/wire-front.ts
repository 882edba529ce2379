/** devtls in this process, between a client and a target that a test speaks byte by byte. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import {
  type ClientHttp2Session,
  connect as connectHttp2,
  type SecureClientSessionOptions,
} from "node:http2";
import { join } from "node:path";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { onTestFinished } from "vitest";
import type { EdgeProfile } from "../../src/edge/profile.js";
import { DEFAULT_PROFILE, findProfile } from "../../src/edge/profiles/index.js";
import type { FinishedExchange } from "../../src/proxy/exchange.js";
import { parseTarget } from "../../src/proxy/upstream/target.js";
import { type ServeSettings, type Serving, startServing } from "../../src/serving/serving.js";
import { atEnd, folderUntilEnd } from "./programs.js";
import { connectPlain, connectSecure, dial } from "./wire-client.js";
import { type Peer, soon } from "./wire-peer.js";
import { startTarget, type WireTarget } from "./wire-target.js";

export interface Front {
  readonly serving: Serving;
  readonly port: number;
  readonly plainPort: number;
  /** The authority's certificate, PEM. */
  readonly root: string;
  /** "localhost:8443", as clients of the TLS port name it. */
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
  connectHttp2(): Promise<Peer>;
  session(options?: SecureClientSessionOptions): Promise<ClientHttp2Session>;
  close(): Promise<void>;
}

/** Authorities take a while to make, so that one serves a whole test file. */
let home: string | undefined;

/** The state directory of every front of the test file. */
export function frontHome(): string {
  if (home === undefined) {
    home = folderUntilEnd("devtls-front-");
    atEnd(() => {
      home = undefined;
    });
  }
  return home;
}

const SETTINGS = {
  hosts: ["localhost"],
  addresses: ["127.0.0.1"],
  port: 0,
  orNextPort: false,
  edge: DEFAULT_PROFILE,
  overrides: {},
} satisfies Partial<ServeSettings>;

/**
 * Starts devtls in front of a target, with a plain HTTP port that proxies; it ends with the test
 * file at the latest.
 * @param target as `--target` names it
 */
export function startFront(target: string, settings: Partial<ServeSettings> = {}): Promise<Front> {
  return begin({
    ...SETTINGS,
    plain: { port: 0, rule: { mode: "proxy" }, forcePaths: [] },
    target: parseTarget(target),
    stateDirectory: frontHome(),
    ...settings,
  });
}

async function begin(settings: ServeSettings): Promise<Front> {
  const serving = await startServing(settings);
  const { port } = serving;
  const finished: FinishedExchange[] = [];
  const defects: unknown[] = [];
  const waiting: (() => void)[] = [];
  serving.on("request", (exchange) => {
    finished.push(exchange);
    for (const wake of waiting.splice(0)) wake();
  });
  serving.on("defect", (error) => defects.push(error));
  const close = (): Promise<void> => serving.close(0);
  atEnd(close);
  const root = readFileSync(join(settings.stateDirectory ?? frontHome(), "rootCA.pem"), "latin1");
  return {
    serving,
    port,
    plainPort: serving.plainPort as number,
    root,
    authority: `localhost:${port}`,
    finished,
    defects,
    exchange: async (number) => {
      while (finished.length < number) {
        const woken = new Promise<void>((resolve) => waiting.push(resolve));
        await soon(woken, `the end of exchange ${number}`);
      }
      return finished[number - 1] as FinishedExchange;
    },
    connect: (options) => connectSecure(port, root, options),
    connectPlain: () => connectPlain(serving.plainPort as number),
    connectHttp2: () => connectSecure(port, root, { ALPNProtocols: ["h2"] }),
    session: async (options = {}) => {
      const raw = await dial(port);
      const session = connectHttp2(`https://localhost:${port}`, {
        ...options,
        createConnection: () =>
          connectTls({ socket: raw, ca: root, servername: "localhost", ALPNProtocols: ["h2"] }),
      });
      session.on("error", () => undefined);
      atEnd(() => session.destroy());
      // Extended CONNECT may be asked for once the server's settings are known (RFC 8441 3).
      await once(session, "remoteSettings");
      return session;
    },
    close,
  };
}

/** A target and, in front of it, devtls with an edge that changes nothing; they end with the test. */
export async function startBoth(
  settings: Partial<ServeSettings> = {},
): Promise<{ target: WireTarget; front: Front }> {
  const target = await startTarget({ halfOpen: true });
  const front = await begin({
    ...SETTINGS,
    edge: findProfile("none") as EdgeProfile,
    target: parseTarget(`127.0.0.1:${target.port}`),
    stateDirectory: frontHome(),
    ...settings,
  });
  onTestFinished(async () => {
    await target.stop();
    await front.close();
  });
  return { target, front };
}
