/** Whether a target answers, as the exchanges with it show. */
import type { UpstreamError } from "./connect.js";

/** Tells that the target went down or came up. */
export type HealthListener = (state: "up" | "down", url: string) => void;

/** While the target restarts, a request that changes nothing waits this long for it. */
const RESTART_PATIENCE_MS = 5_000;

export class Health {
  readonly #url: string;
  readonly #listener: HealthListener;
  /** When a target that had answered was first missed, `Date.now()`; "up" while it answers. */
  #state: "up" | number | undefined;

  constructor(url: string, listener: HealthListener) {
    this.#url = url;
    this.#listener = listener;
  }

  /**
   * How long to wait for a target that refuses, in milliseconds: it was up before, and may be
   * restarting. Whoever comes later waits for the rest of the time.
   */
  get patienceMs(): number {
    if (this.#state === undefined) return 0;
    return this.#state === "up"
      ? RESTART_PATIENCE_MS
      : Math.max(0, this.#state + RESTART_PATIENCE_MS - Date.now());
  }

  answered(): void {
    if (this.#state === "up") return;
    this.#state = "up";
    this.#listener("up", this.#url);
  }

  /** @param waitedMs how long the target had been missed by then */
  failed(error: UpstreamError, waitedMs: number): void {
    if (error.kind !== "refused" || typeof this.#state === "number") return;
    this.#state = this.#state === "up" ? Date.now() - waitedMs : Number.NEGATIVE_INFINITY;
    this.#listener("down", this.#url);
  }
}
