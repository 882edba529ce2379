/**
 * The diagnosis of a run: every exchange is shown to the detectors that want it, what looks wrong
 * is tried again where that is safe, and each cause is reported once a route.
 */
import type { AppMemory } from "./app-memory.js";
import { type BodyHead, type Scan, startBodyScan } from "./body-reading.js";
import type { DiagnosisContext } from "./context.js";
import type { BodyObservation, Detector, Scene, Sighting } from "./detector.js";
import { DETECTORS } from "./detectors/index.js";
import type { Answer, Ask, Finding, Observation, Trial } from "./finding.js";
import { type Counted, type Entry, Ledger } from "./ledger.js";
import { Memory } from "./memory.js";
import { type Change, findCure, repeatOf, type TrialOutcome } from "./trials.js";

export type { DiagnosisContext } from "./context.js";
export type { Counted } from "./ledger.js";

/** Replays that wait for their turn. */
const MAX_WAITING = 100;

const UNASKED: TrialOutcome = { kind: "unasked" };

export class Diagnosis {
  readonly #context: DiagnosisContext;
  readonly #report: (finding: Finding) => void;
  readonly #onDefect: (error: unknown) => void;
  readonly #memory: Memory;
  readonly #ledger = new Ledger();
  #queue: Promise<void> = Promise.resolve();
  #waiting = 0;
  #stopped = false;

  constructor(
    context: DiagnosisContext,
    report: (finding: Finding) => void,
    onDefect: (error: unknown) => void = () => undefined,
  ) {
    this.#context = context;
    this.#memory = new Memory(context);
    this.#report = report;
    this.#onDefect = onDefect;
  }

  /** What the apps have shown so far. */
  get learnt(): AppMemory {
    return this.#memory.apps;
  }

