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
