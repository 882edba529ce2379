/** One hello to a server, and what it answers; then the connection is closed. */
import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { causeOf } from "../../errors.js";
import type { Pace } from "../asking/pace.js";
import { type Answer, encodeHello, FlightReader, type Hello, NotTls } from "./codec.js";

export interface Server {
  readonly host: string;
  readonly port: number;
  /** The name of the server_name extension; undefined for an address. */
  readonly name: string | undefined;
  readonly pace: Pace;
  /** When all of it has to be over, as performance.now() counts. */
  readonly until: number;
  /** Addresses that the host was found at; the first that answers is asked. */
  readonly addresses: readonly string[];
}

export type Outcome =
  | { readonly kind: "answered"; readonly answer: Answer }
  /** An alert, or the connection closed. */
  | { readonly kind: "refused" }
  /** Nothing could be learned: no connection, no answer in time, or no TLS. */
  | { readonly kind: "unknown"; readonly why: string };

/** A server on this machine answers at once; one elsewhere in a few round trips. */
const TIMEOUT_MS = 5_000;

export async function probe(
  server: Server,
  hello: Hello,
  wantsKeyExchange = false,
): Promise<Outcome> {
  let last: Outcome = { kind: "unknown", why: "it has no address" };
  for (const address of server.addresses) {
    await server.pace.turn();
    const left = server.until - performance.now();
    if (left <= 0) return { kind: "unknown", why: "it took too long until then" };
    last = await probeAt(address, server.port, encodeHello(hello, randomBytes(64)), {
      wantsKeyExchange,
      timeoutMs: Math.min(TIMEOUT_MS, left),
    });
    if (last.kind !== "unknown" || !isUnreached(last.why)) return last;
  }
  return last;
}

/** Whether nothing listens at an address, so that another one of the host may be asked. */
export function isUnreached(why: string): boolean {
  return /ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL/.test(why);
}

function probeAt(
  host: string,
  port: number,
  hello: Buffer,
  { wantsKeyExchange, timeoutMs }: { wantsKeyExchange: boolean; timeoutMs: number },
): Promise<Outcome> {
  return new Promise((resolve) => {
    const reader = new FlightReader(wantsKeyExchange);
    const socket = connect({ host, port });
    let isConnected = false;
    const done = (outcome: Outcome): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(outcome);
    };
    const ended = (): void => {
      const what = reader.end();
      done(what === "refused" ? { kind: "refused" } : { kind: "answered", answer: what });
    };
    const timer = setTimeout(
      () =>
        done({ kind: "unknown", why: `no answer within ${Math.round(timeoutMs / 100) / 10} s` }),
      timeoutMs,
    );
    socket.on("connect", () => {
      isConnected = true;
      socket.write(hello);
    });
    socket.on("data", (chunk: Buffer) => {
      try {
        const what = reader.push(chunk);
        if (what === "refused") done({ kind: "refused" });
        else if (what) done({ kind: "answered", answer: what });
      } catch (error) {
        if (!(error instanceof NotTls)) throw error;
        done({ kind: "unknown", why: error.message });
      }
    });
    socket.on("end", ended);
    // A reset instead of an alert is how some refuse.
    socket.on("error", (error) =>
      isConnected ? ended() : done({ kind: "unknown", why: causeOf(error) }),
    );
  });
}
