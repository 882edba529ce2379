/**
 * The connections to one target: which request gets which. A request takes an idle connection, or
 * a new one, or waits for whichever comes first; the app's own pace decides how many there are.
 */
import type { ConnectOptions } from "./connect.js";
import { Dialer, UpstreamError } from "./connect.js";
import { Connection, type ConnectionOwner } from "./connection.js";
import { Health, type HealthListener } from "./health.js";
import { MAX_SHARE, Shares } from "./shares.js";
import { STEP_MS, TakeUp } from "./take-up.js";
import type { Target } from "./target.js";

/** As many as two browsers can have requests under way over HTTP/2; each costs a few kilobytes. */
const MAX_IDLE = 256;

/** Below the 5 s after which Node's and uvicorn's servers close, so that devtls closes first. */
const IDLE_EXPIRY_MS = 4_000;

/** Others want to reach the app, too, and each idle connection can hold one of its workers. */
const FEW_IDLE = 2;

/** How long there can be more than a few. */
const MANY_IDLE_MS = 250;

/**
 * gunicorn closes after 2 s. A request that cannot be sent twice takes only a connection that was
 * used a moment ago.
 */
const FRESH_MS = 1_000;

const SWEEP_MS = 1_000;

/** A request that has waited this long for its client's other ones is told so. */
const SHARE_TIMEOUT_MS = 10_000;

/** What a request asks of its connection. */
export interface Wish {
  /** It may become a tunnel, which needs the socket as a stream, and one that nobody had. */
  readonly upgrade: boolean;
  /** Whose request it is, by address. */
  readonly client: string;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
}

interface Waiting {
  readonly wish: Wish;
  resolve(connection: Connection | Promise<Connection>): void;
  reject(error: UpstreamError): void;
}

export class Pool implements ConnectionOwner {
  readonly dialer: Dialer;
  readonly health: Health;
  readonly #idle: Connection[] = [];
  readonly #open = new Set<Connection>();
  readonly #takeUp = new TakeUp<Connection>();
  readonly #shares = new Shares();
  /** Requests for which there is no connection yet, oldest first. */
  readonly #waiting: Waiting[] = [];
  #stepper: NodeJS.Timeout | undefined;
  #sweeper: NodeJS.Timeout | undefined;
  #closed = false;

  /** @param onHealth is told when the target goes down or comes up */
  constructor(target: Target, options: ConnectOptions = {}, onHealth: HealthListener = () => {}) {
    this.dialer = new Dialer(target, options);
    this.health = new Health(target.url, onHealth);
  }

  /** An idle connection, or undefined. */
  take(replayable: boolean, client = ""): Connection | undefined {
    const now = Date.now();
    for (let index = this.#idle.length - 1; index >= 0; index--) {
      const connection = this.#idle[index] as Connection;
      const age = now - connection.idleSince;
      if (age >= Math.min(replayable ? IDLE_EXPIRY_MS : FRESH_MS, connection.keepAliveMs)) break;
      this.#idle.pop();
      if (isOpen(connection)) {
        if (this.#shares.enter(client)) {
          connection.client = client;
          return connection;
        }
        this.#idle.push(connection);
        return undefined;
      }
    }
    return undefined;
  }

