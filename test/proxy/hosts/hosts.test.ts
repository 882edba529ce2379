/** Which hosts are answered, and where their requests go. */
import { describe, expect, it } from "vitest";
import { parseRoute } from "../../../src/proxy/routes.js";
import { startBoth, startFront } from "../../support/wire-front.js";
import { request } from "../../support/wire-http2.js";
import type { Peer } from "../../support/wire-peer.js";
import { startTarget, type WireTarget } from "../../support/wire-target.js";

const ok = (body: string): string =>
  `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

const PLAIN = { port: 0, rule: { mode: "proxy" as const }, forcePaths: [] };

describe("A host that the certificate does not cover", () => {
  const STRANGERS = [
    "evil.test",
    "localhost.evil.test",
    "10.0.0.1",
    "[2001:db8::1]",
    "sub.localhost",
    "app.local",
  ];

  it.each(STRANGERS)(
    "%s gets 421 over TLS and plain HTTP, and the target hears nothing",
    async (host) => {
      const { target, front } = await startBoth({ plain: PLAIN });
      for (const client of [await front.connect(), await front.connectPlain()]) {
        client.send(`GET / HTTP/1.1\r\nHost: ${host}:${front.port}\r\n\r\n`);
        const answer = await client.message();
        expect(answer.status).toBe(421);
        expect(answer.body).toContain(host.replace(/^\[|\]$/g, ""));
      }
      expect(target.connections).toHaveLength(0);
    },
  );

  it("gets 421 over HTTP/2 with the option to add", async () => {
    const { target, front } = await startBoth();
    const client = request(await front.session(), { ":authority": "other.test" });
    expect((await client.head())[":status"]).toBe(421);
    await client.until(() => client.ended, "the page");
    expect(client.body).toContain("--host other.test");
    expect(target.connections).toHaveLength(0);
  });
});

describe("A host that it covers", () => {
  it.each(["localhost", "LOCALHOST", "127.0.0.1", "[::1]", "app.test", "App.Test"])(
    "%s is served",
    async (host) => {
      const { target, front } = await startBoth({ hosts: ["app.test"], plain: PLAIN });
      for (const client of [await front.connect(), await front.connectPlain()]) {
        client.send(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
        const app = target.connections[0] ?? (await target.accept());
        await app.head();
        app.send(ok("here"));
        expect((await client.message()).body).toBe("here");
      }
    },
  );
});

describe("A certificate", () => {
  it("covers the hosts asked for and the loopback names, whatever name a client offers", async () => {
    const { front } = await startBoth({ hosts: ["app.test", "api.test"] });
    const names = front.serving.certificate.names.map(({ value }) => value);
    expect(names).toEqual(["app.test", "api.test", "localhost", "127.0.0.1", "::1"]);
    const client = await front.connect({
      servername: "stranger.test",
      checkServerIdentity: () => undefined,
    });
    client.send("GET / HTTP/1.1\r\nHost: stranger.test\r\n\r\n");
    expect((await client.head()).status).toBe(421);
  });
});

describe("Routes", () => {
  /** Targets by name, with devtls in front of them. */
  async function routed(routes: Readonly<Record<string, string>>) {
    const targets = new Map<string, WireTarget>();
    const targetOf = async (name: string): Promise<WireTarget> => {
      const known = targets.get(name) ?? (await startTarget());
      targets.set(name, known);
      return known;
    };
    const fallback = await targetOf("fallback");
    const parsed = [];
    for (const [from, name] of Object.entries(routes)) {
      parsed.push(parseRoute(`${from}=127.0.0.1:${(await targetOf(name)).port}`));
    }
    const front = await startFront(`127.0.0.1:${fallback.port}`, { routes: parsed });
    /** Which target is asked. */
    const ask = async (path: string, host = "localhost"): Promise<string> => {
      const client = await front.connect();
      client.send(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      const arrivals = [...targets].map(async ([name, target]) => {
        const app: Peer = target.connections.at(-1) ?? (await target.accept());
        await app.head();
        return [name, app] as const;
      });
      for (const arrival of arrivals) arrival.catch(() => undefined);
      const [name, app] = await Promise.any(arrivals);
      app.send(ok(name));
      const { body } = await client.message();
      for (const { connections } of targets.values())
        for (const peer of connections) peer.destroy();
      return body;
    };
    return ask;
  }

  it.each([
    ["/", "localhost", "fallback"],
    ["/api", "localhost", "api"],
    ["/api/", "localhost", "api"],
    ["/api/users?x=/v2", "localhost", "api"],
    ["/api?x", "localhost", "api"],
    ["/apiary", "localhost", "fallback"],
    ["/api/v2/users", "localhost", "v2"],
    ["/api/v20", "localhost", "api"],
    ["/", "api.localhost", "host"],
    ["/api", "api.localhost", "host"],
    ["/", "API.localhost", "host"],
  ])("send %s of %s to %s", async (path, host, expected) => {
    const ask = await routed({ "/api": "api", "/api/v2": "v2", "api.localhost": "host" });
    expect(await ask(path, host)).toBe(expected);
  });
});
