/** The diagnosis at work on a running proxy: what it sees, and whom it can ask. */
import type { AppMemory } from "../diagnose/app-memory.js";
import {
  contentCodingOf,
  isRefusalPage,
  isScanned,
  MAX_PAGE,
  type Scan,
} from "../diagnose/body-reading.js";
import type { BodyObservation } from "../diagnose/detector.js";
import { type Counted, Diagnosis } from "../diagnose/diagnosis.js";
import type { Ask, Finding, Observation } from "../diagnose/finding.js";
import type { EdgeProfile } from "../edge/profile.js";
import { STAND_IN_PORTS, siteUrl, standInRequest } from "../edge/stand-in.js";
import { first } from "../lines.js";
import { type Exchange, type FinishedExchange, publicUrl } from "../proxy/exchange.js";
import type { HstsMode } from "../proxy/policies/hsts.js";
import { Prober } from "../proxy/prober.js";
import type { ConnectOptions } from "../proxy/upstream/connect.js";
import type { Target } from "../proxy/upstream/target.js";
import type { SeenHead, Watch, Watcher } from "../proxy/watch.js";

export interface DiagnosingSettings {
  readonly edge: EdgeProfile;
  readonly hsts?: HstsMode;
  /** What the app is told has no port, and so have the observations. */
  readonly standIn?: boolean;
  /** Pages count as those of a public address. */
  readonly publicAddress?: boolean;
  /** Replay failing GET requests to find the cause; so unless told otherwise. */
  readonly probe?: boolean;
  /** What the apps have shown before. */
  readonly learnt?: AppMemory;
}

/** Where devtls listens. */
export interface Served {
  readonly url: string;
  readonly port: number;
  readonly plainPort: number | undefined;
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

