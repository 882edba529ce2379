/** `devtls ca rotate`, several at once: one does it, the others say who does. */
import { X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { startOf } from "../../src/ca/running.js";
import { contentsOf, expectFailure, newSandbox, type Sandbox } from "../cli/sandbox.js";
import { runProgram } from "../support/cli.js";
import { describeWith } from "../support/tools.js";
import { list } from "./state.js";

const ROUNDS = 3;
const AT_ONCE = 5;
/** No process has this id. */
const OVER = 0x3f_ff_fe;

const read = (path: string): X509Certificate => new X509Certificate(readFileSync(path));
const lockOf = (box: Sandbox): string => join(box.state, ".authority.lock");

async function trusted(): Promise<Sandbox> {
  const box = newSandbox();
  await box.prepare(["ca", "create"]);
  await box.prepare(["trust", "--yes", "--store", "nss", "--verify", "none"]);
  await box.prepare(["cert", "localhost"]);
  return box;
}

function hold(box: Sandbox, id: number, start: string, host = hostname()): void {
  mkdirSync(box.state, { recursive: true });
  writeFileSync(lockOf(box), JSON.stringify({ id, start, host }));
}

describeWith(["certutil"], "Rotations at once", () => {
  it(`leave one authority, that is trusted and signed what is there (${AT_ONCE} at once)`, async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const box = await trusted();
      const old = read(join(box.state, "rootCA.pem"));
      const runs = await Promise.all(
        Array.from({ length: AT_ONCE }, () => box.run(["ca", "rotate", "--yes"])),
      );
      const done = runs.filter(({ status }) => status === 0);
      expect(done.length).toBeGreaterThan(0);
      for (const run of runs.filter(({ status }) => status !== 0)) {
        expect(run.stderr).toContain("devtls: could not replace the authority: the process ");
        expect(run.status).toBe(1);
      }
      const root = read(join(box.state, "rootCA.pem"));
      expect(root.fingerprint256).not.toBe(old.fingerprint256);
      expect(read(box.path("localhost.pem")).verify(root.publicKey)).toBe(true);
      const database = ["-d", `sql:${join(box.home, ".local/share/pki/nssdb")}`];
      const { stdout } = await runProgram("certutil", ["-L", ...database]);
      const names = [...stdout.matchAll(/^(devtls \S+)\s+C,,\s*$/gm)].map(([, name]) => name);
      expect(names).toHaveLength(1);
      const pem = await runProgram("certutil", ["-L", "-n", names[0] as string, "-a", ...database]);
      expect(new X509Certificate(pem.stdout).fingerprint256).toBe(root.fingerprint256);
      const left = list(box.state).filter((name) => !/^java|^leaves$/.test(name));
      expect(left).toEqual(["rootCA-key.pem", "rootCA.pem"]);
    }
  }, 120_000);

  it.each([
    ["rotate", ["ca", "rotate", "--yes"]],
    ["create --force", ["ca", "create", "--force"]],
    ["delete", ["ca", "delete", "--yes"]],
  ])("while one runs, %s changes nothing", async (_, args) => {
    const box = await trusted();
    hold(box, process.pid, startOf(process.pid));
    const before = contentsOf(box.state);
    expectFailure(await box.run(args), {
      status: 1,
      message: `could not replace the authority: the process ${process.pid} on ${hostname()} is doing that just now`,
      hint: `Wait for it. If it is not running any more: rm ${lockOf(box)}`,
    });
    expect(contentsOf(box.state)).toEqual(before);
  });

  it.each<[string, (box: Sandbox) => void]>([
    ["is over", (box) => hold(box, OVER, "1")],
    ["is over, and whose number another one has", (box) => hold(box, process.pid, "1")],
    ["was killed while it wrote the lock", (box) => writeFileSync(lockOf(box), "")],
  ])("the lock of a process that %s holds nobody up", async (_, leave) => {
    const box = await trusted();
    leave(box);
    await box.prepare(["ca", "rotate", "--yes"]);
    expect(existsSync(lockOf(box))).toBe(false);
  });

  it("the lock of another machine or container is believed", async () => {
    const box = await trusted();
    hold(box, OVER, "1", "elsewhere");
    const { stderr } = await box.run(["ca", "rotate", "--yes"]);
    expect(stderr).toContain(`the process ${OVER} on elsewhere is doing that just now`);
  });
});
