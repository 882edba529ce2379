/** Asks a target once more, beside the traffic, for the diagnosis. */

import type { EdgeProfile } from "../edge/profile.js";
import { type HeaderLines, headText } from "../lines.js";
import type { Exchange } from "./exchange.js";
import { requestLine } from "./heads.js";
import { Call } from "./upstream/call.js";
import type { ConnectOptions, UpstreamError } from "./upstream/connect.js";
import { Pool } from "./upstream/pool.js";
import type { ResponseHead } from "./upstream/reader.js";
import type { Target } from "./upstream/target.js";

/** Lets apps ignore what nobody asked for. */
const PROBE_HEADER = "X-Devtls-Probe";

/** A dev server may compile a page first; a breakpoint must not hold a diagnosis for ever. */
const TIMEOUT_MS = 10_000;

/** What is read of a body before the connection is closed: error pages and redirects fit. */
const MAX_BODY = 1024 * 1024;

export interface ProbeRequest {
  readonly told: readonly string[];
  /** Come from this machine's own address, whatever the edge's is. */
  readonly from: "edge" | "loopback";
  /** Another path than that of the exchange, with its query: always with GET. */
  readonly path?: string;
  /** A WebSocket's handshake; the connection that it opens is closed at once. */
  readonly upgrade?: true;
  /** Give the body, too. */
  readonly body?: true;
}

export interface ProbeAnswer {
  readonly status: number;
  readonly response: readonly string[];
  /** Of a body that was asked for, {@link MAX_BODY} at most: one character an octet. */
  readonly page?: string;
}

/** How a connection ends that was taken, but for no HTTP. */
const REFUSING: readonly UpstreamError["kind"][] = ["silent", "closed", "protocol"];

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
  ask(
    exchange: Pick<Exchange, "method" | "target" | "protocol">,
    request: ProbeRequest,
  ): Promise<ProbeAnswer | undefined> {
    const { told, from, path, upgrade = false, body = false } = request;
    const asked = path === undefined ? exchange : { ...exchange, method: "GET", target: path };
    const { method } = asked;
    if (method !== "GET" && method !== "HEAD") return Promise.resolve(undefined);
    const { toApp } = this.#edge;
    // HTTP/1.0 knows no upgrade, and the edge is asked about as if it passed them on.
    const line = requestLine(asked, upgrade ? { ...toApp, version: "1.1" } : toApp);
    const head = headText(line, [...told, PROBE_HEADER, "1"]);
    const closes = toApp.connection === "close";
    return new Promise((resolve) => {
      let answer: ProbeAnswer | undefined;
      let octets = 0;
      const chunks: Buffer[] = [];
      const end = (): void => {
        clearTimeout(timer);
        const page = Buffer.concat(chunks).toString("latin1");
        resolve(answer && body ? { ...answer, page } : answer);
      };
      const call = new Call(
        this.#pools[from],
        { method, head, body: undefined, closes, upgrade, patienceMs: 0 },
        {
          onInformation: () => undefined,
          onHead: ({ status, headers }: ResponseHead, hasBody: boolean) => {
            answer = { status, response: headers };
            if (!hasBody) end();
          },
          onBody: (chunk: Buffer, last: boolean) => {
            octets += chunk.length;
            // The memory of a chunk is used again.
            if (body && octets <= MAX_BODY) chunks.push(Buffer.from(chunk));
            if (octets > MAX_BODY && !last) {
              call.abort();
              end();
            } else if (last) end();
            return true;
          },
          onPause: () => undefined,
          onComplete: (_trailers: HeaderLines) => end(),
          onUpgrade: ({ status, headers }, socket) => {
            answer = { status, response: headers };
            socket.on("error", () => undefined);
            socket.destroy();
            end();
          },
          onError: ({ kind }) => {
            // Next.js refuses a handshake with a word that is no HTTP, others with the end.
            if (upgrade && REFUSING.includes(kind)) answer ??= { status: 502, response: [] };
            end();
          },
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
