/** A server cannot hold a visitor: every hop has bounds of time, size and interim responses. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer, type Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { BOUNDS } from "../../src/visit/carrier.js";
import { Network } from "../../src/visit/network.js";
import { Visitor } from "../../src/visit/visitor.js";
import { devtls } from "../support/cli.js";
import { atEnd } from "../support/programs.js";

/** A server that answers with whatever octets a test writes. */
async function raw(answer: (socket: Socket) => void): Promise<URL> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("data", () => answer(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  atEnd(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
}

/** Writes as long as the other side reads. */
function flood(socket: Socket, chunk: string): void {
  const more = (): void => {
    while (!socket.destroyed && socket.write(chunk));
  };
  socket.on("drain", more);
  more();
}

const visit = (url: URL, bounds: Partial<typeof BOUNDS>) =>
  new Visitor({ carrier: new Network({ roots: [], bounds: { ...BOUNDS, ...bounds } }) }).open(url);

describe("A visitor", () => {
  it("gives up on a head that does not come", async () => {
    const url = await raw(() => undefined);
    await expect(visit(url, { headMs: 50 })).rejects.toMatchObject({
      code: "request-failed",
      message: expect.stringContaining("no answer within 0.05 s"),
    });
  });

  it("gives up on interim responses without an end", async () => {
    const url = await raw((socket) => flood(socket, "HTTP/1.1 103 Early Hints\r\n\r\n"));
    await expect(visit(url, {})).rejects.toThrow("more than 32 interim responses");
  });

  it("takes a few interim responses for what they are", async () => {
    const hints = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n".repeat(32);
    const url = await raw((socket) => {
      socket.end(`${hints}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok`);
    });
    expect(await visit(url, {})).toMatchObject({ status: 200, body: "ok" });
  });

  it("reads no body beyond its bounds of octets", async () => {
    const url = await raw((socket) => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<a href=/next>");
      flood(socket, "x".repeat(65536));
    });
    const { hops, page, body } = await visit(url, {
      ...{ readOctets: 300_000, keptOctets: 100_000 },
      bodyMs: 3_600_000, // no other bound ends it
    });
    expect(hops[0]?.response.isCut).toBe(true);
    expect(body).toHaveLength(100_000);
    expect(page?.links.map(({ pathname }) => pathname)).toEqual(["/next"]);
  });

  it("reads no body beyond its bounds of time", async () => {
    const url = await raw((socket) => socket.write("HTTP/1.1 200 OK\r\n\r\nbegun"));
    const { hops, body } = await visit(url, { bodyMs: 50 });
    expect(hops[0]?.response.isCut).toBe(true);
    expect(body).toBe("begun");
  });

  it("lets no small body become a large one", async () => {
    const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024));
    const url = await raw((socket) => {
      socket.write(
        `HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${bomb.length}\r\n\r\n`,
      );
      socket.end(bomb);
    });
    const { body } = await visit(url, {});
    expect(body.length).toBeLessThanOrEqual(BOUNDS.keptOctets);
  });
});

it("devtls trace ends on a body without an end", async () => {
  const url = await raw((socket) => {
    socket.write("HTTP/1.1 200 OK\r\n\r\n");
    flood(socket, "x".repeat(65536));
  });
  const { status, stdout } = await devtls(["trace", url.href]);
  expect(stdout).toContain(`200 GET ${url.href}`);
  expect(status).toBe(0);
});
