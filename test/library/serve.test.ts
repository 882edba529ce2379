/** `serve()`: the data plane without the command line. */
import { once } from "node:events";
import { createServer } from "node:http";
import { get } from "node:https";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type DevtlsServer,
  edges,
  openAuthority,
  type RequestEvent,
  type ServeOptions,
  serve,
} from "../../src/index.js";
import { temporaryFolder } from "../support/cli.js";

const stateDirectory = temporaryFolder("devtls-library-");
const app = createServer((request, response) => {
  const { headers } = request;
  if (request.url === "/loop") {
    response.writeHead(301, { Location: `https://${headers.host}/loop` }).end();
  } else {
    response.end(`${headers["x-forwarded-proto"]} ${headers["x-extra"]}`);
  }
});
let target: number;
let ca: string;
const running: DevtlsServer[] = [];

beforeAll(async () => {
  app.listen(0, "127.0.0.1");
  await once(app, "listening");
  target = (app.address() as AddressInfo).port;
  ca = (await openAuthority({ stateDirectory })).certificate;
});
afterAll(async () => {
  await Promise.all(running.map((server) => server.close(0)));
  app.close();
});

async function start(options: Partial<ServeOptions> = {}): Promise<DevtlsServer> {
  const server = await serve({ target, port: 0, bind: "127.0.0.1", stateDirectory, ...options });
  running.push(server);
  return server;
}

async function ask(url: string): Promise<string> {
  const [response] = await once(get(url, { ca, agent: false }), "response");
  return Buffer.concat(await response.toArray()).toString();
}

describe("serve", () => {
  it("fronts the target and tells of requests", async () => {
    const server = await start({ setHeader: { "X-Extra": "yes" } });
    const seen = new Promise<RequestEvent>((resolve) => server.on("request", resolve));
    expect(await ask(`${server.url}/page`)).toBe("https yes");
    expect(await seen).toMatchObject({
      method: "GET",
      url: `${server.url}/page`,
      status: 200,
      bytes: 9,
    });
  });

  it("tells of a redirect loop", async () => {
    const server = await start({ simulate: "none" });
    const found = new Promise((resolve) => server.on("finding", resolve));
    await ask(`${server.url}/loop`);
    await ask(`${server.url}/loop`);
    expect(await found).toMatchObject({
      ...{ code: "redirect-loop", cause: "app-ignores-forwarded-proto", confidence: "proved" },
    });
  });

  it("leaves the process alone", async () => {
    const signals = ["SIGINT", "SIGTERM", "SIGHUP", "exit", "uncaughtException"];
    const counts = signals.map((name) => process.listenerCount(name));
    await start();
    expect(signals.map((name) => process.listenerCount(name))).toEqual(counts);
  });

  it("refuses connections once it is closed", async () => {
    const server = await start();
    await server.close();
    await expect(ask(server.url)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it.each<[string, Partial<ServeOptions>, string]>([
    ["no target", { target: undefined as never }, "target is missing"],
    ["port 65536", { port: 65536 }, "port 65536: not a whole number from 0 to 65535"],
    ["an unknown edge", { simulate: "herok" }, "simulate herok: did you mean heroku?"],
    [
      "a header that splits the head",
      { setHeader: { "X-A": "b\r\nX-C: d" } },
      "setHeader X-A: b\r\nX-C: d: not a header line",
    ],
    ["an option that waits for another", { http: "proxy" }, "http without httpPort"],
    ["a value that is no text", { host: [{}] as never }, "host {}: not a text"],
  ])("refuses %s", async (_what, options, cause) => {
    await expect(start(options)).rejects.toMatchObject({
      name: "DevtlsError",
      code: "usage",
      message: `could not understand the options of serve(): ${cause}`,
    });
  });
});

describe("edges", () => {
  it("lists every edge with its evidence", () => {
    const list = edges();
    expect(list[0]).toMatchObject({ name: "devtls" });
    expect(list.map(({ name }) => name)).toContain("heroku");
    for (const { evidence } of list)
      expect(evidence).toMatch(/^(?:captured|documented|unverified)$/);
  });
});
