/** A pipe that somebody put into a folder has no end: who only looks around there does not wait for it. */
import { spawnSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { newSandbox, type Sandbox } from "../cli/sandbox.js";
import { describeWith } from "../support/tools.js";

function withPipe(name: string): Sandbox {
  const box = newSandbox();
  expect(spawnSync("mkfifo", [box.path(name)]).status).toBe(0);
  return box;
}

describeWith(["mkfifo"], "A pipe", () => {
  it.each([
    ["a.pem", ["renew"]],
    ["a.pem", ["ca", "rotate", "--yes"]],
    ["localhost-key.pem", ["renew", "--dry-run"]],
  ])("named %s is passed by, by devtls %j", async (name, args) => {
    const box = withPipe(name);
    await box.prepare(["cert", "localhost", "--key-file", box.path("other-key.pem")]);
    await box.prepare([...args]);
  });

  it("among certificates is passed by, by devtls doctor", async () => {
    const box = withPipe("a.pem");
    await box.prepare(["ca", "create"]);
    expect((await box.run(["doctor"])).stderr).toMatch(/^\d+ checks/m);
  });

  describe.each(["package.json", "manage.py"])("in the place of %s is passed by", (name) => {
    it("by devtls init", async () => {
      const { status } = await withPipe(name).run(["init", "--dry-run"]);
      expect(status).not.toBe(null);
    });

    // Held open by somebody, it has neither content nor an end.
    it.each(["nobody", "somebody"])(
      "by devtls serve, which has no target then, where %s has it open",
      async (who) => {
        const box = withPipe(name);
        const held = who === "somebody" ? openSync(box.path(name), "r+") : undefined;
        try {
          const { status, stderr } = await box.run(["serve"]);
          expect(stderr).toContain("--target is missing");
          expect(status).toBe(2);
        } finally {
          if (held !== undefined) closeSync(held);
        }
      },
    );
  });
});