  /** @param served where the app is served, once that is known */
  constructor(
    settings: DiagnosingSettings,
    served: () => Served | undefined,
    { onFinding, onDefect }: DiagnosingEvents,
  ) {
    this.#settings = settings;
    this.#onDefect = onDefect;
    const { edge, hsts = "strip", standIn = false, publicAddress = false } = settings;
    this.#diagnosis = new Diagnosis(
      {
        edge,
        learnt: settings.learnt,
        hstsPassed: hsts === "pass",
        publicAddress,
        // On 443 itself no port is missing anywhere.
        get standIn() {
          return standIn && served()?.port !== STAND_IN_PORTS.https;
        },
        httpsUrl: () => served()?.url,
        plainPort: () => served()?.plainPort,
      },
      standIn ? (finding) => onFinding(located(finding, served())) : onFinding,
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
      standIn: this.#settings.standIn ?? false,
      onDefect: this.#onDefect,
    });

  /** What was found and is still so. */
  get open(): readonly Counted[] {
    return this.#diagnosis.open;
  }

  /** What the apps have shown so far. */
  get learnt(): AppMemory {
    return this.#diagnosis.learnt;
  }

  /** Fulfilled when what was seen so far has been looked into. */
  idle(): Promise<void> {
    return this.#diagnosis.idle();
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

/** A finding of the site without a port, where the browser saw it. */
function located(finding: Finding, served: Served | undefined): Finding {
  const url = new URL(finding.url);
  const port = url.protocol === "https:" ? served?.port : served?.plainPort;
  if (port !== undefined) url.port = String(port);
  return { ...finding, url: url.href };
}

interface Diagnosed {
  readonly diagnosis: Diagnosis;
  readonly standIn: boolean;
  readonly probers: ReadonlyMap<string, Prober>;
  readonly onDefect: (error: unknown) => void;
}

/** What the diagnosis sees of one exchange. */
class DiagnosisWatch implements Watch {
  body: ((chunk: Buffer) => void) | undefined;
  readonly #exchange: Exchange;
  readonly #of: Diagnosed;
  #page: RefusalPage | undefined;
  #scan: Scan | undefined;
  /** Fulfilled when a body that is decoded beside the exchange has been looked through. */
  #decoded: (() => Promise<void>) | undefined;

  constructor(exchange: Exchange, of: Diagnosed) {
    this.#exchange = exchange;
    this.#of = of;
  }

  /** Looks through the bodies that may say something; the others are left alone. */
  head({ status, answered, told, target, own }: SeenHead): void {
    if (own) return;
    const { method, connection } = this.#exchange;
    const coding = contentCodingOf(answered);
    if (isRefusalPage({ status })) {
      this.#page = new RefusalPage();
      this.#look(this.#page, coding);
      return;
    }
    if (status !== 200 || connection.scheme !== "https") return;
    const type = first(answered, "content-type");
    if (type === undefined || !isScanned(type, this.#exchange.target)) return;
    this.#scan = this.#of.diagnosis.scanBody({
      ...{ method, url: this.#urlOf(publicUrl(this.#exchange)), told, target },
      ...{ status, response: answered },
      ...(connection.fromLan && { fromLan: true }),
    });
    if (this.#scan) this.#look(this.#scan, coding);
  }

  /** As the app knows it. */
  #urlOf(url: string): string {
    return this.#of.standIn ? siteUrl(url) : url;
  }

  #observation(finished: FinishedExchange, page: string | undefined): Observation {
    const observation = observationOf(finished, page);
    if (!this.#of.standIn) return observation;
    const { host, headers } = standInRequest({
      ...{ scheme: this.#exchange.connection.scheme, host: this.#exchange.host },
      headers: observation.asked ?? [],
    });
    const { url, sent, ...rest } = observation;
    const site = sent?.map((text, index) => (index % 2 === 1 ? siteUrl(text) : text));
    return {
      ...rest,
      url: siteUrl(url),
      asked: ["Host", host, ...headers],
      ...(site && { sent: site }),
    };
  }

  #look(reader: Pick<Scan, "push">, coding: string): void {
    if (coding === "") {
      this.body = (chunk) => reader.push(chunk);
      return;
    }
    // Most dev servers send no encoded bodies, and node:zlib takes its time to load.
    const copy = import("./decoded.js").then(({ decodedCopy }) =>
      decodedCopy(coding, (chunk) => reader.push(chunk), this.#of.onDefect),
    );
    this.#decoded = async () => (await copy)?.finish();
    let octets = 0;
    this.body = (chunk) => {
      if (octets > MAX_WAITING) return;
      octets += chunk.length;
      const own = Buffer.from(chunk);
      void copy.then((decoder) => decoder?.push(own));
    };
  }

  end(finished: FinishedExchange): void {
    const { status, told, answered, target, own } = finished;
    const url = this.#urlOf(finished.url);
    const { diagnosis, probers } = this.#of;
    const { method } = this.#exchange;
    // devtls answers in the app's place where that refuses a handshake with what is no HTTP.
    const isRefusal = finished.brokenBy === "target" && this.#exchange.upgrade !== undefined;
    const prober = own && !isRefusal ? undefined : probers.get(target);
    const ask: Ask | undefined = prober && ((trial) => prober.ask(this.#exchange, trial));
    const page = this.#page;
    const decoded = this.#decoded;
    if (page && decoded) {
      const read = decoded().then(() => this.#observation(finished, page.text));
      diagnosis.observeOnce(read, ask);
      return;
    }
    const isQuick =
      !own && diagnosis.isUneventful(method, status, told, answered, target, () => url);
    if (!isQuick) diagnosis.observe(this.#observation(finished, page?.text), ask);
    const scan = this.#scan;
    if (!scan) return;
    const bodySeen = (): BodyObservation => ({
      ...this.#observation(finished, undefined),
      body: scan.finish(),
    });
    if (decoded) {
      const read = decoded().then(bodySeen);
      diagnosis.observeLater(read, ask);
    } else {
      // Most bodies say nothing.
      if (!isQuick || scan.finish().isTelling) diagnosis.observeBody(bodySeen(), ask);
    }
  }
}

/** The text of a refusal or an error. */
class RefusalPage {
  text = "";

  push(chunk: Buffer): void {
    const rest = MAX_PAGE - this.text.length;
    if (rest > 0) this.text += chunk.toString("latin1", 0, Math.min(rest, chunk.length));
  }
}

function observationOf(finished: FinishedExchange, page: string | undefined): Observation {
  const { exchange, url, told, status, answered, responseHeaders, target, own } = finished;
  return {
    ...{ method: exchange.method, url, told, asked: askedBy(exchange), status },
    response: own ? responseHeaders : answered,
    sent: responseHeaders,
    ...{ target, byEdge: own, page },
    ...(exchange.connection.fromLan && { fromLan: true }),
  };
}

/** What the browser sent; an extended CONNECT has no Upgrade (RFC 8441 5). */
function askedBy({ headers, upgrade, protocol }: Exchange): readonly string[] {
  if (!upgrade || protocol !== "HTTP/2") return headers;
  return [...headers, "Upgrade", upgrade.protocol];
}
