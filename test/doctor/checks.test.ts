/** Every check of devtls doctor, on machines where it is content and where it is not. */

import { symlinkSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Check, CheckFunction } from "../../src/doctor/check.js";
import { CHECKS, examine, runCheck } from "../../src/doctor/run.js";
import { environment, LAUNCHER, runProgram, temporaryFolder } from "../support/cli.js";
import { type Box, newBox } from "./box.js";
import { AUTHORITY_CASES, type Case } from "./cases.js";
import { ENVIRONMENT_CASES } from "./environment-cases.js";
import { STATE_CASES } from "./state-cases.js";

const CASES = [...AUTHORITY_CASES, ...STATE_CASES, ...ENVIRONMENT_CASES];

/** Those that look into trust stores have tests of their own. */
const ELSEWHERE = ["stale-roots"];

const ids = Object.keys(CHECKS).filter((id) => !ELSEWHERE.includes(id));

async function look(id: string, box: Box): Promise<Check | undefined> {
  const [check] = await runCheck(id, CHECKS[id] as CheckFunction, box.context);
  return check;
}

/** Runs a command of a fix as a person would paste it. */
async function paste(fix: string, box: Box): Promise<void> {
  const bin = temporaryFolder("devtls-bin-");
  symlinkSync(LAUNCHER, join(bin, "devtls"));
  const env = { HOME: box.home, DEVTLS_HOME: box.state, PATH: bin + delimiter + process.env.PATH };
  const options = { cwd: box.cwd, env: environment(env) };
  const { status, stderr } = await runProgram("sh", ["-ec", fix], options);
  expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
}

describe.each(ids)("%s", (id) => {
  const cases = CASES.filter((candidate) => candidate.id === id);

  it("is tested where it is content and where it is not", () => {
    expect(cases.map(({ status }) => status)).toContain("ok");
    expect(cases.some(({ status }) => status !== "ok")).toBe(true);
  });

  it.each(cases)("is $status when $when", async (wanted: Case) => {
    const box = newBox();
    await wanted.arrange(box);
    const check = await look(id, box);
    expect(check).toMatchObject({ id, status: wanted.status });
    expect(check?.detail).not.toBe("");
    if (wanted.detail) expect(check?.detail).toMatch(wanted.detail);
    if (wanted.status === "ok") expect(check?.fix).toBeNull();
    else expect(check?.fix).toMatch(wanted.fix as RegExp);
    if (!wanted.works) return;
    await paste(check?.fix as string, box);
    expect((await look(id, box))?.status ?? "ok").toBe("ok");
  });
});

describe("The checks together", () => {
  it("are at least twenty", () => expect(ids.length).toBeGreaterThanOrEqual(20));

  it("say of an empty machine that there is no authority, and nothing that follows from it", async () => {
    const checks = await examine(offline(newBox()).context);
    const findings = checks.filter(({ status }) => status !== "ok");
    expect(findings.map(({ id }) => id)).toEqual(["authority-present"]);
    expect(checks.map(({ id }) => id)).not.toContain("leaf-valid");
  });

  it("have each id once", async () => {
    const box = offline(newBox());
    await box.authority();
    const found = (await examine(box.context)).map(({ id }) => id);
    expect(new Set(found).size).toBe(found.length);
  });

  it("go on when one cannot be made", async () => {
    const box = offline(newBox());
    box.setContext({
      probe: async () => {
        throw new Error("no sockets");
      },
    });
    const checks = await examine(box.context);
    expect(checks.find(({ id }) => id === "port-8443")).toEqual({
      id: "port-8443",
      status: "warning",
      detail: "it could not be checked: no sockets",
      fix: "DEVTLS_DEBUG=1 devtls doctor",
    });
    expect(checks.find(({ id }) => id === "hosts-file")?.status).toBe("ok");
  });
});

/** A machine whose trust stores are none. */
function offline(box: Box): Box {
  box.setMachine({ which: () => undefined, platform: "freebsd" });
  return box;
}
