/**
 * A response on a connection that Node's server has handed over: an upgrade, while the target is
 * asked and when it refuses. The client's side is read all the time: that it has left shows nowhere
 * else. The connection ends with the response.
 */
import type { Duplex } from "node:stream";
import { fieldsText, type HeaderLines, has, without } from "../../lines.js";
import type { Reply } from "../exchange.js";
import type { ResponseHead } from "../upstream/reader.js";
import { responseText } from "./http1-reply.js";

/** What a client may say on the new protocol before the target has agreed to it, in octets. */
const MAX_EARLY = 256 * 1024;

/** How long a client gets to read the end of its response and to close its side, too. */
const LINGER_MS = 2_000;

export class RawReply implements Reply {
  readonly #socket: Duplex;
  readonly #takesChunks: boolean;
  #early: Buffer[] = [];
  #earlyOctets = 0;
  #complete = false;
  #chunked = false;
  readonly #onData = (chunk: Buffer): void => {
    if (this.#complete) return;
    this.#early.push(chunk);
    this.#earlyOctets += chunk.length;
    if (this.#earlyOctets > MAX_EARLY) this.#socket.destroy();
  };
  readonly #onEnd = (): void => void this.#socket.destroy();

  /**
   * @param rest what came behind the head
   * @param takesChunks the client knows the chunked coding, as those of HTTP/1.1 do
   */
  constructor(socket: Duplex, rest: Buffer, takesChunks: boolean) {
    this.#socket = socket;
    this.#takesChunks = takesChunks;
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
    const lines = [...without(headers, ["connection", "transfer-encoding"]), "Connection", "close"];
    // Only so does the client tell the end of the body from a break.
    this.#chunked = hasBody && this.#takesChunks && !has(headers, "content-length");
    if (this.#chunked) lines.push("Transfer-Encoding", "chunked");
    this.#socket.write(responseText({ status, reason, version: "1.1", headers: lines }), "latin1");
    if (!hasBody) this.end();
  }

  flush(): void {
    // Nothing is kept back.
  }

  write(chunk: Buffer, sent?: () => void): boolean {
    if (!this.#chunked || chunk.length === 0) return this.#socket.write(chunk, sent);
    this.#socket.write(`${chunk.length.toString(16)}\r\n`, "latin1");
    this.#socket.write(chunk, sent);
    return this.#socket.write("\r\n", "latin1");
  }

  end(chunk?: Buffer, trailers: HeaderLines = [], sent?: () => void): void {
    this.#complete = true;
    this.#early = [];
    if (chunk) this.write(chunk, sent);
    if (this.#chunked) this.#socket.write(`0\r\n${fieldsText(trailers)}\r\n`, "latin1");
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
