/** What carries a visitor's requests: a network, or an edge that runs in the same process. */
import type { HeaderLines } from "../lines.js";

/** One request, as it leaves the browser. */
export interface HopRequest {
  readonly method: string;
  readonly url: URL;
  /** Host among them. */
  readonly headers: HeaderLines;
  readonly body?: Buffer | undefined;
}

export interface HopResponse {
  readonly status: number;
  readonly headers: HeaderLines;
  /** Decoded; what is beyond {@link Bounds.keptOctets} is left out. */
  readonly body: Buffer;
  /** It was longer, or took longer, than a visitor reads. */
  readonly isCut: boolean;
}

/** Of one request and its response; a server must not be able to hold a visitor for ever. */
export interface Bounds {
  /** Until the response's head has come; a dev server may compile the page first. */
  readonly headMs: number;
  /** From then until its body has ended. */
  readonly bodyMs: number;
  /** Octets of a body that are read; then the connection is closed. */
  readonly readOctets: number;
  /** Octets of a decoded body that are kept, for who looks for forms and links. */
  readonly keptOctets: number;
  /** 1xx responses before the one that counts. */
  readonly interim: number;
}

export const BOUNDS: Bounds = {
  headMs: 30_000,
  bodyMs: 30_000,
  readOctets: 16 * 1024 * 1024,
  keptOctets: 4 * 1024 * 1024,
  interim: 32,
};

export interface Carrier {
  /** @throws DevtlsError "request-failed" when there is no response, or none within its bounds */
  send(request: HopRequest): Promise<HopResponse>;
  /** Asks for a WebSocket, closes it when it is open. @returns how the server answered */
  openSocket(request: HopRequest): Promise<Pick<HopResponse, "status" | "headers">>;
}
