/**
 * Which connections an app has taken up, and whether it has workers for more. An app server with
 * few workers (Apache prefork, Puma) gives one of them to each open connection, to an idle one
 * too; the next connection waits in the kernel, whose queue is served in order: of the handshakes,
 * or, where the app asks for that (TCP_DEFER_ACCEPT), of the requests. So the first octet on a
 * connection says that all that were before it in both have been taken up as well.
 */

/** What is known of a connection here. */
export interface Opened {
  /** `performance.now()` */
  readonly openedAt: number;
  /** When its latest request was sent, `performance.now()`; 0 before there was one. */
  readonly begunAt: number;
}

/** As many connections are opened at once without a sign that the app takes them up. */
const AT_ONCE = 16;

/** After each such time without a sign there can be twice as many, in milliseconds. */
export const STEP_MS = 4;

/** By then more connections are allowed than a client can ask for. */
const MAX_STEPS = 10;

/**
 * How long a free worker can need to take a connection up and answer: as long as two answers on
 * connections that it has already, within these bounds.
 */
const MIN_PATIENCE_MS = 5;
const MAX_PATIENCE_MS = 100;

/** Somebody who has waited this long while a later request was answered has no worker. */
const OVERTAKEN_MS = 30;

export class TakeUp<T extends Opened> {
  /** Without an octet so far, oldest first. */
  readonly #waiting: T[] = [];
  /** The one of them that others overtook. */
  #overtaken: T | undefined;
  /** Whether the app has shown in this step that it works. */
  #sign = false;
  /** How many steps it has not. */
  #steps = 0;
  /** How long an answer on a connection that has a worker takes, smoothed. */
  #answerMs = 0;
  /** How many connections are to be closed in favour of those that were found without a worker. */
  #owed = 0;

  get anyWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  opening(connection: T): void {
    this.#waiting.push(connection);
  }

  /** Its first octet has come. */
  takenUp(connection: T): void {
    const position = this.#waiting.indexOf(connection);
    if (position < 0) return;
    this.#sign = true;
    const before = this.#waiting.splice(0, position + 1);
    const still = before.filter(({ begunAt }) => begunAt === 0 || begunAt > connection.begunAt);
    this.#waiting.unshift(...still);
    if (this.#waiting.length > 0) return;
    this.#steps = 0;
    this.#owed = 0;
  }

  gone(connection: T): void {
    const position = this.#waiting.indexOf(connection);
    if (position >= 0) this.#waiting.splice(position, 1);
  }

  /** Whether one more connection can be opened now. */
  get hasRoom(): boolean {
    return this.#waiting.length < AT_ONCE << this.#steps;
  }

  /** One {@link STEP_MS} is over, and all that had come by then was read. */
  step(): void {
    this.#steps = this.#sign ? 0 : Math.min(this.#steps + 1, MAX_STEPS);
    this.#sign = false;
  }

  /**
   * A response is complete.
   * @param reused the connection had carried one before
   * @param wanted another request waits for a connection
   * @returns whether the connection is of more use to the app closed
   */
  answered({ begunAt }: T, reused: boolean, wanted: boolean): boolean {
    const first = this.#waiting[0];
    if (first === undefined && !reused) return false;
    this.#sign = true;
    const now = performance.now();
    if (reused) this.#answerMs += (Math.min(now - begunAt, MAX_PATIENCE_MS) - this.#answerMs) / 8;
    if (first === undefined) return false;
    if (begunAt > first.openedAt) this.#overtaken = first;
    const bearable = wanted ? Math.max(OVERTAKEN_MS, this.#patienceMs) : this.#patienceMs;
    if (this.#owed === 0 || now - first.openedAt < bearable) return false;
    this.#owed--;
    return true;
  }

  /**
   * Whether idle connections are better closed. To be asked when all that has come was read.
   * @param idleMs for how long one has been idle
   */
  needsIdle(idleMs: number): boolean {
    const first = this.#waiting[0];
    if (first === undefined) return false;
    const now = performance.now();
    const waited = now - first.openedAt;
    const patience = this.#patienceMs;
    const overtaken = first === this.#overtaken && waited >= Math.max(OVERTAKEN_MS, patience);
    if (!overtaken && (idleMs < patience || waited < patience)) return false;
    // A mistake costs as many connections as were open in vain, and no more.
    this.#owed = this.#waiting.length;
    return true;
  }

  get #patienceMs(): number {
    return Math.min(Math.max(2 * this.#answerMs, MIN_PATIENCE_MS), MAX_PATIENCE_MS);
  }
}
