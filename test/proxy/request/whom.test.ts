/** Whom a request is for: the same over every door, which are HTTP/1.1, plain HTTP and HTTP/2. */
import { type ClientHttp2Session, connect } from "node:http2";
import { beforeAll, describe, expect, it } from "vitest";
import { parseRoute } from "../../../src/proxy/routes.js";
import { type App, startApp } from "../../support/http-app.js";
import { atEnd } from "../../support/programs.js";
import { type Front, startFront } from "../../support/wire-front.js";
import type { Peer } from "../../support/wire-peer.js";

interface Asked {
  readonly host: string;
  readonly path?: string;
  readonly accept?: string;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Where requests go, in an order that is neither that of length nor that of age. */
const ROUTES = {
  "/api/v2": "v2",
  "/api": "api",
  "/api/v2/users/": "users",
  "api.localhost": "host",
  "API2.localhost": "host 2",
  "[::1]": "six",
};

let front: Front;
let session: ClientHttp2Session;
let asked: string[] = [];

/** An app that answers with its name. */
function startNamed(name: string): Promise<App> {
  return startApp((_request, response) => {
    asked.push(name);
    response.end(name);
  });
}

beforeAll(async () => {
  const fallback = await startNamed("fallback");
  const routes = await Promise.all(
    Object.entries(ROUTES).map(async ([from, name]) =>
      parseRoute(`${from}=127.0.0.1:${(await startNamed(name)).port}`),
    ),
  );
  front = await startFront(`127.0.0.1:${fallback.port}`, {
    routes,
  });
  session = connect(`https://localhost:${front.port}`, { ca: front.root });
  atEnd(() => session.destroy());
});

async function ask1(client: Peer, { host, path = "/", accept }: Asked): Promise<Answer> {
  const lines = [`Host: ${host}`, "Connection: close", ...(accept ? [`Accept: ${accept}`] : [])];
  client.send([`GET ${path} HTTP/1.1`, ...lines, "", ""].join("\r\n"));
  const text = await client.closed();
  return {
    status: Number(text.split(" ", 2)[1]),
    body: text.slice(text.indexOf("\r\n\r\n") + 4),
  };
}

async function ask2({ host, path = "/", accept }: Asked): Promise<Answer> {
  const stream = session.request({
    ":authority": host,
    ":path": path,
    ...(accept && { accept }),
  });
  let status = 0;
  stream.on("response", (headers) => {
    status = Number(headers[":status"]);
  });
  return { body: Buffer.concat(await stream.toArray()).toString("latin1"), status };
}

describe.each<[string, (request: Asked) => Promise<Answer>]>([
  ["HTTP/1.1", async (request) => ask1(await front.connect(), request)],
  ["plain HTTP", async (request) => ask1(await front.connectPlain(), request)],
  ["HTTP/2", ask2],
])("Over %s", (_, ask) => {
  it.each([
    ["/", "localhost", "fallback"],
    ["/api", "localhost", "api"],
    ["/api/", "127.0.0.1", "api"],
    ["/api?x=/api/v2", "localhost:1", "api"],
    ["/api/v2", "localhost", "v2"],
    ["/api/v2?x", "localhost", "v2"],
    ["/api/v2/users", "localhost", "users"],
    ["/api/v2/users/7?x=1", "localhost", "users"],
    ["/api/v2/usersx", "localhost", "v2"],
    ["/api/v22", "localhost", "api"],
    ["/apiary", "localhost", "fallback"],
    ["/API", "localhost", "fallback"],
    ["//api", "localhost", "fallback"],
    ["/x/../api", "localhost", "fallback"],
    ["/%61pi", "localhost", "fallback"],
    ["/", "api.localhost", "host"],
    ["/api/v2", "api.localhost", "host"],
    ["/", "API.LocalHost:443", "host"],
    ["/api", "api2.localhost", "host 2"],
    ["/api", "[::1]:8443", "six"],
  ])("%s of %s goes to %s", async (path, host, name) => {
    expect(await ask({ host, path })).toMatchObject({
      status: 200,
      body: expect.stringContaining(name),
    });
  });

  it.each([
    "evil.test",
    "app.localhost",
    "localhost.evil.test",
    "xapi.localhost",
    "x.api.localhost",
    "localhosts",
    "192.168.1.10",
    "127.0.0.1.nip.io",
    "0.0.0.0",
  ])("%s gets 421 and the option to add, in the form that was asked for", async (host) => {
    asked = [];
    const forms = [
      ["*/*", /^devtls: This devtls does not serve .*\n {2}To serve it, start devtls with --host /],
      ["text/html,*/*;q=0.8", /^<!doctype html>[\s\S]*start devtls with --host /],
      ["application/json", /^\{"status":421,[^\n]*start devtls with --host /],
    ] as const;
    for (const [accept, form] of forms) {
      const { status, body } = await ask({ host: `${host}:${front.port}`, accept });
      expect(status).toBe(421);
      expect(body).toMatch(form);
      expect(body).toContain(`--host ${host}`);
    }
    expect(asked).toEqual([]);
  });

  it("a path of a route is no way around that", async () => {
    expect((await ask({ host: "evil.test", path: "/api" })).status).toBe(421);
  });
});

describe("A request that was refused", () => {
  it("leaves its connection of HTTP/2 to others", async () => {
    const answers = await Promise.all(
      ["evil.test", "localhost", "other.test", "api.localhost"].map((host) => ask2({ host })),
    );
    expect(answers.map(({ status }) => status)).toEqual([421, 200, 421, 200]);
  });
});
