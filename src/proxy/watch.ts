/**
 * The one seam for everybody who looks on: the log, the diagnosis, a recorder. A watcher sees every
 * exchange, also those that devtls answers or refuses itself and the upgraded ones, with what was
 * really sent. It neither delays nor changes one: what it throws is reported, and it is dropped for
 * the rest of that exchange.
 */
import type { Exchange, FinishedExchange } from "./exchange.js";
import type { ResponseHead } from "./upstream/reader.js";

/** A final response head, when it is passed on. */
export interface SeenHead {
  readonly status: number;
  /** As the app sent them; empty where devtls answers itself. */
  readonly answered: readonly string[];
  /** As the client gets them. */
  readonly sent: readonly string[];
  /** As the app was told; empty when it was not asked. */
  readonly told: readonly string[];
  /** The URL of the target. */
  readonly target: string;
  /** Whether devtls made the response. */
  readonly own: boolean;
}

/** Which end of an upgraded connection spoke. */
export type Side = "client" | "app";

/**
 * What somebody wants to see of one exchange. All octets are valid until the call returns: their
 * memory is used again.
 */
export interface Watch {
  requestBody?(chunk: Buffer): void;
  /** A 1xx response that is passed on. */
  information?(head: ResponseHead): void;
  head?(head: SeenHead): void;
  /** Looked up once `head` was called, which may set it for the responses that it wants. */
  body?: ((chunk: Buffer) => void) | undefined;
  /** Octets of an upgraded connection; a call may bring a part of a frame, or several. */
  frame?(from: Side, chunk: Buffer): void;
  /** Once, when the exchange is over. */
  end?(finished: FinishedExchange): void;
}

/** Asked once for each exchange: what it wants to see of it, or undefined for nothing. */
export type Watcher = (exchange: Exchange) => Watch | undefined;

/** Everybody who looks on at one exchange. */
export class Onlookers {
  readonly #watches: Watch[] = [];
  readonly #onDefect: (error: unknown) => void;
  #body = false;

  constructor(
    watchers: readonly Watcher[],
    exchange: Exchange,
    onDefect: (error: unknown) => void,
  ) {
    this.#onDefect = onDefect;
    for (const watcher of watchers) {
      try {
        const watch = watcher(exchange);
        if (watch) this.#watches.push(watch);
      } catch (error) {
        onDefect(error);
      }
    }
  }

  get wantsRequestBody(): boolean {
    return this.#watches.some((watch) => watch.requestBody !== undefined);
  }

  get wantsFrames(): boolean {
    return this.#watches.some((watch) => watch.frame !== undefined);
  }

  requestBody(chunk: Buffer): void {
    this.#each((watch) => watch.requestBody?.(chunk));
  }

  information(head: ResponseHead): void {
    this.#each((watch) => watch.information?.(head));
  }

  head(head: SeenHead): void {
    this.#each((watch) => watch.head?.(head));
    this.#body = this.#watches.some((watch) => watch.body !== undefined);
  }

  body(chunk: Buffer): void {
    if (this.#body) this.#each((watch) => watch.body?.(chunk));
  }

  frame(from: Side, chunk: Buffer): void {
    this.#each((watch) => watch.frame?.(from, chunk));
  }

  end(finished: FinishedExchange): void {
    this.#each((watch) => watch.end?.(finished));
  }

  #each(show: (watch: Watch) => void): void {
    for (let index = 0; index < this.#watches.length; index++) {
      try {
        show(this.#watches[index] as Watch);
      } catch (error) {
        this.#watches.splice(index--, 1);
        this.#onDefect(error);
      }
    }
  }
}
