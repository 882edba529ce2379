/**
 * A host name on the local network (RFC 6762): asked for before it is used (8.1), announced (8.3),
 * defended (9), answered for (6), and given up for another one when somebody else has it.
 */
import type { Answer, Packet, RecordType } from "dns-packet";
import type { LanAddress } from "../addresses.js";
import { Budget, type Link, MDNS_PORT, openLink } from "./link.js";
import {
  answersTo,
  contradicts,
  forLegacy,
  goodbyeOf,
  type HostRecords,
  isAbout,
  isKnown,
  losesTo,
  recordsOf,
} from "./records.js";

/** RFC 6762 8.1: three probes, a quarter of a second apart, after a delay of up to as much. */
const PROBES = 3;
const PROBE_EVERY_MS = 250;
/** RFC 6762 8.2: who loses to a probe of the same time asks again then. */
const DEFER_MS = 1_000;
/** RFC 6762 8.3: two announcements. */
const ANNOUNCE_AGAIN_MS = 1_000;
/** RFC 6762 6: a record is not sent again within a second, nor to defend it within a quarter. */
const REPEAT_MS = 1_000;
const DEFEND_MS = 250;
/** Answers to single askers, a second: they can be had for a forged address of this network. */
const MAX_UNICAST_PER_SECOND = 20;
/** Whoever says that he has all of them wants that nobody has one. */
const MAX_NAMES = 10;
const MAX_DEFERRED = 2;
const LABEL_LENGTH = 63;

export interface ResponderOptions {
  /** The name that is wanted, without ".local". */
  readonly name: string;
  /** Which devtls it is. */
  readonly run: string;
  /** The name is another one now, or none. */
  readonly onName: (name: string | null) => void;
}

type From = { readonly address: string; readonly port: number };

type State = "idle" | "probing" | "held";

export class Responder {
  readonly #options: ResponderOptions;
  readonly #unicast = new Budget(MAX_UNICAST_PER_SECOND);
  readonly #lastSent = new Map<Link, number>();
  #links: Link[] = [];
  #state: State = "idle";
  #names = 1;
  #deferred = 0;
  #timer: NodeJS.Timeout | undefined;
  #settled: ((name: string | null) => void) | undefined;

  constructor(options: ResponderOptions) {
    this.#options = options;
  }

