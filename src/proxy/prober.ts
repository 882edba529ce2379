/** Asks a target once more, beside the traffic, for the diagnosis. */

import type { EdgeProfile } from "../edge/profile.js";
import { first, type HeaderLines, headText } from "../lines.js";
import type { Exchange } from "./exchange.js";
import { requestLine } from "./heads.js";
import { Call } from "./upstream/call.js";
import type { ConnectOptions } from "./upstream/connect.js";
import { Pool } from "./upstream/pool.js";
import type { ResponseHead } from "./upstream/reader.js";
import type { Target } from "./upstream/target.js";

/** Lets apps ignore what nobody asked for. */
export const PROBE_HEADER = "X-Devtls-Probe";

/** A dev server may compile a page first; a breakpoint must not hold a diagnosis for ever. */
const TIMEOUT_MS = 10_000;

/** What is read of a body before the connection is closed: error pages and redirects fit. */
const MAX_BODY = 1024 * 1024;

export interface ProbeRequest {
  readonly told: readonly string[];
  /** Come from this machine's own address, whatever the edge's is. */
  readonly from: "edge" | "loopback";
}

export interface ProbeAnswer {
  readonly status: number;
  readonly response: readonly string[];
}

export class Prober {
  readonly #edge: EdgeProfile;
  readonly #pools: { readonly edge: Pool; readonly loopback: Pool };

  constructor(target: Target, edge: EdgeProfile, connecting: ConnectOptions) {
    this.#edge = edge;
    const { source: _, ...own } = connecting;
    this.#pools = { edge: new Pool(target, connecting), loopback: new Pool(target, own) };
  }

  /**
   * Sends the request line of an exchange with other header lines. GET and HEAD only.
   * @returns undefined when no answer came in time
   */
  ask(exchange: Exchange, { told, from }: ProbeRequest): Promise<ProbeAnswer | undefined> {
    const { method } = exchange;
    if (method !== "GET" && method !== "HEAD") return Promise.resolve(undefined);
    const head = headText(requestLine(exchange, this.#edge.toApp), [...told, PROBE_HEADER, "1"]);
    return new Promise((resolve) => {
      let answer: ProbeAnswer | undefined;
      let octets = 0;
      const end = (): void => {
        clearTimeout(timer);
        resolve(answer);
      };
      const call = new Call(
        this.#pools[from],
        { method, head, body: undefined, upgrade: false, patienceMs: 0 },
        {
          onInformation: () => undefined,
          onHead: ({ status, headers }: ResponseHead, hasBody: boolean) => {
            answer = { status, response: headers };
            if (!hasBody) end();
          },
          onBody: (chunk: Buffer, last: boolean) => {
            octets += chunk.length;
            if (octets > MAX_BODY && !last) {
              call.abort();
              end();
            } else if (last) end();
            return true;
          },
          onPause: () => undefined,
          onComplete: (_trailers: HeaderLines) => end(),
          onUpgrade: (_head, socket) => {
            socket.destroy();
            end();
          },
          onError: end,
        },
      );
      const timer = setTimeout(() => {
        call.abort();
        end();
      }, TIMEOUT_MS);
      timer.unref();
      call.start();
    });
  }

  close(): void {
    this.#pools.edge.close();
    this.#pools.loopback.close();
  }
}

/** Whether a request is a replay, whose exchange is nobody's failure. */
export function isProbe(exchange: Exchange): boolean {
  return first(exchange.headers, PROBE_HEADER.toLowerCase()) !== undefined;
}
