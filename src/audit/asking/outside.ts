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
}

/** Methods that are sent to a server that is somebody else's. */
const POLITE = ["GET", "HEAD"];

/** What is read of a page, and how long it may take. */
const READ = { ...BOUNDS, headMs: 15_000, bodyMs: 10_000, readOctets: BOUNDS.keptOctets };

export class Outside implements Carrier {
  readonly #options: OutsideOptions;
  readonly #network: Network;

  constructor(options: OutsideOptions) {
    this.#options = options;
    const { roots, insecure } = options;
    this.#network = new Network({ roots, insecure, bounds: READ });
  }

  async send(request: HopRequest): Promise<HopResponse> {
    const { isRemote, pace } = this.#options;
    if (isRemote && !POLITE.includes(request.method)) throw refused(request, "it is not yours");
    await this.#admit(request);
    await pace.turn();
    return this.#network.send(request);
  }

  async openSocket(request: HopRequest): Promise<Pick<HopResponse, "status" | "headers">> {
    throw refused(request, "an audit opens no WebSocket");
  }

  /** A redirect of a public site to an address in this network is not followed. */
  async #admit(request: HopRequest): Promise<void> {
    const { isRemote, host } = this.#options;
    if (!isRemote || request.url.hostname === host) return;
    const addresses = await addressesOf(request.url);
    if (addresses.some(isInternal))
      throw refused(request, "a public site sends devtls into this network");
  }
}

function refused({ method, url }: HopRequest, why: string): DevtlsError {
  return new DevtlsError("request-failed", `could not ask ${method} ${url.href}: ${why}`);
}
