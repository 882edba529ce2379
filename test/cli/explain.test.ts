/** `devtls explain`: every code, in full. */
import { describe, expect, it } from "vitest";
import { FINDING_CODES } from "../../src/diagnose/finding.js";
import { FRAMEWORKS } from "../../src/diagnose/frameworks/index.js";
import { devtls } from "../support/cli.js";

describe("devtls explain", () => {
  it("lists the codes", async () => {
    const { stdout, status } = await devtls(["explain"]);
    expect(status).toBe(0);
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => line.split(" ")[0]),
    ).toEqual([...FINDING_CODES]);
  });

  it.each(FINDING_CODES)(
    "says of %s what it is, how it looks, why, and what ends it",
    async (code) => {
      const { stdout } = await devtls(["explain", code]);
      const [first, what, ...rest] = stdout.split("\n");
      expect(first).toBe(code);
      expect(what).toMatch(/\.$/);
      expect(rest.filter((line) => /^(?:How it looks|Why|What ends it)$/.test(line))).toHaveLength(
        3,
      );
    },
  );

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
