/** How the requests for one target are treated. */
import type { HeadRewriter } from "../edge/head.js";
import type { EdgeProfile, Limits } from "../edge/profile.js";
import type { ResponseRewriter } from "../edge/response.js";
import type { Site } from "../edge/stand-in.js";
import type { HeaderLines } from "../lines.js";
import type { Exchange } from "./exchange.js";
import type { Pool } from "./upstream/pool.js";
import type { Watcher } from "./watch.js";

/** Edits the header lines of a response on its way to the client. */
export type ResponsePolicy = (headers: HeaderLines, exchange: Exchange) => HeaderLines;

/** Edits the client's header lines before the edge sees them. */
export type RequestPolicy = (headers: HeaderLines, exchange: Exchange) => HeaderLines;

export interface Forwarding {
  readonly pool: Pool;
  /** Nothing is asked before it listens. */
  readonly starting?: Starting;
  readonly edge: EdgeProfile;
  readonly rewrite: HeadRewriter;
  readonly editResponse: ResponseRewriter | undefined;
  /** Empty when the edge's limits are off. */
  readonly limits: Limits;
  /** The app is told the site without a port, and its answers get this one. */
  readonly standIn?: Site | undefined;
  readonly requestPolicy: RequestPolicy | undefined;
  readonly policies: readonly ResponsePolicy[];
  readonly watchers: readonly Watcher[];
  /** Something in devtls failed: a watcher, or an exchange with it. */
  readonly onDefect: (error: unknown) => void;
}

/** An app that is being started. */
export interface Starting {
  /** As people call it: "npm run dev". */
  readonly name: string;
  /** Where requests go from then on; undefined when it is never going to listen. */
  readonly ready: Promise<Forwarding | undefined>;
  readonly patience?: Patience;
}

/** How long requests wait for it. */
export interface Patience {
  /** After which somebody in front of a browser sees that it is still starting, milliseconds. */
  readonly pageMs: number;
  /** After which nothing waits any longer, milliseconds. */
  readonly endMs: number;
}
