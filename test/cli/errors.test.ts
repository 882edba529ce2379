/** Where an error's text goes, and how much of it there is. */
import { describe, expect, it } from "vitest";
import { newSandbox } from "./sandbox.js";

const STACK = /^ +at .+:\d+:\d+\)?$/m;

describe("A stack trace", () => {
  it("is not printed without being asked for", async () => {
    const { stderr } = await newSandbox().run(["cert", "a..b"]);
    expect(stderr).not.toMatch(STACK);
  });

  it("is printed with DEVTLS_DEBUG=1, after the error", async () => {
    const { stderr, status } = await newSandbox().run(["cert", "a..b"], {
      env: { DEVTLS_DEBUG: "1" },
    });
    expect(stderr).toMatch(/^devtls: could not use the name/);
    expect(stderr).toMatch(STACK);
    expect(status).toBe(2);
  });

  it("goes back to the error that caused it", async () => {
    const { stderr } = await newSandbox().run(["cert", "--csr", "no.csr"], {
      env: { DEVTLS_DEBUG: "1" },
    });
    expect(stderr).toMatch(/^caused by Error: ENOENT/m);
  });

  it("is not printed for other values of DEVTLS_DEBUG", async () => {
    const { stderr } = await newSandbox().run(["cert", "a..b"], { env: { DEVTLS_DEBUG: "0" } });
    expect(stderr).not.toMatch(STACK);
  });
});

describe("With --json, an error", () => {
  it("leaves stdout empty", async () => {
    const { stdout, stderr, status } = await newSandbox().run(["cert", "a..b", "--json"]);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^devtls: could not use the name/);
    expect(status).toBe(2);
  });
});
