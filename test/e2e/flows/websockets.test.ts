/** WebSockets that are not opened: by whom, why, and the line that opens them. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { get } from "node:https";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { type Finding, openAuthority, type ServeOptions, serve } from "../../../src/index.js";
import { temporaryFolder } from "../../support/cli.js";

type Accepts = (request: IncomingMessage) => boolean;

const hostOf = (url: string | undefined): string => (url ? new URL(url).host : "");

/** By path: whether the app opens a WebSocket. */
const APPS: Readonly<Record<string, Accepts>> = {
  "/any": () => true,
  "/none": () => false,
  // Jupyter, gorilla/websocket: the Origin's host is the Host.
  "/same-host": ({ headers }) => hostOf(headers.origin) === headers.host,
  // Action Cable behind a proxy: the scheme counts as well.
  "/same-origin": ({ headers }) => {
    const scheme = headers["x-forwarded-proto"] === "https" ? "https" : "http";
    return headers.origin === `${scheme}://${headers.host}`;
  },
  "/listed": ({ headers }) => headers.origin === `http://${headers.host}`,
  // Socket.IO with a function for cors.origin that knows another address.
  "/socket.io/?EIO=4&transport=websocket": ({ headers }) =>
    [undefined, "https://other.test"].includes(headers.origin),
  "/local": ({ headers }) => (headers.host ?? "").startsWith("localhost"),
};

const stateDirectory = temporaryFolder("devtls-websockets-");
const app = createServer((_request, response) => void response.writeHead(404).end());
let ca: string;

const sockets = new WebSocketServer({ server: app, perMessageDeflate: false });
sockets.options.verifyClient = (info, answer) => {
  const { req } = info as { readonly req: IncomingMessage };
  const isAccepted = APPS[req.url ?? ""]?.(req) ?? false;
  if (req.url?.includes("EIO=")) answer(isAccepted, 400, "Bad request");
  else answer(isAccepted, 403, "Forbidden");
};
sockets.on("connection", (socket) => socket.close());

beforeAll(async () => {
  app.listen(0, "127.0.0.1");
  await once(app, "listening");
  ca = (await openAuthority({ stateDirectory })).certificate;
});
afterAll(() => void app.close());

interface Run {
  readonly opened: boolean;
  readonly findings: readonly Finding[];
}

/** One handshake of a page of the site. */
async function shake(
  path: string,
  options: Partial<ServeOptions> = {},
  ask: typeof overHttp1 = overHttp1,
): Promise<Run> {
  const findings: Finding[] = [];
  const target = (app.address() as AddressInfo).port;
  const server = await serve({
    ...{ target, port: 0, bind: "127.0.0.1", stateDirectory, host: "app.test" },
    ...options,
  });
  server.on("finding", (finding) => findings.push(finding));
  const opened = await ask(new URL(path, server.url));
  await server.close();
  return { opened, findings };
}

function overHttp1({ host, port, pathname, search }: URL): Promise<boolean> {
  const socket = new WebSocket(`wss://localhost:${port}${pathname}${search}`, {
    ...{ ca, servername: "app.test", origin: `https://${host}`, headers: { Host: host } },
  });
  return new Promise((resolve) => {
    socket.once("open", () => resolve(true));
    socket.once("error", () => resolve(false));
  });
}

/** RFC 8441, as browsers ask over a connection that they have. */
async function overHttp2({ host, port, pathname }: URL): Promise<boolean> {
  const session = connectHttp2(`https://localhost:${port}`, { ca, servername: "app.test" });
  await once(session, "remoteSettings");
  const stream = session.request({
    ...{ ":method": "CONNECT", ":protocol": "websocket", ":scheme": "https" },
    ...{ ":authority": host, ":path": pathname, origin: `https://${host}` },
    "sec-websocket-version": "13",
  });
  const [head] = await once(stream, "response");
  stream.close();
  session.destroy();
  return head[":status"] === 200;
}

const said = ({ findings }: Run): string[] =>
  findings.map(({ code, cause, confidence }) => `${code} ${cause} ${confidence}`);

