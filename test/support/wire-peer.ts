/** One end of a connection, spoken byte by byte: what a test sends and what came back. */
import type { Socket } from "node:net";

/** How the other side ended: in order, broken off, or not yet. */
export type Ending = "open" | "fin" | "reset";

/** Longer than anything on loopback takes on a busy machine; a test that waits so long has failed. */
const PATIENCE_MS = 8_000;

export interface Head {
  readonly line: string;
  readonly status: number;
  /** Names in lower case, in the order of the wire. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

export interface Message extends Head {
  readonly body: string;
  readonly trailers: readonly (readonly [name: string, value: string])[];
}

/** Rejects when something takes longer; `what` says what was missing. */
export async function within<T>(
  milliseconds: number,
  promise: Promise<T>,
  what: string,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`${what}: not within ${milliseconds} ms`)),
      milliseconds,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The same for what needs no time of its own. */
export async function soon<T>(promise: Promise<T>, what: string): Promise<T> {
  return within(PATIENCE_MS, promise, what);
}

export class Peer {
  readonly socket: Socket;
  /** The socket below TLS, to break it off. */
  readonly #raw: Socket;
  #pieces: Buffer[] = [];
  #ending: Ending = "open";
  #waiting: (() => void)[] = [];

  constructor(socket: Socket, raw: Socket = socket) {
    this.socket = socket;
    this.#raw = raw;
    const wake = (): void => {
      for (const go of this.#waiting.splice(0)) go();
    };
    socket.on("data", (chunk: Buffer) => {
      this.#pieces.push(chunk);
      wake();
    });
    socket.on("end", () => {
      this.#ending = this.#ending === "open" ? "fin" : this.#ending;
      wake();
    });
    socket.on("error", () => {
      this.#ending = "reset";
      wake();
    });
    socket.on("close", () => {
      // A connection that closes without its end was broken off.
      this.#ending = this.#ending === "open" ? "reset" : this.#ending;
      wake();
    });
    raw.on("error", () => undefined);
  }

  /** Text is sent as latin1. @returns false when it has to wait for the other side */
  send(data: string | Uint8Array): boolean {
    return this.socket.write(typeof data === "string" ? Buffer.from(data, "latin1") : data);
  }

  /** Ends this direction; the other one goes on. */
  finish(data = ""): void {
    this.socket.end(Buffer.from(data, "latin1"));
  }

  /** Breaks the connection off with a TCP reset. */
  reset(): void {
    this.#raw.resetAndDestroy();
  }

  destroy(): void {
    this.socket.destroy();
    this.#raw.destroy();
  }

  /** What has come and was not taken yet. */
  get received(): Buffer {
    const all = Buffer.concat(this.#pieces);
    this.#pieces = all.length > 0 ? [all] : [];
    return all;
  }

  /** The same as text. */
  get text(): string {
    return this.received.toString("latin1");
  }

  get ending(): Ending {
    return this.#ending;
  }

  get isClosed(): boolean {
    return this.#ending !== "open";
  }

  /** Waits for the other side to end, and closes this one. @returns what was not taken yet */
  async closed(): Promise<string> {
    await this.ended();
    this.destroy();
    return this.text;
  }

  /** How the other side ended, once it has; what came before can still be taken. */
  async ended(milliseconds = PATIENCE_MS): Promise<Exclude<Ending, "open">> {
    await this.#until(() => this.#ending !== "open", "the end of the connection", milliseconds);
    return this.#ending as Exclude<Ending, "open">;
  }

  /** The next octets. */
  async take(length: number): Promise<Buffer> {
    await this.#until(() => this.#size() >= length, `${length} octets`);
    return this.#cut(length);
  }

  /** The text up to and with the marker. */
  async until(marker: string): Promise<string> {
    let end = -1;
    await this.#until(() => {
      end = this.received.indexOf(marker, 0, "latin1");
      return end >= 0;
    }, JSON.stringify(marker));
    return this.#cut(end + marker.length).toString("latin1");
  }

  /** Waits until this text has come, and leaves it to be taken. @returns what was not taken yet */
  async untilText(marker: string): Promise<string> {
    await this.untilBytes((bytes) => bytes.includes(marker, 0, "latin1"), JSON.stringify(marker));
    return this.text;
  }

  /** Waits until what was not taken yet fits, and leaves it. */
  async untilBytes(test: (bytes: Buffer) => boolean, what: string): Promise<Buffer> {
    await this.#until(() => test(this.received), what);
    return this.received;
  }

  /** Everything until the other side ends, and how it did. */
  async rest(): Promise<{ text: string; ending: Exclude<Ending, "open"> }> {
    const ending = await this.ended();
    return { text: this.#cut(this.#size()).toString("latin1"), ending };
  }

  /** The head of the next message. */
  async head(): Promise<Head> {
    const [line = "", ...lines] = (await this.until("\r\n\r\n")).trimEnd().split("\r\n");
    return { line, status: Number(line.split(" ")[1]), headers: pairsOf(lines) };
  }

  /** The next message with its body, which must have an end of its own. */
  async message(options: { bodiless?: boolean } = {}): Promise<Message> {
    const head = await this.head();
    if (options.bodiless) return { ...head, body: "", trailers: [] };
    if (headerOf(head, "transfer-encoding") === "chunked") {
      return { ...head, ...(await this.#chunked()) };
    }
    const length = Number(headerOf(head, "content-length") ?? 0);
    return { ...head, body: (await this.take(length)).toString("latin1"), trailers: [] };
  }

  /** The next chunk of a chunked body; "" for the last one. */
  async chunk(): Promise<string> {
    const size = Number.parseInt(await this.until("\r\n"), 16);
    if (size === 0) return "";
    const data = await this.take(size + 2);
    return data.toString("latin1", 0, size);
  }

  async #chunked(): Promise<Pick<Message, "body" | "trailers">> {
    let body = "";
    for (let piece = await this.chunk(); piece !== ""; piece = await this.chunk()) body += piece;
    const lines: string[] = [];
    for (let line = await this.until("\r\n"); line !== "\r\n"; line = await this.until("\r\n")) {
      lines.push(line.trimEnd());
    }
    return { body, trailers: pairsOf(lines) };
  }

  #size(): number {
    return this.#pieces.reduce((sum, piece) => sum + piece.length, 0);
  }

  #cut(length: number): Buffer {
    const all = this.received;
    this.#pieces = length < all.length ? [all.subarray(length)] : [];
    return all.subarray(0, length);
  }

  async #until(test: () => boolean, what: string, milliseconds = PATIENCE_MS): Promise<void> {
    const deadline = Date.now() + milliseconds;
    while (!test()) {
      if (this.#ending !== "open") {
        throw new Error(`${what} did not come, but ${this.#ending} after ${this.#shown()}`);
      }
      const woken = new Promise<void>((resolve) => this.#waiting.push(resolve));
      await within(deadline - Date.now(), woken, `${what}, after ${this.#shown()}`);
    }
  }

  #shown(): string {
    return JSON.stringify(this.received.toString("latin1", 0, 200));
  }
}

function pairsOf(lines: readonly string[]): [string, string][] {
  return lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
}

/** The first value under a name, which is in lower case. */
export function headerOf({ headers }: Pick<Head, "headers">, name: string): string | undefined {
  return headers.find(([candidate]) => candidate === name)?.[1];
}

/** Every value under a name, which is in lower case. */
export function headersOf({ headers }: Pick<Head, "headers">, name: string): string[] {
  return headers.filter(([candidate]) => candidate === name).map(([, value]) => value);
}
