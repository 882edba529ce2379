/** How long connections to the app are kept, and which are used again. */
import { createServer as createTlsServer } from "node:tls";
import { afterEach, describe, expect, it, vi } from "vitest";
import { credentials } from "../../../src/index.js";
import { Call } from "../../../src/proxy/upstream/call.js";
import { Pool } from "../../../src/proxy/upstream/pool.js";
import { ResponseReader } from "../../../src/proxy/upstream/reader.js";
import { parseTarget } from "../../../src/proxy/upstream/target.js";
import { atEnd } from "../../support/programs.js";
import { frontHome } from "../../support/wire-front.js";
import type { Peer } from "../../support/wire-peer.js";
import { startTarget, targetOf, type WireTarget } from "../../support/wire-target.js";

afterEach(() => vi.useRealTimers());

const answering =
  (lines = "") =>
  (connection: Peer): void => {
    const answer = `HTTP/1.1 200 OK\r\n${lines}Content-Length: 2\r\n\r\nok`;
    connection.socket.on("data", () => connection.send(answer));
  };

/** Sends a GET. @returns whether it was answered */
function ask(pool: Pool): Promise<boolean> {
  const head = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
  const request = { method: "GET", head, body: undefined, upgrade: false, patienceMs: 0 };
  return new Promise((resolve) => {
    new Call(pool, request, {
      onInformation: () => undefined,
      onHead: () => undefined,
      onBody: () => true,
      onPause: () => undefined,
      onComplete: () => resolve(true),
      onUpgrade: () => undefined,
      onError: () => resolve(false),
    }).start();
  });
}

async function start(lines?: string): Promise<{ target: WireTarget; pool: Pool }> {
  const target = await startTarget({ onConnection: answering(lines) });
  const pool = new Pool(parseTarget(`127.0.0.1:${target.port}`));
  atEnd(() => pool.close());
  return { target, pool };
}

describe("A connection that is idle", () => {
  it.each([
    ["", 3_999, 1],
    ["", 4_000, 2],
    ["Keep-Alive: timeout=60\r\n", 3_999, 1],
    ["Keep-Alive: timeout=60, max=100\r\n", 4_000, 2],
    ["keep-alive: max=5, Timeout=3\r\n", 1_999, 1],
    ["keep-alive: max=5, Timeout=3\r\n", 2_000, 2],
    ["Keep-Alive: timeout=0\r\n", 0, 2],
    ["Keep-Alive: timeout=soon\r\n", 3_999, 1],
  ])("with %j for %i ms is used again or not", async (lines, idle, connections) => {
    const { target, pool } = await start(lines);
    vi.useFakeTimers({ toFake: ["Date"] });
    expect(await ask(pool)).toBe(true);
    vi.setSystemTime(Date.now() + idle);
    expect(await ask(pool)).toBe(true);
    expect(target.connections).toHaveLength(connections);
  });

  it("is closed soon after its time, without a request that asks for it", async () => {
    const { target, pool } = await start();
    vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"] });
    expect(await ask(pool)).toBe(true);
    const connection = await target.connection(0);
    vi.advanceTimersByTime(4_000);
    expect(connection.isClosed).toBe(false);
    vi.advanceTimersByTime(1_000);
    vi.useRealTimers();
    await connection.closed();
  });

  it("is closed with the pool, and so is one in use", async () => {
    const target = await startTarget({
      onConnection: (connection, number) => {
        if (number === 0) answering()(connection);
      },
    });
    const pool = new Pool(parseTarget(`127.0.0.1:${target.port}`));
    expect(await ask(pool)).toBe(true);
    const idle = await target.connection(0);
    pool.take(true);
    const unanswered = ask(pool);
    const used = await target.connection(1);
    await used.untilText("\r\n\r\n");
    pool.close();
    await Promise.all([idle.closed(), used.closed()]);
    expect(await unanswered).toBe(false);
  });
});

describe("A connection over TLS", () => {
  it("is used again, too", async () => {
    const tls = await credentials("localhost", { stateDirectory: frontHome() });
    const server = createTlsServer({ ...tls, ALPNProtocols: ["h2", "http/1.1"] });
    const protocols: (string | false | null)[] = [];
    server.on("secureConnection", ({ alpnProtocol }) => protocols.push(alpnProtocol));
    server.listen(0, "127.0.0.1");
    const target = await targetOf(server, "secureConnection", { onConnection: answering() });
    const pool = new Pool(parseTarget(`https://127.0.0.1:${target.port}`), { insecure: true });
    atEnd(() => pool.close());
    for (let round = 0; round < 3; round++) expect(await ask(pool)).toBe(true);
    expect(protocols).toEqual(["http/1.1"]);
  });
});

describe("A response says whether its connection can be used again:", () => {
  const reusable = (version: string, lines: readonly string[]): boolean => {
    let answer = false;
    const reader = new ResponseReader({
      onInformation: () => undefined,
      onHead: () => undefined,
      onBody: () => undefined,
      onComplete: (_trailers, again) => {
        answer = again;
      },
      onUpgrade: () => undefined,
    });
    reader.begin("GET", false);
    const head = [`HTTP/${version} 200 OK`, ...lines, "Content-Length: 0", "", ""].join("\r\n");
    reader.feed(Buffer.from(head, "latin1"));
    return answer;
  };

  // RFC 9112 9.3: options of Connection are a list of tokens, and close is the last word.
  it.each<[string, string[], boolean]>([
    ["1.1", [], true],
    ["1.1", ["Connection: close"], false],
    ["1.1", ["CONNECTION: CLOSE"], false],
    ["1.1", ["Connection: keep-alive"], true],
    ["1.1", ["Connection: keep-alive, close"], false],
    ["1.1", ["Connection: close, keep-alive"], false],
    ["1.1", ["Connection: x-a,close"], false],
    ["1.1", ["Connection: x-a ,\tclose"], false],
    ["1.1", ["Connection: close ,x-a"], false],
    ["1.1", ["Connection: x-a", "Connection: close"], false],
    ["1.1", ["Connection:"], true],
    ["1.1", ["Connection: x-close"], true],
    ["1.1", ["Connection: close-notify"], true],
    ["1.0", [], false],
    ["1.0", ["Connection: close"], false],
    ["1.0", ["Connection: Keep-Alive"], true],
    ["1.0", ["Connection: x-a,\tkeep-alive"], true],
    ["1.0", ["Connection: keep-alive, close"], false],
    ["1.0", ["Connection: keep-alive-not"], false],
    ["1.0", ["Keep-Alive: timeout=5"], false],
  ])("HTTP/%s %j", (version, lines, expected) => {
    expect(reusable(version, lines)).toBe(expected);
  });
});
