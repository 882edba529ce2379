/** Ids in paths are no part of a route: two visitors of one page have each their own. */
import { describe, expect, it } from "vitest";
import { routeOf } from "../../src/diagnose/routes.js";

describe("A route is a path", () => {
  it.each([
    ["/posts/17", "/posts/*"],
    ["/posts/17/edit", "/posts/*/edit"],
    ["/o/5f2c9a0b1d3e4f567890abcd", "/o/*"],
    ["/u/5b3f6c1e-8a52-4c5e-9f0a-0a3f5f6b7c8d/", "/u/*/"],
    // oidc-provider's interactions, nanoid, ULID and CUID.
    ["/interaction/TyMkVg6kt1vNiry1M77BJE8a9zJ0SJg0LEkG4EQPJYK", "/interaction/*"],
    ["/i/V1StGXR8_Z5jdHi6B-myT", "/i/*"],
    ["/i/01ARZ3NDEKTSV4RRFFQ69G5FAV", "/i/*"],
    ["/i/cjld2cjxh0000qzrmn831i7rn", "/i/*"],
  ])("without ids: %s is %s", (path, route) => {
    expect(routeOf(path)).toBe(route);
  });

  it.each([
    "/",
    "/login",
    "/blog/how-we-moved-to-https-in-2026",
    "/docs/authentication-and-authorization",
    "/assets/bootstrap.min.css",
    "/wiki/Main_Page",
    "/en/administration/configuration",
  ])("with its words: %s", (path) => {
    expect(routeOf(path)).toBe(path);
  });
});