  /**
   * Whether {@link observe} would find nothing: so it is with most exchanges.
   * @param urlOf asked for only where something was found before
   */
  isUneventful(
    method: string,
    status: number,
    told: readonly string[],
    response: readonly string[],
    target: string,
    urlOf: () => string,
  ): boolean {
    if (isUnusual(method, status) || !this.#memory.apps.isDone(target)) return false;
    if (TELLING.some((wanted) => wanted(told))) return false;
    if (HEADERS.isAmong(response) || WAITING.some((next) => next(this.#memory))) return false;
    return this.#ledger.isEmpty || !this.#ledger.isWatched(method, target, urlOf());
  }

  /**
   * Looks at one exchange. Findings come at once, or when the app has been asked.
   * @param ask undefined when nothing may be replayed
   */
  observe(observation: Observation, ask?: Ask): void {
    if (!observation.byEdge) this.#memory.apps.learn(observation);
    this.#ledger.mend(observation);
    for (const detector of wanting(observation, this.#memory)) {
      this.#look(detector, observation, ask);
    }
  }

  /** Begins to look through a body; undefined where there is nothing to look for. */
  scanBody(head: BodyHead): Scan | undefined {
    return startBodyScan(head, this.#context);
  }

  /** Looks at one exchange whose body was read, after {@link observe}. */
  observeBody(observation: BodyObservation, ask?: Ask): void {
    this.#ledger.mend(observation);
    for (const detector of DETECTORS) {
      if (detector.wants.body) this.#look(detector, observation, ask);
    }
  }

  /** {@link observe} for a refusal whose text is still being read. */
  observeOnce(observation: Promise<Observation>, ask?: Ask): void {
    this.#after(observation, (each) => this.observe(each, ask));
  }

  /** {@link observeBody} for a body that is still being read. */
  observeLater(observation: Promise<BodyObservation>, ask?: Ask): void {
    this.#after(observation, (each) => this.observeBody(each, ask));
  }

  #after<T>(seen: Promise<T>, look: (seen: T) => void): void {
    const taken = seen.then(look);
    this.#queue = Promise.all([this.#queue, taken]).then(() => undefined, this.#onDefect);
  }

  /** What was found and is still so, in the order in which it was found. */
  get open(): readonly Counted[] {
    return this.#ledger.open;
  }

  /** Fulfilled when what was seen so far has been looked into. */
  async idle(): Promise<void> {
    // What is read may have something asked.
    for (let seen: Promise<void> | undefined; seen !== this.#queue; ) {
      seen = this.#queue;
      await seen;
    }
  }

  /** Nothing is asked from now on. */
  stop(): void {
    this.#stopped = true;
  }

  #look(detector: Detector, observation: BodyObservation, ask: Ask | undefined): void {
    for (const sighting of detector.look(observation, this.#memory)) {
      const entry = this.#ledger.enter(detector, sighting, observation);
      if (entry) this.#take(entry, detector, sighting, observation, ask);
    }
  }

  #take(
    entry: Entry,
    detector: Detector,
    sighting: Sighting<unknown>,
    observation: BodyObservation,
    ask: Ask | undefined,
  ): void {
    const { seen, repeat } = sighting;
    const base = repeat === undefined ? repeatOf(observation) : (repeat ?? undefined);
    const scene = (verdict: TrialOutcome): Scene => this.#scene(observation.target, verdict);
    if (!detector.changes) {
      this.#conclude(entry, detector.explain(seen, scene(UNASKED)));
      return;
    }
    const changes = base && ask ? detector.changes(seen, base, scene(UNASKED)) : [];
    this.#investigate(entry, async () => {
      const verdict =
        base && ask && changes.length > 0
          ? await findCure(base, changes, this.#asking(ask), (answer, trial) =>
              detector.stillSo(seen, repeated(observation, answer, trial)),
            )
          : UNASKED;
      return detector.explain(seen, scene(verdict));
    });
  }

  #asking(ask: Ask): Ask {
    return async (trial) => (this.#stopped ? undefined : ask(trial));
  }

  #scene(target: string, verdict: TrialOutcome): Scene {
    const { edge } = this.#context;
    return { edge, app: this.#memory.apps.of(target), verdict, context: this.#context };
  }

  /** One app is asked at a time: a dev server may have one thread, and a page many failures. */
  #investigate(entry: Entry, find: () => Promise<Finding | undefined>): void {
    if (this.#waiting >= MAX_WAITING) return;
    this.#waiting++;
    this.#queue = this.#queue
      .then(find)
      .then((finding) => this.#conclude(entry, finding))
      .catch(this.#onDefect)
      .finally(() => {
        this.#waiting--;
      });
  }

  #conclude(entry: Entry, finding: Finding | undefined): void {
    entry.finding = finding;
    if (finding) this.#report(finding);
    else this.#ledger.forget(entry);
  }
}

/** The exchange that an answer stands for. */
function repeated(
  observation: BodyObservation,
  { status, response, page }: Answer,
  trial: Trial | Change,
): BodyObservation {
  const { body: _, page: __, sent: ___, ...same } = observation;
  const url = "url" in trial ? trial.url : undefined;
  return {
    ...{ ...same, told: trial.told, status, response, page },
    ...(trial.path !== undefined && { method: "GET" }),
    ...(url !== undefined && { url }),
  };
}

/** Names of headers, and their lengths, by which most lines are told from them at once. */
class Telltales {
  readonly #names: ReadonlySet<string>;
  readonly #lengths: ReadonlySet<number>;

  constructor(names: readonly string[]) {
    this.#names = new Set(names);
    this.#lengths = new Set(names.map((name) => name.length));
  }

  isAmong(response: readonly string[]): boolean {
    if (this.#names.size === 0) return false;
    for (let index = 0; index < response.length; index += 2) {
      const name = response[index] as string;
      if (this.#lengths.has(name.length) && this.#names.has(name.toLowerCase())) return true;
    }
    return false;
  }
}

function isUnusual(method: string, status: number): boolean {
  return status !== 200 || method !== "GET";
}

/** What the detectors want, made ready. The quick path is made of it: it can forget none of them. */
const ALL = DETECTORS.map((detector) => ({
  detector,
  headers: new Telltales(detector.wants.headers ?? []),
}));
const HEADERS = new Telltales(DETECTORS.flatMap(({ wants: { headers = [] } }) => headers));
const TELLING = DETECTORS.flatMap(({ wants: { told } }) => (told ? [told] : []));
const WAITING = DETECTORS.flatMap(({ wants: { next } }) => (next ? [next] : []));

/** The detectors that want an exchange, but for its body. */
function wanting(observation: Observation, memory: Memory): Detector[] {
  const { method, status, told, response, byEdge = false } = observation;
  const unusual = isUnusual(method, status);
  return ALL.flatMap(({ detector, headers }) => {
    const { wants } = detector;
    if (wants.body || (byEdge && !wants.byEdge)) return [];
    const wanted =
      (unusual && wants.unusual) ||
      wants.next?.(memory) ||
      wants.told?.(told) ||
      headers.isAmong(response);
    return wanted ? [detector] : [];
  });
}
