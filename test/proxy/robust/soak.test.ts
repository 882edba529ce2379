/**
 * Mixed load with kills at random: DEVTLS_SOAK_SECONDS long (5 unless told otherwise; CI runs 20),
 * from the seed DEVTLS_SOAK_SEED.
 */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type ClientHttp2Session, connect as connectHttp2 } from "node:http2";
import { Agent, request } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { atEnd } from "../../support/programs.js";
import { randomFrom } from "../../support/random.js";
import { describeUnless } from "../../support/tools.js";
import { type DevtlsProcess, startProcess, whyNoProc } from "./devtls-process.js";

const SECONDS = Number(process.env.DEVTLS_SOAK_SECONDS || 5);
const SEED = Number(process.env.DEVTLS_SOAK_SEED || 1);
const WORKERS = 8;

/** The garbage of a second of load, which V8 collects when it likes; a leak of 300 s was 280 MiB. */
const MAX_GROWTH_MIB = 64;

/** The body that belongs to a number: what comes has to be it, all of it. */
const bodyOf = (number: number): string => `${number},`.repeat(1 + (number % 5000));

class App {
  #server: Server | undefined;
  readonly #sockets = new Set<Socket>();
  port = 0;

  async start(): Promise<void> {
    const server = createServer(async (incoming, response) => {
      let sent = 0;
      try {
        for await (const chunk of incoming) sent += (chunk as Buffer).length;
      } catch {
        return;
      }
      const number = Number(incoming.url?.slice(1));
      const body = incoming.method === "POST" ? String(sent) : bodyOf(number);
      if (number % 3 === 0) response.setHeader("Content-Length", Buffer.byteLength(body));
      const middle = body.length >> 1;
      response.write(body.slice(0, middle));
      response.end(body.slice(middle));
    });
    const sockets = new WebSocketServer({ server, perMessageDeflate: false });
    sockets.on("connection", (socket) => {
      socket.on("message", (data, binary) => socket.send(data, { binary }));
      socket.on("error", () => undefined);
    });
    server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
    server.listen(this.port, "127.0.0.1");
    await once(server, "listening");
    this.port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** As a crash would: at once, with every connection. */
  async kill(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    this.#server = undefined;
    server.close();
    for (const socket of this.#sockets) socket.resetAndDestroy();
    await once(server, "close");
  }
}

type Outcome = "right" | "failed clearly" | "left";

describeUnless(whyNoProc, `${SECONDS} s of load with kills, seed ${SEED}`, () => {
  const random = randomFrom(SEED);
  const upTo = (limit: number): number => Math.floor(random() * limit);
  const wrong: string[] = [];

  function judge(status: number, body: string, expected: string, whole: boolean): Outcome {
    if (status === 502 || status === 504) return "failed clearly";
    if (!whole) return "failed clearly";
    if (status !== 200 || body !== expected) {
      wrong.push(`${status} with ${body.length} octets instead of ${expected.length}`);
    }
    return "right";
  }

  function overHttp1(devtls: DevtlsProcess, agent: Agent): Promise<Outcome> {
    const number = upTo(10_000);
    const upload = random() < 0.2 ? bodyOf(number) : undefined;
    const leaves = random() < 0.1;
    return new Promise((resolve) => {
      const sent = request({
        host: "127.0.0.1",
        port: devtls.port,
        servername: "localhost",
        ca: devtls.root,
        agent,
        method: upload === undefined ? "GET" : "POST",
        path: `/${number}`,
        headers: { Host: `localhost:${devtls.port}` },
      });
      sent.on("error", () => resolve(leaves ? "left" : "failed clearly"));
      sent.on("response", (response) => {
        if (leaves) response.destroy();
        const pieces: Buffer[] = [];
        response.on("data", (piece: Buffer) => pieces.push(piece));
        response.on("error", () => undefined);
        response.on("close", () => {
          if (leaves) return resolve("left");
          const body = Buffer.concat(pieces).toString();
          const expected = upload === undefined ? bodyOf(number) : String(upload.length);
          resolve(judge(response.statusCode ?? 0, body, expected, response.complete));
        });
      });
      sent.end(upload);
    });
  }

  function overHttp2(session: ClientHttp2Session): Promise<Outcome> {
    const number = upTo(10_000);
    const leaves = random() < 0.1;
    return new Promise((resolve) => {
      const stream = session.request({ ":path": `/${number}` });
      let status = 0;
      const pieces: Buffer[] = [];
      stream.on("response", (headers) => {
        status = Number(headers[":status"]);
        if (leaves) stream.close(8);
      });
      stream.on("data", (piece: Buffer) => pieces.push(piece));
      stream.on("error", () => undefined);
      stream.on("close", () => {
        if (leaves) return resolve("left");
        const whole = status !== 0 && stream.rstCode === 0 && !stream.aborted;
        resolve(judge(status, Buffer.concat(pieces).toString(), bodyOf(number), whole));
      });
    });
  }

  function overWebSocket(devtls: DevtlsProcess): Promise<Outcome> {
    const text = bodyOf(upTo(3000));
    return new Promise((resolve) => {
      const socket = new WebSocket(`wss://localhost:${devtls.port}/`, { ca: devtls.root });
      socket.on("error", () => resolve("failed clearly"));
      socket.on("close", () => resolve("failed clearly"));
      socket.on("open", () => socket.send(text));
      socket.on("message", (data) => {
        if (data.toString() !== text) wrong.push("another message than was sent");
        resolve("right");
        if (random() < 0.5) socket.terminate();
        else socket.close();
      });
    });
  }

  it(
    "ends as it began: every response right or a clear failure, nothing left over",
    async () => {
      const app = new App();
      await app.start();
      atEnd(() => app.kill());
      const devtls = await startProcess(app.port, ["--quiet"]);
      const agent = new Agent({ keepAlive: true });
      await overHttp1(devtls, agent);
      agent.destroy();
      const empty = devtls.descriptors();
      const outcomes = { right: 0, "failed clearly": 0, left: 0 };

      const work = async (deadline: number): Promise<void> => {
        const own = new Agent({ keepAlive: true });
        let session: ClientHttp2Session | undefined;
        while (Date.now() < deadline) {
          const what = random();
          if (what < 0.5) outcomes[await overHttp1(devtls, own)]++;
          else if (what < 0.7) outcomes[await overWebSocket(devtls)]++;
          else {
            if (!session || session.destroyed || session.closed) {
              session = connectHttp2(`https://localhost:${devtls.port}`, { ca: devtls.root });
              session.on("error", () => undefined);
            }
            outcomes[await overHttp2(session)]++;
            if (random() < 0.02) session.destroy();
          }
        }
        own.destroy();
        session?.destroy();
      };
      const breakApp = async (deadline: number): Promise<void> => {
        while (Date.now() < deadline) {
          // A number of exchanges, not a time: the load decides when.
          const until = outcomes.right + 200 + upTo(400);
          while (outcomes.right < until && Date.now() < deadline) {
            await new Promise((resolve) => setImmediate(resolve));
          }
          await app.kill();
          await app.start();
        }
      };
      const load = async (seconds: number): Promise<void> => {
        const deadline = Date.now() + seconds * 1000;
        const workers = Array.from({ length: WORKERS }, () => work(deadline));
        await Promise.all([...workers, breakApp(deadline)]);
      };
      // What is compiled and cached by then is there for good; the rest has to be let go of again.
      await load(SECONDS / 3);
      await settled(devtls, empty);
      const warm = devtls.memory();
      await load((SECONDS * 2) / 3);

      expect(wrong).toEqual([]);
      expect(outcomes.right).toBeGreaterThan(100);
      console.log(`soak: ${JSON.stringify(outcomes)} in ${SECONDS} s`);
      // The app is still there: what would wait for it shows.
      await settled(devtls, empty);
      expect(devtls.memory()).toBeLessThan(warm + MAX_GROWTH_MIB);
      expect(devtls.stderr()).not.toMatch(/defect|Unhandled|at .*:\d+:\d+/);
      expect(await devtls.stop()).toBe(0);
    },
    SECONDS * 1000 + 60_000,
  );

  /** Waits for the descriptors to be as few as before the load; idle connections expire in 4 s. */
  async function settled(devtls: DevtlsProcess, before: number): Promise<void> {
    const deadline = Date.now() + 20_000;
    while (devtls.descriptors() > before && Date.now() < deadline) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(devtls.descriptors()).toBeLessThanOrEqual(before);
  }
});
