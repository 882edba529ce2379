/** What is known of a run and of its apps before an exchange is looked at. */
import type { EdgeProfile } from "../edge/profile.js";
import type { AppMemory } from "./app-memory.js";

export interface DiagnosisContext {
  /** The edge that is simulated. */
  readonly edge?: EdgeProfile | undefined;
  /** The observer is the client: nobody knows what the edge tells the app. */
  readonly fromClient?: boolean;
  /** Browsers see the app's Strict-Transport-Security. */
  readonly hstsPassed?: boolean;
  /** Observations have the site's URL as it is on port 443. */
  readonly standIn?: boolean;
  /** Pages are treated as if they came from a public address. */
  readonly publicAddress?: boolean;
  /** Where the app can be reached over https, once that is known. */
  readonly httpsUrl?: () => string | undefined;
  /** The port of devtls for plain HTTP. */
  readonly plainPort?: () => number | undefined;
  /** What the apps have shown before. */
  readonly learnt?: AppMemory | undefined;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}
