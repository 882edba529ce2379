/**
 * Somebody who is not root, with the real sudo, and Debian's system store. Layers over the folders
 * of the store and over sudo's configuration keep the machine's own as they are.
 */
import { chownSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { LAUNCHER, type Outcome, temporaryFolder } from "../../support/cli.js";
import { type Layer, layerOver } from "../../support/layer.js";
import { describeUnless, missing } from "../../support/tools.js";

const ANCHORS = "/usr/local/share/ca-certificates";
const BUNDLE = "/etc/ssl/certs/ca-certificates.crt";
const NOBODY = 65_534;

function newLayer(): Layer | string {
  return process.getuid?.() === 0 ? layerOver(["/etc", ANCHORS]) : "needs root, to be another user";
}

const [allowed, forbidden] = [newLayer(), newLayer()];
const reason =
  missing(["sudo", "setpriv", "update-ca-certificates"]) ??
  (typeof allowed === "string" ? allowed : undefined);

describeUnless(reason, "devtls trust of somebody who is not root", () => {
  const home = temporaryFolder();

  beforeAll(() => {
    chownSync(home, NOBODY, NOBODY);
    // Java's hook would take the lock of dpkg.
    for (const layer of [allowed, forbidden] as Layer[]) {
      mkdirSync(join(layer.upper("/etc"), "sudoers.d"), { recursive: true });
      const hook = join(layer.upper("/etc"), "ca-certificates/update.d");
      mkdirSync(hook, { recursive: true });
      writeFileSync(join(hook, "jks-keystore"), "#!/bin/sh\ncat >/dev/null\n", { mode: 0o755 });
    }
    const rules = join((allowed as Layer).upper("/etc"), "sudoers.d/devtls-test");
    writeFileSync(rules, "nobody ALL=(root) NOPASSWD: ALL\n", { mode: 0o440 });
  });

  function asNobody(layer: Layer, command: string, ...args: string[]): Promise<Outcome> {
    const who = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"];
    return layer.run("setpriv", [...who, command, ...args], {
      cwd: home,
      env: { HOME: home, DEVTLS_HOME: `${home}/state`, XDG_DATA_HOME: "", XDG_CONFIG_HOME: "" },
    });
  }

  const devtls = (layer: Layer, ...args: string[]): Promise<Outcome> =>
    asNobody(layer, process.execPath, LAUNCHER, ...args, "--store", "system");

  describe("whom sudo lets", () => {
    const layer = allowed as Layer;

    it("says which commands need root, and has sudo run them", async () => {
      const outcome = await devtls(layer, "trust", "--yes");
      expect(outcome.stderr).toMatch(
        /^These commands need root:\n {2}sudo -n -- tee \S+\.crt\n {2}sudo -n -- chmod 644 \S+\.crt\n {2}sudo -n -- update-ca-certificates\n/m,
      );
      expect(outcome.stdout).toMatch(/^trusted {2}Debian system store/);
      expect(outcome.status, outcome.stderr).toBe(0);
    });

    it("has clients of everybody trust it", async () => {
      const { stdout } = await layer.run("openssl", [
        ...["verify", "-CAfile", BUNDLE, join(home, "state/rootCA.pem")],
      ]);
      expect(stdout).toMatch(/: OK$/m);
    });

    it("gives it back the same way", async () => {
      const outcome = await devtls(layer, "untrust", "--yes");
      expect(outcome.stdout).toMatch(/^removed {2}Debian system store/);
      const left = await layer.run("sh", ["-c", `ls ${ANCHORS} /etc/ssl/certs`]);
      expect(left.stdout).not.toMatch(/devtls-[0-9a-f]{16}/);
    });
  });

  describe("whom sudo does not let", () => {
    const layer = forbidden as Layer;

    it("is told so at once, with what to do, and nothing is changed", async () => {
      const { status, stdout, stderr } = await devtls(layer, "trust", "--yes", "--verify", "none");
      expect(status).toBe(1);
      expect(stdout).toMatch(/^failed {2}Debian system store: sudo -n -- tee .*: sudo: /);
      expect(stderr).toContain("Print the commands, and run them as root: devtls trust --dry-run");
      expect(layer.written().filter((path) => /devtls-[0-9a-f]{16}/.test(path))).toEqual([]);
    });
  });
});
