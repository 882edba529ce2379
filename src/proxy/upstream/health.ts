/** Whether a target answers, and how long it is worth waiting for one that does not. */

/** A dev server that restarts is back within this time. */
const RESTART_MS = 5_000;

export class Health {
  /** When the target was first missed, `Date.now()`; "up" while it answers. */
  #state: "unknown" | "up" | number = "unknown";

  /**
   * How long to wait for a target that refuses, in milliseconds: it was up before, and may be
   * restarting. Whoever comes later waits for the rest of the time.
   */
  get patienceMs(): number {
    if (this.#state === "unknown") return 0;
    return this.#state === "up" ? RESTART_MS : Math.max(0, this.#state + RESTART_MS - Date.now());
  }

  /** It answered. @returns whether that is news */
  answered(): boolean {
    const news = this.#state !== "up";
    this.#state = "up";
    return news;
  }

  /**
   * It refused a connection.
   * @param waitedMs how long it had been missed by then
   * @returns whether that is news
   */
  refused(waitedMs: number): boolean {
    if (typeof this.#state === "number") return false;
    this.#state = this.#state === "up" ? Date.now() - waitedMs : Number.NEGATIVE_INFINITY;
    return true;
  }
}
