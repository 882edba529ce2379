/**
 * Hundreds of connections that do nothing, thousands with DEVTLS_LONG=1, and WebSockets: others are
 * still served.
 */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { get } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import { beforeAll, expect, it } from "vitest";
import { atEnd } from "../../support/programs.js";
import { describeUnless } from "../../support/tools.js";
import { type DevtlsProcess, startProcess, whyNoProc } from "./devtls-process.js";
import { load } from "./loads.js";

const IDLE = load(500, 2_000);
const WEB_SOCKETS = load(100, 500);
/** Handshakes at once; more only wait for each other. */
const AT_ONCE = 50;

describeUnless(whyNoProc, `${IDLE} idle connections and ${WEB_SOCKETS} WebSockets`, () => {
  const sockets: Socket[] = [];
  let devtls: DevtlsProcess;

  beforeAll(async () => {
    const app = createServer((_request, response) => response.end("here"));
    app.on("upgrade", (request, socket: Socket) => {
      sockets.push(socket);
      const key = `${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
      const accept = createHash("sha1").update(key).digest("base64");
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      );
      socket.on("data", (chunk) => socket.write(chunk));
      socket.on("error", () => undefined);
    });
    app.listen(0, "127.0.0.1");
    await once(app, "listening");
    atEnd(() => {
      app.close();
      for (const socket of sockets) socket.destroy();
    });
    devtls = await startProcess((app.address() as AddressInfo).port);
  });

  async function dial(): Promise<TLSSocket> {
    const { port, root } = devtls;
    const socket = connect({ host: "127.0.0.1", port, servername: "localhost", ca: root });
    atEnd(() => socket.destroy());
    await once(socket, "secureConnect");
    return socket;
  }

  async function inTurns<T>(count: number, make: () => Promise<T>): Promise<T[]> {
    const made: T[] = [];
    while (made.length < count) {
      const batch = Array.from({ length: Math.min(AT_ONCE, count - made.length) }, make);
      made.push(...(await Promise.all(batch)));
    }
    return made;
  }

  async function ask(): Promise<string> {
    const options = {
      host: "127.0.0.1",
      port: devtls.port,
      servername: "localhost",
      ca: devtls.root,
    };
    const headers = { Host: `localhost:${devtls.port}` };
    const [response] = await once(get({ ...options, headers, agent: false }), "response");
    return Buffer.concat(await response.toArray()).toString();
  }

  it("are held, and a request is answered beside them", async () => {
    expect(await ask()).toBe("here");
    const idle = await inTurns(IDLE, dial);
    const open = await inTurns(WEB_SOCKETS, async () => {
      const socket = await dial();
      socket.write(
        `GET /ws HTTP/1.1\r\nHost: localhost:${devtls.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
      );
      const [answer] = await once(socket, "data");
      expect(String(answer)).toMatch(/^HTTP\/1\.1 101 /);
      return socket;
    });
    expect(await ask()).toBe("here");
    for (const socket of [open[0], open[WEB_SOCKETS - 1]] as TLSSocket[]) {
      socket.write("still there");
      expect(String((await once(socket, "data"))[0])).toBe("still there");
    }
    const first = idle[0] as TLSSocket;
    first.write(`GET / HTTP/1.1\r\nHost: localhost:${devtls.port}\r\n\r\n`);
    expect(String((await once(first, "data"))[0])).toMatch(/^HTTP\/1\.1 200 /);
    expect(devtls.stderr()).toBe("");
    expect(await devtls.stop()).toBe(0);
  });
});
