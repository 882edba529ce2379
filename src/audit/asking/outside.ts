/** The network as an audit may use it. */

import { getDomain } from "tldts";
import { DevtlsError } from "../../errors.js";
import { BOUNDS, type Carrier, type HopRequest, type HopResponse } from "../../visit/carrier.js";
import { Network } from "../../visit/network.js";
import { addressesOf, isInternal, isLoopback } from "./addresses.js";
import type { Pace } from "./pace.js";

export interface OutsideOptions {
  /** Roots to trust, PEM. */
  readonly roots: readonly string[];
  /** Accept any certificate. */
  readonly insecure: boolean;
  readonly pace: Pace;
  /** For servers that are somebody else's, where the audited one is not. */
  readonly politePace: Pace;
  /**
   * The audited server is elsewhere: what it says must not make devtls ask machines here, and it is
   * asked with methods that change nothing.
   */
  readonly isRemote: boolean;
  /** The host that is audited, which may be asked wherever it is. */
  readonly host: string;
  /** Where it was found; a second look could be told another place. */
  readonly addresses: readonly string[];
}

/** Methods that are sent to a server that is somebody else's. */
const POLITE = ["GET", "HEAD"];

/** What is read of a page, and how long it may take. */
const READ = { ...BOUNDS, headMs: 15_000, bodyMs: 10_000, readOctets: BOUNDS.keptOctets };

export class Outside implements Carrier {
  readonly #options: OutsideOptions;
  readonly #networks = new Map<string, Network>();

  constructor(options: OutsideOptions) {
    this.#options = options;
  }

  async send(request: HopRequest): Promise<HopResponse> {
    const { isTheirs, address } = await this.#placeOf(request);
    if (isTheirs && !POLITE.includes(request.method)) throw refused(request, IMPOLITE);
    const { pace, politePace } = this.#options;
    await (isTheirs ? politePace : pace).turn();
    return this.#networkTo(address).send(request);
  }

  /** What was admitted is what is connected to: a name may lead elsewhere when it is asked again. */
  #networkTo(address: string | undefined): Network {
    const key = address ?? "";
    const known = this.#networks.get(key);
    if (known) return known;
    const { roots, insecure } = this.#options;
    const network = new Network({
      ...{ roots, insecure, bounds: READ },
      ...(address !== undefined && { resolve: () => address }),
    });
    this.#networks.set(key, network);
    return network;
  }

  async openSocket(request: HopRequest): Promise<Pick<HopResponse, "status" | "headers">> {
    throw refused(request, NO_SOCKET);
  }

  /**
   * Whose a server is, and where. One's own site may lead to somebody else's, which is asked as
   * gently as any; a site elsewhere that leads into this network is not followed.
   */
  async #placeOf(request: HopRequest): Promise<Place> {
    const { host, addresses, isRemote } = this.#options;
    const { hostname } = request.url;
    if (hostname === host)
      return { isTheirs: isRemote, address: isRemote ? addresses[0] : undefined };
    const found = await addressesOf(request.url);
    if (isRemote && found.some(isInternal)) {
      throw refused(request, INTO_HERE);
    }
    const site = getDomain(host);
    const isOwn = found.every(isLoopback) || (site !== null && getDomain(hostname) === site);
    return isOwn && !isRemote
      ? { isTheirs: false, address: undefined }
      : { isTheirs: true, address: found[0] };
  }
}

interface Place {
  readonly isTheirs: boolean;
  /** The only address to connect to; undefined for any of the name's. */
  readonly address: string | undefined;
}

const IMPOLITE = new Error("it is not yours");
const INTO_HERE = new Error("a site elsewhere sends devtls into this network");
const NO_SOCKET = new Error("an audit opens no WebSocket");

/** Whether a request failed because its method is not for somebody else's server. */
export function isImpolite(thrown: unknown): boolean {
  return thrown instanceof DevtlsError && thrown.cause === IMPOLITE;
}

function refused({ method, url }: HopRequest, cause: Error): DevtlsError {
  const what = `could not ask ${method} ${url.href}: ${cause.message}`;
  return new DevtlsError("request-failed", what, { cause });
}
