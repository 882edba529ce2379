/** A request on a connection that the app closes: once more where that is safe, and never twice. */
import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { Call, type CallEvents, type RequestBody } from "../../../src/proxy/upstream/call.js";
import { Pool } from "../../../src/proxy/upstream/pool.js";
import { parseTarget } from "../../../src/proxy/upstream/target.js";
import { atEnd } from "../../support/programs.js";
import type { Peer } from "../../support/wire-peer.js";
import { startTarget, type WireTarget } from "../../support/wire-target.js";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

interface Asked {
  readonly method?: string;
  readonly body?: RequestBody;
}

/** Sends a request through the pool. @returns the body of the response, or why there is none */
function ask(pool: Pool, { method = "GET", body }: Asked = {}): Promise<string> {
  const framing = body ? "Content-Length: 5\r\n" : "";
  const head = `${method} / HTTP/1.1\r\nHost: localhost\r\n${framing}\r\n`;
  return new Promise((resolve) => {
    let text = "";
    const events: CallEvents = {
      onInformation: () => undefined,
      onHead: () => undefined,
      onBody: (chunk) => {
        text += chunk.toString("latin1");
        return true;
      },
      onPause: () => undefined,
      onComplete: () => resolve(text),
      onUpgrade: () => undefined,
      onError: (error) => resolve(`${error.kind}: ${error.message}`),
    };
    new Call(pool, { method, head, body, upgrade: false, patienceMs: 0 }, events).start();
  });
}

function bodyOf(stream: PassThrough): RequestBody {
  return { stream, chunked: false, length: 5, trailers: () => [] };
}

/**
 * An app whose first connection answers once; the second request on it meets `atSecond`. Others
 * answer every request that has come whole.
 */
async function startForgetful(
  atSecond: (connection: Peer) => void,
  onFurther: (connection: Peer) => void = (connection) => {
    connection.socket.on("data", () => {
      const { text } = connection;
      const end = text.indexOf("\r\n\r\n") + 4;
      const length = /content-length: 5/i.test(text) ? 5 : 0;
      if (end > 3 && text.length === end + length) connection.send(OK);
    });
  },
): Promise<{ target: WireTarget; pool: Pool }> {
  const target = await startTarget({
    onConnection: (connection, number) => {
      if (number > 0) return onFurther(connection);
      connection.socket.once("data", () => {
        connection.socket.once("data", () => atSecond(connection));
        connection.send(OK);
      });
    },
  });
  const pool = new Pool(parseTarget(`127.0.0.1:${target.port}`));
  atEnd(() => pool.close());
  expect(await ask(pool)).toBe("ok");
  return { target, pool };
}

const reset = ({ socket }: Peer): void => void socket.resetAndDestroy();

describe("A request on a connection that was used before", () => {
  it.each<[string, (connection: Peer) => void]>([
    ["ended", ({ socket }) => socket.end()],
    ["reset", reset],
  ])("is sent once more when that is %s before any octet", async (_, close) => {
    const { target, pool } = await startForgetful(close);
    expect(await ask(pool)).toBe("ok");
    expect(target.connections).toHaveLength(2);
  });

  it.each([
    "H",
    "HTTP/1.1 100 Continue\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Len",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel",
  ])("is not sent once more after %j", async (bytes) => {
    const { target, pool } = await startForgetful(({ socket }) => socket.end(bytes));
    expect(await ask(pool)).toMatch(/^(?:silent|closed): /);
    expect(target.connections).toHaveLength(1);
  });

  it("is sent once more only once", async () => {
    const { target, pool } = await startForgetful(reset, (connection) =>
      connection.socket.once("data", () => reset(connection)),
    );
    expect(await ask(pool)).toMatch(/^(?:silent|closed): /);
    expect(target.connections).toHaveLength(2);
  });

  it.each(["POST", "PATCH", "LOCK", "get"])(
    "is not sent once more when it is %s",
    async (method) => {
      const { target, pool } = await startForgetful(reset);
      expect(await ask(pool, { method })).toMatch(/^(?:silent|closed): /);
      expect(target.connections).toHaveLength(1);
    },
  );

  it("is not sent once more when its body is on the way", async () => {
    const stream = new PassThrough();
    const { target, pool } = await startForgetful((connection) => {
      connection.socket.once("data", () => reset(connection));
      stream.write("he");
    });
    expect(await ask(pool, { method: "PUT", body: bodyOf(stream) })).toMatch(
      /^(?:silent|closed): /,
    );
    expect(target.connections).toHaveLength(1);
  });

  it("has the whole of its body when that comes while the new connection opens", async () => {
    const { target, pool } = await startForgetful(reset);
    const stream = new PassThrough();
    const connectionFor = pool.connection.bind(pool);
    pool.connection = async (wish) => {
      const connection = await connectionFor(wish);
      stream.end("hello");
      await new Promise((resolve) => setImmediate(resolve));
      return connection;
    };
    expect(await ask(pool, { method: "PUT", body: bodyOf(stream) })).toBe("ok");
    expect((await target.connection(1)).text).toMatch(/^PUT [\s\S]*\r\n\r\nhello$/);
  });
});

describe("A request on a new connection", () => {
  it("is not sent once more, whatever it is", async () => {
    const target = await startTarget({
      onConnection: ({ socket }) => socket.once("data", () => socket.end()),
    });
    const pool = new Pool(parseTarget(`127.0.0.1:${target.port}`));
    atEnd(() => pool.close());
    expect(await ask(pool)).toMatch(/^(?:silent|closed): /);
    expect(target.connections).toHaveLength(1);
  });
});

describe("A request that may not be sent twice", () => {
  it("takes no connection that was idle for long", async () => {
    const { target, pool } = await startForgetful(reset);
    const now = Date.now();
    const { now: real } = Date;
    Date.now = () => now + 1_500;
    try {
      expect(await ask(pool, { method: "POST" })).toBe("ok");
    } finally {
      Date.now = real;
    }
    expect(target.connections).toHaveLength(2);
  });
});
