/** Servers that are somebody else's are asked gently, and cannot send devtls where it should not go. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { Outside } from "../../src/audit/asking/outside.js";
import { Pace } from "../../src/audit/asking/pace.js";
import { describeWith } from "../support/tools.js";
import { plainSite } from "./local.js";
import { auditElsewhere, ELSEWHERE } from "./world.js";

const URL_THERE = `http://${ELSEWHERE}/`;

const FORGED = /^x-forwarded-|^forwarded$/;

interface Json {
  readonly local: boolean;
  readonly checks: readonly { readonly id: string; readonly status: string }[];
}

describeWith(["unshare", "ip"], "A server elsewhere", () => {
  it("is asked with GET alone, and without a forged header", async () => {
    const { elsewhere, stdout } = await auditElsewhere([URL_THERE, "--json"]);
    expect(elsewhere.length).toBeGreaterThan(5);
    expect(new Set(elsewhere.map(({ method }) => method))).toEqual(new Set(["GET"]));
    const names = elsewhere.flatMap(({ headers }) => Object.keys(headers));
    expect(names.filter((name) => FORGED.test(name))).toEqual([]);
    expect(new Set(elsewhere.map(({ host }) => host))).toEqual(new Set([ELSEWHERE]));
    const { local, checks } = JSON.parse(stdout) as Json;
    expect(local).toBe(false);
    const open = checks.filter(({ status }) => status === "not-asked").map(({ id }) => id);
    expect(open).toEqual(
      expect.arrayContaining(["forwarded-proto", "forwarded-host", "host-header", "trace-method"]),
    );
  });

  it("that is one's own is asked all of it", async () => {
    const { elsewhere } = await auditElsewhere([URL_THERE, "--own", "--json"]);
    const methods = new Set(elsewhere.map(({ method }) => method));
    expect(methods).toEqual(new Set(["GET", "OPTIONS", "TRACE"]));
    const names = new Set(elsewhere.flatMap(({ headers }) => Object.keys(headers)));
    expect([...names].filter((name) => FORGED.test(name)).sort()).toEqual([
      ...["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"],
    ]);
  });

  it.each([
    "http://127.0.0.1:8080/admin",
    "http://localhost:8080/",
    "http://[::ffff:127.0.0.1]:8080/",
  ])("that redirects to %s has nothing here asked", async (location) => {
    const answers = { "/": { status: 302, headers: { Location: location } } };
    const { here, status, stderr } = await auditElsewhere([URL_THERE], answers);
    expect(here).toEqual([]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/could not audit .*: a site elsewhere sends devtls into this network/);
  });

  it("whose page names a script here has it not loaded", async () => {
    const body = '<!doctype html><script src="http://127.0.0.1:8080/a.js"></script>';
    const { here } = await auditElsewhere([URL_THERE], { "/": { body } });
    expect(here).toEqual([]);
  });
});

describeWith(["unshare", "ip"], "A server elsewhere that one's own site leads to", () => {
  const answers = {
    "/": { status: 302, headers: { Location: `${URL_THERE}there` } },
    "/there": { body: `<!doctype html><a href="/login">Log in</a>` },
  };

  it.each([
    ["a site here", ["http://127.0.0.1:8080/"]],
    ["a site that is said to be one's own", ["http://198.51.100.8:8081/", "--own"]],
  ])("is asked as gently by %s", async (_, args) => {
    const { elsewhere } = await auditElsewhere([...args, "--json"], answers);
    expect(elsewhere.length).toBeGreaterThan(3);
    expect(new Set(elsewhere.map(({ method }) => method))).toEqual(new Set(["GET"]));
    const names = elsewhere.flatMap(({ headers }) => Object.keys(headers));
    expect(names.filter((name) => FORGED.test(name))).toEqual([]);
  });
});

describe("A name that is looked up once", () => {
  const outside = (host: string, addresses: readonly string[]): Outside =>
    new Outside({
      ...{ roots: [], insecure: false, pace: new Pace(0), politePace: new Pace(0) },
      ...{ isRemote: true, host, addresses },
    });

  it("leads where it led then", async () => {
    const port = await plainSite((_request, response) => void response.end("there"));
    const url = new URL(`http://devtls-audit.invalid:${port}/`);
    const headers = ["Host", url.host];
    const request = { method: "GET", url, headers };
    const { body } = await outside(url.hostname, ["127.0.0.1"]).send(request);
    expect(body.toString()).toBe("there");
  });

  it("of another host leads nowhere in this network", async () => {
    const url = new URL("http://localhost:1/");
    const request = { method: "GET", url, headers: ["Host", url.host] };
    await expect(outside("example.test", ["192.0.2.1"]).send(request)).rejects.toThrow(
      /into this network/,
    );
  });
});

describe("What goes to a server elsewhere", () => {
  afterEach(() => void vi.useRealTimers());

  it("takes turns 200 ms apart, in the order of asking", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "performance"] });
    const pace = Pace.of(true);
    const turns: (readonly [who: number, at: number])[] = [];
    const start = performance.now();
    const all = [0, 1, 2, 3, 4, 5].map(async (who) => {
      await pace.turn();
      turns.push([who, performance.now() - start]);
    });
    await vi.runAllTimersAsync();
    await Promise.all(all);
    expect(turns).toEqual([0, 1, 2, 3, 4, 5].map((who) => [who, who * 200]));
  });

  it("does not wait where the server is one's own", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "performance"] });
    const pace = Pace.of(false);
    await Promise.all([pace.turn(), pace.turn(), pace.turn()]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
