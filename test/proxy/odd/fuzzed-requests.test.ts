/**
 * Mutated requests, as HTTP/1.1 and as frames of HTTP/2, under every edge: DEVTLS_FUZZ of them (2,000
 * unless told otherwise) from the seed DEVTLS_FUZZ_SEED. What reaches
 * the app is a sequence of whole requests for a host that is served, each made by devtls.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { describe, expect, it } from "vitest";
import { PROFILES } from "../../../src/edge/profiles/index.js";
import { FLAG, FRAME, fields, frame, PREFACE } from "../../support/http2-frames.js";
import { randomFrom } from "../../support/random.js";
import { startFront } from "../../support/wire-front.js";
import { within } from "../../support/wire-peer.js";
import { mutate } from "./mutations.js";

const COUNT = Number(process.env.DEVTLS_FUZZ || 2_000);
const SEED = Number(process.env.DEVTLS_FUZZ_SEED || 1);
const EACH = Math.ceil(COUNT / PROFILES.length);
const AT_ONCE = 8;
const PATIENCE_MS = 20_000;

const HEADS = (host: string): string[] => [
  `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
  `POST /p?q=1 HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 5\r\n\r\nhello`,
  `POST /c HTTP/1.1\r\nHost: ${host}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n`,
  `GET /ws HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\nearly`,
  `GET / HTTP/1.0\r\nHost: ${host}\r\nConnection: keep-alive\r\n\r\n`,
  `GET http://${host}/abs HTTP/1.1\r\nHost: ${host}\r\nX-Forwarded-Proto: http\r\nForwarded: proto=http\r\n\r\n`,
  `OPTIONS * HTTP/1.1\r\nHost: ${host}\r\nExpect: 100-continue\r\n\r\nGET /second HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
  `CONNECT ${host} HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
];

const FRAMES = (host: string): Buffer[] => {
  const pairs = (method: string, ...more: [string, string][]): Buffer =>
    fields([
      [":method", method],
      [":scheme", "https"],
      [":path", "/"],
      [":authority", host],
      ...more,
    ]);
  const both = FLAG.endHeaders | FLAG.endStream;
  const settings = frame(FRAME.settings, 0, 0);
  const of = (...frames: Buffer[]): Buffer => Buffer.concat([PREFACE, settings, ...frames]);
  return [
    of(frame(FRAME.headers, both, 1, pairs("GET"))),
    of(
      frame(FRAME.headers, FLAG.endHeaders, 1, pairs("POST", ["content-length", "5"])),
      frame(FRAME.data, FLAG.endStream, 1, Buffer.from("hello")),
    ),
    of(
      frame(
        FRAME.headers,
        FLAG.endHeaders,
        1,
        pairs("CONNECT", [":protocol", "websocket"], ["sec-websocket-version", "13"]),
      ),
      frame(FRAME.data, 0, 1, Buffer.from("early")),
      frame(FRAME.reset, 0, 1, Buffer.alloc(4)),
    ),
    of(
      frame(FRAME.headers, 0, 1, pairs("GET")),
      frame(FRAME.continuation, FLAG.endHeaders, 1, fields([["x", "y"]])),
    ),
  ];
};

/** Node's own strict server, which notes what it got and answers at once. */
async function startApp(): Promise<{
  port: number;
  requests: IncomingMessage[];
  malformed: string[];
  close(): void;
}> {
  const requests: IncomingMessage[] = [];
  const malformed: string[] = [];
  const server = createServer({ requireHostHeader: false }, (request, response) => {
    requests.push(request);
    request.resume();
    response.end("fine");
  });
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    // A client that leaves in its body is passed on as one that leaves.
    const isParser = error.code?.startsWith("HPE_") && error.code !== "HPE_INVALID_EOF_STATE";
    if (isParser) malformed.push(`${error.code} ${error.message}`);
    socket.destroy();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    malformed,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

describe.each(PROFILES.map((edge, index) => ({ edge, name: edge.name, index })))(
  "Under $name",
  ({ edge, index }) => {
    it(
      `${EACH} mutated requests end, and reach the app whole or not at all`,
      async () => {
        const random = randomFrom(SEED * 2_000 + index);
        const app = await startApp();
        const front = await startFront(`127.0.0.1:${app.port}`, { edge });
        const plain = HEADS(`localhost:${front.plainPort}`).map((head) =>
          Buffer.from(head, "latin1"),
        );
        const framed = FRAMES(`localhost:${front.port}`);
        const say = async (number: number): Promise<void> => {
          const isFramed = number % 4 === 0;
          const seeds = isFramed ? framed : plain;
          const bytes = mutate(seeds[Math.floor(random() * seeds.length)] as Buffer, seeds, random);
          const socket = isFramed
            ? connectTls({
                port: front.port,
                host: "127.0.0.1",
                ca: front.root,
                servername: "localhost",
                ALPNProtocols: ["h2"],
              })
            : connect({ port: front.plainPort, host: "127.0.0.1" });
          socket.on("error", () => undefined);
          socket.resume();
          const over = once(socket, "close");
          socket.end(bytes);
          await within(PATIENCE_MS, over, JSON.stringify(bytes.toString("latin1")));
        };
        for (let number = 0; number < EACH; number += AT_ONCE) {
          await Promise.all(
            Array.from({ length: Math.min(AT_ONCE, EACH - number) }, (_, at) => say(number + at)),
          );
        }
        const healthy = await front.connectPlain();
        healthy.send(
          `GET /healthy HTTP/1.1\r\nHost: localhost:${front.plainPort}\r\nConnection: close\r\n\r\n`,
        );
        expect(await healthy.closed()).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
        await front.close();
        app.close();
        expect(app.malformed).toEqual([]);
        expect(front.defects).toEqual([]);
        const foreign = front.finished.filter(
          ({ told, exchange }) =>
            told.length > 0 &&
            !/^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d*)?$/i.test(exchange.host),
        );
        expect(foreign.map(({ exchange }) => exchange.host)).toEqual([]);
        // Every request that the app got is one that devtls told it, and none more often.
        expect(app.requests.length).toBeLessThanOrEqual(
          front.finished.filter(({ told }) => told.length > 0).length,
        );
      },
      Math.max(60_000, EACH * 50),
    );
  },
);
