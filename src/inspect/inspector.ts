/** The inspector of one running `serve`: what it keeps, and what can be asked of it. */

import type { Finding } from "../diagnose/finding.js";
import { type Drawing, drawText } from "../drawing/drawing.js";
import type { EdgeProfile } from "../edge/profile.js";
import { findProfile, PROFILES } from "../edge/profiles/index.js";
import { DevtlsError } from "../errors.js";
import { first } from "../lines.js";
import type { ConnectOptions } from "../proxy/upstream/connect.js";
import type { Watcher } from "../proxy/watch.js";
import {
  askAsEdge,
  askFront,
  checkChange,
  type EdgeAnswer,
  type Front,
  type HeaderChange,
  isSafe,
  type LoopProof,
  wouldLoop,
} from "./asking.js";
import { drawingOf } from "./chains.js";
import { asCurl, asFetch, asFlow, asStep } from "./copying.js";
import { decodedBody, harOf } from "./har.js";
import { readHar } from "./har-import.js";
import type { Followed } from "./live.js";
import type { KeptBody, Recorded } from "./record.js";
import { type Recording, recorder } from "./recorder.js";
import { type Row, rowOf } from "./rows.js";
import { redacted } from "./secrets.js";
import { Store } from "./store.js";
import { appView, browserView, compare, cookiesOf, edgeView, phasesOf } from "./views.js";

/** A remote edge comes from an address that is not this machine's own; as in serving. */
const REMOTE_SOURCE = "127.0.0.2";

/** Findings of a run that are remembered. */
const MAX_FINDINGS = 1_000;

/** The running `serve`, as far as the inspector needs it. */
export interface Inspected {
  readonly front: Front;
  readonly edge: EdgeProfile;
  readonly target: string;
  /** For a target with TLS. */
  readonly connecting: Pick<ConnectOptions, "insecure" | "roots">;
  /** Findings that are still so. */
  open(): readonly Finding[];
  diagnosed(): Promise<void>;
}

export interface InspectorOptions {
  /** Octets. */
  readonly memory?: number;
  readonly bodies?: boolean;
  readonly edge: EdgeProfile;
  /** `--stand-in`. */
  readonly standIn?: boolean;
  readonly version: string;
}

export interface Seen {
  readonly number: number;
  readonly finding: Finding;
}

export interface ReplayWish {
  readonly change?: HeaderChange;
  /** Whose header is changed: what the app is told, unless told otherwise, or the browser's. */
  readonly side?: "app" | "browser";
  /** As this edge, straight to the app. */
  readonly edge?: string;
  readonly from?: "edge" | "loopback";
  /** For what is neither GET nor HEAD nor OPTIONS. */
  readonly confirmed?: boolean;
}

export interface Verification {
  readonly finding: Finding;
  readonly fixed: boolean;
  readonly before: string;
  readonly after: string;
  readonly exchange: number;
}

export class Inspector implements Followed {
  readonly store: Store;
  readonly watch: Watcher;
  readonly #recording: Recording;
  readonly #findings: Seen[] = [];
  readonly #version: string;
  #inspected: Inspected | undefined;

  constructor({ memory, bodies = false, edge, standIn = false, version }: InspectorOptions) {
    this.store = new Store(memory);
    this.#version = version;
    this.#recording = {
      ...{ store: this.store, edge: edge.name, standIn, bodies },
      replays: new Map(),
    };
    this.watch = recorder(this.#recording);
  }

  /** What is served is known once it is; nothing is asked before. */
  attach(inspected: Inspected): void {
    this.#inspected = inspected;
  }

  get #served(): Inspected {
    if (this.#inspected) return this.#inspected;
    throw new DevtlsError("request-failed", "could not ask the app: devtls is still starting");
  }

