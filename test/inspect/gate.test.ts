/** Nobody else gets in: other hosts, other origins, other sites, proxies, and who has no token. */
import { describe, expect, it } from "vitest";
import { Gate } from "../../src/inspect/gate.js";

const gate = new Gate(() => 4040);
const ORIGIN = "https://127.0.0.1:4040";
const cookie = (gate.open(gate.token) ?? "").split(";", 1)[0] ?? "";
const OWN = { host: "127.0.0.1:4040", cookie, "sec-fetch-site": "same-origin" };

const status = (
  headers: Readonly<Record<string, string | undefined>>,
  method = "GET",
  path = "/api/exchanges",
): number => {
  const pass = gate.admit({ method, path, headers });
  return pass.ok ? 200 : pass.status;
};

describe("The page", () => {
  it("reads and acts", () => {
    expect(status(OWN)).toBe(200);
    expect(status({ ...OWN, origin: ORIGIN }, "POST")).toBe(200);
  });

  it.each([
    ["a rebinding name", { host: "evil.test:4040" }, 421],
    ["localhost, whose cookies an app may see", { host: "localhost:4040" }, 421],
    ["another port", { host: "127.0.0.1:4041" }, 421],
    ["no host", { host: undefined }, 421],
    ["the page of another site", { "sec-fetch-site": "cross-site" }, 403],
    ["the page of another port of this host", { "sec-fetch-site": "same-site" }, 403],
    ["a link somewhere else, or the address bar", { "sec-fetch-site": "none" }, 403],
    ["another origin", { origin: "https://127.0.0.1:8443" }, 403],
    ["no origin at all", { origin: "null" }, 403],
    ["a browser that says nothing of where it comes from", { "sec-fetch-site": undefined }, 403],
    ["an app that forwards to it", { "x-forwarded-for": "127.0.0.1" }, 403],
    ["a proxy", { via: "1.1 proxy" }, 403],
    ["a replay that leads to it", { "x-devtls-replay": "1" }, 403],
    ["no session", { cookie: undefined }, 401],
    ["a session of another run", { cookie: `${cookie}x` }, 401],
    ["another token", { authorization: "Bearer x" }, 401],
  ])("keeps out %s", (_, headers, expected) => {
    expect(status({ ...OWN, ...headers })).toBe(expected);
  });

  it("acts for nobody who does not say its origin", () => {
    expect(status(OWN, "POST")).toBe(403);
  });

  it("opens a session for the token alone, in a cookie that no script reads and no site sends", () => {
    expect(gate.open("x")).toBeUndefined();
    expect(gate.open(undefined)).toBeUndefined();
    expect(gate.open(gate.token)).toMatch(
      /^__Host-[\w-]+=[\w-]+; Path=\/; Secure; HttpOnly; SameSite=Strict$/,
    );
    expect(cookie).not.toContain(gate.token);
  });

  it("asks of a session's opening what it asks of everything, but the session", () => {
    const other = { ...OWN, cookie: undefined, origin: ORIGIN };
    expect(status(other, "POST", "/api/session")).toBe(200);
    expect(status({ ...other, "sec-fetch-site": "same-site" }, "POST", "/api/session")).toBe(403);
  });
});

describe("A program that holds the token", () => {
  it("needs no session", () => {
    const headers = { host: OWN.host, authorization: `Bearer ${gate.token}` };
    expect(status(headers)).toBe(200);
    expect(status(headers, "POST")).toBe(200);
    expect(status({ ...headers, origin: "https://evil.test" })).toBe(403);
  });
});
