/** Edits of cookie lines leave everything else in them as it was. */
import { describe, expect, it } from "vitest";
import { addSecure, removeSecure, withoutCookies } from "../../src/cookies/rewrite.js";

const LONG = "x".repeat(1024);

describe("Secure is added", () => {
  it.each([
    ["a=1", "a=1; Secure"],
    ["a=1; Path=/ ;HttpOnly", "a=1; Path=/ ;HttpOnly; Secure"],
    ["secure=1; Path=/", "secure=1; Path=/; Secure"],
    [`a=1; Secure=${LONG}`, `a=1; Secure=${LONG}; Secure`],
    ["a=1; SECURE", "a=1; SECURE"],
    ["a=1;secure=yes ; Path=/", "a=1;secure=yes ; Path=/"],
  ])("%s", (line, expected) => {
    expect(addSecure(line)).toBe(expected);
  });
});

describe("Secure is removed, with what only a Secure cookie may have", () => {
  it.each([
    ["a=1; Secure", "a=1"],
    ["a=1; secure=x; Path=/; HttpOnly", "a=1; Path=/; HttpOnly"],
    ["a=1; Secure; SameSite=None; Partitioned", "a=1"],
    ["a=1; SameSite=Lax; Secure", "a=1; SameSite=Lax"],
    ["secure=1; Secure", "secure=1"],
    ["a=1; SameSite=None", "a=1; SameSite=None"],
    ["a=1; Partitioned", "a=1; Partitioned"],
    ["__Host-a=1; Secure; Path=/", "__Host-a=1; Secure; Path=/"],
    ["__secure-a=1; Secure", "__secure-a=1; Secure"],
  ])("%s", (line, expected) => {
    expect(removeSecure(line)).toBe(expected);
  });
});

describe("Of a Cookie line there is left", () => {
  it.each([
    ["a=1; b=2; c=3", "a=1; c=3"],
    ["b=2; a=1", "a=1"],
    ["a=1;c=3", "a=1;c=3"],
    ["b=2; b=3", undefined],
    ["b; a=1", "b; a=1"],
  ])("%s", (line, expected) => {
    expect(withoutCookies(line, (name) => name === "b")).toBe(expected);
  });
});
