/** `devtls doctor`: what it prints, how it ends, and that it changes nothing. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { environment, LAUNCHER, type Outcome } from "../support/cli.js";
import { copySystemStore, type StoreCopy, whyNoStoreCopy } from "../support/system-store.js";
import { describeUnless, missing } from "../support/tools.js";
import { contentsOf, newSandbox, type Sandbox } from "./sandbox.js";

interface Line {
  readonly id: string;
  readonly status: string;
  readonly detail: string;
  readonly fix: string | null;
}

const checksOf = ({ stdout }: Outcome): Line[] => JSON.parse(stdout).checks;

async function findings(box: Sandbox): Promise<Record<string, Line>> {
  const outcome = await box.run(["doctor", "--json"]);
  return Object.fromEntries(checksOf(outcome).map((check) => [check.id, check]));
}

describe("devtls doctor", () => {
  it("prints one line a check, and the fix of what is not ok", async () => {
    const box = newSandbox();
    const { stdout, stderr, status } = await box.run(["doctor"]);
    const lines = stdout.trimEnd().split("\n");
    for (const line of lines) expect(line).toMatch(/^(?:ok|warning|problem) +[a-z0-9-]+ +\S/);
    for (const line of lines) expect(/^ok/.test(line)).toBe(!line.includes(". Fix: "));
    expect(lines[0]).toMatch(/^problem {2}authority-present +there is no .* Fix: devtls trust$/);
    expect(stderr).toMatch(/^\d+ checks: \d+ problems?, \d+ warnings?\n$/);
    expect(status).toBe(3);
  });

  it("has in its JSON exactly the fields of the contract", async () => {
    const box = newSandbox();
    await box.prepare(["ca", "create"]);
    const outcome = await box.run(["doctor", "--json"]);
    expect(Object.keys(JSON.parse(outcome.stdout))).toEqual(["checks"]);
    expect(checksOf(outcome).length).toBeGreaterThanOrEqual(20);
    for (const check of checksOf(outcome)) {
      expect(Object.keys(check)).toEqual(["id", "status", "detail", "fix"]);
      expect(check.fix === null).toBe(check.status === "ok");
    }
    expect(outcome.stderr).toBe("");
  });

  it("changes nothing", async () => {
    const box = newSandbox();
    await box.prepare(["ca", "create"]);
    await box.prepare(["cert", "localhost"]);
    const folders = [box.home, box.state, box.cwd];
    const before = folders.map((folder) => contentsOf(folder));
    await box.run(["doctor"]);
    expect(folders.map((folder) => contentsOf(folder))).toEqual(before);
  });

  it("reads the configuration of the project, with its ports and hosts", async () => {
    const box = newSandbox();
    const config = { services: { web: { target: 3000, port: 9443, host: ["a.localhost"] } } };
    writeFileSync(box.path("devtls.config.json"), JSON.stringify(config));
    const right = await findings(box);
    expect(right["config-file"]).toMatchObject({
      status: "ok",
      detail: box.path("devtls.config.json"),
    });
    expect(right["configured-ports"]?.detail).toContain("9443");
    writeFileSync(box.path("devtls.config.json"), '{"prot": 1}');
    const wrong = await findings(box);
    expect(wrong["config-file"]).toMatchObject({
      status: "problem",
      detail: expect.stringContaining('there is no key "prot" (did you mean "port"?)'),
    });
    expect(wrong["configured-ports"]).toBeUndefined();
  });

  it("goes on when the authority is damaged", async () => {
    const box = newSandbox();
    mkdirSync(box.state);
    writeFileSync(join(box.state, "rootCA.pem"), "-----BEGIN CERTIFICATE-----\n");
    const { "authority-valid": valid, "port-8443": port } = await findings(box);
    expect(valid?.status).toBe("problem");
    expect(port).toBeDefined();
  });

  it("takes no arguments", async () => {
    const { status, stderr } = await newSandbox().run(["doctor", "x"]);
    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining("devtls:") });
  });
});

const why = whyNoStoreCopy() ?? missing(["update-ca-certificates", "certutil"]);

describeUnless(why, "On a machine that trusts the authority", () => {
  let store: StoreCopy;
  beforeAll(async () => {
    store = await copySystemStore();
  });

  it("no store is a problem, and the status is 0; after untrust it is 3", async () => {
    const box = newSandbox();
    const run = (...args: string[]): Promise<Outcome> =>
      store.run(process.execPath, [LAUNCHER, ...args], {
        cwd: box.cwd,
        env: environment(box.env),
      });
    const trusted = await run("trust", "--yes", "--verify", "none");
    expect(trusted.status, trusted.stderr).toBe(0);
    const well = await run("doctor", "--json");
    const problems = checksOf(well).filter(({ status }) => status === "problem");
    expect({ problems, status: well.status }).toEqual({ problems: [], status: 0 });
    expect(checksOf(well).find(({ id }) => id === "store-system")?.status).toBe("ok");
    await run("untrust", "--yes");
    const ill = await run("doctor", "--json");
    expect(ill.status).toBe(3);
    expect(checksOf(ill).find(({ id }) => id === "store-system")).toMatchObject({
      status: "problem",
      fix: "devtls trust --store system",
    });
  });
});
