/**
 * A response on a connection that Node's server has handed over: an upgrade, while the target is
 * asked and when it refuses. The client's side is read all the time: that it has left shows nowhere
 * else. The connection ends with the response, so that its end marks the end of the body.
 */
import type { Duplex } from "node:stream";
import { type HeaderLines, without } from "../../lines.js";
import type { Reply } from "../exchange.js";
import type { ResponseHead } from "../upstream/reader.js";
import { responseText } from "./http1-reply.js";

/** What a client may say on the new protocol before the target has agreed to it, in octets. */
const MAX_EARLY = 256 * 1024;

/** How long a client gets to read the end of its response and to close its side, too. */
const LINGER_MS = 2_000;

export class RawReply implements Reply {
  readonly #socket: Duplex;
  #early: Buffer[] = [];
  #earlyOctets = 0;
  #complete = false;
  readonly #onData = (chunk: Buffer): void => {
    if (this.#complete) return;
    this.#early.push(chunk);
    this.#earlyOctets += chunk.length;
    if (this.#earlyOctets > MAX_EARLY) this.#socket.destroy();
  };
  readonly #onEnd = (): void => void this.#socket.destroy();

  /** @param rest what came behind the head */
  constructor(socket: Duplex, rest: Buffer) {
    this.#socket = socket;
    socket.on("error", () => socket.destroy());
    if (rest.length > 0) this.#onData(rest);
    socket.on("data", this.#onData);
    socket.on("end", this.#onEnd);
    socket.resume();
  }

  /** Gives the connection up to a tunnel. @returns what the client has said by then */
  release(): Buffer {
    this.#socket.pause();
    this.#socket.off("data", this.#onData);
    this.#socket.off("end", this.#onEnd);
    return Buffer.concat(this.#early);
  }

  inform(head: ResponseHead): void {
    this.#socket.write(responseText(head), "latin1");
  }

  begin(status: number, reason: string, headers: HeaderLines, hasBody: boolean): void {
    const lines = [...without(headers, ["connection"]), "Connection", "close"];
    this.#socket.write(responseText({ status, reason, version: "1.1", headers: lines }), "latin1");
    if (!hasBody) this.end();
  }

  flush(): void {
    // Nothing is kept back.
  }

  write(chunk: Buffer): boolean {
    return this.#socket.write(chunk);
  }

  end(chunk?: Buffer): void {
    this.#complete = true;
    this.#early = [];
    if (chunk) this.#socket.write(chunk);
    this.#socket.end(() => {
      const timer = setTimeout(() => this.#socket.destroy(), LINGER_MS);
      timer.unref();
      this.#socket.once("close", () => clearTimeout(timer));
    });
  }

  destroy(): void {
    this.#socket.destroy();
  }

  onDrain(callback: () => void): void {
    this.#socket.once("drain", callback);
  }

  onClose(callback: (complete: boolean) => void): void {
    this.#socket.once("close", () => callback(this.#complete));
  }
}
