/** Who looks on sees every exchange, refusals and upgrades too, as it was; and breaks none. */
import { afterEach, describe, expect, it } from "vitest";
import type { EdgeProfile } from "../../src/edge/profile.js";
import { findProfile } from "../../src/edge/profiles/index.js";
import type { FinishedExchange } from "../../src/proxy/exchange.js";
import type { SeenHead, Watcher } from "../../src/proxy/watch.js";
import { type Front, startBoth } from "../support/wire-front.js";
import { openWebSocket, request } from "../support/wire-http2.js";
import type { WireTarget } from "../support/wire-target.js";

interface Seen {
  readonly heads: SeenHead[];
  readonly ends: FinishedExchange[];
  readonly frames: string[];
  readonly requestBody: string[];
  readonly informational: number[];
}

const seen: Seen = { heads: [], ends: [], frames: [], requestBody: [], informational: [] };

const everything: Watcher = () => ({
  requestBody: (chunk) => void seen.requestBody.push(chunk.toString()),
  information: ({ status }) => void seen.informational.push(status),
  head: (head) => void seen.heads.push(head),
  frame: (from, chunk) => void seen.frames.push(`${from}: ${chunk.toString("latin1")}`),
  end: (finished) => void seen.ends.push(finished),
});

afterEach(() => {
  for (const list of Object.values(seen)) list.length = 0;
});

function start(edge = "none"): Promise<{ target: WireTarget; front: Front }> {
  return startBoth({ edge: findProfile(edge) as EdgeProfile, watchers: [everything] });
}

/** What the client got has to be what watchers were told. */
function linesOf(text: string): string[] {
  const [head = ""] = text.split("\r\n\r\n");
  return head
    .split("\r\n")
    .slice(1)
    .filter((line) => !/^(?:Connection|Transfer-Encoding):/i.test(line));
}

const told = (): string[] => {
  const lines = seen.ends[0]?.responseHeaders ?? [];
  return lines.flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${lines[index + 1]}`] : []));
};

describe("A refusal", () => {
  it.each([
    ["of a malformed head, 400", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400],
    ["of what is no HTTP, 400", "GET / HTTP/1.1\r\nno colon\r\n\r\n", 400],
    ["of a head without end, 431", `GET / HTTP/1.1\r\nX: ${"x".repeat(70_000)}\r\n\r\n`, 431],
    ["of a port that is none, 400", "GET / HTTP/1.1\r\nHost: localhost:99999\r\n\r\n", 400],
    [
      "of a foreign host, 421",
      "GET / HTTP/1.1\r\nHost: elsewhere.test\r\nConnection: close\r\n\r\n",
      421,
    ],
    ["of CONNECT, 405", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", 405],
    [
      "of an upgrade with a body, 400",
      "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: x\r\nContent-Length: 1\r\n\r\nx",
      400,
    ],
    [
      "of malformed chunks, 400",
      "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
      400,
    ],
  ])("%s, is seen with the lines that were sent", async (_, bytes, status) => {
    const { target, front } = await start();
    const client = await front.connect();
    client.send(bytes);
    const { text } = await client.rest();
    await front.exchange(1);
    expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(seen.heads).toMatchObject([{ status, own: true, answered: [], told: [] }]);
    expect(seen.ends).toMatchObject([{ status, own: true, answered: [] }]);
    expect(told().filter((line) => !/^Connection:/.test(line))).toEqual(linesOf(text));
    expect(target.connections).toHaveLength(0);
    expect(() => new URL(seen.ends[0]?.url ?? "")).not.toThrow();
  });

  it("of a WebSocket by the edge, 501, is seen", async () => {
    const { front } = await start("nginx-proxy-params");
    const client = openWebSocket(await front.session());
    expect((await client.head())[":status"]).toBe(501);
    await front.exchange(1);
    expect(seen.ends).toMatchObject([{ status: 501, own: true, exchange: { method: "GET" } }]);
    expect(seen.ends[0]?.exchange.upgrade?.protocol).toBe("websocket");
  });

  it("of a WebSocket by the app is seen with both heads", async () => {
    const { target, front } = await start();
    const client = await front.connect();
    client.send(
      `GET /ws HTTP/1.1\r\nHost: ${front.authority}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    );
    const app = await target.accept();
    await app.head();
    app.finish("HTTP/1.1 403 Forbidden\r\nX-Why: origin\r\nContent-Length: 2\r\n\r\nno");
    await client.rest();
    await front.exchange(1);
    expect(seen.heads).toMatchObject([
      { status: 403, own: false, answered: ["X-Why", "origin", "Content-Length", "2"] },
    ]);
    expect(seen.ends).toMatchObject([{ status: 403, bytes: 2 }]);
  });
});

it("an exchange is seen with its body, its informational responses and its trailers", async () => {
  const { target, front } = await start("devtls");
  const post = request(
    await front.session(),
    { ":method": "POST", te: "trailers" },
    { endStream: false },
  );
  post.stream.end("hello");
  const app = await target.accept();
  await app.until("0\r\n\r\n");
  app.send(
    "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-After: 1\r\n\r\n",
  );
  await post.closed();
  await front.exchange(1);
  expect(seen.requestBody.join("")).toBe("hello");
  expect(seen.informational).toEqual([103]);
  expect(seen.ends).toMatchObject([{ status: 200, bytes: 2, trailers: ["X-After", "1"] }]);
  const [{ millisecondsToHead = -1, milliseconds } = { milliseconds: -1 }] = seen.ends;
  expect(millisecondsToHead).toBeGreaterThan(0);
  expect(milliseconds).toBeGreaterThanOrEqual(millisecondsToHead);
});

it("an upgraded connection is seen octet by octet, and its end", async () => {
  const { target, front } = await start();
  const client = await front.connect();
  client.send(
    `GET /ws HTTP/1.1\r\nHost: ${front.authority}\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nearly`,
  );
  const app = await target.accept();
  await app.head();
  app.send("HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nrest");
  await client.until("rest");
  client.send("ping");
  expect((await app.take(9)).toString()).toBe("earlyping");
  app.send("pong");
  expect((await client.take(4)).toString()).toBe("pong");
  client.finish();
  app.finish();
  await front.exchange(1);
  const of = (side: string): string =>
    seen.frames
      .flatMap((text) => (text.startsWith(side) ? [text.slice(side.length + 2)] : []))
      .join("");
  expect(of("client")).toBe("earlyping");
  expect(of("app")).toBe("restpong");
  expect(seen.ends).toMatchObject([{ status: 101, bytes: 8, brokenBy: undefined }]);
});

describe("A watcher that throws", () => {
  const failing = (at: string): Watcher => {
    const fail = (): never => {
      throw new Error(at);
    };
    return () => (at === "ask" ? fail() : { [at]: fail });
  };

  it.each(["ask", "head", "body", "requestBody", "end"])(
    "at %s is reported, and the exchange goes on",
    async (at) => {
      const { target, front } = await startBoth({ watchers: [failing(at), everything] });
      const post = request(await front.session(), { ":method": "POST" }, { endStream: false });
      post.stream.end("hello");
      const app = await target.accept();
      await app.until("0\r\n\r\n");
      app.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      expect(await post.closed()).toBe(0);
      expect(post.body).toBe("ok");
      await front.exchange(1);
      expect(front.defects).toEqual([new Error(at)]);
      expect(seen.ends).toMatchObject([{ status: 200 }]);
    },
  );
});
