/** An app that restarts is waited for: 5 s from when it was first missed, for what changes nothing. */
import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Front, startFront } from "../../support/wire-front.js";
import type { Peer } from "../../support/wire-peer.js";
import { startTarget, type WireTarget } from "../../support/wire-target.js";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const NO_BODY = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";

function startServer(port = 0): Promise<WireTarget> {
  return startTarget({
    port,
    onConnection: ({ socket }) =>
      socket.on("data", (chunk: Buffer) =>
        socket.write(chunk.toString("latin1").startsWith("HEAD ") ? NO_BODY : OK),
      ),
  });
}

let target: WireTarget;
let front: Front;

beforeEach(async () => {
  target = await startServer();
  front = await startFront(`127.0.0.1:${target.port}`);
});

afterEach(async () => {
  vi.useRealTimers();
  await front.close();
  await target.stop();
});

async function send(method = "GET", lines: readonly string[] = []): Promise<Peer> {
  const client = await front.connectPlain();
  client.send([`${method} / HTTP/1.1`, "Host: localhost", ...lines, "", ""].join("\r\n"));
  return client;
}

async function status(client: Peer): Promise<number> {
  const [, code] = (await client.untilText("\r\n\r\n")).split(" ", 2);
  client.destroy();
  return Number(code);
}

/** The app answers, and then is gone. */
async function answerAndStop(): Promise<void> {
  expect(await status(await send())).toBe(200);
  await target.stop();
}

/** Waits until the app has refused: a request that waits for nothing has been answered. */
async function missed(): Promise<void> {
  expect(await status(await send("POST", ["Content-Length: 0"]))).toBe(502);
}

describe("While the app restarts", () => {
  it.each(["GET", "HEAD"])("%s waits for it", async (method) => {
    await answerAndStop();
    const waiting = await send(method);
    await missed();
    expect(waiting.text).toBe("");
    target = await startServer(target.port);
    expect(await status(waiting)).toBe(200);
  });

  it.each(["GET", "HEAD"])(
    "%s waits for it, when another request has missed it before",
    async (method) => {
      await answerAndStop();
      await missed();
      const waiting = await send(method);
      await missed();
      expect(waiting.text).toBe("");
      target = await startServer(target.port);
      expect(await status(waiting)).toBe(200);
    },
  );

  it.each([
    ["POST", ["Content-Length: 0"]],
    ["PUT", ["Content-Length: 0"]],
    ["DELETE", []],
    ["OPTIONS", []],
  ])("%s fails at once, with a page that says so", async (method, lines) => {
    await answerAndStop();
    const client = await send(method, lines);
    expect(await client.untilText("Nothing listens on")).toMatch(/^HTTP\/1\.1 502 /);
  });

  it("many requests wait, and each is answered", async () => {
    await answerAndStop();
    const waiting = await Promise.all(Array.from({ length: 20 }, () => send()));
    await missed();
    target = await startServer(target.port);
    expect(await Promise.all(waiting.map(status))).toEqual(waiting.map(() => 200));
  });

  it("a request whose client leaves waits no longer", async () => {
    await answerAndStop();
    const waiting = await send();
    await missed();
    const over = once(front.serving, "request");
    waiting.destroy();
    const [finished] = await over;
    expect(finished).toMatchObject({ brokenBy: "client", status: 0 });
  });
});

describe("An app that does not come back", () => {
  it("is given up after 5 s, and then missed at once", async () => {
    await answerAndStop();
    vi.useFakeTimers({ toFake: ["Date"] });
    const waiting = await send();
    await missed();
    vi.setSystemTime(Date.now() + 4_999);
    const late = await send();
    await missed();
    expect([waiting.text, late.text]).toEqual(["", ""]);
    vi.setSystemTime(Date.now() + 1);
    expect([await status(waiting), await status(late)]).toEqual([502, 502]);
    expect(await status(await send())).toBe(502);
  });

  it("is missed at once by whoever comes after one that waited in vain", async () => {
    await answerAndStop();
    vi.useFakeTimers({ toFake: ["Date"] });
    const down = once(front.serving, "target");
    const waiting = await send();
    // The front has the request when it has the next one.
    expect(await status(await send("GET", ["devtls-ready: ?"]))).toBe(503);
    vi.setSystemTime(Date.now() + 5_000);
    expect(await status(waiting)).toBe(502);
    expect((await down)[0]).toBe("down");
    expect(await status(await send())).toBe(502);
  });

  it("is waited for again once it has answered", async () => {
    await answerAndStop();
    vi.useFakeTimers({ toFake: ["Date"] });
    await missed();
    vi.setSystemTime(Date.now() + 60_000);
    expect(await status(await send())).toBe(502);
    target = await startServer(target.port);
    await answerAndStop();
    const waiting = await send();
    await missed();
    target = await startServer(target.port);
    expect(await status(waiting)).toBe(200);
  });

  it("was never there: nobody waits for it", async () => {
    await target.stop();
    vi.useFakeTimers({ toFake: ["Date"] });
    await missed();
    expect(await status(await send())).toBe(502);
  });
});
