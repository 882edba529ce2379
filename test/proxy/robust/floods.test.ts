/** Floods of HTTP/2 frames (RFC 9113 10.5): little memory, and the others are served. */
import { once } from "node:events";
import { createServer } from "node:http";
import { get } from "node:https";
import type { AddressInfo } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import { beforeAll, expect, it } from "vitest";
import { FLAG, FRAME, fields, frame, PREFACE } from "../../support/http2-frames.js";
import { atEnd } from "../../support/programs.js";
import { describeUnless } from "../../support/tools.js";
import { type DevtlsProcess, startProcess, whyNoProc } from "./devtls-process.js";
import { load } from "./loads.js";

const FRAMES = load(15_000, 50_000);
const ALLOWED_MIB = 96;

const head = (more: readonly (readonly [string, string])[] = []): Buffer =>
  fields([
    [":method", "GET"],
    [":scheme", "https"],
    [":authority", "localhost"],
    [":path", "/"],
    ...more,
  ]);

/** The n-th piece of each flood. */
const FLOODS: Readonly<Record<string, (n: number) => Buffer>> = {
  "rapid reset": (n) =>
    Buffer.concat([
      frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, 2 * n + 1, head()),
      frame(FRAME.reset, 0, 2 * n + 1, Buffer.from([0, 0, 0, 8])),
    ]),
  settings: () => frame(FRAME.settings, 0, 0, Buffer.from([0, 3, 0, 0, 0, 100])),
  "settings without content": () => frame(FRAME.settings, 0, 0),
  ping: () => frame(FRAME.ping, 0, 0, Buffer.alloc(8)),
  "empty data": (n) =>
    n === 0 ? frame(FRAME.headers, FLAG.endHeaders, 1, head()) : frame(FRAME.data, 0, 1),
  priority: (n) => frame(FRAME.priority, 0, 2 * n + 1, Buffer.from([0, 0, 0, 0, 15])),
  "window updates": () => frame(FRAME.window, 0, 0, Buffer.from([0, 0, 0, 1])),
  continuation: (n) =>
    n === 0
      ? frame(FRAME.headers, 0, 1, head())
      : frame(FRAME.continuation, 0, 1, fields([[`x-${n}`, "v".repeat(100)]])),
  "empty continuation": (n) =>
    n === 0 ? frame(FRAME.headers, 0, 1, head()) : frame(FRAME.continuation, 0, 1),
  "requests that never end": (n) => frame(FRAME.headers, FLAG.endHeaders, 2 * n + 1, head()),
  "unknown frames": () => frame(0xfa, 0, 0, Buffer.alloc(16)),
};

describeUnless(whyNoProc, "A flood of", () => {
  let devtls: DevtlsProcess;

  beforeAll(async () => {
    const app = createServer((_request, response) => response.end("here"));
    app.listen(0, "127.0.0.1");
    await once(app, "listening");
    atEnd(() => {
      app.close();
      app.closeAllConnections();
    });
    devtls = await startProcess((app.address() as AddressInfo).port);
    expect(await ask()).toBe("here");
  });

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

  async function dial(): Promise<TLSSocket> {
    const { port, root } = devtls;
    const options = { host: "127.0.0.1", port, servername: "localhost", ca: root };
    const socket = connect({ ...options, ALPNProtocols: ["h2"] });
    atEnd(() => socket.destroy());
    await once(socket, "secureConnect");
    socket.on("error", () => undefined);
    return socket;
  }

  const either = (socket: TLSSocket): Promise<void> =>
    new Promise((resolve) => {
      socket.once("drain", resolve);
      socket.once("close", resolve);
    });

  it.each(Object.entries(FLOODS))(
    "%s is survived, while others are served",
    async (_name, piece) => {
      const before = devtls.memory();
      const socket = await dial();
      // It reads nothing: what it provokes must not pile up either.
      socket.pause();
      let closed = false;
      socket.once("close", () => {
        closed = true;
      });
      socket.write(Buffer.concat([PREFACE, frame(FRAME.settings, 0, 0)]));
      for (let sent = 0; sent < FRAMES && !closed; ) {
        const batch: Buffer[] = [];
        for (let count = 0; count < 500; count++) batch.push(piece(sent++));
        const more = socket.write(Buffer.concat(batch));
        // A connection that is cut off, or not read any more, is an answer, too.
        if (!more) await Promise.race([either(socket), ask()]);
        if (sent % 5_000 === 0) expect(await ask()).toBe("here");
      }
      expect(await ask()).toBe("here");
      expect(devtls.memory() - before).toBeLessThan(ALLOWED_MIB);
      socket.destroy();
    },
  );

  it("anything ends with the process in good order", async () => {
    expect(await ask()).toBe("here");
    expect(devtls.stderr()).toBe("");
    expect(await devtls.stop()).toBe(0);
  });
});
