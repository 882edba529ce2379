/** `devtls explain`: every code, in full. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FRAMEWORKS } from "../../src/diagnose/frameworks/index.js";
import { ALL_CODES } from "../../src/rehearse/explanations.js";
import { devtls, PROJECT } from "../support/cli.js";

/** `code: "mixed-content"`: a finding is stated so and in no other way. */
const CODE = /\bcode: "([a-z-]+)"/g;

describe("devtls explain", () => {
  it("lists the codes", async () => {
    const { stdout, status } = await devtls(["explain"]);
    expect(status).toBe(0);
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => line.split(" ")[0]),
    ).toEqual([...ALL_CODES]);
  });

  it.each(ALL_CODES)("says of %s what it is, how it looks, why, and what ends it", async (code) => {
    const { stdout } = await devtls(["explain", code]);
    const [first, what, ...rest] = stdout.split("\n");
    expect(first).toBe(code);
    expect(what).toMatch(/\.$/);
    expect(rest.filter((line) => /^(?:How it looks|Why|What ends it)$/.test(line))).toHaveLength(3);
  });

  it("knows every code that stands in a finding, wherever that is made", () => {
    const src = join(PROJECT, "src");
    const made = readdirSync(src, { recursive: true, encoding: "utf8" })
      .filter((path) => /^(?:diagnose|rehearse|trace|inspect|serving)\b.*\.ts$/.test(path))
      .flatMap((path) => [...readFileSync(join(src, path), "utf8").matchAll(CODE)])
      .map(([, code = ""]) => code);
    expect(made.length).toBeGreaterThan(10);
    expect([...new Set(made)].filter((code) => !ALL_CODES.some((each) => each === code))).toEqual(
      [],
    );
  });

  it("gives the setting of every framework for a redirect loop", async () => {
    const { stdout } = await devtls(["explain", "redirect-loop", "--json"]);
    const [finding] = JSON.parse(stdout).findings;
    const titles = finding.frameworks.map(({ title }: { title: string }) => title);
    const known = FRAMEWORKS.filter(({ settings }) => settings.trustProto);
    expect(titles).toEqual(known.map(({ title }) => title));
    expect(titles.length).toBeGreaterThan(16);
    expect(stdout).toContain("SECURE_PROXY_SSL_HEADER");
  });

  it("suggests the nearest code", async () => {
    const { status, stderr } = await devtls(["explain", "redirect-lop"]);
    expect(status).toBe(2);
    expect(stderr).toContain("did you mean redirect-loop?");
  });
});