describe("a WebSocket that is not opened", () => {
  it.each<
    [what: string, path: string, options: Partial<ServeOptions>, said: string, fix: string[]]
  >([
    [
      "because nginx drops the upgrade",
      "/any",
      { simulate: "nginx-proxy-params" },
      "websocket-refused edge-drops-upgrade proved",
      [
        "proxy_http_version 1.1;",
        "proxy_set_header Upgrade $http_upgrade;",
        'proxy_set_header Connection "upgrade";',
      ],
    ],
    [
      "because Apache drops the upgrade",
      "/any",
      { simulate: "apache" },
      "websocket-refused edge-drops-upgrade proved",
      ["ProxyPass / http://localhost:PORT/ upgrade=websocket"],
    ],
    [
      "because the upgrade is dropped, and then the port is missing",
      "/same-host",
      { simulate: "nginx-proxy-params" },
      "websocket-refused edge-drops-upgrade proved",
      [
        "proxy_http_version 1.1;",
        "proxy_set_header Upgrade $http_upgrade;",
        'proxy_set_header Connection "upgrade";',
        "devtls serve --stand-in",
      ],
    ],
    [
      "because the edge replaced the Host",
      "/same-host",
      { simulate: "azure-front-door" },
      "websocket-refused origin-refused proved",
      [
        'az afd origin update --origin-host-header "" --origin-name APP --origin-group-name GROUP --profile-name PROFILE --resource-group RG',
      ],
    ],
    [
      "because nobody told the app of https",
      "/same-origin",
      { simulate: "none" },
      "websocket-refused origin-refused proved",
      ["proxy_set_header X-Forwarded-Proto $scheme;"],
    ],
    [
      "because the Origin is on no list",
      "/listed",
      {},
      "websocket-refused origin-refused proved",
      [],
    ],
    [
      "because Socket.IO knows another Origin only",
      "/socket.io/?EIO=4&transport=websocket",
      {},
      "websocket-refused origin-refused proved",
      ["new Server(server, { cors: { origin: 'https://app.test:PORT' } })"],
    ],
    ["because the Host is on no list", "/local", {}, "websocket-refused host-refused proved", []],
    [
      "because nobody may ask again, and the edge drops it",
      "/any",
      { simulate: "nginx", noProbe: true },
      "websocket-refused edge-drops-upgrade likely",
      [
        "proxy_http_version 1.1;",
        "proxy_set_header Upgrade $http_upgrade;",
        'proxy_set_header Connection "upgrade";',
      ],
    ],
  ])("%s", async (_what, path, options, finding, fix) => {
    const run = await shake(path, options);
    expect(run.opened).toBe(false);
    expect(said(run)).toEqual([finding]);
    const port = String((app.address() as AddressInfo).port);
    const lines = run.findings[0]?.fix.map((line) =>
      line.replace(`:${port}/`, ":PORT/").replace(/(app\.test):\d+/, "$1:PORT"),
    );
    expect(lines).toEqual(fix);
  });

  it("over HTTP/2, where the edge itself answers", async () => {
    const run = await shake("/any", { simulate: "nginx-proxy-params" }, overHttp2);
    expect(run.opened).toBe(false);
    expect(said(run)).toEqual(["websocket-refused edge-drops-upgrade likely"]);
  });

  it("is no finding where there is none at all", async () => {
    for (const simulate of ["devtls", "heroku", "nginx-proxy-params"]) {
      const run = await shake("/none", { simulate });
      expect([run.opened, said(run)]).toEqual([false, []]);
    }
  });
});

describe("a WebSocket that is refused with what is no HTTP", () => {
  const next = createServer((_request, response) => {
    response.setHeader("X-Powered-By", "Next.js").end();
  });
  next.on("upgrade", ({ headers }, socket) => {
    // As Next.js does from 16 on (block-cross-site-dev).
    const isAllowed = hostOf(headers.origin).startsWith("localhost:");
    const key = `${headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accept = createHash("sha1").update(key).digest("base64");
    const opened = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
    socket.end(isAllowed ? opened : "Unauthorized");
  });
  const targetOf = (): number => (next.address() as AddressInfo).port;

  beforeAll(async () => {
    next.listen(0, "127.0.0.1");
    await once(next, "listening");
  });
  afterAll(() => void next.close());

  it.each([
    ["HTTP/1.1", overHttp1],
    ["HTTP/2", overHttp2],
  ])("because of its Origin, over %s", async (_, ask) => {
    const visitAndAsk = async (url: URL): Promise<boolean> => {
      const options = { ca, servername: "app.test", headers: { Host: url.host } };
      const [response] = await once(get(`https://localhost:${url.port}/`, options), "response");
      response.resume();
      await once(response, "end");
      return ask(url);
    };
    const run = await shake("/_next/hmr", { target: targetOf() }, visitAndAsk);
    expect(run.opened).toBe(false);
    expect(said(run)).toEqual(["websocket-refused origin-refused proved"]);
    expect(run.findings[0]?.fix).toEqual(['allowedDevOrigins: ["app.test"]']);
    expect(run.findings[0]?.chain.at(-1)).toBe("app      no HTTP, and the end of the connection");
  });

  it("is no finding where nothing listens", async () => {
    const closed = createServer().listen(0, "127.0.0.1");
    await once(closed, "listening");
    const { port } = closed.address() as AddressInfo;
    closed.close();
    await once(closed, "close");
    const run = await shake("/_next/hmr", { target: port });
    expect([run.opened, said(run)]).toEqual([false, []]);
  });
});

describe("a WebSocket that is opened", () => {
  it.each<[path: string, options: Partial<ServeOptions>]>([
    ["/any", {}],
    ["/same-host", {}],
    ["/same-origin", {}],
    ["/same-host", { simulate: "heroku" }],
    ["/same-host", { simulate: "heroku", standIn: true }],
    ["/same-origin", { simulate: "aws-alb", standIn: true }],
  ])("is no finding: %s %j", async (path, options) => {
    for (const ask of [overHttp1, overHttp2]) {
      const run = await shake(path, options, ask);
      expect([run.opened, said(run)]).toEqual([true, []]);
    }
  });
});
