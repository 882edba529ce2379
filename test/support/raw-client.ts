/** A connection that a test writes and reads as bytes; text stands for latin1. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { atEnd } from "./programs.js";

/** Longer than anything on loopback takes on a busy machine: who waits so long has failed. */
const PATIENCE_MS = 10_000;

/** Rejects when something takes much too long; `what` says what did not come. */
export async function soon<T>(promise: Promise<T>, what: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`there was no ${what()}`)), PATIENCE_MS);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

export class RawConnection {
  readonly socket: Socket;
  #pieces: Buffer[] = [];
  #closed = false;
  #wakes: (() => void)[] = [];

  constructor(socket: Socket) {
    this.socket = socket;
    const wake = (): void => {
      for (const go of this.#wakes.splice(0)) go();
    };
    socket.on("data", (chunk: Buffer) => {
      this.#pieces.push(chunk);
      wake();
    });
    // A reset is one way to close; the tests ask what came before it.
    socket.on("error", () => undefined);
    const close = (): void => {
      this.#closed = true;
      socket.destroy();
      wake();
    };
    socket.on("end", close);
    socket.on("close", close);
  }

  get bytes(): Buffer {
    const all = Buffer.concat(this.#pieces);
    this.#pieces = [all];
    return all;
  }

  /** Everything that has come so far. */
  get text(): string {
    return this.bytes.toString("latin1");
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  send(data: string | Uint8Array): void {
    this.socket.write(typeof data === "string" ? Buffer.from(data, "latin1") : data);
  }

  /** Waits until what has come fits. @throws when the connection closes before */
  async until(test: (bytes: Buffer) => boolean, what: string): Promise<Buffer> {
    const shown = (): string => `${what}, but ${JSON.stringify(this.text.slice(0, 300))}`;
    const met = async (): Promise<Buffer> => {
      while (!test(this.bytes)) {
        if (this.#closed) throw new Error(`closed without ${shown()}`);
        await new Promise<void>((resolve) => this.#wakes.push(resolve));
      }
      return this.bytes;
    };
    return soon(met(), shown);
  }

  /** Waits until this text has come. @returns all that has come */
  async untilText(text: string): Promise<string> {
    await this.until((bytes) => bytes.includes(text, 0, "latin1"), JSON.stringify(text));
    return this.text;
  }

  /** Waits for the other side to close. @returns all that has come */
  async closed(): Promise<string> {
    const met = async (): Promise<string> => {
      while (!this.#closed) await new Promise<void>((resolve) => this.#wakes.push(resolve));
      return this.text;
    };
    return soon(met(), () => `end of the connection after ${JSON.stringify(this.text)}`);
  }

  destroy(): void {
    this.socket.destroy();
  }
}

/** Connects to a port of this machine; the connection ends with the test file at the latest. */
export async function connectRaw(port: number, host = "127.0.0.1"): Promise<RawConnection> {
  const socket = connect({ port, host, noDelay: true });
  atEnd(() => socket.destroy());
  await once(socket, "connect");
  return new RawConnection(socket);
}

export interface SecureOptions {
  /** The root to trust, PEM. */
  readonly root: string;
  readonly protocol?: "http/1.1" | "h2";
}

/** The same with TLS, trusting one root. */
export async function connectSecure(
  port: number,
  { root, protocol = "http/1.1" }: SecureOptions,
): Promise<RawConnection> {
  const socket = connectTls({
    port,
    host: "127.0.0.1",
    servername: "localhost",
    ca: root,
    ALPNProtocols: [protocol],
  });
  atEnd(() => socket.destroy());
  await once(socket, "secureConnect");
  socket.setNoDelay(true);
  return new RawConnection(socket);
}
