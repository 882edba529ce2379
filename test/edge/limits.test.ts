/** The limits of edges: on heads, bodies and times, and what clients get beyond them. */
import { describe, expect, it } from "vitest";
import { checkHeadLimits, formatBound } from "../../src/edge/limits.js";
import type { EdgeProfile, Limits } from "../../src/edge/profile.js";
import { findProfile } from "../../src/edge/profiles/index.js";
import { readEdgeProfile } from "../../src/edge/read-profile.js";
import { startBoth } from "../support/wire-front.js";
import { request as http2Request } from "../support/wire-http2.js";
import { headerOf, type Peer } from "../support/wire-peer.js";
import { BOUNDLESS, BOUNDS } from "./bounds.js";
import { headers } from "./request.js";

const profileOf = (name: string): EdgeProfile => findProfile(name) as EdgeProfile;
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

it.each(BOUNDS)("%s: %s of %d, beyond it %d", (name, bound, max, status) => {
  expect(profileOf(name).limits[bound]).toMatchObject({ max, status });
});

it.each(BOUNDLESS)("%s has none", (name) => {
  expect(profileOf(name).limits).toEqual({});
});

describe("a head", () => {
  const exceeded = (limits: Limits, target: string, ...lines: string[]) =>
    checkHeadLimits(limits, target, headers(...lines))?.what;
  const limit = (max: number) => ({ max, status: 400 });

  it.each([
    [{ target: limit(5) }, "/1234", [], undefined],
    [{ target: limit(5) }, "/12345", [], "a request target of 6 octets"],
    [{ query: limit(3) }, "/long/path?a=1", [], undefined],
    [{ query: limit(3) }, "/?a=12", [], "a query of 4 octets"],
    [{ header: limit(6) }, "/", ["X-A: 1", "X-B: 2"], undefined],
    [{ header: limit(6) }, "/", ["X-A: 1", "X-B: 22"], "the header X-B of 7 octets"],
    [{ headers: limit(12) }, "/", ["X-A: 1", "X-B: 2"], undefined],
    [{ headers: limit(12) }, "/", ["X-A: 1", "X-B: 22"], "headers of 13 octets"],
    [{ headerLines: limit(2) }, "/", ["X-A: 1", "X-B: 2"], undefined],
    [{ headerLines: limit(2) }, "/", ["X-A: 1", "X-B: 2", "X-C: 3"], "3 header lines"],
    [{ forwardedFor: limit(3) }, "/", ["X-Forwarded-For: 1, 2", "x-forwarded-for: 3"], undefined],
    [
      { forwardedFor: limit(3) },
      "/",
      ["X-Forwarded-For: 1, 2", "x-forwarded-for: 3,4"],
      "4 addresses in X-Forwarded-For",
    ],
    [{}, "/", ["X-A: 1"], undefined],
  ] as const)("with %o", (limits, target, lines, what) => {
    expect(exceeded(limits, target, ...lines)).toBe(what);
  });

  it.each([
    [1024 * 1024, "octets", "1 MiB"],
    [8192, "octets", "8 KiB"],
    [8190, "octets", "8190 octets"],
    [30_000, "milliseconds", "30 s"],
    [50, "milliseconds", "0.05 s"],
    [100, "lines", "100"],
  ] as const)("%d %s is %s", (max, unit, text) => {
    expect(formatBound(max, unit)).toBe(text);
  });
});

const KIB = 1024;
/** Requests that an edge refuses itself, and what it says. */
type Refused = readonly [
  edge: string,
  line: string,
  lines: readonly string[],
  status: number,
  said?: string,
];
const REFUSED: readonly Refused[] = [
  ["nginx", "POST / HTTP/1.1", [`Content-Length: ${KIB * KIB + 1}`], 413],
  ["nginx", `GET /${"t".repeat(8192)} HTTP/1.1`, [], 414],
  ["nginx", "GET / HTTP/1.1", [`X-A: ${"v".repeat(8192)}`], 400],
  ["heroku", `GET /${"t".repeat(8192)} HTTP/1.1`, [], 414],
  ["cloudflare", "POST / HTTP/1.1", [`Content-Length: ${100 * KIB * KIB + 1}`], 413],
  [
    "vercel",
    "POST / HTTP/1.1",
    [`Content-Length: ${4.5 * KIB * KIB + 1}`],
    413,
    "FUNCTION_PAYLOAD_TOO_LARGE",
  ],
  ["aws-alb", "GET / HTTP/1.1", [`X-Forwarded-For: ${Array(31).fill("10.0.0.1").join()}`], 463],
  ["aws-cloudfront", "GET / HTTP/1.1", ["Content-Length: 2"], 403],
  ["azure-front-door", "POST / HTTP/1.1", ["Transfer-Encoding: chunked"], 411],
  ["azure-front-door", `GET /?${"q".repeat(4097)} HTTP/1.1`, [], 414],
  ["railway", "GET / HTTP/1.1", Array(5).fill(`X-A: ${"v".repeat(7000)}`), 431],
  ["apache", "GET /a%2Fb HTTP/1.1", [], 404, "AllowEncodedSlashes"],
];

