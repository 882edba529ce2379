/** Opening connections to a target: both loopback families, TLS, unix sockets, source address. */
import { readFileSync } from "node:fs";
import { connect as connectTcp, isIP, type OnReadOpts, type Socket } from "node:net";
import { connect as connectTls, rootCertificates } from "node:tls";
import { causeOf, systemCode } from "../../errors.js";
import { lend, MAX_READ } from "./memory.js";
import { addressesOf, isLoopback, type Target, type TcpTarget } from "./target.js";

export type UpstreamFailure =
  | "refused"
  | "unreachable"
  | "timeout"
  /** The handshake failed. */
  | "tls"
  /** The handshake succeeded but for the certificate. */
  | "certificate"
  /** The connection ended before any octet of a response. */
  | "silent"
  /** The connection ended later. */
  | "closed"
  /** What came is not HTTP, or cannot be passed on. */
  | "protocol"
  /** devtls itself failed at it. */
  | "defect";

/** Why a request got no complete response from the target. */
export class UpstreamError extends Error {
  override readonly name = "UpstreamError";
  readonly kind: UpstreamFailure;

  constructor(kind: UpstreamFailure, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.kind = kind;
  }
}

/** After these another address may answer; IPv6 can be off. */
const NOBODY_THERE: readonly UpstreamFailure[] = ["refused", "unreachable"];

export interface ConnectOptions {
  /** Connect from this address where the platform has it: "127.0.0.2". */
  readonly source?: string;
  /** Accept any certificate from a TLS target. */
  readonly insecure?: boolean;
  /** Further roots (PEM) for a TLS target: a dev server may use a certificate of devtls. */
  readonly roots?: readonly string[];
}

/** A dev server on this machine answers a connection at once; a remote one in a few round trips. */
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Takes what a connection brings; its memory is used again afterwards, see {@link lend}.
 * @returns false to stop reading until the socket is resumed
 */
export type Receiver = (chunk: Buffer) => boolean;

/**
 * Sockets read into this one buffer and copy what came out of it: a buffer of 64 KiB for every
 * read, of which a small response fills a hundredth, costs more than the copy.
 */
const READ_BUFFER = Buffer.allocUnsafeSlow(MAX_READ);

function reading(receive: Receiver | undefined): { onread?: OnReadOpts } {
  if (!receive) return {};
  const callback = (octets: number): boolean => lend(READ_BUFFER.subarray(0, octets), receive);
  return { onread: { buffer: READ_BUFFER, callback } };
}

/** How long each step of opening a connection took, in milliseconds; undefined where there was none. */
export interface Opening {
  dns?: number;
  tcp?: number;
  tls?: number;
}

/** Dials one target and remembers which of its addresses answered last. */
export class Dialer {
  readonly target: Target;
  readonly #options: ConnectOptions;
  #preferred = 0;
  #source: string | undefined;
  #roots: string[] | undefined;

  constructor(target: Target, options: ConnectOptions = {}) {
    this.target = target;
    this.#options = options;
    this.#source = options.source;
  }

  /** The addresses that are tried, as a person reads them. */
  get addresses(): string[] {
    const { target } = this;
    if (target.kind === "unix") return [target.path];
    return addressesOf(target).map((address) =>
      address.includes(":") ? `[${address}]:${target.port}` : `${address}:${target.port}`,
    );
  }

