/**
 * Somebody who is not root, with the real sudo, and Debian's system store. Layers over the folders
 * of the store and over sudo's configuration keep the machine's own as they are.
 */
import { chownSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
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

describeUnless(reason, "devtls under sudo", () => {
  let home: string;
  const layer = layerOver(["/etc", "/root"]) as Layer;

  beforeAll(() => {
    mkdirSync(join(layer.upper("/etc"), "sudoers.d"), { recursive: true });
    const rules = join(layer.upper("/etc"), "sudoers.d/devtls-test");
    writeFileSync(rules, "nobody ALL=(root) NOPASSWD: ALL\n", { mode: 0o440 });
  });

  beforeEach(() => {
    home = temporaryFolder();
    chownSync(home, NOBODY, NOBODY);
  });

  /** What nobody types, with `devtls` as the command. */
  function typed(line: string): Promise<Outcome> {
    const who = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"];
    const script = `set -e; cd "$HOME"; ${line.replace(/(?<![\w/-])devtls /g, `'${process.execPath}' '${LAUNCHER}' `)}`;
    const env = { HOME: home, DEVTLS_HOME: "", XDG_DATA_HOME: "", XDG_CONFIG_HOME: "" };
    return layer.run("setpriv", [...who, "sh", "-c", script], { cwd: home, env });
  }

  const state = (): string => join(home, ".local/share/devtls");
  const everything = (): string[] => readdirSync(home, { recursive: true }).map(String);

  it("says that the authority is root's, and its user can go on without it", async () => {
    const { status, stderr } = await typed("sudo -n devtls cert localhost");
    expect(status, stderr).toBe(0);
    expect(stderr).toMatch(
      /^sudo runs devtls as root: \/root\S* is not the authority of nobody\.\nRun devtls without sudo: it asks for the rights that it needs\.\n/,
    );
    const own = await typed(
      "devtls cert localhost && openssl verify -CAfile .local/share/devtls/rootCA.pem localhost.pem",
    );
    expect(own.stdout, own.stderr).toMatch(/localhost\.pem: OK/);
  });

  it("with the user's HOME makes what is the user's, and is followed by devtls without it", async () => {
    const { status, stderr } = await typed(
      'sudo -n HOME="$HOME" devtls cert localhost && sudo -n HOME="$HOME" devtls ca rotate --yes',
    );
    expect(status, stderr).toBe(0);
    expect(stderr).not.toContain("not the authority");
    for (const path of everything()) expect(statSync(join(home, path)).uid, path).toBe(NOBODY);
    const own = await typed("devtls cert localhost && devtls renew --within 825");
    expect(own.status, own.stderr).toBe(0);
    expect(own.stderr).not.toContain("Made a certificate authority");
  });

  it.each(["cert localhost", "renew", "ca rotate --yes", "ca show", "serve --demo"])(
    "has left state that is root's: devtls %s says how to get it",
    async (command) => {
      await typed("devtls cert localhost");
      for (const path of ["", "/rootCA.pem", "/rootCA-key.pem"]) chownSync(state() + path, 0, 0);
      const { status, stderr } = await typed(`devtls ${command}`);
      expect(stderr).toMatch(
        /^devtls: could not read \S+\/rootCA(?:-key)?\.pem: permission denied\n/,
      );
      expect(stderr).toContain(`sudo chown -R "$(id -u)" ${state()}\n`);
      expect(status).toBe(1);
      const [mend] = /sudo (chown -R .*)/.exec(stderr) ?? [];
      const after = await typed(`sudo -n ${mend} && devtls cert localhost`);
      expect(after.status, after.stderr).toBe(0);
    },
  );
});