describe("a request beyond a limit", () => {
  it.each(REFUSED.map((refused) => [refused[0], refused[3], refused] as const))(
    "%s answers %d itself",
    async (name, status, [, line, lines, , said = name]) => {
      const { target, front } = await startBoth({ edge: profileOf(name), limits: true });
      const client = await front.connect();
      client.send([line, `Host: ${front.authority}`, ...lines, "", ""].join("\r\n"));
      const answer = await client.message();
      expect(answer.status).toBe(status);
      expect(answer.body).toContain(said);
      expect((await front.exchange(1)).limit).toMatch(new RegExp(`^${status}\\b`));
      expect(target.connections).toEqual([]);
    },
  );

  it("is refused on HTTP/2, too", async () => {
    const { target, front } = await startBoth({ edge: profileOf("nginx"), limits: true });
    const stream = http2Request(await front.session(), { ":path": `/${"t".repeat(9000)}` });
    expect(await stream.head()).toMatchObject({ ":status": 414 });
    expect(target.connections).toEqual([]);
  });

  it("is no matter while the limits are off", async () => {
    const { target, front } = await startBoth({ edge: profileOf("nginx") });
    const client = await front.connect();
    client.send(`GET /${"t".repeat(9000)} HTTP/1.1\r\nHost: ${front.authority}\r\n\r\n`);
    const app = await target.accept();
    await app.head();
    app.send(OK);
    expect((await client.message()).status).toBe(200);
  });

  it("is refused as an upgrade, too", async () => {
    const { target, front } = await startBoth({ edge: profileOf("heroku"), limits: true });
    const client = await front.connect();
    client.send(
      `GET /${"t".repeat(9000)} HTTP/1.1\r\nHost: ${front.authority}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    );
    expect((await client.message()).status).toBe(414);
    expect(target.connections).toEqual([]);
  });

  it("is found on the way where a body does not say its length", async () => {
    const edge = short({ extends: "aws-alb", limits: { body: { max: 5, status: 413 } } });
    const { target, front } = await startBoth({ edge, limits: true });
    const client = await front.connect();
    client.send(
      `POST / HTTP/1.1\r\nHost: ${front.authority}\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n`,
    );
    const app = await target.accept();
    await app.head();
    expect(await app.chunk()).toBe("body");
    client.send("2\r\nto\r\n");
    expect((await client.message()).status).toBe(413);
    expect(await app.ended()).not.toBe("open");
    expect((await front.exchange(1)).limit).toBe("413: a body of more than 5 octets");
  });
});

/** A profile with bounds that a test can wait for. */
function short(file: unknown): EdgeProfile {
  return readEdgeProfile(JSON.stringify(file), "short.json");
}

/** Short enough to wait for; the tests expect that it passes, never that it does not. */
const SOON_MS = 60;
/** Longer than any test: it must not pass. */
const NEVER_MS = 600_000;

const silent = (base: string, status: number, code?: string): EdgeProfile =>
  short({ extends: base, limits: { firstByte: { max: SOON_MS, status, ...(code && { code }) } } });

const get = (host: string, line = "GET / HTTP/1.1"): string => `${line}\r\nHost: ${host}\r\n\r\n`;

describe("an app that does not answer in time", () => {
  it.each([
    ["heroku", 503, "H12"],
    ["nginx", 504, undefined],
    ["cloudflare", 524, undefined],
    ["iis-arr", 502, undefined],
  ])("gets %s's %d", async (base, status, code) => {
    const edge = silent(base, status, code);
    const { target, front } = await startBoth({ edge, limits: true });
    const client = await front.connect();
    client.send(get(front.authority));
    const app = await target.accept();
    await app.head();
    const answer = await client.message();
    expect(answer.status).toBe(status);
    expect(answer.body).toContain(code ?? String(status));
    expect(await app.ended()).not.toBe("open");
    const finished = await front.exchange(1);
    expect(finished).toMatchObject({ status, own: true, brokenBy: undefined });
    expect(finished.limit).toBe(
      `${status}${code ? ` (${code})` : ""}: no response within ${SOON_MS / 1000} s`,
    );
  });

  it("gets it on HTTP/2, too", async () => {
    const { target, front } = await startBoth({ edge: silent("heroku", 503, "H12"), limits: true });
    const stream = http2Request(await front.session());
    await (await target.accept()).head();
    expect(await stream.head()).toMatchObject({ ":status": 503 });
  });

  it("gets it as an upgrade, too", async () => {
    const { target, front } = await startBoth({ edge: silent("heroku", 503, "H12"), limits: true });
    const client = await front.connect();
    client.send(
      `GET / HTTP/1.1\r\nHost: ${front.authority}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    );
    await (await target.accept()).head();
    expect((await client.message()).status).toBe(503);
    client.finish();
    expect((await front.exchange(1)).limit).toContain("503 (H12)");
  });

  it("has time while the request is still being sent", async () => {
    const { target, front } = await startBoth({ edge: silent("heroku", 503, "H12"), limits: true });
    const slow = await front.connect();
    slow.send(`POST / HTTP/1.1\r\nHost: ${front.authority}\r\nContent-Length: 4\r\n\r\nbo`);
    const uploading = await target.accept();
    await uploading.head();
    // A request that is complete runs out of time meanwhile.
    const other = await front.connect();
    other.send(get(front.authority));
    await (await target.accept()).head();
    expect((await other.message()).status).toBe(503);
    expect(uploading.ending).toBe("open");
    expect(slow.received).toHaveLength(0);
    slow.send("dy");
    expect((await slow.message()).status).toBe(503);
  });

  it("has all the time while the limits are off", async () => {
    const edge = silent("heroku", 503);
    const { target, front } = await startBoth({ edge });
    const limited = await startBoth({ edge, limits: true });
    const ask = async (both: typeof limited): Promise<[Peer, Peer]> => {
      const client = await both.front.connect();
      client.send(get(both.front.authority));
      const app = await both.target.accept();
      await app.head();
      return [client, app];
    };
    const [client, app] = await ask({ target, front });
    // As long as it takes the one with limits to give up.
    expect((await (await ask(limited))[0].message()).status).toBe(503);
    app.send(OK);
    expect((await client.message()).status).toBe(200);
  });
});

