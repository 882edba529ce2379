/** What a page of refusal says, in whosever words, and what of it is shown. */
import { describe, expect, it } from "vitest";
import { saysIn } from "../../src/diagnose/refusals.js";

const said = (page: string) => saysIn(page, undefined)?.refusal;

describe("A page that nobody wrote a record for", () => {
  it.each([
    ["Forbidden: CSRF validation failed", "token"],
    ['{"error":"XSRF token expired"}', "token"],
    ["Blocked: a cross-site request", "origin"],
    ["invalid Origin", "origin"],
    ["Origin https://app.test is not allowed", "origin"],
  ])("gives its reason: %s", (page, says) => {
    expect(said(page)).toMatchObject({ says, vague: true });
  });

  it.each([
    "Wrong password",
    "The original is gone",
    "You may not edit this",
    "",
    `${"x".repeat(3_000)} CSRF`,
  ])("gives none: %.30s", (page) => {
    expect(said(page)).toBeUndefined();
  });

  it("is quoted without what a terminal acts on", () => {
    const text = said("CSRF \u001b]0;owned\u0007\u001b[2J\u009b31m\u202etoken")?.text ?? "";
    expect(text).toContain("CSRF");
    expect(text).not.toMatch(/[\p{Cc}\u202e]/u);
  });

  it("has the words of a record before its own", () => {
    expect(said("Cross-site POST form submissions are forbidden")).not.toHaveProperty("vague");
  });
});
