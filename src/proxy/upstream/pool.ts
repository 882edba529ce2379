/** Connections to one target that wait for their next request. */
import type { ConnectOptions } from "./connect.js";
import { Dialer } from "./connect.js";
import { Connection } from "./connection.js";
import { Health, type HealthListener } from "./health.js";
import type { Target } from "./target.js";

/** As many as two browsers can have requests under way over HTTP/2; each costs a few kilobytes. */
const MAX_IDLE = 256;

/** Below the 5 s after which Node's and uvicorn's servers close, so that devtls closes first. */
const IDLE_EXPIRY_MS = 4_000;

/**
 * gunicorn closes after 2 s. A request that cannot be sent twice takes only a connection that was
 * used a moment ago.
 */
const FRESH_MS = 1_000;

const SWEEP_MS = 1_000;

export class Pool {
  readonly dialer: Dialer;
  readonly health: Health;
  readonly #idle: Connection[] = [];
  readonly #open = new Set<Connection>();
  #sweeper: NodeJS.Timeout | undefined;
  #closed = false;

  /** @param onHealth is told when the target goes down or comes up */
  constructor(target: Target, options: ConnectOptions = {}, onHealth: HealthListener = () => {}) {
    this.dialer = new Dialer(target, options);
    this.health = new Health(target.url, onHealth);
  }

  /** An idle connection, or undefined. */
  take(replayable: boolean): Connection | undefined {
    const now = Date.now();
    for (let index = this.#idle.length - 1; index >= 0; index--) {
      const connection = this.#idle[index] as Connection;
      const age = now - connection.idleSince;
      if (age >= Math.min(replayable ? IDLE_EXPIRY_MS : FRESH_MS, connection.keepAliveMs)) break;
      this.#idle.pop();
      if (!connection.socket.destroyed && connection.socket.writable) {
        return connection;
      }
    }
    return undefined;
  }

  /**
   * Opens a connection.
   * @param upgrading it may become a tunnel, which needs the socket as a stream
   * @throws UpstreamError
   */
  async open(signal: AbortSignal, upgrading: boolean): Promise<Connection> {
    const connection = new Connection((released, reusable) => this.#release(released, reusable));
    const streaming = upgrading || this.dialer.target.tls;
    const receive = streaming ? undefined : (chunk: Buffer) => connection.receive(chunk);
    connection.attach(await this.dialer.dial(signal, receive), streaming);
    this.#open.add(connection);
    return connection;
  }

  #release(connection: Connection, reusable: boolean): void {
    const position = this.#idle.indexOf(connection);
    if (!reusable) {
      this.#open.delete(connection);
      if (position >= 0) this.#idle.splice(position, 1);
      return;
    }
    if (this.#closed || this.#idle.length >= MAX_IDLE) {
      this.#open.delete(connection);
      connection.socket.destroy();
      return;
    }
    connection.idleSince = Date.now();
    this.#idle.push(connection);
    this.#sweeper ??= setTimeout(() => this.#sweep(), SWEEP_MS).unref();
  }

  #sweep(): void {
    this.#sweeper = undefined;
    const now = Date.now();
    for (const connection of [...this.#idle]) {
      const age = now - connection.idleSince;
      if (age > Math.min(IDLE_EXPIRY_MS, connection.keepAliveMs)) connection.abandon();
    }
    if (this.#idle.length > 0) this.#sweeper = setTimeout(() => this.#sweep(), SWEEP_MS).unref();
  }

  /** Closes every connection, those in use too. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#sweeper);
    for (const connection of [...this.#open]) connection.socket.destroy();
  }
}
