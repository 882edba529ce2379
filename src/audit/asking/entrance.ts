/** A way to reach a site: over the network, or through an edge in this process. */
import type { Carrier, HopRequest, HopResponse } from "../../visit/carrier.js";
import { ACCEPT_ENCODING } from "../../visit/collect.js";
import type { Answer } from "../rules/site.js";
import { type Carriers, type Doors, USER_AGENT } from "./ways.js";

export interface Entrance {
  /** The edge's name; undefined for the network. */
  readonly edge: string | undefined;
  /** An edge is between, named or not. */
  readonly isEdge: boolean;
  readonly hostname: string;
  readonly doors: Doors;
  readonly carriers: Carriers;
  /** Forged headers and methods that are not for reading may be sent. */
  readonly mayForge: boolean;
  close(): void;
}

export interface Question {
  readonly method?: string;
  readonly host?: string;
  /** Header lines besides the usual ones. */
  readonly headers?: readonly string[];
}

/** There are some twenty questions, and a server must not be able to hold an audit with each. */
const QUESTION_MS = 8_000;

/** Asks once, without cookies and without following; undefined where nothing answers. */
export async function askOnce(
  carrier: Carrier,
  url: URL,
  { method = "GET", host = url.host, headers = [] }: Question = {},
): Promise<Answer | undefined> {
  const request: HopRequest = {
    ...{ method, url },
    headers: [
      ...["Host", host, "Accept", "text/html,*/*;q=0.8", "User-Agent", USER_AGENT],
      ...["Accept-Encoding", ACCEPT_ENCODING, ...headers],
    ],
  };
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), QUESTION_MS);
  });
  try {
    const response = await Promise.race([carrier.send(request), tooLate]);
    return (
      response && {
        ...{ status: response.status, headers: response.headers },
        body: response.body.toString(),
      }
    );
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

/** What the one does not serve, the other is asked. */
export class Either implements Carrier {
  readonly #serves: (url: URL) => boolean;
  readonly #inside: Carrier;
  readonly #outside: Carrier;

  constructor(serves: (url: URL) => boolean, inside: Carrier, outside: Carrier) {
    [this.#serves, this.#inside, this.#outside] = [serves, inside, outside];
  }

  send(request: HopRequest): Promise<HopResponse> {
    return (this.#serves(request.url) ? this.#inside : this.#outside).send(request);
  }

  openSocket(request: HopRequest): Promise<Pick<HopResponse, "status" | "headers">> {
    return (this.#serves(request.url) ? this.#inside : this.#outside).openSocket(request);
  }
}
