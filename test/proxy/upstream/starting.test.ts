/** While the app is being started, requests wait for it; whoever looks at a browser is told so. */
import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { parseTarget } from "../../../src/proxy/upstream/target.js";
import { freePort } from "../../support/cli.js";
import { type Front, startFront } from "../../support/wire-front.js";
import type { Peer } from "../../support/wire-peer.js";
import { startTarget, type WireTarget } from "../../support/wire-target.js";

const BROWSER = ["Accept: text/html,*/*;q=0.8", "User-Agent: Mozilla/5.0 Chrome/156.0"];
const HEADLESS = ["Accept: text/html,*/*;q=0.8", "User-Agent: Mozilla/5.0 HeadlessChrome/156.0"];

let front: Front;
let target: WireTarget | undefined;
let port: number;

beforeEach(async () => {
  port = await freePort();
  front = await startFront(`127.0.0.1:${port}`, { starting: "npm run <dev>" });
});

afterEach(async () => {
  vi.useRealTimers();
  await front.close();
  await target?.stop();
  target = undefined;
});

async function send(lines: readonly string[] = [], method = "GET"): Promise<Peer> {
  const client = await front.connectPlain();
  const framing = method === "POST" ? ["Content-Length: 4"] : [];
  const head = [`${method} /page HTTP/1.1`, "Host: localhost", ...lines, ...framing, "", ""];
  client.send(head.join("\r\n"));
  if (method === "POST") client.send("body");
  return client;
}

/** Once this is answered, the front has what was sent before it. */
async function readiness(): Promise<string> {
  const client = await send(["devtls-ready: ?"]);
  return (await client.untilText("\r\n\r\n")).split(" ")[1] ?? "";
}

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

async function listen(at = port): Promise<WireTarget> {
  target = await startTarget({
    port: at,
    onConnection: ({ socket }) => {
      let text = "";
      socket.on("data", (chunk: Buffer) => {
        text += chunk.toString("latin1");
        if (text.startsWith("GET") || text.endsWith("body")) socket.write(OK);
      });
    },
  });
  return target;
}

describe("Requests wait until the command listens", () => {
  it.each([
    ["of a program", "GET", []],
    ["of a browser", "GET", BROWSER],
    ["of a browser without a screen", "GET", HEADLESS],
    ["with a body", "POST", []],
  ])("%s", async (_what, method, lines) => {
    const client = await send(lines, method);
    expect(await readiness()).toBe("503");
    expect(client.text).toBe("");
    await listen();
    expect(client.text).toBe("");
    front.serving.setTarget(parseTarget(`127.0.0.1:${port}`));
    expect(await client.untilText("\r\n\r\nok")).toMatch(/^HTTP\/1\.1 200 /);
  });

  it("and go to where it listens, not to where it was told to", async () => {
    const client = await send();
    expect(await readiness()).toBe("503");
    const { port: other } = await listen(0);
    front.serving.setTarget(parseTarget(`127.0.0.1:${other}`));
    const over = once(front.serving, "request");
    expect(await client.untilText("\r\n\r\nok")).toMatch(/^HTTP\/1\.1 200 /);
    expect((await over)[0]).toMatchObject({ target: `http://127.0.0.1:${other}`, status: 200 });
    expect(await readiness()).toBe("204");
  });

  it("however many they are", async () => {
    const clients = await Promise.all(Array.from({ length: 20 }, () => send()));
    await readiness();
    await listen();
    front.serving.setTarget(parseTarget(`127.0.0.1:${port}`));
    for (const client of clients) await client.untilText("\r\n\r\nok");
  });

  it("unless their client leaves", async () => {
    const client = await send();
    await readiness();
    const over = once(front.serving, "request");
    client.destroy();
    expect((await over)[0]).toMatchObject({ brokenBy: "client", status: 0 });
  });
});

describe("A command that takes its time", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));

  it("is shown after 2 s in a browser, in a page that loads itself again", async () => {
    const client = await send(BROWSER);
    await readiness();
    await vi.advanceTimersByTimeAsync(1_999);
    await readiness();
    expect(client.text).toBe("");
    await vi.advanceTimersByTimeAsync(1);
    const page = await client.untilText("</html>");
    expect(page).toMatch(/^HTTP\/1\.1 503 /);
    expect(page).toContain("<h1>Waiting for npm run &lt;dev&gt;</h1>");
    expect(page).toContain("devtls-ready");
  });

  it.each([
    ["a program", []],
    ["a test's browser", HEADLESS],
  ])("never is the first page of %s; after 2 min that hears of it", async (_what, lines) => {
    const client = await send(lines);
    await readiness();
    await vi.advanceTimersByTimeAsync(119_999);
    await readiness();
    expect(client.text).toBe("");
    await vi.advanceTimersByTimeAsync(1);
    expect(await client.untilText("Waiting for npm run")).toMatch(/^HTTP\/1\.1 503 /);
  });
});

it("A command that ends before it listens is what waiting requests are told", async () => {
  const client = await send();
  await readiness();
  const closed = front.serving.close(1_000);
  const answer = await client.untilText("ended before it listened.");
  expect(answer).toMatch(/^HTTP\/1\.1 503 /);
  client.destroy();
  await closed;
});