  /** The name that is asked for or held. */
  get #name(): string {
    const { name } = this.#options;
    const suffix = this.#names === 1 ? "" : `-${this.#names}`;
    return `${name.slice(0, LABEL_LENGTH - suffix.length)}${suffix}.local`;
  }

  /**
   * Answers on these addresses from now on, and no others.
   * @returns the name that it got; null where there is no multicast, or no name to be had
   */
  async move(addresses: readonly LanAddress[]): Promise<string | null> {
    this.#leave();
    // In another network others have other names.
    this.#names = 1;
    this.#deferred = 0;
    const opening = linksOf(addresses).map((own) => openLink(own, this.#see));
    const opened = await Promise.allSettled(opening);
    this.#links = opened.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
    if (this.#links.length === 0) return null;
    return new Promise((resolve) => {
      this.#settled = resolve;
      this.#probe(Math.random() * PROBE_EVERY_MS);
    });
  }

  /** Says goodbye. */
  close(): void {
    this.#leave();
    this.#settled?.(null);
  }

  #leave(): void {
    clearTimeout(this.#timer);
    for (const link of this.#links) {
      if (this.#state === "held") this.#respond(link, goodbyeOf(this.#on(link)));
      link.close();
    }
    this.#state = "idle";
    this.#links = [];
    this.#lastSent.clear();
  }

  #settle(name: string | null): void {
    const settle = this.#settled;
    this.#settled = undefined;
    if (settle) settle(name);
    else this.#options.onName(name);
  }

  #on(link: Link): HostRecords {
    const addresses = link.addresses.map(({ address }) => address);
    return { name: this.#name, run: this.#options.run, addresses };
  }

  #after(milliseconds: number, step: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(step, milliseconds);
  }

  #probe(delayMs: number, sent = 0): void {
    this.#state = "probing";
    this.#after(delayMs, () => {
      if (sent === PROBES) {
        this.#hold();
        return;
      }
      for (const link of this.#links) {
        const authorities = recordsOf(this.#on(link)).map((record) => ({
          ...record,
          flush: false,
        })) as Answer[];
        const questions = [{ name: this.#name, type: ANY, class: "IN" as const }];
        link.send({ type: "query", id: 0, questions, authorities } as Packet);
      }
      this.#probe(PROBE_EVERY_MS, sent + 1);
    });
  }

  #hold(): void {
    this.#state = "held";
    this.#announce();
    this.#after(ANNOUNCE_AGAIN_MS, () => this.#announce());
    this.#settle(this.#name);
  }

  #announce(): void {
    for (const link of this.#links) this.#respond(link, recordsOf(this.#on(link)));
  }

  /** Somebody else has it. */
  #giveUp(): void {
    this.#names++;
    this.#deferred = 0;
    if (this.#names <= MAX_NAMES) {
      this.#probe(Math.random() * PROBE_EVERY_MS);
      return;
    }
    this.#state = "idle";
    this.#leave();
    this.#settle(null);
  }

  readonly #see = (packet: Packet, from: From, link: Link): void => {
    if (this.#state === "idle" || !this.#links.includes(link)) return;
    if (packet.type === "response") this.#seeResponse(packet, from, link);
    else this.#seeQuery(packet, from, link);
  };

  #seeResponse({ answers = [], additionals = [] }: Packet, { port }: From, link: Link): void {
    // RFC 6762 6: a responder answers from this port, and everybody else does not.
    if (port !== MDNS_PORT) return;
    const own = this.#links.flatMap(({ addresses }) => addresses.map(({ address }) => address));
    if (!contradicts([...answers, ...additionals], this.#on(link), own)) return;
    if (this.#state === "probing") this.#giveUp();
    // RFC 6762 9: who is right is found out as at the beginning.
    else this.#probe(Math.random() * PROBE_EVERY_MS);
  }

  #seeQuery(packet: Packet, from: From, link: Link): void {
    const host = this.#on(link);
    const { questions = [], authorities = [] } = packet;
    const isProbe = authorities.some((record) => isAbout(host.name, record));
    if (this.#state === "probing") {
      const isAsked = questions.some((question) => isAbout(host.name, question));
      if (!isProbe || !isAsked || !losesTo(host, authorities)) return;
      // Who probes and never holds the name only keeps others from it.
      if (++this.#deferred > MAX_DEFERRED) this.#giveUp();
      else this.#probe(DEFER_MS);
      return;
    }
    const found = questions.flatMap((question) => answersTo(question, host) ?? []);
    const answers = unique(found.flatMap((each) => each.answers));
    if (answers.length === 0) return;
    const additionals = unique(found.flatMap((each) => each.additionals));
    if (from.port !== MDNS_PORT) {
      this.#answerLegacy(packet, from, link, answers);
      return;
    }
    if (!isProbe && isKnown(answers, packet)) return;
    const since = performance.now() - (this.#lastSent.get(link) ?? Number.NEGATIVE_INFINITY);
    if (since < (isProbe ? DEFEND_MS : REPEAT_MS)) return;
    this.#respond(link, answers, additionals);
  }

  /** RFC 6762 6.7: an ordinary resolver asks from a port of its own, and waits there. */
  #answerLegacy({ id, questions }: Packet, from: From, link: Link, answers: Answer[]): void {
    if (!this.#unicast.spend()) return;
    const packet = { type: "response", id, flags: AUTHORITATIVE, questions } as Packet;
    link.send({ ...packet, answers: forLegacy(answers) }, from);
  }

  #respond(link: Link, answers: Answer[], additionals: Answer[] = []): void {
    this.#lastSent.set(link, performance.now());
    link.send({ type: "response", id: 0, flags: AUTHORITATIVE, answers, additionals } as Packet);
  }
}

/** RFC 1035 3.2.3; the package knows it, its types do not. */
const ANY = "ANY" as string as RecordType;

/** RFC 6762 18.4. */
const AUTHORITATIVE = 0x0400;

function unique(records: readonly Answer[]): Answer[] {
  const seen = new Map(records.map((record) => [JSON.stringify(record), record]));
  return [...seen.values()];
}

/** The addresses of each interface that has IPv4; with others names are not answered for. */
function linksOf(addresses: readonly LanAddress[]): LanAddress[][] {
  const links = new Map<string, LanAddress[]>();
  for (const each of addresses) {
    if (each.family !== "IPv4") continue;
    links.set(each.interface, [...(links.get(each.interface) ?? []), each]);
  }
  return [...links.values()];
}