  /** Takes a finding, and marks the exchange that it is about. */
  found(finding: Finding): void {
    if (this.#findings.length >= MAX_FINDINGS) return;
    const number = this.#findings.push({ number: this.#findings.length + 1, finding });
    const about = this.store.latest(({ url }) => url === finding.url);
    if (about) this.store.mark(about.id, number);
  }

  get findings(): readonly (Seen & { readonly open: boolean })[] {
    const open = new Set(this.#inspected?.open() ?? []);
    return this.#findings.map((seen) => ({ ...seen, open: open.has(seen.finding) }));
  }

  changes(since: number, most: number): { rows: Row[]; version: number } {
    const found = this.store.since(since, most);
    const codes = (numbers: readonly number[]): string[] =>
      numbers.flatMap((number) => this.#findings[number - 1]?.finding.code ?? []);
    const version = found.length === most ? (found.at(-1)?.version ?? since) : this.store.version;
    return { rows: found.map((record) => rowOf(record, codes)), version };
  }

  onChange(listener: () => void): () => void {
    return this.store.onChange(listener);
  }

  /** What the page needs to know at first. */
  about(): Record<string, unknown> {
    const { edge, target, front } = this.#served;
    return {
      ...{ edge: edge.name, target, url: `https://${front.host}`, version: this.#version },
      bodies: this.#recording.bodies,
      edges: PROFILES.map(({ name, title }) => ({ name, title })),
    };
  }

  setBodies(on: boolean): void {
    this.#recording.bodies = on;
  }

  /** @throws DevtlsError "usage" when it is not there any more */
  record(id: number): Recorded {
    const record = this.store.get(id);
    if (record) return record;
    throw new DevtlsError("usage", `could not show exchange ${id}: it is not kept any more`, {
      hint: "Start devtls with a larger --inspect-memory, in MiB",
    });
  }

  /** One exchange in full. @param secrets false leaves out what lets somebody in */
  exchange(id: number, secrets = true): Record<string, unknown> {
    const whole = this.record(id);
    const record = secrets ? whole : redacted(whole);
    const { asked, requestBody, responseBody, frames, framesLeftOut, ...rest } = record;
    const { informations, replayOf } = rest;
    const chain = this.store.chain(rest.chain);
    const findings = new Set(chain.flatMap((hop) => hop.findings));
    return {
      ...{ id, url: rest.url, at: rest.at, source: rest.source, method: asked.method },
      ...{ protocol: asked.protocol, status: rest.status, own: rest.own, over: rest.over },
      ...{ edge: rest.edge, target: rest.target, limit: rest.limit, brokenBy: rest.brokenBy },
      ...{ bytes: rest.bytes, ms: rest.milliseconds },
      phases: phasesOf(record),
      ...{ chain: rest.chain, length: chain.length, replayOf },
      browser: browserView(record),
      app: appView(record, findProfile(rest.edge)),
      answered: compare(rest.answered, rest.answered),
      sent: compare(rest.answered, rest.sent),
      ...{ trailers: rest.trailers, informations, frames, framesLeftOut },
      cookies: cookiesOf(record),
      requestBody: requestBody && shownBody(asked.headers, requestBody),
      responseBody: responseBody && shownBody(rest.sent, responseBody),
      findings: [...findings].map((number) => this.#findings[number - 1]),
    };
  }

  /** The request as an edge would tell it; "all" for every one that there is. */
  asEdge(id: number, name: string, secrets = true): readonly Record<string, unknown>[] {
    const whole = this.record(id);
    const record = secrets ? whole : redacted(whole);
    const profiles = name === "all" ? PROFILES : [edgeNamed(name)];
    return profiles.map((edge) => {
      const { name, title } = edge;
      return { edge: name, title, ...edgeView(record, edge) };
    });
  }

  prove(id: number, edge: string): Promise<LoopProof> {
    const record = this.record(id);
    const profile = edgeNamed(edge);
    return wouldLoop(this.#pinned(record), profile, this.#connecting(profile));
  }

  #connecting(edge: EdgeProfile): ConnectOptions {
    const remote = edge.toApp.source === "remote";
    return { ...this.#served.connecting, ...(remote && { source: REMOTE_SOURCE }) };
  }

  /** Imported requests go where those of this run go, and nowhere else. */
  #pinned(record: Recorded): Recorded {
    if (record.source !== "har" && record.target !== "") return record;
    const { front } = this.#served;
    return { ...record, target: this.#target(), asked: { ...record.asked, host: front.host } };
  }

  #target(): string {
    const live = this.store.latest(({ source, target }) => source === "live" && target !== "");
    return live?.target ?? this.#served.target;
  }

  /** Sends a request again. @returns the id of its record, compared with the old one's answer */
  async replay(id: number, wish: ReplayWish): Promise<Record<string, unknown>> {
    const record = this.record(id);
    const { method } = record.asked;
    if (wish.change) checkChange(wish.change);
    if (!isSafe(method) && wish.confirmed !== true) {
      throw new DevtlsError(
        "needs-consent",
        `could not replay the request: ${method} may change something`,
        {
          hint: "Confirm that it may be sent once more",
        },
      );
    }
    const replayed = isThroughFront(wish, method)
      ? await askFront(record, this.#served.front, this.#recording.replays, wish.change)
      : await this.#replayAs(record, wish);
    return this.compared(id, replayed);
  }

  async #replayAs(record: Recorded, { edge, from, change }: ReplayWish): Promise<number> {
    const profile = edge === undefined ? this.#served.edge : edgeNamed(edge);
    const asked = this.#pinned(record);
    const started = Date.now();
    const told = edge === undefined && record.told.length > 0 ? record.told : undefined;
    const answer = await askAsEdge(asked, profile, this.#connecting(profile), {
      ...{ change, from, told },
    });
    return this.store.add(draftOf(asked, profile.name, answer, started)) ?? 0;
  }

  /** Two answers side by side. */
  compared(id: number, other: number): Record<string, unknown> {
    const [a, b] = [this.record(id), this.record(other)];
    const location = (record: Recorded): string | undefined => first(record.sent, "location");
    return {
      exchange: other,
      before: { status: a.status, location: location(a), bytes: a.bytes, ms: a.milliseconds },
      after: { status: b.status, location: location(b), bytes: b.bytes, ms: b.milliseconds },
      told: compare(a.told, b.told),
      answered: compare(a.answered, b.answered),
    };
  }

  /** Repeats the proof of a finding: the same request once more, and whether it is still so. */
  async verify(number: number): Promise<Verification> {
    const seen = this.#findings[number - 1];
    if (!seen) throw new DevtlsError("usage", `could not verify finding ${number}: there is none`);
    const { finding } = seen;
    const record =
      this.store.latest(({ findings, source }) => source === "live" && findings.includes(number)) ??
      this.store.latest(({ url, source }) => source === "live" && url === finding.url);
    if (!record) {
      throw failedToVerify(
        "the request it was seen on is not kept any more",
        "Load the page again",
      );
    }
    const { method } = record.asked;
    if (method !== "GET" && method !== "HEAD") {
      throw failedToVerify(
        `it was seen on ${method}, which is not repeated`,
        "Do it again in the browser",
      );
    }
    const { front } = this.#served;
    const id = await askFront(record, front, this.#recording.replays);
    await this.#served.diagnosed();
    const after = this.record(id);
    if (after.own && after.status >= 500) {
      throw failedToVerify(
        `the app does not answer (${after.status})`,
        "Start the dev server, and verify again",
      );
    }
    const fixed = !this.#served.open().some((each) => isSame(each, finding));
    return { finding, fixed, before: described(record), after: described(after), exchange: id };
  }

  /** The redirects that an exchange belongs to, drawn. */
  drawing(id: number): { readonly drawing: Drawing; readonly text: readonly string[] } {
    const drawing = drawingOf(this.store.chain(this.record(id).chain));
    return { drawing, text: drawText(drawing) };
  }

  copy(id: number, as: string): string {
    const record = this.record(id);
    switch (as) {
      case "curl":
        return asCurl(record);
      case "fetch":
        return asFetch(record);
      case "step":
        return JSON.stringify(asStep(record));
      default:
        throw new DevtlsError("usage", `could not copy it as ${as}: curl, fetch or step`);
    }
  }

  flow(ids: readonly number[] | undefined): unknown {
    return asFlow(this.#chosen(ids));
  }

  har(ids: readonly number[] | undefined, secrets: boolean): unknown {
    return harOf(this.#chosen(ids), this.#version, secrets);
  }

  #chosen(ids: readonly number[] | undefined): Recorded[] {
    if (!ids) return this.store.all();
    return ids.flatMap((id) => this.store.get(id) ?? []);
  }

  /** @returns how many entries it had */
  import(har: unknown): number {
    const drafts = readHar(har, this.#target());
    for (const draft of drafts) this.store.add(draft);
    return drafts.length;
  }
}

/** What changes something goes the way of the browser; so does a request that is to be as it was. */
function isThroughFront({ edge, from, change, side }: ReplayWish, method: string): boolean {
  if (edge !== undefined || from !== undefined) return false;
  return !change || side === "browser" || (method !== "GET" && method !== "HEAD");
}

function edgeNamed(name: string): EdgeProfile {
  const profile = findProfile(name);
  if (profile) return profile;
  throw new DevtlsError("usage", `could not find the edge ${JSON.stringify(name)}`, {
    hint: "devtls edges lists them",
  });
}

function failedToVerify(cause: string, hint: string): DevtlsError {
  return new DevtlsError("request-failed", `could not verify the finding: ${cause}`, { hint });
}

function isSame(a: Finding, b: Finding): boolean {
  return a.code === b.code && a.url === b.url;
}

function described({ status, sent }: Recorded): string {
  const location = first(sent, "location");
  return location === undefined ? String(status) : `${status} ${location}`;
}

/** A body for the page: text, or an image by its octets; never markup that runs. */
function shownBody(lines: readonly string[], body: KeptBody): Record<string, unknown> {
  const type = first(lines, "content-type")?.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  const octets = decodedBody(lines, body);
  const { total } = body;
  const whole = total === body.octets.length;
  if (/^image\/(?:png|jpeg|gif|webp|avif|x-icon|vnd\.microsoft\.icon|bmp)$/.test(type)) {
    return { type, total, whole, image: octets.toString("base64") };
  }
  return { type, total, whole, text: octets.toString("utf8") };
}

function draftOf(record: Recorded, edge: string, answer: EdgeAnswer, at: number) {
  const { id, version: _, chain: __, ...rest } = record;
  const ms = Date.now() - at;
  return {
    ...rest,
    source: "replay" as const,
    ...{ at, edge, told: answer.told, status: answer.status },
    ...{ answered: answer.response, sent: answer.response, trailers: [], informations: [] },
    ...{ bytes: answer.page?.length ?? 0, milliseconds: ms, millisecondsToHead: ms },
    opening: undefined,
    ...{ brokenBy: undefined, own: false, limit: undefined, over: true },
    responseBody: undefined,
    ...{ frames: [], framesLeftOut: 0, replayOf: id, findings: [] },
  };
}
