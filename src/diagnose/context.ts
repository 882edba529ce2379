/** What is known of a run and of its apps before an exchange is looked at. */
import type { EdgeProfile } from "../edge/profile.js";
import type { Framework } from "./frameworks/record.js";
import type { Known } from "./frameworks/settings.js";

/** One app as far as its responses have shown it. */
export interface App {
  readonly known: Known | undefined;
  /** What it may be by the server that it runs on, as long as it is not known. */
  readonly likely?: readonly Framework[] | undefined;
  /** The Server field of its responses. */
  readonly server: string | undefined;
}

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
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}
