/** A long body up and down past a slow reader, in little memory; a gigabyte with DEVTLS_LONG=1. */
import { once } from "node:events";
import { createServer } from "node:http";
import { type ClientHttp2Session, connect as connectHttp2 } from "node:http2";
import { request } from "node:https";
import type { AddressInfo } from "node:net";
import type { Readable, Writable } from "node:stream";
import { beforeAll, expect, it } from "vitest";
import { atEnd } from "../../support/programs.js";
import { describeUnless } from "../../support/tools.js";
import { type DevtlsProcess, startProcess, whyNoProc } from "./devtls-process.js";
import { load } from "./loads.js";

const MIB = 1024 * 1024;
const SIZE = load(256, 1024) * MIB;
const ALLOWED_MIB = 48;
const PIECE = Buffer.alloc(MIB, "devtls ");

describeUnless(whyNoProc, `A body of ${SIZE / MIB} MiB`, () => {
  let port: number;

  beforeAll(async () => {
    const app = createServer(async (request, response) => {
      if (request.method === "GET") {
        response.setHeader("Content-Length", SIZE);
        await send(response);
      } else {
        const received = await drain(request);
        response.end(String(received));
      }
    });
    app.listen(0, "127.0.0.1");
    await once(app, "listening");
    atEnd(() => app.close());
    port = (app.address() as AddressInfo).port;
  });

  /** As fast as the other side takes it. */
  async function send(sink: Writable): Promise<void> {
    for (let sent = 0; sent < SIZE; sent += PIECE.length) {
      if (!sink.write(PIECE)) await once(sink, "drain");
    }
    sink.end();
  }

  /** Reads in bursts: after each piece the reader does something else first. */
  async function drain(source: Readable, look?: () => void): Promise<number> {
    let octets = 0;
    let next = 8 * MIB;
    for await (const piece of source) {
      octets += (piece as Buffer).length;
      if (octets < next) continue;
      next = octets + 8 * MIB;
      look?.();
      source.pause();
      await new Promise((resolve) => setImmediate(resolve));
      source.resume();
    }
    return octets;
  }

  /** The highest memory while something goes on, over that before. */
  async function growth(
    devtls: DevtlsProcess,
    action: (look: () => void) => Promise<void>,
  ): Promise<number> {
    const before = devtls.memory();
    let highest = before;
    await action(() => {
      highest = Math.max(highest, devtls.memory());
    });
    return highest - before;
  }

  const ask = (devtls: DevtlsProcess, method: string) =>
    request({
      host: "127.0.0.1",
      port: devtls.port,
      servername: "localhost",
      ca: devtls.root,
      method,
      headers: {
        Host: `localhost:${devtls.port}`,
        ...(method === "POST" && { "Content-Length": SIZE }),
      },
      agent: false,
    });

  it("comes down over HTTP/1.1", async () => {
    const devtls = await startProcess(port);
    const grown = await growth(devtls, async (look) => {
      const sent = ask(devtls, "GET").end();
      const [response] = await once(sent, "response");
      expect(await drain(response, look)).toBe(SIZE);
    });
    expect(grown).toBeLessThan(ALLOWED_MIB);
    await devtls.stop();
  });

  it("goes up over HTTP/1.1", async () => {
    const devtls = await startProcess(port);
    const grown = await growth(devtls, async (look) => {
      const sent = ask(devtls, "POST");
      sent.on("drain", look);
      const answered = once(sent, "response");
      await send(sent);
      const [response] = await answered;
      expect(Buffer.concat(await response.toArray()).toString()).toBe(String(SIZE));
    });
    expect(grown).toBeLessThan(ALLOWED_MIB);
    await devtls.stop();
  });

  async function session(devtls: DevtlsProcess): Promise<ClientHttp2Session> {
    const opened = connectHttp2(`https://localhost:${devtls.port}`, {
      ca: devtls.root,
      settings: { initialWindowSize: MIB },
    });
    await once(opened, "connect");
    opened.setLocalWindowSize(4 * MIB);
    return opened;
  }

  it("comes down over HTTP/2", async () => {
    const devtls = await startProcess(port);
    const client = await session(devtls);
    const grown = await growth(devtls, async (look) => {
      expect(await drain(client.request({ ":path": "/" }), look)).toBe(SIZE);
    });
    client.destroy();
    expect(grown).toBeLessThan(ALLOWED_MIB);
    await devtls.stop();
  });

  it("goes up over HTTP/2", async () => {
    const devtls = await startProcess(port);
    const client = await session(devtls);
    const grown = await growth(devtls, async (look) => {
      const stream = client.request({ ":method": "POST", ":path": "/" });
      stream.on("drain", look);
      await send(stream);
      expect(Buffer.concat(await stream.toArray()).toString()).toBe(String(SIZE));
    });
    client.destroy();
    expect(grown).toBeLessThan(ALLOWED_MIB);
    await devtls.stop();
  });
});