describe("silence", () => {
  const edge = short({ extends: "heroku", limits: { idleMs: SOON_MS } });

  it("within a response breaks it off", async () => {
    const { target, front } = await startBoth({ edge, limits: true });
    const client = await front.connect();
    client.send(get(front.authority));
    const app = await target.accept();
    await app.head();
    app.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    const { text } = await client.rest();
    expect(text).toMatch(/\r\n\r\nhalf$/);
    expect(await front.exchange(1)).toMatchObject({
      status: 200,
      brokenBy: "edge",
      limit: `nothing sent for ${SOON_MS / 1000} s`,
    });
  });

  it("within a WebSocket breaks it off, on both sides", async () => {
    const { target, front } = await startBoth({ edge, limits: true });
    const client = await front.connect();
    client.send(
      `GET / HTTP/1.1\r\nHost: ${front.authority}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    );
    const app = await target.accept();
    await app.head();
    app.send(
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello",
    );
    expect((await client.head()).status).toBe(101);
    expect(String(await client.take(5))).toBe("hello");
    expect(await client.ended()).not.toBe("open");
    expect(await app.ended()).not.toBe("open");
    expect(await front.exchange(1)).toMatchObject({ status: 101, brokenBy: "edge" });
  });

  it("is no matter before the head, nor of a response that is complete", async () => {
    const { target, front } = await startBoth({
      edge: short({
        extends: "heroku",
        limits: { idleMs: SOON_MS, firstByte: { max: NEVER_MS, status: 503 } },
      }),
      limits: true,
    });
    const client = await front.connect();
    client.send(get(front.authority));
    const app = await target.accept();
    await app.head();
    app.send(OK);
    const answer = await client.message();
    expect(answer).toMatchObject({ status: 200, body: "ok" });
    expect(headerOf(answer, "connection")).not.toBe("close");
    expect((await front.exchange(1)).limit).toBeUndefined();
  });
});

describe("responses", () => {
  it("carry HSTS of the edge's over https, and not over http", async () => {
    const { target, front } = await startBoth({
      edge: profileOf("ingress-nginx"),
      hsts: "pass",
      plain: { port: 0, rule: { mode: "proxy" }, forcePaths: [] },
    });
    for (const [client, expected] of [
      [await front.connect(), "max-age=15724800; includeSubDomains"],
      [await front.connectPlain(), undefined],
    ] as const) {
      client.send(`${get(front.authority, "GET / HTTP/1.1")}`);
      const app = await target.accept();
      await app.head();
      app.send("HTTP/1.1 200 OK\r\nServer: app\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
      const answer = await client.message();
      expect(headerOf(answer, "strict-transport-security")).toBe(expected);
      expect(headerOf(answer, "server")).toBeUndefined();
    }
  });
});
