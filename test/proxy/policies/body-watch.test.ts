/** Who looks at bodies as they pass sees what the client gets, and can neither delay nor break it. */
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { openServeIdentity, serveNames } from "../../../src/ca/leaves.js";
import { compileHead } from "../../../src/edge/head.js";
import type { EdgeProfile } from "../../../src/edge/profile.js";
import { findProfile } from "../../../src/edge/profiles/index.js";
import type { Asked, BodyWatch } from "../../../src/proxy/forwarding.js";
import { type RunningProxy, startProxy } from "../../../src/proxy/server.js";
import { Pool } from "../../../src/proxy/upstream/pool.js";
import { parseTarget } from "../../../src/proxy/upstream/target.js";
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

async function start(watchBody: BodyWatch): Promise<void> {
  const edge = findProfile("devtls") as EdgeProfile;
  const pool = new Pool(parseTarget(`127.0.0.1:${app.port}`), { insecure: false, roots: [] });
  const forwarding = {
    ...{ pool, edge, watchBody, limits: {}, policies: [], observers: [] },
    ...{ rewrite: compileHead(edge, {}), editResponse: undefined, requestPolicy: undefined },
    onTarget: () => undefined,
    onObserverError: (error: unknown) => void defects.push(error),
  };
  proxy = await startProxy({
    credentials,
    addresses: ["127.0.0.1"],
    port: 0,
    orNextPort: false,
    plain: { port: 0, rule: { mode: "proxy" }, forcePaths: [] },
    covers: () => true,
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
    await start(() => (chunk) => void seen.push(Buffer.from(chunk)));
    expect((await fetchPage(path)).equals(PAGE)).toBe(true);
    expect(Buffer.concat(seen).equals(PAGE)).toBe(true);
  });

  it("is told what the app was told, and where it is", async () => {
    const heads: [path: string, status: number, asked: Asked][] = [];
    await start((exchange, { status }, asked) => {
      heads.push([exchange.target, status, asked]);
      return undefined;
    });
    await fetchPage("/page");
    expect(heads).toMatchObject([["/page", 200, { target: `http://127.0.0.1:${app.port}` }]]);
    const told = heads[0]?.[2].told ?? [];
    expect(told.slice(told.indexOf("X-Forwarded-Proto")).slice(0, 2)).toEqual([
      "X-Forwarded-Proto",
      "http",
    ]);
  });

  it.each([
    ["HEAD", "/"],
    ["GET", "/none"],
  ])("is not asked for %s %s, which has no body", async (method, path) => {
    let asked = 0;
    await start(() => {
      asked++;
      return undefined;
    });
    await fetchPage(path, method);
    expect(asked).toBe(0);
  });

  it("that fails at the head breaks nothing", async () => {
    await start(() => {
      throw new Error("head");
    });
    expect((await fetchPage("/")).equals(PAGE)).toBe(true);
    expect(defects).toEqual([new Error("head")]);
  });

  it("that fails at a chunk breaks nothing and sees no more", async () => {
    await start(() => () => {
      throw new Error("chunk");
    });
    expect((await fetchPage("/chunked")).equals(PAGE)).toBe(true);
    expect(defects).toEqual([new Error("chunk")]);
  });
});
