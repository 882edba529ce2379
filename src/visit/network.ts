/** Requests over the network, each on a connection of its own. */
import { randomBytes } from "node:crypto";
import { lookup } from "node:dns";
import {
  type ClientRequest,
  type IncomingMessage,
  request as plainRequest,
  type RequestOptions,
} from "node:http";
import { request as secureRequest } from "node:https";
import type { LookupFunction } from "node:net";
import { createSecureContext, type SecureContext } from "node:tls";
import { causeOf, DevtlsError, systemCode } from "../errors.js";
import { without } from "../lines.js";
import { BOUNDS, type Bounds, type Carrier, type HopRequest, type HopResponse } from "./carrier.js";
import { BodyCollector } from "./collect.js";

export interface NetworkOptions {
  /** Roots to trust, PEM. */
  readonly roots: readonly string[];
  /** Accept any certificate. */
  readonly insecure?: boolean;
  readonly bounds?: Bounds;
  /** The address of a host name, in place of the system's answer. */
  readonly resolve?: (hostname: string) => string;
}

export class Network implements Carrier {
  readonly #options: NetworkOptions;
  readonly #bounds: Bounds;
  #context: SecureContext | undefined;

  constructor(options: NetworkOptions) {
    this.#options = options;
    this.#bounds = options.bounds ?? BOUNDS;
  }

  send(asked: HopRequest): Promise<HopResponse> {
    return new Promise((resolve, reject) => {
      const { request, fail } = this.#begin(asked, ["Connection", "close"], reject);
      request.on("response", (response) => {
        const { statusCode: status = 0, rawHeaders: headers } = response;
        const collector = new BodyCollector(this.#bounds);
        let isDone = false;
        const done = (isCut: boolean): void => {
          if (isDone) return;
          isDone = true;
          clearTimeout(timer);
          request.destroy();
          const body = collector.finish(headers);
          resolve({ status, headers, body, isCut: isCut || collector.isCut });
        };
        const timer = setTimeout(() => done(true), this.#bounds.bodyMs);
        response.on("data", (chunk: Buffer) => {
          if (!collector.push(chunk)) done(true);
        });
        response.on("error", (error) => {
          if (isDone) return;
          clearTimeout(timer);
          fail(error);
        });
        response.on("end", () => done(false));
      });
      // A request for a page does not ask to upgrade.
      request.on("upgrade", (_response, socket) => void socket.destroy());
      request.end(asked.body);
    });
  }

  openSocket(asked: HopRequest): Promise<Pick<HopResponse, "status" | "headers">> {
    return new Promise((resolve, reject) => {
      const key = randomBytes(16).toString("base64");
      const upgrade = ["Connection", "Upgrade", "Upgrade", "websocket"];
      const socketLines = ["Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", key];
      const { request } = this.#begin(asked, [...upgrade, ...socketLines], reject);
      const answered = (response: IncomingMessage): void => {
        resolve({ status: response.statusCode ?? 0, headers: response.rawHeaders });
        request.destroy();
      };
      request.on("response", answered);
      request.on("upgrade", (response, socket) => {
        socket.destroy();
        answered(response);
      });
      request.end();
    });
  }

  get #lookup(): LookupFunction {
    const { resolve } = this.#options;
    if (!resolve) return lookupAsBrowsers;
    return (hostname, options, callback) => {
      const address = resolve(hostname);
      const family = address.includes(":") ? 6 : 4;
      if (options.all) callback(null, [{ address, family }]);
      else callback(null, address, family);
    };
  }

  /** Reading 150 roots takes longer than all the rest of a request. */
  get #secureContext(): SecureContext {
    this.#context ??= createSecureContext({ ca: [...this.#options.roots] });
    return this.#context;
  }

