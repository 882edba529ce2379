/** What edges make of request targets; what Caddy and Apache make of more of them: fidelity.test.ts. */
import { expect, it } from "vitest";
import { refusesTarget, targetFor } from "../../src/edge/target.js";

it.each([
  ["/", "/"],
  ["*", "*"],
  ["/a%2Fb%2f/%25/%7Eme?x=%2F", "/a%2Fb%2f/%25/%7Eme?x=%2F"],
  ["/a[0]", "/a[0]"],
  ['/a"b', "/a%22b"],
  ["/a|b%2F?c|d", "/a%7Cb/?c|d"],
  ["/a%zz", "/a%25zz"],
  ["/a/../b//c", "/a/../b//c"],
  ["/{!}", "/%7B%21%7D"],
])("Go writes %s as %s", (target, expected) => {
  expect(targetFor({ target: "reencode" }, target)).toBe(expected);
});

it.each([
  ["/", "/"],
  ["*", "*"],
  ["/a/./b/../c", "/a/c"],
  ["/a/..", "/"],
  ["/a/.", "/a/"],
  ["/..", "/"],
  ["/../../a", "/a"],
  ["//a///b", "/a/b"],
  ["/a%2e%2E/b", "/a../b"],
  ["/%2e%2e/b?c=../d", "/b?c=../d"],
  ["/%7e%41%25%c3", "/~A%25%C3"],
  ["/a b".replace(" ", "%20"), "/a%20b"],
  ["/a?", "/a?"],
])("Apache writes %s as %s", (target, expected) => {
  expect(targetFor({ target: "normalize" }, target)).toBe(expected);
});

it.each(["/a/../b//c", "/%2F", "/[|"])("the others pass %s as it is", (target) => {
  expect(targetFor({ target: "keep" }, target)).toBe(target);
});

it("Apache refuses an encoded slash in the path, and only there", () => {
  expect(refusesTarget("normalize", "/a%2fb")).toBe(true);
  expect(refusesTarget("normalize", "/a?b=%2F")).toBe(false);
  expect(refusesTarget("keep", "/a%2Fb")).toBe(false);
  expect(refusesTarget("reencode", "/a%2Fb")).toBe(false);
});

it("the beginning of a path is exchanged", () => {
  const toApp = { target: "decode", replacesPrefix: ["/api/", "/"] } as const;
  expect(targetFor(toApp, "/api//v1/../x?a=/api/")).toBe("/x?a=/api/");
  expect(targetFor(toApp, "/apis/x")).toBe("/apis/x");
});
