/** The authority's commands with a copy of the system store, which curl goes by. */
import { X509Certificate } from "node:crypto";
import { copyFileSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { LAUNCHER, type Outcome, temporaryFolder } from "../support/cli.js";
import { serveJson, temporaryHome } from "../support/programs.js";
import { copySystemStore, type StoreCopy, whyNoStoreCopy } from "../support/system-store.js";
import { describeUnless, missing } from "../support/tools.js";
import { openssl } from "../x509/fixtures.js";
import { list } from "./state.js";

const BUNDLE = "/etc/ssl/certs/ca-certificates.crt";
const tools = missing(["curl", "update-ca-certificates", "mkcert", "openssl"]);

describeUnless(whyNoStoreCopy() ?? tools, "With the system store of Debian", () => {
  let store: StoreCopy;
  let before: Record<string, string>;

  beforeAll(async () => {
    store = await copySystemStore();
    before = store.snapshot();
  });

  async function inCopy(
    home: ReturnType<typeof temporaryHome>,
    args: readonly string[],
    more: Readonly<Record<string, string>> = {},
  ): Promise<Outcome> {
    const outcome = await store.run(process.execPath, [LAUNCHER, ...args], {
      cwd: home.folder,
      env: { ...home.env, ...more },
    });
    expect(outcome.status, outcome.stderr).toBe(0);
    return outcome;
  }

  const pemOf = (path: string): string => new X509Certificate(readFileSync(path)).toString();

  async function trusts(pem: string): Promise<boolean> {
    return (await store.run("cat", [BUNDLE])).stdout.includes(pem);
  }

  describe("devtls ca rotate", () => {
    const home = temporaryHome();
    let old: string;

    it("leaves the new authority trusted, and nothing of the old one", async () => {
      await inCopy(home, ["trust", "--yes", "--store", "system", "--verify", "none"]);
      old = pemOf(home.root);
      expect(await trusts(old)).toBe(true);
      await inCopy(home, ["ca", "rotate", "--yes"]);
      expect(await trusts(old)).toBe(false);
      expect(await trusts(pemOf(home.root))).toBe(true);
      const run = await serveJson(["--demo"], home);
      const { status } = await store.run("curl", ["-sS", "-o", "/dev/null", run.url]);
      expect(status).toBe(0);
    });

    it("and devtls untrust then leaves the store as it was", async () => {
      await inCopy(home, ["untrust", "--yes", "--store", "system"]);
      expect(store.snapshot()).toEqual(before);
    });
  });

  describe("an authority that mkcert has put there", () => {
    const home = temporaryHome();
    const caroot = join(home.folder, "caroot");
    const root = join(caroot, "rootCA.pem");
    const mkcert = { CAROOT: caroot, TRUST_STORES: "system" };

    it("is trusted as soon as it is imported", async () => {
      const env = { ...home.env, ...mkcert };
      const installed = await store.run("mkcert", ["-install"], { env });
      expect(installed.status, installed.stderr).toBe(0);
      await inCopy(home, ["ca", "import", "--from", "mkcert"], mkcert);
      await inCopy(home, ["trust", "--check", "--store", "system", "--verify", "none"]);
      const run = await serveJson(["--demo"], home);
      const { status } = await store.run("curl", ["-sS", "-o", "/dev/null", run.url]);
      expect(status).toBe(0);
    });

    it("gives way to one of devtls's own, in the store, too", async () => {
      await inCopy(home, ["ca", "rotate", "--yes"]);
      expect(await trusts(pemOf(root))).toBe(false);
      expect(await trusts(pemOf(home.root))).toBe(true);
      await inCopy(home, ["untrust", "--yes", "--store", "system"]);
      expect(store.snapshot()).toEqual(before);
    });

    it("goes out of the store with devtls untrust", async () => {
      const env = { ...home.env, ...mkcert };
      expect((await store.run("mkcert", ["-install"], { env })).status).toBe(0);
      await inCopy(home, ["ca", "import", "--from", "mkcert", "--force"], mkcert);
      const dry = await inCopy(home, ["untrust", "--dry-run", "--store", "system"]);
      expect(dry.stdout).toMatch(/ca-certificates\/mkcert_development_CA_\d+\.crt /);
      await inCopy(home, ["untrust", "--yes", "--store", "system"]);
      expect(store.snapshot()).toEqual(before);
    });

    it("goes out of the store with devtls ca delete", async () => {
      const env = { ...home.env, ...mkcert };
      expect((await store.run("mkcert", ["-install"], { env })).status).toBe(0);
      await inCopy(home, ["trust", "--check", "--store", "system", "--verify", "none"]);
      await inCopy(home, ["ca", "delete", "--yes"]);
      expect(store.snapshot()).toEqual(before);
    });
  });

  describe("an authority that somebody has put there", () => {
    it("stays where devtls does not know its file, which rotating says and ends", async () => {
      const home = temporaryHome();
      const folder = temporaryFolder();
      const file = join(folder, "corp.pem");
      await openssl([
        ...["req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
        ...["-keyout", join(folder, "corp-key.pem"), "-out", file, "-subj", "/CN=corp"],
      ]);
      const anchor = "/usr/local/share/ca-certificates/corp.crt";
      await store.run("sh", ["-c", `cp ${file} ${anchor} && update-ca-certificates`]);
      await inCopy(home, ["ca", "import", "--from", file]);
      const rotate = [LAUNCHER, "ca", "rotate", "--yes"];
      const options = { cwd: home.folder, env: home.env };
      const { status, stderr } = await store.run(process.execPath, rotate, options);
      expect(status).toBe(1);
      expect(stderr).toMatch(
        /could not untrust the old authority: .*\n {2}Remove it by the tool that put it there\n$/,
      );
      expect(await trusts(pemOf(file))).toBe(true);
      expect(await trusts(pemOf(home.root))).toBe(true);
      expect(list(dirname(home.root))).toEqual(["rootCA-key.pem", "rootCA.pem"]);
      await inCopy(home, ["untrust", "--yes", "--store", "system"]);
      await store.run("sh", ["-c", `rm ${anchor} && update-ca-certificates --fresh`]);
    });
  });

  describe("devtls ca export --dockerfile", () => {
    it("prints lines that make an image trust the authority", async () => {
      const home = temporaryHome();
      await inCopy(home, ["ca", "create"]);
      const { stdout } = await inCopy(home, ["ca", "export", "--dockerfile"]);
      const lines = /^COPY (\S+) (\/usr\/local\/share\/ca-certificates\/\S+\.crt)\nRUN (.+)\n$/;
      const [, from = "", to = "", command = ""] = lines.exec(stdout) ?? [];
      const context = temporaryFolder();
      await inCopy(home, ["ca", "export", "--out", join(context, from)]);
      copyFileSync(join(context, from), join(context, "copied"));
      expect(await trusts(pemOf(home.root))).toBe(false);
      const copied = await store.run("cp", [join(context, "copied"), to]);
      expect(copied.status, copied.stderr).toBe(0);
      const run = await store.run("sh", ["-c", command]);
      expect(run.status, run.stderr).toBe(0);
      expect(await trusts(pemOf(home.root))).toBe(true);
    });
  });
});
