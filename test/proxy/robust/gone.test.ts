/** One side leaves in the middle: the other one hears of it at once, and nothing is made whole. */
import { describe, expect, it } from "vitest";
import { type Front, startBoth } from "../../support/wire-front.js";
import { request } from "../../support/wire-http2.js";
import type { Peer } from "../../support/wire-peer.js";
import type { WireTarget } from "../../support/wire-target.js";

/** "Within a second", as the tests wait for it. */
const SOON_MS = 1_000;

interface Both {
  readonly target: WireTarget;
  readonly front: Front;
}

/** A request of one version of HTTP, as far as the app has it. */
interface Asked {
  readonly app: Peer;
  leave(): void;
  /** Waits for the head and this much of the body. */
  receive(body: string): Promise<void>;
  /** How the response ended for the client: whole, or not. */
  whole(): Promise<boolean>;
}

async function http1({ target, front }: Both, body = ""): Promise<Asked> {
  const client = await front.connect();
  const head = body ? `POST / HTTP/1.1\r\nContent-Length: 1000` : "GET / HTTP/1.1";
  client.send(`${head}\r\nHost: ${front.authority}\r\nConnection: close\r\n\r\n${body}`);
  const app = await target.accept();
  await app.head();
  return {
    app,
    leave: () => client.reset(),
    receive: async (text) => void (await client.until(text)),
    whole: async () => {
      const { text, ending } = await client.rest();
      return ending === "fin" && /(?:^|\r\n)0\r\n\r\n$/.test(text);
    },
  };
}

async function http2({ target, front }: Both, body = ""): Promise<Asked> {
  const session = await front.session();
  const headers = body ? { ":method": "POST", "content-length": "1000" } : {};
  const client = request(session, headers, { endStream: body === "" });
  if (body) client.send(body);
  const app = await target.accept();
  await app.head();
  return {
    app,
    leave: () => client.stream.close(8),
    receive: async (text) => void (await client.until(() => client.body.includes(text), text)),
    whole: async () => (await client.closed()) === 0 && client.ended,
  };
}

const CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n";

// NO_ERROR, INTERNAL_ERROR, STREAM_CLOSED, CANCEL, HTTP_1_1_REQUIRED (RFC 9113 7).
describe.each([0, 2, 5, 8, 13])("A stream of HTTP/2 that is reset with the code %i", (code) => {
  it("within its request takes the app's connection with it", async () => {
    const { target, front } = await startBoth();
    const client = request(await front.session(), { ":method": "POST" }, { endStream: false });
    client.send("half");
    const app = await target.accept();
    await app.until("half");
    client.stream.close(code);
    await app.ended(SOON_MS);
    expect(await front.exchange(1)).toMatchObject({ brokenBy: "client", status: 0 });
  });

  it("while the app sends to a client that has not read on does, too", async () => {
    const { target, front } = await startBoth();
    const client = request(await front.session(), { ":method": "POST" }, { endStream: false });
    const app = await target.accept();
    await app.head();
    client.stream.pause();
    app.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
    app.send(Buffer.alloc(500_000));
    await client.head();
    client.stream.close(code);
    await app.ended(SOON_MS);
    expect(await front.exchange(1)).toMatchObject({ brokenBy: "client", status: 200 });
  });
});

describe.each([
  ["HTTP/1.1", http1],
  ["HTTP/2", http2],
])("Over %s", (_version, ask) => {
  it("a client that leaves before the response takes the app's connection with it", async () => {
    const both = await startBoth();
    const { app, leave } = await ask(both);
    leave();
    await app.ended(SOON_MS);
    expect(await both.front.exchange(1)).toMatchObject({ brokenBy: "client", status: 0 });
  });

  it("a client that leaves within the response does, too", async () => {
    const both = await startBoth();
    const { app, leave, receive } = await ask(both);
    app.send(CHUNKED);
    await receive("hello");
    leave();
    await app.ended(SOON_MS);
    expect(await both.front.exchange(1)).toMatchObject({ brokenBy: "client", status: 200 });
  });

  it("a client that leaves within its request does, too", async () => {
    const both = await startBoth();
    const { app, leave } = await ask(both, "half");
    expect((await app.take(4)).toString()).toBe("half");
    leave();
    await app.ended(SOON_MS);
    expect(await both.front.exchange(1)).toMatchObject({ brokenBy: "client" });
  });

  it.each([
    ["ends within a chunk", CHUNKED.slice(0, -4), (app: Peer) => app.finish()],
    ["ends between chunks", CHUNKED, (app: Peer) => app.finish()],
    ["breaks between chunks", CHUNKED, (app: Peer) => app.reset()],
    [
      "ends before its length",
      "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello",
      (app: Peer) => app.finish(),
    ],
    [
      "breaks before its length",
      "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello",
      (app: Peer) => app.reset(),
    ],
    [
      "breaks a body that has no length",
      "HTTP/1.1 200 OK\r\n\r\nhello",
      (app: Peer) => app.reset(),
    ],
  ])("a response that %s is no whole one for the client", async (_what, bytes, end) => {
    const both = await startBoth();
    const { app, receive, whole } = await ask(both);
    app.send(bytes);
    await receive("hel");
    end(app);
    expect(await whole()).toBe(false);
    expect(await both.front.exchange(1)).toMatchObject({ brokenBy: "target" });
    expect(both.front.defects).toEqual([]);
  });

  it("a response without a length that ends in order is whole", async () => {
    const both = await startBoth();
    const { app, receive, whole } = await ask(both);
    app.send("HTTP/1.1 200 OK\r\n\r\nhello");
    await receive("hello");
    app.finish();
    expect(await whole()).toBe(true);
  });

  it("an app that is slow to answer is waited for, with no timer of devtls running", async () => {
    const both = await startBoth();
    const before = process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const { app, receive } = await ask(both);
    const during = process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    expect(during).toBeLessThanOrEqual(before);
    app.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    await receive("hello");
  });
});

it("a client that closes a connection of HTTP/2 ends every request on it", async () => {
  const { target, front } = await startBoth();
  const session = await front.session();
  const apps: Peer[] = [];
  for (let count = 0; count < 3; count++) {
    request(session, { ":path": `/${count}` });
    const app = await target.accept();
    await app.head();
    apps.push(app);
  }
  session.destroy();
  await Promise.all(apps.map((app) => app.ended(SOON_MS)));
});
