/** Asks an edge one question after the other and gathers what came of each. */
import { setTimeout as delay } from "node:timers/promises";
import { isOdd } from "../../edge/names.js";
import { DevtlsError } from "../../errors.js";
import { first } from "../../lines.js";
import { encodeControl } from "../control.js";
import { type Observation, type Question, SHOWS_ALL, type Shows } from "../question.js";
import { readReport } from "../report.js";
import { type Door, NoHttp2, type Reached, send, Unanswered } from "./client.js";
import type { Recorder } from "./recorder.js";

/** How the edge is reached and how what arrived is learnt. */
export interface Asking {
  readonly tls?: Door;
  readonly plain?: Door;
  readonly token: string;
  /** The app, where it is ours; else an echo behind the edge reports in its responses. */
  readonly recorder?: Recorder;
  /** What the app is shown of a request, where it is ours. */
  readonly shows?: Shows;
  /** At most so many requests a second; none unless told otherwise. */
  readonly perSecond?: number;
  /** How errors name the edge. */
  readonly name: string;
  /** What was asked before, by the name of the question. */
  readonly before?: ReadonlyMap<string, Observation>;
  readonly onAnswer?: (done: number, all: number, observation: Observation) => void;
  readonly signal?: AbortSignal;
}

export interface Asked {
  readonly observations: readonly Observation[];
  readonly shows: Shows;
  /** The peer that the app saw. */
  readonly peer: string;
  /** Requests that were sent. */
  readonly requests: number;
  /** Ways that the edge does not have: "http2", "plain". */
  readonly missing: readonly string[];
}

/** Longest waits for an edge that refuses for a while, in milliseconds. */
const BACK_OFF_MS = [2_000, 8_000];

/** Asks. @throws DevtlsError "request-failed" */
export async function ask(asking: Asking, questions: readonly Question[]): Promise<Asked> {
  const asker = await beginAsking(asking, questions[0] as Question);
  const observations: Observation[] = [];
  for (const question of questions) {
    if (!asker.shows.case && hasOddNames(question)) continue;
    const observation = asking.before?.get(question.name) ?? (await asker.ask(question));
    if (!observation) continue;
    observations.push(observation);
    asking.onAnswer?.(observations.length, questions.length, observation);
  }
  const { shows, peer, requests, missing } = asker;
  return { observations, shows, peer, requests, missing: [...missing] };
}

/** CGI and what came of it show "X_Name", "X.Name" and "X-Name" as the same variable. */
function hasOddNames({ lines }: Question): boolean {
  return lines.some((text, index) => index % 2 === 0 && isOdd(text));
}

/** Begins to ask, for who chooses the questions by the answers. @throws as `ask` */
export async function beginAsking(asking: Asking, control: Question): Promise<Asker> {
  const asker = new Asker(asking);
  await asker.begin(control);
  return asker;
}

class Asker {
  shows: Shows = SHOWS_ALL;
  peer = "";
  requests = 0;
  readonly missing = new Set<string>();
  readonly #asking: Asking;
  #control: Question | undefined;
  #number = 0;
  #next = 0;

  constructor(asking: Asking) {
    this.#asking = asking;
    this.shows = asking.shows ?? SHOWS_ALL;
  }

  /** An ordinary request has to arrive, or nothing that follows says anything. */
  async begin(question: Question): Promise<void> {
    this.#control = question;
    const { reached, arrived } = await this.#send(question);
    if (!arrived) throw this.#notTheEcho(reached);
  }

  /** @returns undefined where the edge has no such way */
  async ask(question: Question): Promise<Observation | undefined> {
    if (this.missing.has(question.way)) return undefined;
    if (question.way === "plain" && !this.#asking.plain) return undefined;
    for (let attempt = 0; ; attempt++) {
      const observation = await this.#observe(question);
      if (!observation || observation.arrived || isRedirected(observation)) return observation;
      // The edge may answer a question by itself; it has to let ordinary ones through all the same.
      const control = await this.#send(this.#control as Question);
      if (control.arrived) return observation;
      const wait = BACK_OFF_MS[attempt];
      if (wait === undefined) throw this.#blocked(control.reached);
      await this.#pause(wait);
    }
  }

  async #observe(question: Question): Promise<Observation | undefined> {
    try {
      const { reached, arrived } = await this.#send(question);
      const { clientAddress = "", clientPort = 0, status, lines } = reached ?? { lines: [] };
      const door = this.#doorOf(question);
      return {
        question,
        clientAddress,
        clientPort,
        port: door.port,
        ...(arrived && { arrived }),
        ...(status !== undefined && { answer: { status, lines } }),
      };
    } catch (error) {
      if (error instanceof NoHttp2) {
        this.missing.add("http2");
        return undefined;
      }
      if (question.way === "plain" && error instanceof DevtlsError) {
        this.missing.add("plain");
        return undefined;
      }
      throw error;
    }
  }

