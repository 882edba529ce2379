/**
 * The diagnosis of a run: every exchange is looked at once, what looks wrong is tried again where
 * that is safe, and each cause is reported once a route.
 */
import { CookieJar } from "../cookies/jar.js";
import type { AddressContext } from "./address-fixes.js";
import { AppMemory } from "./app-memory.js";
import { contradictionFinding, isSuspect, withoutOthers } from "./contradiction.js";
import { cookieRejections, originOf } from "./cookie-findings.js";
import { insecureSessions, notSecureFinding } from "./cookie-not-secure.js";
import { csrfMismatch } from "./csrf.js";
import { droppedBody } from "./dropped-body.js";
import type { Answer, Ask, Finding, Observation } from "./finding.js";
import { hstsLockIn } from "./hsts-lock-in.js";
import { insecureLocation } from "./insecure-location.js";
import { first, valuesOf } from "./lines.js";
import { LoginWatch, type LostLogin, lostCookieFinding } from "./login.js";
import { missingCookieFinding, setsCookie } from "./missing-cookie.js";
import { type BodyHead, type Scan, startBodyScan } from "./mixed-content.js";
import { isSelfRedirect, LoopWatch, loopFinding } from "./redirect-loop.js";
import { RoundTrips, roundTripFinding } from "./round-trips.js";
import { type SchemeCase, schemeDiagnosis } from "./scheme-cause.js";
import { findCure, type Verdict } from "./trials.js";
import { twinFinding } from "./underscored-twins.js";

export interface DiagnosisContext {
  /** The name of the edge. */
  readonly edge: string;
  /** The edge connects from an address that is not this machine's own. */
  readonly remote: boolean;
  /** The observer is the client: nobody knows what the edge tells the app. */
  readonly fromClient?: boolean;
  /** Browsers see the app's Strict-Transport-Security. */
  readonly hstsPassed?: boolean;
  /** Where the app can be reached over https, once that is known. */
  readonly httpsUrl?: () => string | undefined;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

export interface Counted {
  readonly finding: Finding;
  /** How many exchanges showed it. */
  readonly count: number;
}

interface Entry {
  /** undefined while the app is being asked, and for good when there was nothing in it. */
  finding: Finding | undefined;
  count: number;
  fixed: boolean;
}

/** Routes that are remembered; a crawler must not make this grow without bound. */
const MAX_ENTRIES = 1000;

/** Replays that wait for their turn. */
const MAX_WAITING = 100;

export class Diagnosis {
  readonly #context: DiagnosisContext;
  readonly #report: (finding: Finding) => void;
  readonly #onDefect: (error: unknown) => void;
  readonly #apps = new AppMemory();
  readonly #loops = new LoopWatch();
  readonly #rounds = new RoundTrips();
  readonly #logins = new LoginWatch();
  readonly #jar = new CookieJar();
  readonly #entries = new Map<string, Entry>();
  #queue: Promise<void> = Promise.resolve();
  #waiting = 0;
  #stopped = false;

  constructor(
    context: DiagnosisContext,
    report: (finding: Finding) => void,
    onDefect: (error: unknown) => void = () => undefined,
  ) {
    this.#context = context;
    this.#report = report;
    this.#onDefect = onDefect;
  }

