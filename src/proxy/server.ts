/** The proxy as a whole: listeners, TLS, both HTTP versions, and what each connection may ask. */
import type { ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import {
  createServer as createTlsServer,
  type SecureContextOptions,
  type TLSSocket,
} from "node:tls";
import type { Doorkeeper } from "./doorkeeper.js";
import type { ClientConnection, Exchange, Scheme } from "./exchange.js";
import type { Forwarding } from "./forwarding.js";
import { createHttp1Front } from "./front/http1.js";
import { hostnameOf } from "./front/request-check.js";
import { type Listening, listen, peekTls } from "./listener.js";
import type { Page } from "./own/pages.js";
import { type PlainSettings, plainAnswer } from "./own/plain-http.js";
import { pass } from "./pass.js";
import type { Underway } from "./passage.js";
import { release } from "./turn.js";
import { isLoopback } from "./upstream/target.js";

/** A certificate with its key, PEM; the chain may follow the leaf. */
export interface Credentials {
  readonly cert: string;
  readonly key: string;
  /** OpenSSL's cipher list; Node's own unless told otherwise. */
  readonly ciphers?: string;
}

export interface ProxyOptions {
  readonly credentials: Credentials;
  readonly addresses: readonly string[];
  readonly port: number;
  /** Take the next free port when this one is busy. */
  readonly orNextPort: boolean;
  readonly plain?: PlainSettings;
  /** Whether the certificate covers this host, lower case and without port. */
  readonly covers: (hostname: string) => boolean;
  /** Every target by its URL and how its requests are treated; `route` chooses among them. */
  readonly forwardings: ReadonlyMap<string, Forwarding>;
  readonly route: (host: string, target: string) => Forwarding;
  /** The exchange as everybody sees it: without what is devtls's own. */
  readonly seen?: ((exchange: Exchange) => Exchange) | undefined;
  /** Something in devtls failed; what it belonged to is over, the rest goes on. */
  readonly onDefect: (error: unknown) => void;
  /**
   * A client ended the handshake because it does not trust the certificate.
   * @param uncovered the host that it asked for, where that is what is wrong
   */
  readonly onDistrust?: (uncovered?: string) => void;
}

export interface RunningProxy {
  readonly port: number;
  readonly addresses: readonly string[];
  readonly plainPort: number | undefined;
  /**
   * Uses another certificate from the next handshake on; open connections stay. What `covers` says is
   * asked anew.
   */
  setCredentials(credentials: Credentials): void;
  /**
   * Listens on these addresses of the local network, too, and on no others from before; whoever comes
   * from there passes the doorkeeper first.
   * @throws DevtlsError "address-unavailable"
   */
  openTo(addresses: readonly string[], doorkeeper: Doorkeeper): Promise<void>;
  /**
   * Stops accepting, lets running exchanges end for up to `graceMs`, then closes what is left.
   * Calling it again closes at once.
   */
  close(graceMs: number): Promise<void>;
}

/** Starts it. @throws DevtlsError "address-unavailable" */
export async function startProxy(options: ProxyOptions): Promise<RunningProxy> {
  const proxy = new TlsProxy(options);
  await proxy.listen();
  return proxy;
}

/** Alerts by which clients say that they do not trust the issuer (RFC 8446 6.2). */
const DISTRUST = /ALERT_(?:UNKNOWN_CA|CERTIFICATE_UNKNOWN|BAD_CERTIFICATE)/;

/** What a client names is any octets; this is what a person can be shown. */
const HOST_NAME = /^[a-z\d._-]{1,253}$/i;

/** For exchanges that were broken off to report how they ended. */
const LAST_WORD_MS = 200;

/** For clients that stay and say no more. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

/** Authorities whose answer is kept; strangers can offer any number of them. */
const MAX_AUTHORITIES = 100;

class TlsProxy implements RunningProxy {
  port = 0;
  addresses: readonly string[] = [];
  plainPort: number | undefined;
  readonly #options: ProxyOptions;
  readonly #listening: Listening[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #connections = new WeakMap<Duplex, ClientConnection>();
  readonly #tls: ReturnType<typeof createTlsServer>;
  readonly #http1: ReturnType<typeof createHttp1Front>;
  readonly #covered = new Map<string, boolean>();
  #doorkeeper: Doorkeeper | undefined;
  #ids = 0;
  #active = 0;
  #onIdle: (() => void) | undefined;

  constructor(options: ProxyOptions) {
    this.#options = options;
    const nextId = (): number => ++this.#ids;
    const connectionOf = (socket: Duplex): ClientConnection =>
      this.#connections.get(socket) as ClientConnection;
    this.#http1 = createHttp1Front({
      nextId,
      connectionOf,
      attempt: (stream, step) => this.#attempt(stream, step),
      onExchange: (exchange, answer) => this.#handle(exchange, answer),
    });
    this.#tls = createTlsServer({
      ...secureContext(options.credentials),
      ALPNProtocols: ["h2", "http/1.1"],
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    });
    this.#tls.on("secureConnection", (socket) => {
      socket.allowHalfOpen = true;
      this.#remember(socket, "https", this.port);
      if (socket.alpnProtocol !== "h2") {
        this.#http1.emit("connection", socket);
        return;
      }
      void this.#serveHttp2(socket, nextId, connectionOf);
    });
    this.#tls.on("tlsClientError", (error: NodeJS.ErrnoException, socket: TLSSocket) => {
      const fromLan = this.#isFromLan(socket);
      socket.destroy();
      // Another device is told by its own page what to do, and a stranger is nobody's concern.
      if (fromLan) return;
      if (!DISTRUST.test(error.code ?? "")) return;
      const { servername } = socket as TLSSocket & { servername?: string | false | null };
      const named = servername && HOST_NAME.test(servername) && !this.#covers(servername);
      options.onDistrust?.(named ? servername : undefined);
    });
  }

  async listen(): Promise<void> {
    const { addresses, port, orNextPort, plain } = this.#options;
    const secure = await listen({
      addresses,
      option: "--port",
      port,
      orNext: orNextPort,
      onConnection: (socket) => this.#accept(socket),
    });
    this.#listening.push(secure);
    this.port = secure.port;
    this.addresses = secure.addresses;
    if (!plain) return;
    try {
      const insecure = await listen({
        addresses,
        option: "--http-port",
        port: plain.port,
        orNext: false,
        onConnection: (socket) => {
          this.#track(socket);
          // The option may be 0, for any.
          this.#servePlain(socket, socket.localPort ?? plain.port);
        },
      });
      this.#listening.push(insecure);
      this.plainPort = insecure.port;
    } catch (error) {
      secure.close();
      throw error;
    }
  }

  /** Loaded when the first client speaks it: node:http2 would delay the first byte of all others. */
  async #serveHttp2(
    socket: TLSSocket,
    nextId: () => number,
    connectionOf: (socket: Duplex) => ClientConnection,
  ): Promise<void> {
    const onEarlyError = (): void => void socket.destroy();
    socket.on("error", onEarlyError);
    const { serveHttp2 } = await import("./front/http2.js");
    socket.off("error", onEarlyError);
    // Its end was told while nobody was there to hear it.
    if (socket.readableEnded) socket.destroy();
    if (socket.destroyed) return;
    const session = serveHttp2(socket, {
      nextId,
      connectionOf,
      attempt: (stream, step) => this.#attempt(stream, step),
      onExchange: (exchange, answer) => this.#handle(exchange, answer),
    });
    this.#sessions.add(session);
    session.on("close", () => this.#sessions.delete(session));
  }

  setCredentials(credentials: Credentials): void {
    this.#covered.clear();
    this.#tls.setSecureContext(secureContext(credentials));
  }

  async openTo(addresses: readonly string[], doorkeeper: Doorkeeper): Promise<void> {
    this.#doorkeeper = doorkeeper;
    await doorkeeper.listenOn(addresses, this.port, (socket) => this.#accept(socket));
  }

  #accept(socket: Socket): void {
    this.#track(socket);
    peekTls(
      socket,
      (tls) => this.#shakeHands(tls),
      (http) => this.#servePlain(http, this.port),
    );
  }

  /** With a doorkeeper all comes from outside that did not come in on a loopback address. */
  #isFromLan({ localAddress = "" }: Partial<Socket>): boolean {
    return this.#doorkeeper !== undefined && !isLoopback(localAddress);
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
  }

  /**
   * Within the handshake nobody hears of a client that closes its side: Node hands the socket out
   * when it is done. Until then that closes the other side, too; tunnels pass it on afterwards.
   */
  #shakeHands(socket: Socket): void {
    socket.allowHalfOpen = false;
    this.#tls.emit("connection", socket);
  }

  #servePlain(socket: Socket, port: number): void {
    this.#remember(socket, "http", port);
    this.#http1.emit("connection", socket);
  }

  #remember(socket: Duplex & Partial<Socket>, scheme: Scheme, port: number): void {
    this.#connections.set(socket, {
      scheme,
      port,
      address: (socket.remoteAddress ?? "").replace(/^::ffff:/, ""),
      clientPort: socket.remotePort ?? 0,
      ...(this.#isFromLan(socket) && { fromLan: true }),
    });
  }

  #attempt(stream: Duplex, step: () => void): void {
    try {
      step();
    } catch (error) {
      stream.destroy();
      this.#options.onDefect(error);
    }
  }

  /** What every exchange has to pass before the target hears of it. */
  #handle(given: Exchange, refusal?: Page): Underway {
    const { fromLan } = given.connection;
    const answer = refusal ?? this.#answerTo(given);
    const { seen } = this.#options;
    const exchange = (fromLan && this.#doorkeeper?.behind(given)) || (seen ? seen(given) : given);
    this.#active++;
    exchange.reply.onClose(() => {
      this.#active--;
      if (this.#active === 0) this.#onIdle?.();
    });
    const forwarding = this.#options.route(exchange.host, exchange.target);
    return pass(exchange, forwarding, answer);
  }

  /** What devtls says itself; undefined where the target is to be asked. */
  #answerTo(exchange: Exchange): Page | undefined {
    if (!this.#covers(exchange.host)) return misdirected(exchange);
    const { scheme, fromLan } = exchange.connection;
    if (scheme === "https") return fromLan && this.#doorkeeper?.answer(exchange);
    return plainAnswer(exchange, fromLan ? undefined : this.#options.plain, this.port);
  }

  /** Asked for every request, so what was found once is kept. */
  #covers(authority: string): boolean {
    let covered = this.#covered.get(authority);
    if (covered === undefined) {
      covered = this.#options.covers(hostnameOf(authority));
      if (this.#covered.size < MAX_AUTHORITIES) this.#covered.set(authority, covered);
    }
    return covered;
  }

  close(graceMs: number): Promise<void> {
    for (const listening of this.#listening.splice(0)) listening.close();
    release();
    this.#doorkeeper?.close();
    for (const session of this.#sessions) session.close();
    this.#http1.closeIdleConnections();
    return new Promise((resolve) => {
      // Exchanges that are broken off now still report how they ended, before this is over.
      const done = (): void => {
        this.#onIdle = undefined;
        for (const { pool } of this.#options.forwardings.values()) pool.close();
        resolve();
      };
      const breakOff = (): void => {
        clearTimeout(timer);
        release();
        this.#onIdle = done;
        for (const session of this.#sessions) session.destroy();
        for (const socket of this.#sockets) socket.destroy();
        this.#http1.close();
        if (this.#active === 0) done();
        // Whatever hangs then hangs for nobody.
        else setTimeout(done, LAST_WORD_MS);
      };
      const timer = setTimeout(breakOff, graceMs);
      this.#onIdle = breakOff;
      if (this.#active === 0) breakOff();
    });
  }
}

function secureContext({ cert, key, ciphers }: Credentials): SecureContextOptions {
  // Without a list Node parses its 150 public roots, which a server that asks for no client
  // certificate never uses: 10 ms and 3 MB at every start.
  return {
    ...{ cert, key, ca: [], minVersion: "TLSv1.2" },
    ...{ ciphers: ciphers ?? CIPHERS, ecdhCurve: GROUPS },
  };
}

/**
 * Elliptic curves only: of the finite fields that OpenSSL offers by default the large ones cost a
 * stranger's handshake a hundred times as much. Since OpenSSL 3.5 (Node 24) with the post-quantum
 * group that browsers send first.
 */
const GROUPS = [
  ...(Number.parseFloat(process.versions.openssl) >= 3.5 ? ["X25519MLKEM768"] : []),
  ...["X25519", "prime256v1", "secp384r1", "secp521r1"],
].join(":");

/**
 * Node's own list with AES-128 in front of AES-256, as Go's servers have it: both are beyond
 * reach (RFC 8446 9.1 requires the first), and a large download is a quarter faster.
 */
const CIPHERS = [
  ...["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"],
  ...["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256"],
  ...["ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384"],
  ...["ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305"],
].join(":");

/** RFC 9110 15.5.20: nothing here answers for this host. It also stops DNS rebinding. */
function misdirected(exchange: Exchange): Page {
  const host = hostnameOf(exchange.host);
  return {
    status: 421,
    title: `This devtls does not serve ${host}.`,
    advice: [`To serve it, start devtls with --host ${host}`],
  };
}
