/** The diagnosis at work on a running proxy: what it sees, and whom it can ask. */
import { mayRefuse, RefusalScan } from "../diagnose/csrf.js";
import { type Counted, Diagnosis } from "../diagnose/diagnosis.js";
import type { Ask, Finding, Observation } from "../diagnose/finding.js";
import { contentCodingOf, isScanned, type Scan } from "../diagnose/mixed-content.js";
import type { EdgeProfile } from "../edge/profile.js";
import { first, has } from "../lines.js";
import { type Exchange, type FinishedExchange, publicUrl } from "../proxy/exchange.js";
import type { HstsMode } from "../proxy/policies/hsts.js";
import { Prober } from "../proxy/prober.js";
import type { ConnectOptions } from "../proxy/upstream/connect.js";
import type { Target } from "../proxy/upstream/target.js";
import type { SeenHead, Watch, Watcher } from "../proxy/watch.js";

export interface DiagnosingSettings {
  readonly edge: EdgeProfile;
  readonly hsts?: HstsMode;
  /** Replay failing GET requests to find the cause; so unless told otherwise. */
  readonly probe?: boolean;
}

export interface DiagnosingEvents {
  readonly onFinding: (finding: Finding) => void;
  readonly onDefect: (error: unknown) => void;
}

/** Of an encoded body, in octets, until what decodes it is there. */
const MAX_WAITING = 256 * 1024;

export class Diagnosing {
  readonly #settings: DiagnosingSettings;
  readonly #diagnosis: Diagnosis;
  readonly #onDefect: (error: unknown) => void;
  readonly #probers = new Map<string, Prober>();

  /** @param httpsUrl where the app is served, once that is known */
  constructor(
    settings: DiagnosingSettings,
    httpsUrl: () => string | undefined,
    { onFinding, onDefect }: DiagnosingEvents,
  ) {
    this.#settings = settings;
    this.#onDefect = onDefect;
    const { edge, hsts = "strip" } = settings;
    this.#diagnosis = new Diagnosis(
      {
        edge: edge.name,
        remote: edge.toApp.source === "remote",
        hstsPassed: hsts === "pass",
        httpsUrl,
      },
      onFinding,
      onDefect,
    );
  }

  addTarget(target: Target, connecting: ConnectOptions): void {
    if (this.#settings.probe === false) return;
    this.#probers.set(target.url, new Prober(target, this.#settings.edge, connecting));
  }

  /** Looks on at an exchange. */
  readonly watch: Watcher = (exchange) =>
    new DiagnosisWatch(exchange, {
      diagnosis: this.#diagnosis,
      probers: this.#probers,
      onDefect: this.#onDefect,
    });

  /** What was found and is still so. */
  get open(): readonly Counted[] {
    return this.#diagnosis.open;
  }

  /** Fulfilled when the last finding is out; what is asked by then is asked to the end. */
  async close(graceMs: number): Promise<void> {
    const timer = setTimeout(() => this.#abandon(), graceMs);
    await this.#diagnosis.idle();
    clearTimeout(timer);
    this.#abandon();
    await this.#diagnosis.idle();
  }

  #abandon(): void {
    this.#diagnosis.stop();
    for (const prober of this.#probers.values()) prober.close();
  }
}

interface Diagnosed {
  readonly diagnosis: Diagnosis;
  readonly probers: ReadonlyMap<string, Prober>;
  readonly onDefect: (error: unknown) => void;
}

/** What the diagnosis sees of one exchange. */
class DiagnosisWatch implements Watch {
  body: ((chunk: Buffer) => void) | undefined;
  readonly #exchange: Exchange;
  readonly #of: Diagnosed;
  #refusal: RefusalScan | undefined;
  #scan: Scan | undefined;
  /** The end of a scan whose body is decoded beside the exchange. */
  #decoding: (() => Promise<Finding | undefined>) | undefined;

  constructor(exchange: Exchange, of: Diagnosed) {
    this.#exchange = exchange;
    this.#of = of;
  }

  /** Looks through the bodies that may say something; the others are left alone. */
  head({ status, answered, told, target, own }: SeenHead): void {
    if (own) return;
    const { method, connection } = this.#exchange;
    if (mayRefuse({ method, status })) {
      const scan = new RefusalScan();
      this.#refusal = scan;
      this.body = (chunk) => scan.push(chunk);
      return;
    }
    if (status !== 200 || connection.scheme !== "https") return;
    const type = first(answered, "content-type");
    if (type === undefined || !isScanned(type, this.#exchange.target)) return;
    const scan = this.#of.diagnosis.scanBody({
      ...{ method, url: publicUrl(this.#exchange), told, target },
      ...{ status, response: answered },
    });
    if (scan) this.#look(scan, contentCodingOf(answered));
  }

  #look(scan: Scan, coding: string): void {
    if (coding === "") {
      this.#scan = scan;
      this.body = (chunk) => scan.push(chunk);
      return;
    }
    // Most dev servers send no encoded bodies, and node:zlib takes its time to load.
    const copy = import("./decoded.js").then(({ decodedCopy }) =>
      decodedCopy(coding, (chunk) => scan.push(chunk), this.#of.onDefect),
    );
    this.#decoding = async () => {
      await (await copy)?.finish();
      return scan.finish();
    };
    let octets = 0;
    this.body = (chunk) => {
      if (octets > MAX_WAITING) return;
      octets += chunk.length;
      const own = Buffer.from(chunk);
      void copy.then((decoder) => decoder?.push(own));
    };
  }

  end(finished: FinishedExchange): void {
    const { status, answered, target, own, responseHeaders } = finished;
    const { diagnosis, probers } = this.#of;
    const { method } = this.#exchange;
    if (own && !has(responseHeaders, "location")) return;
    if (own || !diagnosis.isUneventful(method, status, answered, target)) {
      const prober = own ? undefined : probers.get(target);
      const ask: Ask | undefined = prober && ((trial) => prober.ask(this.#exchange, trial));
      diagnosis.observe(observationOf(finished, this.#refusal?.refusal), ask);
    }
    const found = this.#scan?.finish();
    if (found) diagnosis.add(found, target);
    if (this.#decoding) diagnosis.addLater(this.#decoding(), target);
  }
}

function observationOf(finished: FinishedExchange, refusal: string | undefined): Observation {
  const { exchange, url, told, status, answered, responseHeaders, target, own } = finished;
  return {
    method: exchange.method,
    url,
    told,
    status,
    response: own ? responseHeaders : answered,
    sent: responseHeaders,
    target,
    byEdge: own,
    refusal,
  };
}