  /** Whether {@link observe} would find nothing: so it is with most exchanges. */
  isUneventful(
    method: string,
    status: number,
    response: readonly string[],
    target: string,
  ): boolean {
    if (status !== 200 || method !== "GET" || this.#entries.size > 0) return false;
    if (this.#rounds.isWaiting || this.#logins.isWaiting || this.#loops.isWaiting) return false;
    return this.#apps.isDone(target) && !hasTelltale(response);
  }

  /**
   * Looks at one exchange. Findings come at once, or when the app has been asked.
   * @param ask undefined when nothing may be replayed
   */
  observe(observation: Observation, ask?: Ask): void {
    const { target, response, status, byEdge } = observation;
    const now = this.#context.now?.() ?? Date.now();
    if (!byEdge) this.#apps.learn(target, response, status >= 300 && status < 400);
    if (!byEdge && this.#loops.observe(observation)) this.#loop(observation, ask);
    else if (status >= 200 && status < 300) this.#isFixed("redirect-loop", observation);
    const round = this.#rounds.observe(observation, now);
    if (round) {
      const finding = roundTripFinding(round, this.#apps.frameworkOf(target));
      this.#once(keyOf("redirect-loop", target, finding.url), finding);
    }
    const dropped = droppedBody(observation, this.#apps.frameworkOf(target));
    if (dropped) this.#once(keyOf(dropped.code, target, dropped.url), dropped);
    if (byEdge) return;
    const lost = this.#logins.observe(observation, now);
    if (lost) this.#login(lost, ask);
    if (isSuspect(observation)) this.#contradiction(observation, ask);
    const twin = twinFinding(observation, this.#context.edge, this.#apps.frameworkOf(target));
    if (twin) this.#once(keyOf(twin.code, target, twin.url, twin.cause), twin);
    const csrf = csrfMismatch(observation, this.#apps.frameworkOf(target));
    if (csrf) this.#once(keyOf(csrf.code, target, csrf.url), csrf);
    this.#addresses(observation, ask);
    this.#cookies(observation, ask);
  }

  /** Begins to look through a body; undefined where there is nothing to look for. */
  scanBody(head: BodyHead): Scan | undefined {
    return startBodyScan(head, this.#addressContext(head.target));
  }

  /** Takes in what a body scan found. */
  add(finding: Finding, target: string): void {
    this.#once(keyOf(finding.code, target, finding.url, finding.cause), finding);
  }

  /** Takes in what a body scan is going to find. */
  addLater(found: Promise<Finding | undefined>, target: string): void {
    const taken = found.then((finding) => finding && this.add(finding, target));
    this.#queue = Promise.all([this.#queue, taken]).then(() => undefined, this.#onDefect);
  }

  #addressContext(target: string): AddressContext {
    return {
      edge: this.#context.edge,
      framework: this.#apps.frameworkOf(target),
      server: this.#apps.serverOf(target),
    };
  }

  /** What was found and is still so, in the order in which it was found. */
  get open(): readonly Counted[] {
    return [...this.#entries.values()].flatMap(({ finding, count, fixed }) =>
      finding && !fixed ? [{ finding, count }] : [],
    );
  }

  /** Fulfilled when what was seen so far has been looked into. */
  idle(): Promise<void> {
    return this.#queue;
  }

  /** Nothing is asked from now on. */
  stop(): void {
    this.#stopped = true;
  }

  #loop(observation: Observation, ask: Ask | undefined): void {
    const key = keyOf("redirect-loop", observation.target, observation.url);
    this.#investigate(key, async () => {
      const fails = (answer: Answer): boolean => isSelfRedirect(answer, observation.url);
      const scheme = await this.#scheme(observation, ask, fails);
      return scheme.verdict.kind === "gone" ? undefined : loopFinding(observation, scheme);
    });
  }

  #addresses(observation: Observation, ask: Ask | undefined): void {
    const { target, url } = observation;
    const context = this.#addressContext(target);
    const seen = insecureLocation(observation, context);
    if (!seen) return;
    // Edges repair what they know to be wrong: proxy_redirect of nginx, ProxyPassReverse of Apache.
    const { sent = observation.response } = observation;
    if (!insecureLocation({ ...observation, response: sent }, context)) return;
    this.#investigate(keyOf(seen.code, target, url, seen.cause), async () => {
      const fails = (answer: Answer): boolean =>
        insecureLocation({ ...observation, ...answer }, context)?.cause === seen.cause;
      const scheme = await this.#scheme(observation, ask, fails);
      if (scheme.verdict.kind !== "cured") return seen;
      const proved = { ...context, scheme: schemeDiagnosis(scheme) };
      const finding = insecureLocation(observation, proved);
      return finding && { ...finding, confidence: "proved" };
    });
  }

  #login(lost: LostLogin, ask: Ask | undefined): void {
    const { login, then, wasSet } = lost;
    if (wasSet) {
      const finding = lostCookieFinding(lost, this.#apps.frameworkOf(login.target));
      this.#once(keyOf("redirect-loop", login.target, login.url), finding);
      return;
    }
    this.#investigate(keyOf("cookie-missing", login.target, login.url), async () => {
      const scheme = await this.#scheme(then, ask, (answer) => !setsCookie(answer));
      return missingCookieFinding(lost, scheme);
    });
  }

