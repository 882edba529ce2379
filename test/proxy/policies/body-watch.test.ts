/** Who looks at bodies as they pass sees what the client gets, and can neither delay nor break it. */
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { openServeIdentity, serveNames } from "../../../src/ca/leaves.js";
import { compileHead } from "../../../src/edge/head.js";
import type { EdgeProfile } from "../../../src/edge/profile.js";
import { findProfile } from "../../../src/edge/profiles/index.js";
import { type RunningProxy, startProxy } from "../../../src/proxy/server.js";
import { Pool } from "../../../src/proxy/upstream/pool.js";
import { parseTarget } from "../../../src/proxy/upstream/target.js";
import type { SeenHead, Watcher } from "../../../src/proxy/watch.js";
import { type App, startApp } from "../../support/http-app.js";
import { folderUntilEnd } from "../../support/programs.js";

const PAGE = Buffer.from("<p>0123456789</p>\n".repeat(20_000));

let app: App;
let proxy: RunningProxy | undefined;
let credentials: { readonly cert: string; readonly key: string };
const defects: unknown[] = [];

beforeAll(async () => {
  app = await startApp((incoming, response) => {
    if (incoming.url === "/none") response.writeHead(204).end();
    else if (incoming.url === "/chunked") response.write(PAGE, () => response.end());
    else response.writeHead(200, { "Content-Length": PAGE.length }).end(PAGE);
  });
  const { leaf } = await openServeIdentity(serveNames([]), folderUntilEnd("devtls-watch-"));
  credentials = { cert: leaf.chainPem, key: leaf.keyPem };
});

afterEach(async () => {
  await proxy?.close(0);
  defects.length = 0;
});

async function start(watcher: Watcher): Promise<void> {
  const edge = findProfile("devtls") as EdgeProfile;
  const pool = new Pool(parseTarget(`127.0.0.1:${app.port}`), { insecure: false, roots: [] });
  const forwarding = {
    ...{ pool, edge, limits: {}, policies: [], watchers: [watcher] },
    ...{ rewrite: compileHead(edge, {}), editResponse: undefined, requestPolicy: undefined },
    onDefect: (error: unknown) => void defects.push(error),
  };
  proxy = await startProxy({
    credentials,
    addresses: ["127.0.0.1"],
    port: 0,
    orNextPort: false,
    plain: { port: 0, rule: { mode: "proxy" }, forcePaths: [] },
    covers: () => true,
    onDefect: (error: unknown) => void defects.push(error),
    forwardings: new Map([["app", forwarding]]),
    route: () => forwarding,
  });
}

async function fetchPage(path: string, method = "GET"): Promise<Buffer> {
  const asking = request({ host: "127.0.0.1", port: proxy?.plainPort, path, method });
  asking.end();
  const [response] = (await once(asking, "response")) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe("a watch of bodies", () => {
  it.each(["/", "/chunked"])("sees every octet of %s once, in order", async (path) => {
    const seen: Buffer[] = [];
    await start(() => ({ body: (chunk) => void seen.push(Buffer.from(chunk)) }));
    expect((await fetchPage(path)).equals(PAGE)).toBe(true);
    expect(Buffer.concat(seen).equals(PAGE)).toBe(true);
  });

  it("is told what the app was told, and where it is", async () => {
    const heads: [path: string, head: SeenHead][] = [];
    await start((exchange) => ({ head: (head) => void heads.push([exchange.target, head]) }));
    await fetchPage("/page");
    const target = `http://127.0.0.1:${app.port}`;
    expect(heads).toMatchObject([["/page", { status: 200, target, own: false }]]);
    const told = heads[0]?.[1].told ?? [];
    expect(told.slice(told.indexOf("X-Forwarded-Proto")).slice(0, 2)).toEqual([
      "X-Forwarded-Proto",
      "http",
    ]);
  });

  it.each([
    ["HEAD", "/"],
    ["GET", "/none"],
  ])("sees the head of %s %s and no body, as there is none", async (method, path) => {
    const seen: string[] = [];
    await start(() => ({ head: () => void seen.push("head"), body: () => void seen.push("body") }));
    await fetchPage(path, method);
    expect(seen).toEqual(["head"]);
  });

  it("that fails at the head breaks nothing", async () => {
    await start(() => ({
      head: () => {
        throw new Error("head");
      },
    }));
    expect((await fetchPage("/")).equals(PAGE)).toBe(true);
    expect(defects).toEqual([new Error("head")]);
  });

  it("that fails at a chunk breaks nothing and sees no more", async () => {
    await start(() => ({
      body: () => {
        throw new Error("chunk");
      },
    }));
    expect((await fetchPage("/chunked")).equals(PAGE)).toBe(true);
    expect(defects).toEqual([new Error("chunk")]);
  });
});
