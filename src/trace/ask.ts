/** One HTTP request as a browser would send it, without following anything. */
import { request as plainRequest } from "node:http";
import { type RequestOptions, request as secureRequest } from "node:https";
import { DevtlsError } from "../errors.js";

export interface AskOptions {
  /** Roots to trust, PEM. */
  readonly roots: readonly string[];
  /** Accept any certificate. */
  readonly insecure: boolean;
}

export interface Reply {
  readonly status: number;
  /** The header lines as they came. */
  readonly response: readonly string[];
}

/** For a response to begin; a dev server may compile the page first. */
const TIMEOUT_MS = 30_000;

/**
 * Sends a request without a body and reads the response to its end.
 * @param lines header lines, Host among them
 * @param see what is to look at the body, by the response's head; undefined for nothing
 * @throws DevtlsError "request-failed"
 */
export function ask(
  url: URL,
  method: string,
  lines: readonly string[],
  { roots, insecure }: AskOptions,
  see: (reply: Reply) => ((chunk: Buffer) => void) | undefined = () => undefined,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException): void => reject(failure(url, error));
    const options: RequestOptions = {
      method,
      agent: false,
      timeout: TIMEOUT_MS,
      setHost: false,
      headers: [...lines, "Connection", "close"] as unknown as RequestOptions["headers"] & object,
    };
    const request =
      url.protocol === "https:"
        ? secureRequest(url, { ...options, ca: [...roots], rejectUnauthorized: !insecure })
        : plainRequest(url, options);
    request.on("timeout", () => {
      request.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`));
    });
    request.on("error", fail);
    request.on("response", (response) => {
      const reply = { status: response.statusCode ?? 0, response: response.rawHeaders };
      const look = see(reply);
      response.on("data", (chunk: Buffer) => look?.(chunk));
      response.on("error", fail);
      response.on("end", () => resolve(reply));
    });
    // A request that asks to upgrade is no request for a page.
    request.on("upgrade", (_response, socket) => void socket.destroy());
    request.end();
  });
}

/** Errors of the certificate, by the codes that Node gives OpenSSL's. */
const CERTIFICATE = /^(?:CERT_|DEPTH_|SELF_SIGNED|UNABLE_TO_|ERR_TLS_CERT|HOSTNAME_MISMATCH)/;

/** What OpenSSL makes of an answer that is no TLS record. */
const NOT_TLS = /WRONG_VERSION_NUMBER|wrong version number|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST/;

function failure(url: URL, error: NodeJS.ErrnoException): DevtlsError {
  if (NOT_TLS.test(`${error.code} ${error.message}`)) {
    const plain = new URL(url);
    plain.protocol = "http:";
    return new DevtlsError(
      "request-failed",
      `could not ask ${url.href}: ${url.host} speaks plain http`,
      {
        hint: `Ask it so: devtls trace ${plain.href}`,
        cause: error,
      },
    );
  }
  const problem = `could not ask ${url.href}: ${error.message}`;
  const hint = CERTIFICATE.test(error.code ?? "")
    ? "To look past the certificate: devtls trace --insecure URL"
    : "Is the server running, and is the address right?";
  return new DevtlsError("request-failed", problem, { hint, cause: error });
}