  #doorOf(question: Question): Door {
    const { tls, plain } = this.#asking;
    const door = question.way === "plain" ? plain : (tls ?? plain);
    return door as Door;
  }

  async #send(question: Question) {
    await this.#take();
    const { token, recorder } = this.#asking;
    const number = ++this.#number;
    this.requests++;
    const control = encodeControl({ token, number, reply: question.reply ?? {} });
    let reached: Reached | undefined;
    try {
      reached = await send(this.#doorOf(question), question, control);
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error;
    }
    if (recorder) return { reached, arrived: recorder.take(number) };
    const report = reached && readReport(reached.lines, reached.body);
    if (!report) return { reached, arrived: undefined };
    if (report.number !== number) throw this.#cached(reached as Reached);
    this.shows = report.shows;
    this.peer = report.peer;
    return { reached, arrived: report.arrived };
  }

  /** Waits for the request's turn. */
  async #take(): Promise<void> {
    const { perSecond, signal } = this.#asking;
    signal?.throwIfAborted();
    if (perSecond === undefined) return;
    const now = Date.now();
    const at = Math.max(now, this.#next);
    this.#next = at + 1000 / perSecond;
    if (at > now) await this.#pause(at - now);
  }

  async #pause(milliseconds: number): Promise<void> {
    await delay(milliseconds, undefined, this.#asking.signal && { signal: this.#asking.signal });
  }

  #error(cause: string, hint: string): DevtlsError {
    return new DevtlsError("request-failed", `could not capture ${this.#asking.name}: ${cause}`, {
      hint,
    });
  }

  #notTheEcho(reached: Reached | undefined): DevtlsError {
    if (!reached) {
      return this.#error("the edge closed the connection without an answer", "Check the URL");
    }
    const { status, lines, body } = reached;
    const location = first(lines, "location");
    if (location !== undefined) {
      const to = location.slice(0, 200);
      return this.#error(
        `something in front of the echo answers: ${status} to ${to}`,
        "If that is a login or a redirect, let the echo's path pass it, or give the URL it leads to",
      );
    }
    if (status === 401 || status === 403 || status === 429 || status === 503) {
      return this.#error(
        `the edge itself answers ${status}${titleOf(body)}`,
        "Let the echo's path pass logins, firewalls and rate limits for some minutes",
      );
    }
    return this.#error(
      `the answer is not the echo's (${status}${titleOf(body)})`,
      "Check the token and the path; the echo stops an hour after it was started: devtls echo --help",
    );
  }

  #blocked(reached: Reached | undefined): DevtlsError {
    const what = reached ? `answers ${reached.status}${titleOf(reached.body)}` : "does not answer";
    return this.#error(
      `after ${this.requests} requests the edge ${what}: it blocks or limits who asks much`,
      "Run the same command again later: it goes on where it stopped. Or let your address pass for some minutes",
    );
  }

  #cached({ lines }: Reached): DevtlsError {
    const age = first(lines, "age");
    return this.#error(
      `the edge answers from its cache${age === undefined ? "" : ` (Age: ${age})`}, although the echo says no-store`,
      "Exempt the echo's path from the cache for some minutes",
    );
  }
}

/** Plain http that goes elsewhere is no sign of a block. */
function isRedirected({ question, answer }: Observation): boolean {
  return question.way === "plain" && answer !== undefined && /^3/.test(String(answer.status));
}

/** A page's title, for a person to know it by. */
function titleOf(body: Buffer): string {
  const title = /<title[^>]*>([^<]{1,80})/i.exec(body.toString("utf8"))?.[1]?.trim();
  return title ? `, "${title.replace(/[^\x20-\x7e]/g, "?")}"` : "";
}
