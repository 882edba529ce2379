/** `devtls serve` for programs. */
import type { Finding } from "../diagnose/finding.js";
import { DevtlsError } from "../errors.js";
import type { FinishedExchange } from "../proxy/exchange.js";
import { startServing } from "../serving/serving.js";
import { type Origin, readServeOptions, type ServeOptions } from "../settings/serve-options.js";
import type { StateOptions } from "./issue.js";

export type { ServeOptions } from "../settings/serve-options.js";

/** One request that is over. */
export interface RequestEvent {
  /** Counts up from 1 in a run. */
  readonly id: number;
  readonly method: string;
  /** The public URL. */
  readonly url: string;
  /** 0 when the client left before there was one. */
  readonly status: number;
  /** From the request's head to the response's last byte. */
  readonly milliseconds: number;
  /** Octets of the response body. */
  readonly bytes: number;
}

export interface ServerEvents {
  request: [event: RequestEvent];
  finding: [finding: Finding];
  /** The dev server stopped or began to answer. */
  target: [state: "up" | "down", url: string];
}

export interface DevtlsServer {
  /** `https://localhost:8443`. */
  readonly url: string;
  readonly port: number;
  /** The IP addresses it listens on. */
  readonly addresses: readonly string[];
  /** The port for plain HTTP, when one was asked for. */
  readonly httpPort: number | undefined;
  on<E extends keyof ServerEvents>(event: E, listener: (...args: ServerEvents[E]) => void): this;
  /** Stops accepting, lets running requests end for `graceMs` (2,000 unless told otherwise). */
  close(graceMs?: number): Promise<void>;
}

const PROBLEM = "could not understand the options of serve()";
const PROGRAM: Origin = {
  problem: () => PROBLEM,
  name: (option) => option,
  anyPort: true,
};

/**
 * Fronts a dev server with TLS, as `devtls serve` does. It listens when the promise is fulfilled.
 * The process is otherwise left alone: no signal handlers, nothing printed.
 * @throws DevtlsError "usage" for a bad option, "bad-name", "outside-constraints",
 * "address-unavailable" for a busy port, and as {@link openAuthority}
 */
export async function serve(options: ServeOptions & StateOptions): Promise<DevtlsServer> {
  const { target, ...settings } = readServeOptions(options, PROGRAM);
  if (!target) {
    throw new DevtlsError("usage", `${PROBLEM}: target is missing`, {
      hint: "Name the port of your dev server: serve({ target: 8000 })",
    });
  }
  const { stateDirectory } = options;
  const serving = await startServing({
    ...settings,
    target,
    ...(stateDirectory !== undefined && { stateDirectory }),
  });
  const server: DevtlsServer = {
    url: serving.url,
    port: serving.port,
    addresses: serving.addresses,
    httpPort: serving.plainPort,
    on: (event, listener) => {
      if (event === "request") {
        const tell = listener as (...args: ServerEvents["request"]) => void;
        serving.on("request", (finished) => tell(requestEvent(finished)));
      } else {
        serving.on(event as "finding", listener as (...args: ServerEvents["finding"]) => void);
      }
      return server;
    },
    close: (graceMs) => serving.close(graceMs),
  };
  return server;
}

function requestEvent(finished: FinishedExchange): RequestEvent {
  const { exchange, url, status, milliseconds, bytes } = finished;
  return { id: exchange.id, method: exchange.method, url, status, milliseconds, bytes };
}
