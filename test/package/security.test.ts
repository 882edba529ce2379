/** SECURITY.md: every promise names tests, and they are there. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { PROJECT } from "../support/cli.js";

const text = readFileSync(join(PROJECT, "SECURITY.md"), "utf8");
const named = (part: string): string[] => part.match(/test\/[\w./-]+/g) ?? [];
const rows = text
  .split("\n")
  .filter((line) => /^\| /.test(line) && !/^\| promise/.test(line))
  .map((line) => line.split(" | "));

describe("SECURITY.md", () => {
  it("names a test for every promise", () => {
    expect(rows.length).toBeGreaterThan(15);
    expect(rows.filter(([, tests = ""]) => named(tests).length === 0)).toEqual([]);
  });

  it.each([...new Set(named(text))])("names a test that is there: %s", (path) => {
    expect(existsSync(join(PROJECT, path))).toBe(true);
  });
});
