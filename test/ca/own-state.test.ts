/** Whose state directory it is, is looked at before anything in it signs or is trusted. */
import { chmodSync, chownSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { contentsOf, expectFailure, newSandbox, type Sandbox } from "../cli/sandbox.js";
import { describeUnless } from "../support/tools.js";

const STRANGER = 65_534;
const notRoot = process.getuid?.() === 0 ? undefined : "needs root, to give files to others";

const USES = [
  ["cert", "localhost"],
  ["trust", "--yes", "--store", "nss", "--verify", "none"],
  ["ca", "rotate", "--yes"],
  ["serve", "--target", "9", "--host", "new.localhost"],
] as const;

async function withAuthority(change: (box: Sandbox) => void): Promise<Sandbox> {
  const box = newSandbox();
  await box.prepare(["ca", "create"]);
  change(box);
  return box;
}

async function expectNothingOf(
  box: Sandbox,
  message: RegExp,
  hint: RegExp,
  uses: readonly (readonly string[])[] = USES,
): Promise<void> {
  const before = contentsOf(box.state);
  for (const args of uses) {
    expectFailure(await box.run(args), { status: 1, message, hint });
    expect(contentsOf(box.state), args.join(" ")).toEqual(before);
    expect(contentsOf(box.home), args.join(" ")).toEqual({ ".": expect.any(String) });
  }
}

describe("An authority that others may write", () => {
  it.each([
    [".", 0o777],
    [".", 0o1777],
    ["rootCA.pem", 0o666],
    ["rootCA-key.pem", 0o602],
  ])("at %s with mode %i neither signs nor is trusted", async (name, mode) => {
    const box = await withAuthority(({ state }) => chmodSync(join(state, name), mode));
    const path = name === "." ? box.state : join(box.state, name);
    await expectNothingOf(
      box,
      new RegExp(`^could not use the authority: ${path} can be written by every user$`),
      /chmod go-w /,
    );
  });

  it("or whose key others may read, neither signs nor is trusted", async () => {
    const box = await withAuthority(({ state }) => chmodSync(join(state, "rootCA-key.pem"), 0o444));
    await expectNothingOf(
      box,
      /rootCA-key\.pem can be read by every user$/,
      /chmod 400 \S+rootCA-key\.pem\n.*devtls ca rotate\n/,
      USES.filter(([command]) => command !== "ca"),
    );
    await box.prepare(["ca", "rotate", "--yes"]);
    await box.prepare(["cert", "localhost"]);
  });

  it("is not made, nor replaced, in a folder that others may write", async () => {
    for (const args of [
      ["ca", "create"],
      ["ca", "create", "--force"],
      ["cert", "localhost"],
    ]) {
      const box = newSandbox();
      mkdirSync(box.state);
      chmodSync(box.state, 0o1777);
      const outcome = await box.run(args);
      expect(outcome.stderr).toContain(`${box.state} can be written by every user`);
      expect(contentsOf(box.state)).toEqual({ ".": "1777" });
    }
  });

  it("is mended by the line that is printed", async () => {
    const box = await withAuthority(({ state }) => chmodSync(state, 0o777));
    const { stderr } = await box.run(["cert", "localhost"]);
    const [, path = ""] = /chmod go-w (\S+)/.exec(stderr) ?? [];
    chmodSync(path, 0o755);
    await box.prepare(["cert", "localhost"]);
  });

  it("is shown, untrusted and deleted all the same", async () => {
    const box = await withAuthority(({ state }) => chmodSync(state, 0o777));
    await box.prepare(["ca", "show"]);
    await box.prepare(["untrust", "--yes", "--store", "nss"]);
    await box.prepare(["ca", "delete", "--yes"]);
  });
});

describeUnless(notRoot, "An authority of another user", () => {
  it.each([".", "rootCA.pem"])("at %s neither signs nor is trusted", async (name) => {
    const box = await withAuthority(({ state }) =>
      chownSync(join(state, name), STRANGER, STRANGER),
    );
    await expectNothingOf(box, /belongs to the user 65534$/, /sudo chown -R /);
  });

  it("is used where the environment says so, and of who called sudo", async () => {
    const box = await withAuthority(({ state }) => chownSync(state, STRANGER, STRANGER));
    for (const env of [{ DEVTLS_SAFE_DIRECTORY: box.state }, { SUDO_UID: String(STRANGER) }]) {
      expect((await box.run(["cert", "localhost"], { env })).status).toBe(0);
    }
  });
});
