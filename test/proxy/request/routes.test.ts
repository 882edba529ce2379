/** Which route takes a request. */
import { describe, expect, it } from "vitest";
import { createRouter, isBelow, parseRoute } from "../../../src/proxy/routes.js";

/** The route that takes it, as it was written; undefined when none does. */
function taken(routes: readonly string[], host: string, target: string): string | undefined {
  const parsed = routes.map((from) => [parseRoute(`${from}=3001`), from] as const);
  return createRouter<string | undefined>(parsed, () => undefined)(host, target);
}

describe("The route of a request", () => {
  it.each<[string[], string, string, string | undefined]>([
    [[], "localhost", "/", undefined],
    [["/api"], "localhost", "/api", "/api"],
    [["/api"], "localhost", "/", undefined],
    [["/api"], "localhost", "*", undefined],
    [["/"], "localhost", "/x", "/"],
    [["/"], "localhost", "*", "/"],
    [["/", "/api"], "localhost", "/api", "/api"],
    [["/a", "/a/b/c", "/a/b"], "localhost", "/a/b/c/d", "/a/b/c"],
    [["/a", "/a/b/c", "/a/b"], "localhost", "/a/b/cd", "/a/b"],
    [["/api/"], "localhost", "/api", "/api/"],
    [["/api", "x.test"], "x.test", "/api", "x.test"],
    [["/api", "x.test"], "x.test:8443", "/", "x.test"],
    [["X.test"], "x.TEST", "/", "X.test"],
    [["[::1]"], "[::1]:8443", "/", "[::1]"],
    [["127.0.0.1"], "127.0.0.1", "/", "127.0.0.1"],
    // As in certificates (RFC 6125 6.4.3), an asterisk is one label.
    [["*.app.test"], "x.app.test", "/", "*.app.test"],
    [["*.app.test", "/api"], "x.app.test", "/api", "*.app.test"],
    [["*.app.test", "x.app.test"], "x.app.test", "/", "x.app.test"],
    [["*.app.test"], "app.test", "/", undefined],
    [["*.app.test"], "x.y.app.test", "/", undefined],
    [["*.app.test", "*.y.app.test"], "x.y.app.test", "/", "*.y.app.test"],
    [["*.app.test", "/api"], "y.test", "/api", "/api"],
  ])("%j for %s %s", (routes, host, target, expected) => {
    expect(taken(routes, host, target)).toBe(expected);
  });
});

describe("A path", () => {
  it.each([
    ["/a", "/", true],
    ["/a", "/a", true],
    ["/a?b", "/a", true],
    ["/a/b", "/a", true],
    ["/ab", "/a", false],
    ["/", "/a", false],
    ["/A", "/a", false],
  ])("%s is below %s: %s", (target, prefix, expected) => {
    expect(isBelow(target, prefix)).toBe(expected);
  });
});

describe("A route", () => {
  it.each(["", "=", "/api", "/api=", "=3001", "/a b=3001", "/a?b=3001", "/a#b=3001", "/\xe4=3001"])(
    "%j is refused",
    (text) => {
      expect(() => parseRoute(text)).toThrow(expect.objectContaining({ code: "usage" }));
    },
  );

  it.each([
    ["/api=3001", "/api", "http://localhost:3001"],
    ["/api/=unix:/run/a=b.sock", "/api", "unix:/run/a=b.sock"],
    ["/=https://localhost:3001", "/", "https://localhost:3001"],
  ])("%s is read", (text, prefix, url) => {
    expect(parseRoute(text)).toMatchObject({ prefix, target: { url } });
  });
});
