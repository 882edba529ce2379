/** The network as an audit may use it. */
import { DevtlsError } from "../../errors.js";
import { BOUNDS, type Carrier, type HopRequest, type HopResponse } from "../../visit/carrier.js";
import { Network } from "../../visit/network.js";
import { addressesOf, isInternal } from "./addresses.js";
import type { Pace } from "./pace.js";

export interface OutsideOptions {
  /** Roots to trust, PEM. */
  readonly roots: readonly string[];
  /** Accept any certificate. */
  readonly insecure: boolean;
  readonly pace: Pace;
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
    const { isRemote, pace } = this.#options;
    if (isRemote && !POLITE.includes(request.method)) throw refused(request, "it is not yours");
    const network = this.#networkTo(isRemote ? await this.#admitted(request) : undefined);
    await pace.turn();
    return network.send(request);
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
    throw refused(request, "an audit opens no WebSocket");
  }

  /** A redirect of a site elsewhere to an address in this network is not followed. */
  async #admitted(request: HopRequest): Promise<string | undefined> {
    const { host, addresses } = this.#options;
    if (request.url.hostname === host) return addresses[0];
    const found = await addressesOf(request.url);
    if (!found.some(isInternal)) return found[0];
    throw refused(request, "a site elsewhere sends devtls into this network");
  }
}

function refused({ method, url }: HopRequest, why: string): DevtlsError {
  return new DevtlsError("request-failed", `could not ask ${method} ${url.href}: ${why}`);
}