  /** A request whose head has to be answered in time. */
  #begin(
    { method, url, headers, body }: HopRequest,
    more: readonly string[],
    reject: (error: DevtlsError) => void,
  ): { readonly request: ClientRequest; readonly fail: (error: Error) => void } {
    const { insecure = false } = this.#options;
    const length = body === undefined ? [] : ["Content-Length", String(body.length)];
    const lines = [...without(headers, ["content-length", "connection"]), ...length, ...more];
    const isSecure = url.protocol === "https:";
    const options: RequestOptions = {
      method,
      agent: false,
      setHost: false,
      lookup: this.#lookup,
      headers: lines as unknown as RequestOptions["headers"] & object,
    };
    const secure = {
      ...options,
      secureContext: this.#secureContext,
      rejectUnauthorized: !insecure,
    };
    const request = isSecure ? secureRequest(url, secure) : plainRequest(url, options);
    const timer = setTimeout(() => {
      request.destroy(new Error(`no answer within ${this.#bounds.headMs / 1000} s`));
    }, this.#bounds.headMs);
    const fail = (error: Error): void => {
      clearTimeout(timer);
      reject(failure(url, error));
    };
    let interim = 0;
    request.on("information", () => {
      interim++;
      if (interim <= this.#bounds.interim) return;
      request.destroy(new Error(`more than ${this.#bounds.interim} interim responses`));
    });
    request.on("error", fail);
    for (const event of ["response", "upgrade"]) request.on(event, () => clearTimeout(timer));
    return { request, fail };
  }
}

/** localhost and what is below it are this machine (RFC 6761 6.3), which not every resolver knows. */
const lookupAsBrowsers: LookupFunction = (hostname, options, callback) => {
  if (!/(?:^|\.)localhost\.?$/i.test(hostname)) {
    lookup(hostname, options, callback);
    return;
  }
  const addresses = [
    { address: "127.0.0.1", family: 4 },
    { address: "::1", family: 6 },
  ];
  if (options.all) callback(null, addresses);
  else callback(null, "127.0.0.1", 4);
};

/** Errors of the certificate, by the codes that Node gives OpenSSL's. */
const CERTIFICATE =
  /^(?:CERT_|CRL_|DEPTH_|SELF_SIGNED|UNABLE_TO_|ERR_TLS_CERT|ERROR_IN_C|HOSTNAME_MISMATCH|INVALID_CA$|INVALID_PURPOSE$|PATH_LENGTH_)/;

/** Whether a request failed because the server's certificate is not trusted. */
export function isCertificateError(thrown: unknown): boolean {
  const cause = thrown instanceof DevtlsError ? thrown.cause : thrown;
  return CERTIFICATE.test(systemCode(cause) ?? "");
}

/** What OpenSSL makes of an answer that is no TLS record. */
const NOT_TLS = /WRONG_VERSION_NUMBER|wrong version number|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST/;

/** Whether a request failed because what answered is no TLS. */
export function isNotTls(thrown: unknown): boolean {
  const cause = thrown instanceof DevtlsError ? thrown.cause : thrown;
  return NOT_TLS.test(`${systemCode(cause)} ${(cause as Error | undefined)?.message}`);
}

/** Whether both sides speak TLS and did not agree: on a version, a suite, a client certificate. */
export function isHandshakeError(thrown: unknown): boolean {
  const cause = thrown instanceof DevtlsError ? thrown.cause : thrown;
  return handshakeReason(cause) !== undefined && !isNotTls(cause);
}

/** OpenSSL's own words without its places and numbers: "tlsv1 alert protocol version". */
function handshakeReason(error: unknown): string | undefined {
  const { message = "" } = (error ?? {}) as Partial<Error>;
  return /error:[0-9A-F]{8}:SSL routines:[^:]*:([^:\n]+)/.exec(message)?.[1];
}

function failure(url: URL, error: NodeJS.ErrnoException): DevtlsError {
  if (isNotTls(error)) {
    const plain = new URL(url);
    plain.protocol = "http:";
    const what = `could not ask ${url.href}: ${url.host} speaks no TLS; perhaps it speaks plain http`;
    const hint = `Ask it so: devtls trace ${plain.href}`;
    return new DevtlsError("request-failed", what, { hint, cause: error });
  }
  const reason = handshakeReason(error);
  const why = reason === undefined ? causeOf(error) : `the TLS handshake failed: ${reason}`;
  const problem = `could not ask ${url.href}: ${why}`;
  const hint = isCertificateError(error)
    ? "To look past the certificate: devtls trace --insecure URL"
    : "Is the server running, and is the address right?";
  return new DevtlsError("request-failed", problem, { hint, cause: error });
}
