/** What a detector is: data, of which the diagnosis and its quick path are made. */
import type { EdgeProfile } from "../edge/profile.js";
import type { App } from "./app-memory.js";
import type { ScannedBody } from "./body-scan.js";
import type { DiagnosisContext } from "./context.js";
import type { Finding, FindingCode, Observation, Trial } from "./finding.js";
import type { Memory } from "./memory.js";
import type { Change, TrialOutcome } from "./trials.js";

/**
 * Which exchanges a detector has to see; each of these is enough. It sees no others, so that what
 * is left out here shows in its first test.
 */
interface Wants {
  /** Responses with one of these headers, by lower-case name. */
  readonly headers?: readonly string[];
  /** Requests with such header lines, as the app got them. */
  readonly told?: (told: readonly string[]) => boolean;
  /** Whatever is no GET, or not answered with 200. */
  readonly unusual?: true;
  /** What pages, scripts and data have in them: it looks at {@link BodyObservation}. */
  readonly body?: true;
  /** What comes next, while it waits for something. */
  readonly next?: (memory: Memory) => boolean;
  /** Also what the edge itself answered. */
  readonly byEdge?: true;
}

/** An exchange whose body was read. */
export interface BodyObservation extends Observation {
  readonly body?: ScannedBody | undefined;
}

/** Something that looks wrong in one exchange. */
export interface Sighting<Seen> {
  readonly seen: Seen;
  /** Tells it from others of the same code on the same route. */
  readonly key?: string;
  /** Said once for this, on whatever route it is seen. */
  readonly once?: string;
  /** The public URL that it is about, if not the one that was asked for. */
  readonly url?: string;
  /** The method that it is about, if not the one that was used. */
  readonly method?: string;
  /** What to ask again, if not the same request; null for nothing. */
  readonly repeat?: Trial | null;
}

/** What is known besides what was seen. */
export interface Scene {
  /** Undefined where only the client's side is seen. */
  readonly edge: EdgeProfile | undefined;
  readonly app: App;
  readonly verdict: TrialOutcome;
  readonly context: DiagnosisContext;
}

export interface Detector<Seen = unknown> {
  /** What its findings are about; most of them, where one detector tells two codes apart. */
  readonly code: FindingCode;
  readonly wants: Wants;
  /** What looks wrong in an exchange. */
  look(observation: BodyObservation, memory: Memory): readonly Sighting<Seen>[];
  /** The same request with one thing changed, the likeliest cure first; without it nobody asks. */
  changes?(seen: Seen, base: Trial, scene: Scene): readonly Change[];
  /**
   * Whether a later exchange of the same method and URL, or the answer to a change, shows the same.
   * @returns undefined where it says nothing of it
   */
  stillSo(seen: Seen, again: BodyObservation): boolean | undefined;
  /** What is to be said of it; undefined when asking showed that there was nothing in it. */
  explain(seen: Seen, scene: Scene): Finding | undefined;
}