  /**
   * @param receive takes what a plain connection brings; without it the socket is a stream, as a
   * TLS connection always is
   * @param opening is filled in
   * @throws UpstreamError
   */
  async dial(signal: AbortSignal, receive?: Receiver, opening: Opening = {}): Promise<Socket> {
    const { target } = this;
    if (target.kind === "unix") {
      const socket = connectTcp({ path: target.path, allowHalfOpen: true, ...reading(receive) });
      return opened(socket, signal);
    }
    const addresses = addressesOf(target);
    const failures: UpstreamError[] = [];
    for (let turn = 0; turn < addresses.length; turn++) {
      const index = (this.#preferred + turn) % addresses.length;
      try {
        const address = addresses[index] as string;
        const socket = await this.#dialAddress(target, address, signal, receive, opening);
        this.#preferred = index;
        return socket;
      } catch (error) {
        failures.push(error as UpstreamError);
        if (signal.aborted || !NOBODY_THERE.includes((error as UpstreamError).kind)) break;
      }
    }
    throw worstOf(failures);
  }

  async #dialAddress(
    target: TcpTarget,
    address: string,
    signal: AbortSignal,
    receive: Receiver | undefined,
    opening: Opening,
  ): Promise<Socket> {
    const began = performance.now();
    const source = this.#source && isLoopback(address) && !address.includes(":");
    const socket = connectTcp({
      host: address,
      port: target.port,
      noDelay: true,
      // A tunnel passes a half-close on; for HTTP the connection ends both ways (connection.ts).
      allowHalfOpen: true,
      ...(source && { localAddress: this.#source }),
      ...reading(target.tls ? undefined : receive),
    });
    let found = began;
    if (isIP(address) === 0) {
      socket.once("lookup", () => {
        found = performance.now();
        opening.dns = found - began;
      });
    }
    try {
      await opened(socket, signal);
    } catch (error) {
      const cause = (error as UpstreamError).cause;
      if (source && systemCode(cause) === "EADDRNOTAVAIL") {
        // macOS and Windows have no 127.0.0.2 without an alias.
        this.#source = undefined;
        return this.#dialAddress(target, address, signal, receive, opening);
      }
      throw error;
    }
    const connected = performance.now();
    opening.tcp = connected - found;
    if (!target.tls) return socket;
    const secured = await this.#secure(target, socket, signal);
    opening.tls = performance.now() - connected;
    return secured;
  }

  #secure(target: TcpTarget, socket: Socket, signal: AbortSignal): Promise<Socket> {
    this.#roots ??= [...rootCertificates, ...extraRoots(), ...(this.#options.roots ?? [])];
    const secured = connectTls({
      socket,
      ALPNProtocols: ["http/1.1"],
      rejectUnauthorized: !this.#options.insecure,
      ca: this.#roots,
      host: target.host,
      ...(/[a-z]/i.test(target.host) && !target.host.includes(":") && { servername: target.host }),
    });
    return opened(secured, signal, "secureConnect");
  }
}

/** What Node itself would trust besides its built-in list, which `ca` replaces. */
function extraRoots(): string[] {
  const file = process.env.NODE_EXTRA_CA_CERTS;
  try {
    return file ? [readFileSync(file, "latin1")] : [];
  } catch {
    return [];
  }
}

function opened(
  socket: Socket,
  signal: AbortSignal,
  event: "connect" | "secureConnect" = "connect",
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      socket.removeListener(event, onOpen);
      socket.removeListener("error", onError);
      socket.removeListener("close", onClose);
      socket.removeListener("timeout", onTimeout);
      signal.removeEventListener("abort", onAbort);
      socket.setTimeout(0);
    };
    const fail = (error: UpstreamError): void => {
      settle();
      // An error that comes after this one has nobody to go to.
      socket.on("error", () => undefined);
      socket.destroy();
      reject(error);
    };
    const onOpen = (): void => {
      settle();
      resolve(socket);
    };
    const onError = (error: Error): void => fail(failureOf(error, event === "secureConnect"));
    const onClose = (): void => fail(new UpstreamError("closed", "the connection was closed"));
    const onTimeout = (): void => fail(new UpstreamError("timeout", "no answer to a connection"));
    const onAbort = (): void => fail(new UpstreamError("closed", "the client went away"));
    socket.once(event, onOpen);
    socket.once("error", onError);
    socket.once("close", onClose);
    socket.once("timeout", onTimeout);
    socket.setTimeout(CONNECT_TIMEOUT_MS);
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  });
}

function failureOf(error: Error, tls: boolean): UpstreamError {
  const code = systemCode(error) ?? "";
  // ENOENT and ECONNREFUSED are how a unix socket without its server fails.
  if (code === "ECONNREFUSED" || code === "ENOENT") {
    return new UpstreamError("refused", "connection refused", error);
  }
  if (tls) return tlsFailure(error, code);
  return new UpstreamError("unreachable", causeOf(error), error);
}

function tlsFailure(error: Error & { reason?: string }, code: string): UpstreamError {
  const failed = (what: string): UpstreamError => new UpstreamError("tls", what, error);
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG/.test(code + error.message)) {
    return failed("it does not speak TLS; give it as an http:// target");
  }
  if (/ECONNRESET|closed/.test(code)) return failed("it ended the TLS handshake");
  if (code.endsWith("NO_APPLICATION_PROTOCOL")) return failed("it does not offer HTTP/1.1");
  // Node's own codes for certificates begin otherwise: CERT_HAS_EXPIRED, ERR_TLS_CERT_ALTNAME_….
  if (code.startsWith("ERR_SSL_")) return failed(`the handshake failed, ${error.reason ?? code}`);
  const what = `its certificate is not accepted (${causeOf(error)})`;
  return new UpstreamError("certificate", what, error);
}

/** Of the failures of several addresses, the one that says most. */
function worstOf(failures: readonly UpstreamError[]): UpstreamError {
  return (
    failures.find((failure) => !NOBODY_THERE.includes(failure.kind)) ??
    failures.find((failure) => failure.kind === "refused") ??
    failures[0] ??
    new UpstreamError("unreachable", "it has no address")
  );
}
