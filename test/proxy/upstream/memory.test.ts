/** Memory that is used again for what apps send never shows one response in another. */
import { once } from "node:events";
import { createServer, get as getPlain, type IncomingMessage } from "node:http";
import { get } from "node:https";
import type { AddressInfo } from "node:net";
import type { Readable } from "node:stream";
import { beforeAll, describe, expect, it } from "vitest";
import { hold, lend } from "../../../src/proxy/upstream/memory.js";
import { atEnd } from "../../support/programs.js";
import { type Front, startFront } from "../../support/wire-front.js";

const MIB = 1024 * 1024;
const SIZE = 3 * MIB;
const LETTERS = [..."abcdef"];

/** How the app says where a body ends. */
const FRAMINGS = ["length", "chunked", "close"] as const;
/** How the client asks. */
const CLIENTS = ["HTTP/1.1", "HTTP/1.1 without TLS", "HTTP/2"] as const;

describe("The memory of what apps send", () => {
  let front: Front;

  beforeAll(async () => {
    // A body is one letter, over and over, in pieces that fit no buffer.
    const app = createServer(async (request, response) => {
      const [, framing, letter = ""] = (request.url ?? "").split("/");
      if (framing === "length") response.setHeader("Content-Length", SIZE);
      if (framing === "close") response.removeHeader("Transfer-Encoding");
      response.useChunkedEncodingByDefault = framing !== "close";
      const piece = Buffer.alloc(333_333, letter);
      for (let sent = 0; sent < SIZE; sent += piece.length) {
        const part = piece.subarray(0, SIZE - sent);
        if (!response.write(part)) await once(response, "drain");
      }
      response.end();
    });
    app.listen(0, "127.0.0.1");
    await once(app, "listening");
    atEnd(() => {
      app.closeAllConnections();
      app.close();
    });
    front = await startFront(`127.0.0.1:${(app.address() as AddressInfo).port}`);
  });

  async function open(client: (typeof CLIENTS)[number], path: string): Promise<Readable> {
    if (client === "HTTP/2") {
      const session = await front.session();
      return session.request({ ":path": path });
    }
    const request =
      client === "HTTP/1.1"
        ? get({ port: front.port, host: "localhost", path, ca: front.root, agent: false })
        : getPlain({ port: front.plainPort, host: "localhost", path, agent: false });
    const [response] = (await once(request, "response")) as [IncomingMessage];
    return response;
  }

  /** @returns the octets of a body, and whether all of them are the letter */
  async function read(body: Readable, letter: string) {
    const same = Buffer.alloc(MIB, letter);
    let octets = 0;
    let isSame = true;
    for await (const piece of body as AsyncIterable<Buffer>) {
      octets += piece.length;
      isSame &&= piece.equals(same.subarray(0, piece.length));
    }
    return { octets, isSame };
  }

  it.each(CLIENTS.flatMap((client) => FRAMINGS.map((framing) => [client, framing] as const)))(
    "keeps six bodies at once apart: %s, %s",
    async (client, framing) => {
      const [first = "", ...letters] = LETTERS;
      const slow = await open(client, `/${framing}/${first}`);
      const bodies = letters.map(async (letter) =>
        read(await open(client, `/${framing}/${letter}`), letter),
      );
      const whole = { octets: SIZE, isSame: true };
      expect(await Promise.all(bodies)).toEqual(letters.map(() => whole));
      // All the while what had come of this one had to wait.
      expect(await read(slow, first)).toEqual(whole);
    },
  );
});

describe("A chunk that was lent", () => {
  const read = Buffer.alloc(100_000, "x");

  it("is another read's as soon as nobody holds it", () => {
    const first = lend(read, (chunk) => chunk.buffer);
    expect(lend(read, (chunk) => chunk.buffer)).toBe(first);
  });

  it("is nobody's while one holds it, and another's afterwards", () => {
    const [kept, letGo] = lend(read, (chunk) => [chunk, hold(chunk)] as const);
    lend(Buffer.alloc(100_000, "y"), (chunk) => expect(chunk.buffer).not.toBe(kept.buffer));
    expect(kept.toString("latin1", 0, 3)).toBe("xxx");
    letGo?.();
    const buffers = [1, 2].map(() => lend(read, (chunk) => [chunk.buffer, hold(chunk)] as const));
    expect(buffers.map(([buffer]) => buffer)).toContain(kept.buffer);
    for (const [, end] of buffers) end?.();
  });

  it("is held by all who hold it", () => {
    const [buffer, one, two] = lend(read, (c) => [c.buffer, hold(c), hold(c)] as const);
    one?.();
    lend(read, (chunk) => expect(chunk.buffer).not.toBe(buffer));
    two?.();
  });

  it("comes back when its user throws", () => {
    let seen: ArrayBufferLike | undefined;
    expect(() =>
      lend(read, (chunk) => {
        seen = chunk.buffer;
        throw new Error("broken");
      }),
    ).toThrow("broken");
    expect(lend(read, (chunk) => chunk.buffer)).toBe(seen);
  });

  it("is its own where it is small", () => {
    const small = Buffer.from("small");
    const mine = lend(small, (chunk) => chunk);
    small.fill("-");
    expect(mine.toString()).toBe("small");
    expect(hold(mine)).toBeUndefined();
  });
});
