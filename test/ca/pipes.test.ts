/** A pipe that somebody put into a folder has no end: who only looks around there does not wait for it. */
import { spawnSync } from "node:child_process";
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

    it("by devtls serve, which has no target then", async () => {
      const { status, stderr } = await withPipe(name).run(["serve"]);
      expect(stderr).toContain("--target is missing");
      expect(status).toBe(2);
    });
  });
});
