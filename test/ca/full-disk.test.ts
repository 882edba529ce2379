/**
 * A disk that is full and one that nothing can be written to, real ones: a small file system in a
 * mount namespace of the run's own, which goes with it.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { expect, it } from "vitest";
import { expectFailure, newSandbox, type Sandbox } from "../cli/sandbox.js";
import { LAUNCHER, runProgram } from "../support/cli.js";
import { start } from "../support/programs.js";
import { describeUnless, missing } from "../support/tools.js";

function whyNoMount(): string | undefined {
  const absent = missing(["unshare", "mount"]);
  if (absent) return absent;
  const { status } = spawnSync("unshare", ["--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]);
  return status === 0 ? undefined : "needs the right to mount a file system (root)";
}

const NODE = process.execPath;

/** Puts a copy of a folder on a file system of its own. */
const ON =
  'set -e; cp -a "$1" "$1.copy"; mount -t tmpfs -o size=256k,mode=700 tmpfs "$1"; cp -a "$1.copy/." "$1"';
const FULL = `${ON}; dd if=/dev/zero of="$1/fill" bs=1k 2>/dev/null || true; shift; exec "$@"`;
const READ_ONLY = `${ON}; mount -o remount,ro "$1"; shift; exec "$@"`;

const args = (script: string, folder: string, command: readonly string[]): string[] => [
  ...["--mount", "sh", "-c", script, "sh", folder, NODE, LAUNCHER, ...command],
];

async function withAuthority(): Promise<Sandbox> {
  const box = newSandbox();
  await box.prepare(["ca", "create"]);
  return box;
}

const DISKS = [
  ["is full", FULL, "no space left on the device"],
  ["is read-only", READ_ONLY, "the file system is read-only"],
] as const;

describeUnless(whyNoMount(), "A disk", () => {
  it.each(DISKS)("that %s: `devtls cert` says so and leaves nothing", async (_, script, reason) => {
    const box = await withAuthority();
    const list = `${script.replace('exec "$@"', '"$@" || s=$?; ls -A "$OLDPWD"; exit $s')}`;
    const cwd = box.path("out");
    mkdirSync(cwd);
    const outcome = await runProgram(
      "unshare",
      args(list.replace("shift;", 'cd "$1"; cd /; shift;'), cwd, [
        "cert",
        "localhost",
        "--out-dir",
        cwd,
      ]),
      { cwd, env: box.env },
    );
    expectFailure(
      { ...outcome, stdout: outcome.stdout.replace(/^fill\n/, "") },
      {
        status: 1,
        message: new RegExp(`^could not write ${cwd}/localhost.*: ${reason}$`),
        hint: /ls -ld/,
      },
    );
  });

  it.each(DISKS)("that %s: no authority is made, and that is said", async (_, script, reason) => {
    const box = newSandbox();
    mkdirSync(box.state, { mode: 0o700 });
    const outcome = await runProgram("unshare", args(script, box.state, ["ca", "create"]), {
      env: box.env,
    });
    expectFailure(outcome, {
      status: 1,
      message: new RegExp(`^could not write ${box.state}/rootCA-key.pem: ${reason}$`),
      hint: /ls -ld/,
    });
  });

  it.each(DISKS)(
    "that %s: `devtls serve` goes on with a certificate in memory",
    async (_, script, reason) => {
      const box = await withAuthority();
      const running = start("unshare", args(script, box.state, ["serve", "--demo"]), {
        env: box.env,
      });
      await running.waitFor(
        new RegExp(`warning: could not write ${box.state}/leaves.*: ${reason}`),
      );
      const [, url = ""] = await running.waitFor(/^(https:\S+) -> /m);
      const root = `${box.state}/rootCA.pem`;
      const { stdout } = await runProgram("curl", [
        "-sS",
        "--cacert",
        root,
        "-o",
        "/dev/null",
        "-w",
        "%{http_code}",
        url,
      ]);
      expect(stdout).toBe("200");
      expect(await running.stop("SIGTERM")).toBe(0);
    },
  );
});
