/** A capture of an edge that runs somewhere, with an echo behind it. */
import { createHash } from "node:crypto";
import { lookup } from "node:dns/promises";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { connect, isIP } from "node:net";
import { join } from "node:path";
import { makeDirectory, writeFiles } from "../ca/files.js";
import { DevtlsError } from "../errors.js";
import { stateDirectory } from "../paths.js";
import { type Asking, ask } from "./asking/ask.js";
import type { Door } from "./asking/client.js";
import { boundsOf, type Captured, capture } from "./capture.js";
import { localSources } from "./from-configuration.js";
import type { Observation } from "./question.js";
import { type Place, requestQuestions } from "./questions.js";

export interface UrlSettings {
  readonly url: URL;
  readonly httpUrl?: URL;
  readonly token: string;
  readonly name: string;
  readonly roots: readonly string[];
  readonly insecure?: boolean;
  /** As CaptureSettings have them. */
  readonly limits?: boolean;
  readonly slow?: boolean;
  /** The host is the user's own, so that it may be asked for more than it takes. */
  readonly own?: boolean;
  readonly onStage?: (what: string) => void;
  readonly onAnswer?: Asking["onAnswer"];
  readonly onResume?: (answered: number) => void;
  readonly signal?: AbortSignal;
}

/** Whoever's edge it is, it does not notice this much. */
const REMOTE_PER_SECOND = 10;
/** Answers between two looks at the disk. */
const SAVE_EVERY = 10;

/**
 * Captures an edge. What was asked is kept until it is done, so that the same call goes on where
 * the last one was stopped.
 * @throws DevtlsError "request-failed"
 */
export async function captureUrl(settings: UrlSettings): Promise<Captured> {
  const { url, httpUrl, token, name, onAnswer, signal } = settings;
  const local = await isLocal(url.hostname);
  if (settings.limits && !local && !settings.own) {
    throw new DevtlsError(
      "usage",
      `--limits sends ${url.hostname} requests that are too large: only to a host of your own`,
      { hint: "Add --own if it is" },
    );
  }
  const secure = url.protocol === "https:";
  const door = (to: URL): Door => ({
    address: to.hostname.replace(/^\[|\]$/g, ""),
    port: Number(to.port || (to.protocol === "https:" ? 443 : 80)),
    ...(to.protocol === "https:" && {
      servername: to.hostname.replace(/^\[|\]$/g, ""),
      roots: settings.roots,
    }),
    ...(settings.insecure && { insecure: true }),
  });
  const plain = httpUrl ?? (secure ? undefined : url);
  const store = new Store(url, token);
  const kept = store.load();
  if (kept.size > 0) settings.onResume?.(kept.size);
  const answered = new Map(kept);
  const asking: Asking = {
    ...(secure && { tls: door(url) }),
    ...(plain && { plain: door(plain) }),
    token,
    name: url.href,
    before: kept,
    ...(!local && { perSecond: REMOTE_PER_SECOND }),
    ...(signal && { signal }),
    onAnswer: (done, all, observation) => {
      answered.set(observation.question.name, observation);
      if (answered.size > kept.size && answered.size % SAVE_EVERY === 0) store.save(answered);
      onAnswer?.(done, all, observation);
    },
  };
  const base = url.pathname.replace(/\/+$/, "");
  const place: Place = {
    authority: url.host,
    base,
    home: url.pathname,
    below: await reachesBelow(asking, url),
    sources: local ? await sourcesFor(asking) : [],
  };
  try {
    const captured = await capture({
      name,
      title: `captured from ${url.hostname}`,
      source: `${url.origin}, asked through an echo`,
      place,
      asking,
      target: "",
      remote: !local,
      ...boundsOf(settings),
    });
    store.remove();
    return captured;
  } catch (error) {
    if (answered.size > kept.size) store.save(answered);
    throw error;
  }
}

/** The addresses of this machine that the edge can be reached from: it may listen on ::1 alone. */
async function sourcesFor({ tls, plain }: Asking): Promise<string[]> {
  const doors = [tls, plain].filter((door) => door !== undefined);
  const sources = localSources();
  const reached = await Promise.all(
    sources.map(async (from) => {
      const open = doors.map((door) => canConnect({ ...door, from }));
      return (await Promise.all(open)).every(Boolean);
    }),
  );
  return sources.filter((_, index) => reached[index]);
}

function canConnect({ address, port, from }: Door & { from: string }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, localAddress: from, family: isIP(from) });
    const end = (reached: boolean): void => {
      socket.destroy();
      resolve(reached);
    };
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
  });
}

/** Whether every address of a host is this machine's own. */
async function isLocal(hostname: string): Promise<boolean> {
  const name = hostname.replace(/^\[|\]$/g, "");
  if (name === "localhost" || name.endsWith(".localhost")) return true;
  try {
    const addresses = await lookup(name, { all: true });
    return addresses.every(({ address }) => /^(?:127\.|::1$)/.test(address));
  } catch (error) {
    throw new DevtlsError("request-failed", `could not reach ${name}: it has no address`, {
      hint: "Check the URL",
      cause: error,
    });
  }
}

/** Whether paths below the echo's reach it, too. */
async function reachesBelow(asking: Asking, { host, pathname }: URL): Promise<boolean> {
  const base = pathname.replace(/\/+$/, "");
  const place = { authority: host, base, home: pathname, below: false, sources: [] };
  const [control] = requestQuestions(place);
  if (!control) return false;
  const below = { ...control, name: "a path below", target: `${base}/below` };
  const { before: _, onAnswer: __, ...bare } = asking;
  const asked = await ask(bare, [control, below]);
  return asked.observations.find(({ question }) => question === below)?.arrived !== undefined;
}

/** What was asked of an edge so far, in the state directory: 0600, without the token. */
class Store {
  readonly #folder = join(stateDirectory(), "captures");
  readonly #file: string;

  constructor(url: URL, token: string) {
    const id = createHash("sha256").update(`${url.href}\n${token}`).digest("hex").slice(0, 32);
    this.#file = join(this.#folder, `${id}.json`);
  }

  load(): Map<string, Observation> {
    if (!existsSync(this.#file)) return new Map();
    try {
      const list = JSON.parse(readFileSync(this.#file, "utf8")) as Observation[];
      return new Map(list.map((one) => [one.question.name, one]));
    } catch {
      // Half a file is none.
      return new Map();
    }
  }

  save(observations: ReadonlyMap<string, Observation>): void {
    makeDirectory(stateDirectory(), 0o700);
    makeDirectory(this.#folder, 0o700);
    const data = JSON.stringify([...observations.values()]);
    writeFiles([{ path: this.#file, data, mode: 0o600 }]);
  }

  remove(): void {
    rmSync(this.#file, { force: true });
  }
}
