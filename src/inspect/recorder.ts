/** The one watcher of the inspector: what it sees of an exchange becomes a record. */
import { first } from "../lines.js";
import { type Exchange, type FinishedExchange, publicUrl } from "../proxy/exchange.js";
import type { ResponseHead } from "../proxy/upstream/reader.js";
import type { SeenHead, Side, Watch, Watcher } from "../proxy/watch.js";
import { FrameLog } from "./frames.js";
import type { Draft, KeptBody } from "./record.js";
import type { Store } from "./store.js";

/** Names a request that the inspector sent itself; the value is what it replays. */
export const REPLAY_HEADER = "X-Devtls-Replay";

/** Of each body, in octets. */
export const MAX_BODY = 64 * 1024;
/** How often the frames of an open connection are shown. */
const FRAMES_EVERY_MS = 250;

export interface Recording {
  readonly store: Store;
  readonly edge: string;
  readonly standIn: boolean;
  /** Keep the beginning of bodies. */
  bodies: boolean;
  /** Tells replays of this run from what a client says. */
  readonly replays: ReplayKeys;
}

/** The replays under way, by the value of {@link REPLAY_HEADER}. */
export type ReplayKeys = Map<string, { readonly of: number; readonly done: (id: number) => void }>;

export function recorder(recording: Recording): Watcher {
  return (exchange) => new RecordingWatch(exchange, recording);
}

class RecordingWatch implements Watch {
  body: ((chunk: Buffer) => void) | undefined;
  readonly requestBody?: (chunk: Buffer) => void;
  readonly frame?: (from: Side, chunk: Buffer) => void;
  readonly #exchange: Exchange;
  readonly #of: Recording;
  readonly #at = Date.now();
  #id: number | undefined;
  #head: SeenHead | undefined;
  #informations: { status: number; headers: readonly string[] }[] | undefined;
  #request: BodyKeeper | undefined;
  #response: BodyKeeper | undefined;
  #frames: FrameLog | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** The store has thrown its record out; what comes on the connection now is kept nowhere. */
  #isGone = false;

  constructor(exchange: Exchange, of: Recording) {
    this.#exchange = exchange;
    this.#of = of;
    if (of.bodies && exchange.body) {
      const keeper = new BodyKeeper();
      this.#request = keeper;
      this.requestBody = (chunk) => keeper.push(chunk);
    }
    if (exchange.upgrade) {
      this.frame = (from, chunk) => this.#frame(from, chunk);
    }
  }

  information({ status, headers }: ResponseHead): void {
    this.#informations ??= [];
    if (this.#informations.length < 20) this.#informations.push({ status, headers });
  }

  head(head: SeenHead): void {
    this.#head = head;
    const type = first(head.sent, "content-type") ?? "";
    if (this.#of.bodies && isShown(type)) {
      const keeper = new BodyKeeper();
      this.#response = keeper;
      this.body = (chunk) => keeper.push(chunk);
    }
    const stays = head.status === 101 || type.startsWith("text/event-stream");
    if (stays) this.#id = this.#of.store.add(this.#draft(undefined));
  }

  #frame(from: Side, chunk: Buffer): void {
    if (this.#isGone) return;
    this.#frames ??= new FrameLog(this.#exchange.started);
    this.#frames.push(from, chunk);
    if (this.#timer || this.#id === undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#id === undefined) return;
      if (this.#of.store.replace(this.#id, this.#draft(undefined)) !== undefined) return;
      this.#isGone = true;
      this.#frames = undefined;
    }, FRAMES_EVERY_MS);
    this.#timer.unref();
  }

  end(finished: FinishedExchange): void {
    clearTimeout(this.#timer);
    const { store, replays } = this.#of;
    const draft = this.#draft(finished);
    const kept = this.#id === undefined ? store.add(draft) : store.replace(this.#id, draft);
    if (replays.size === 0) return;
    const key = first(this.#exchange.headers, "x-devtls-replay") ?? "";
    const replay = replays.get(key);
    replays.delete(key);
    replay?.done(kept ?? 0);
  }

  #draft(finished: FinishedExchange | undefined): Draft {
    const exchange = this.#exchange;
    const { connection, body, upgrade } = exchange;
    const { replays, edge, standIn } = this.#of;
    const replay =
      replays.size > 0 ? replays.get(first(exchange.headers, "x-devtls-replay") ?? "") : undefined;
    const head = this.#head;
    // One object of one shape: this is done for every exchange.
    return {
      source: replay ? "replay" : "live",
      at: this.#at,
      url: finished?.url ?? publicUrl(exchange),
      asked: {
        method: exchange.method,
        target: exchange.target,
        protocol: exchange.protocol,
        host: exchange.host,
        hostAt: exchange.hostAt,
        headers: exchange.headers,
        trailersWelcome: exchange.trailersWelcome,
        connection: {
          scheme: connection.scheme,
          address: connection.address,
          clientPort: connection.clientPort,
          port: connection.port,
        },
        body: body && { chunked: body.chunked, length: body.length },
        upgrade: upgrade !== undefined,
      },
      upgrade: upgrade?.protocol,
      edge,
      standIn,
      target: finished?.target ?? head?.target ?? "",
      told: finished?.told ?? head?.told ?? NONE,
      status: finished?.status ?? head?.status ?? 0,
      answered: finished?.answered ?? head?.answered ?? NONE,
      sent: finished?.responseHeaders ?? head?.sent ?? NONE,
      trailers: finished?.trailers ?? NONE,
      informations: this.#informations ?? NOTHING,
      bytes: finished?.bytes ?? 0,
      milliseconds: finished?.milliseconds ?? performance.now() - exchange.started,
      millisecondsToHead: finished?.millisecondsToHead,
      opening: finished?.opening,
      brokenBy: finished?.brokenBy,
      own: finished?.own ?? head?.own ?? false,
      limit: finished?.limit,
      requestBody: this.#request?.kept,
      responseBody: this.#response?.kept,
      frames: this.#frames ? [...this.#frames.frames] : NOTHING,
      framesLeftOut: this.#frames?.leftOut ?? 0,
      over: finished !== undefined,
      replayOf: replay?.of,
      findings: NOTHING,
      // What the store fills in has its place already: an object that grows is two.
      id: 0,
      version: 0,
      chain: undefined,
      octets: 0,
    } as Draft;
  }
}

const NONE: readonly string[] = [];
const NOTHING: readonly never[] = [];

/** Texts and images; other bodies are for programs. */
function isShown(type: string): boolean {
  return /^(?:text\/|image\/|application\/(?:[\w.+-]*json|[\w.+-]*xml|javascript|x-www-form-urlencoded|problem)|$)/i.test(
    type,
  );
}

/** The beginning of a body; the memory of its chunks is used again. */
class BodyKeeper {
  readonly #chunks: Buffer[] = [];
  #kept = 0;
  #total = 0;

  push(chunk: Buffer): void {
    this.#total += chunk.length;
    const rest = MAX_BODY - this.#kept;
    if (rest <= 0) return;
    const part = Buffer.from(chunk.subarray(0, rest));
    this.#kept += part.length;
    this.#chunks.push(part);
  }

  get kept(): KeptBody {
    return { octets: Buffer.concat(this.#chunks), total: this.#total };
  }
}
