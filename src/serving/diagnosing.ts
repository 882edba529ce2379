/** The diagnosis at work on a running proxy: what it sees, and whom it can ask. */
import { mayRefuse, RefusalScan } from "../diagnose/csrf.js";
import { type Counted, Diagnosis } from "../diagnose/diagnosis.js";
import type { Ask, Finding, Observation } from "../diagnose/finding.js";
import { first } from "../diagnose/lines.js";
import { contentCodingOf, isScanned, type Scan } from "../diagnose/mixed-content.js";
import type { EdgeProfile } from "../edge/profile.js";
import { type Exchange, type FinishedExchange, publicUrl } from "../proxy/exchange.js";
import type { BodyWatch } from "../proxy/forwarding.js";
import type { HstsMode } from "../proxy/policies/hsts.js";
import { Prober } from "../proxy/prober.js";
import type { ConnectOptions } from "../proxy/upstream/connect.js";
import type { Target } from "../proxy/upstream/target.js";

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
  /** What looks through the bodies of responses that are under way. */
  readonly #refusals = new WeakMap<Exchange, RefusalScan>();
  readonly #scans = new WeakMap<Exchange, Scan>();
  /** The same for bodies that are decoded beside the exchange. */
  readonly #decoding = new WeakMap<Exchange, () => Promise<Finding | undefined>>();

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

  /** Looks through the bodies that may say something; the others are left alone. */
  readonly watchBody: BodyWatch = (exchange, head, asked) => {
    if (mayRefuse({ method: exchange.method, status: head.status })) {
      const scan = new RefusalScan();
      this.#refusals.set(exchange, scan);
      return (chunk) => scan.push(chunk);
    }
    if (head.status !== 200 || exchange.connection.scheme !== "https") return undefined;
    const type = first(head.headers, "content-type");
    if (type === undefined || !isScanned(type, exchange.target)) return undefined;
    const scan = this.#diagnosis.scanBody({
      ...{ method: exchange.method, url: publicUrl(exchange), ...asked },
      ...{ status: head.status, response: head.headers },
    });
    return scan && this.#scan(exchange, scan, contentCodingOf(head.headers));
  };

  #scan(exchange: Exchange, scan: Scan, coding: string): (chunk: Buffer) => void {
    if (coding === "") {
      this.#scans.set(exchange, scan);
      return (chunk) => scan.push(chunk);
    }
    // Most dev servers send no encoded bodies, and node:zlib takes its time to load.
    const copy = import("./decoded.js").then(({ decodedCopy }) =>
      decodedCopy(coding, (chunk) => scan.push(chunk), this.#onDefect),
    );
    const finish = async (): Promise<Finding | undefined> => {
      await (await copy)?.finish();
      return scan.finish();
    };
    this.#decoding.set(exchange, finish);
    let octets = 0;
    return (chunk) => {
      if (octets > MAX_WAITING) return;
      octets += chunk.length;
      const own = Buffer.from(chunk);
      void copy.then((decoder) => decoder?.push(own));
    };
  }

  observe(finished: FinishedExchange): void {
    const { exchange, own, status, answered, target } = finished;
    if (own && first(finished.responseHeaders, "location") === undefined) return;
    if (own || !this.#diagnosis.isUneventful(exchange.method, status, answered, target)) {
      const prober = own ? undefined : this.#probers.get(target);
      const ask: Ask | undefined = prober && ((trial) => prober.ask(exchange, trial));
      const refusal = this.#refusals.get(exchange)?.refusal;
      this.#diagnosis.observe(observationOf(finished, refusal), ask);
    }
    const found = this.#scans.get(exchange)?.finish();
    if (found) this.#diagnosis.add(found, target);
    const finish = this.#decoding.get(exchange);
    if (finish) this.#diagnosis.addLater(finish(), target);
  }

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