  /**
   * A connection for a request for which there is no idle one: a new one, or one that becomes free
   * before there is a new one.
   * @throws UpstreamError
   */
  async connection(wish: Wish): Promise<Connection> {
    if (!this.#shares.enter(wish.client)) await this.#shareOf(wish);
    if (wish.upgrade || (this.#waiting.length === 0 && this.#takeUp.hasRoom)) {
      return this.#dial(wish);
    }
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        waiting.reject(new UpstreamError("closed", "the client went away"));
      };
      const settle = (): void => wish.signal.removeEventListener("abort", leave);
      const waiting: Waiting = {
        wish,
        resolve: (connection) => {
          settle();
          resolve(connection);
        },
        reject: (error) => {
          settle();
          this.#shares.leave(wish.client);
          reject(error);
        },
      };
      wish.signal.addEventListener("abort", leave, { once: true });
      this.#waiting.push(waiting);
      this.#step();
    });
  }

  /** Waits until the client has fewer connections. */
  #shareOf({ client, signal }: Wish): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", onAbort);
      };
      const fail = (error: UpstreamError): void => {
        settle();
        leave();
        reject(error);
      };
      const leave = this.#shares.wait(client, () => {
        settle();
        resolve();
      });
      const onAbort = (): void => fail(new UpstreamError("closed", "the client went away"));
      const timer = setTimeout(() => {
        const what = `${MAX_SHARE} connections for ${client || "one client"} are in use already`;
        fail(new UpstreamError("timeout", what));
      }, SHARE_TIMEOUT_MS);
      timer.unref();
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }

  async #dial({ upgrade, client, signal }: Wish): Promise<Connection> {
    const connection = new Connection(this);
    connection.client = client;
    this.#takeUp.opening(connection);
    const streaming = upgrade || this.dialer.target.tls;
    const receive = streaming ? undefined : (chunk: Buffer) => connection.receive(chunk);
    try {
      connection.attach(await this.dialer.dial(signal, receive, connection.opening), streaming);
    } catch (error) {
      this.#takeUp.gone(connection);
      this.#shares.leave(client);
      this.#openWaiting();
      throw error;
    }
    this.#open.add(connection);
    if (this.#closed) connection.socket.destroy();
    // Whoever shakes hands in TLS is no queue of a kernel.
    if (this.dialer.target.tls) this.takenUp(connection);
    return connection;
  }

  takenUp(connection: Connection): void {
    this.#takeUp.takenUp(connection);
    this.#openWaiting();
  }

  released(connection: Connection, reusable: boolean): void {
    this.#giveBack(connection, reusable);
    if (!reusable) {
      this.#open.delete(connection);
      this.#takeUp.gone(connection);
      const position = this.#idle.indexOf(connection);
      if (position >= 0) this.#idle.splice(position, 1);
      this.#openWaiting();
      return;
    }
    const wanted = this.#waiting.length > 0 && connection.keepAliveMs > 0;
    if (this.#takeUp.answered(connection, connection.carried > 1, wanted) || this.#closed) {
      this.#drop(connection);
      return;
    }
    const next = wanted ? this.#waiting.shift() : undefined;
    if (next) {
      connection.client = next.wish.client;
      next.resolve(connection);
      return;
    }
    if (this.#idle.length >= MAX_IDLE) {
      this.#drop(connection);
      return;
    }
    connection.idleSince = Date.now();
    this.#idle.push(connection);
    this.#step();
    this.#sweepLater();
  }

  /** A tunnel keeps its part of the client's share until it ends. */
  #giveBack(connection: Connection, reusable: boolean): void {
    const { client, socket } = connection;
    if (client === undefined) return;
    connection.client = undefined;
    if (reusable || socket.destroyed) this.#shares.leave(client);
    else socket.once("close", () => this.#shares.leave(client));
  }

  #drop(connection: Connection): void {
    this.#open.delete(connection);
    connection.socket.destroy();
  }

  #openWaiting(): void {
    while (this.#waiting.length > 0 && this.#takeUp.hasRoom) {
      const { wish, resolve } = this.#waiting.shift() as Waiting;
      resolve(this.#dial(wish));
    }
  }

  /** Looks again soon, while somebody waits. */
  #step(): void {
    if (this.#stepper || !this.#takeUp.anyWaiting) return;
    // What came while this thread was busy is read first: it may be the sign that is waited for.
    this.#stepper = setTimeout(() => setImmediate(() => this.#look()), STEP_MS).unref();
  }

  #look(): void {
    this.#stepper = undefined;
    this.#takeUp.step();
    this.#openWaiting();
    const oldest = this.#idle[0];
    if (this.#takeUp.needsIdle(oldest ? Date.now() - oldest.idleSince : 0)) {
      for (const connection of this.#idle.splice(0)) this.#drop(connection);
    }
    if (this.#waiting.length > 0 || this.#idle.length > 0) this.#step();
  }

  #sweepLater(): void {
    const many = this.#idle.length > FEW_IDLE;
    this.#sweeper ??= setTimeout(() => this.#sweep(), many ? MANY_IDLE_MS : SWEEP_MS).unref();
  }

  #sweep(): void {
    this.#sweeper = undefined;
    const now = Date.now();
    let many = this.#idle.length - FEW_IDLE;
    for (const connection of [...this.#idle]) {
      const age = now - connection.idleSince;
      const expiry = many-- > 0 ? MANY_IDLE_MS : IDLE_EXPIRY_MS;
      if (age > Math.min(expiry, connection.keepAliveMs)) connection.abandon();
    }
    if (this.#idle.length > 0) this.#sweepLater();
  }

  /** Closes every connection, those in use too. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#sweeper);
    clearTimeout(this.#stepper);
    for (const waiting of this.#waiting.splice(0)) {
      waiting.reject(new UpstreamError("closed", "devtls ends"));
    }
    for (const connection of [...this.#open]) connection.socket.destroy();
  }
}

function isOpen({ socket }: Connection): boolean {
  return !socket.destroyed && socket.writable;
}