  #contradiction(observation: Observation, ask: Ask | undefined): void {
    const { target, url, told, method } = observation;
    this.#investigate(keyOf("contradictory-scheme-headers", target, url), async () => {
      const isSafe = method === "GET" || method === "HEAD";
      const trial = { told: withoutOthers(told), from: "edge" } as const;
      const again = isSafe && !this.#stopped ? await ask?.(trial) : undefined;
      return contradictionFinding(observation, this.#apps.frameworkOf(target), again);
    });
  }

  #cookies(observation: Observation, ask: Ask | undefined): void {
    const { target, url, response } = observation;
    const lines = valuesOf(response, "set-cookie");
    const framework = this.#apps.frameworkOf(target);
    if (lines.length > 0) {
      const httpsUrl = this.#context.httpsUrl?.();
      const stored = this.#jar.cookies;
      const context = { framework, stored, ...(httpsUrl !== undefined && { httpsUrl }) };
      for (const finding of cookieRejections(observation, context)) {
        this.#once(keyOf(finding.code, target, url, finding.explanation), finding);
      }
      for (const line of lines) this.#jar.store(line, originOf(url));
      for (const name of insecureSessions(observation, framework)) {
        this.#notSecure(observation, name, ask);
      }
    }
    if (first(response, "strict-transport-security") === undefined) return;
    const passed = this.#context.hstsPassed ?? false;
    const hsts = hstsLockIn(observation, { framework, passed });
    if (hsts) this.#once(keyOf(hsts.code, target, new URL("/", url).href), hsts);
  }

  #notSecure(observation: Observation, name: string, ask: Ask | undefined): void {
    const { target, url } = observation;
    this.#investigate(`cookie-not-secure ${target} ${name}`, async () => {
      const framework = this.#apps.frameworkOf(target);
      const fails = ({ status, response }: Answer): boolean =>
        !valuesOf(response, "set-cookie").some((line) => line.startsWith(`${name}=`)) ||
        insecureSessions({ url, status, response }, framework).includes(name);
      const scheme = await this.#scheme(observation, ask, fails);
      const cured = scheme.verdict.kind === "cured";
      const known: SchemeCase = cured ? scheme : { ...scheme, verdict: { kind: "unasked" } };
      return notSecureFinding(observation, name, framework, schemeDiagnosis(known));
    });
  }

  async #scheme(
    observation: Observation,
    ask: Ask | undefined,
    fails: (answer: Answer) => boolean,
  ): Promise<SchemeCase> {
    const { edge, remote } = this.#context;
    const asking: Ask | undefined =
      ask && (async (trial) => (this.#stopped ? undefined : ask(trial)));
    const verdict: Verdict = await findCure(observation, remote, asking, fails);
    const framework = this.#apps.frameworkOf(observation.target);
    const server = this.#apps.serverOf(observation.target);
    const fromClient = this.#context.fromClient ?? false;
    return { told: observation.told, verdict, edge, framework, server, fromClient };
  }

  /** One app is asked at a time: a dev server may have one thread, and a page many failures. */
  #investigate(key: string, find: () => Promise<Finding | undefined>): void {
    const entry = this.#enter(key);
    if (!entry || this.#waiting >= MAX_WAITING) return;
    this.#waiting++;
    this.#queue = this.#queue
      .then(find)
      .then((finding) => {
        entry.finding = finding;
        if (finding) this.#report(finding);
        else this.#entries.delete(key);
      })
      .catch(this.#onDefect)
      .finally(() => {
        this.#waiting--;
      });
  }

  #once(key: string, finding: Finding): void {
    const entry = this.#enter(key);
    if (!entry) return;
    entry.finding = finding;
    this.#report(finding);
  }

  /** The entry of a cause and route that is new, or was taken for fixed; undefined for known ones. */
  #enter(key: string): Entry | undefined {
    const known = this.#entries.get(key);
    if (known) {
      known.count++;
      if (!known.fixed) return undefined;
      known.fixed = false;
      return known;
    }
    if (this.#entries.size >= MAX_ENTRIES) return undefined;
    const entry: Entry = { finding: undefined, count: 1, fixed: false };
    this.#entries.set(key, entry);
    return entry;
  }

  #isFixed(code: string, { target, url }: Observation): void {
    if (this.#entries.size === 0) return;
    const entry = this.#entries.get(keyOf(code, target, url));
    if (entry) entry.fixed = true;
  }
}

/** The header lines of a page that a diagnosis looks at. */
function hasTelltale(response: readonly string[]): boolean {
  for (let index = 0; index < response.length; index += 2) {
    const name = response[index] as string;
    if (TELLTALE_LENGTHS.has(name.length) && TELLTALES.has(name.toLowerCase())) return true;
  }
  return false;
}

const TELLTALES = new Set([
  ...["set-cookie", "strict-transport-security", "content-location", "link", "refresh"],
  "access-control-allow-origin",
]);
const TELLTALE_LENGTHS = new Set([...TELLTALES].map((name) => name.length));

/** One key for all pages of a kind: numbers and ids in the path make no difference. */
function keyOf(code: string, target: string, url: string, more = ""): string {
  const { protocol, host, pathname } = new URL(url);
  const route = pathname.replace(/\/(?:\d+|[0-9a-f]{16,}|[0-9a-f-]{36})(?=\/|$)/gi, "/*");
  return `${code} ${target} ${protocol}//${host}${route} ${more}`;
}
