/**
 * A JDK of one's own, which JAVA_HOME names, with the real keytool. devtls runs where a copy of the
 * machine's stores stands in their place, so that no other Java is changed.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, realpathSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { newSandbox, type Sandbox } from "../cli/sandbox.js";
import { LAUNCHER, type Outcome, runProgram } from "../support/cli.js";
import { copySystemStore, type StoreCopy, whyNoStoreCopy } from "../support/system-store.js";
import { describeUnless, missing, which } from "../support/tools.js";

const reason = whyNoStoreCopy() ?? missing(["keytool", "update-ca-certificates"]);

interface Shown {
  readonly name: string;
  readonly state: string;
  readonly detail: string;
}

describeUnless(reason, "A Java that JAVA_HOME names", () => {
  let store: StoreCopy;
  beforeAll(async () => {
    store = await copySystemStore();
  });

  let box: Sandbox;
  let home: string;
  let keystore: string;
  beforeEach(() => {
    box = newSandbox();
    home = join(box.home, "jdk");
    keystore = join(home, "lib/security/cacerts");
    const real = dirname(dirname(realpathSync(which("keytool") as string)));
    mkdirSync(dirname(keystore), { recursive: true });
    mkdirSync(join(home, "bin"));
    symlinkSync(join(real, "bin/keytool"), join(home, "bin/keytool"));
    cpSync(realpathSync(join(real, "lib/security/cacerts")), keystore);
  });

  function run(...args: string[]): Promise<Outcome> {
    return store.run(process.execPath, [LAUNCHER, ...args, "--store", "java", "--json"], {
      env: { ...box.env, JAVA_HOME: home },
    });
  }

  /** What becomes of this keystore, which is the first one. */
  async function resultOf(...args: string[]): Promise<Shown> {
    const quick = args[0] === "trust" ? ["--verify", "none"] : [];
    const { stdout, stderr } = await run(...args, ...quick);
    expect(stdout, stderr).not.toBe("");
    const [first] = JSON.parse(stdout).stores;
    expect(first.name).toBe(`Java (${keystore})`);
    return first;
  }

  async function listed(): Promise<string[]> {
    const options = ["-keystore", keystore, "-storepass", "changeit"];
    const { stdout } = await runProgram("keytool", ["-J-Duser.language=en", "-list", ...options]);
    return [...stdout.matchAll(/SHA-256\): (\S+)/g)].map(([, hash]) => hash as string).sort();
  }

  it("takes the root and gives it back, as keytool says", async () => {
    await box.prepare(["ca", "create"]);
    const { sha256 } = JSON.parse((await box.prepare(["ca", "show", "--json"])).stdout);
    const before = await listed();
    const files = readdirSync(dirname(keystore));
    expect(await resultOf("trust", "--check")).toMatchObject({ state: "missing" });
    expect(await resultOf("trust", "--yes")).toMatchObject({
      state: "trusted",
      detail: `used by ${home}`,
    });
    expect(await listed()).toEqual([...before, sha256].sort());
    expect(await resultOf("trust", "--yes")).toMatchObject({ state: "already" });
    expect(await resultOf("untrust", "--yes")).toMatchObject({ state: "removed" });
    expect(await listed()).toEqual(before);
    expect(await resultOf("untrust", "--yes")).toMatchObject({ state: "absent" });
    expect(readdirSync(dirname(keystore))).toEqual(files);
  });

  it("is asked with its own keystore by devtls trust --check", async () => {
    await box.prepare(["ca", "create"]);
    const before = JSON.parse((await run("trust", "--check")).stdout).clients;
    expect(before).toMatchObject([{ id: "java", state: "refuses" }]);
    const after = JSON.parse((await run("trust", "--yes")).stdout).clients;
    expect(after).toMatchObject([{ id: "java", state: "trusts", hint: null }]);
    await run("untrust", "--yes");
  });

  it("keeps every other root and what somebody added twice", async () => {
    await box.prepare(["ca", "create"]);
    const add = (alias: string): Promise<Outcome> =>
      runProgram("keytool", [
        ...["-importcert", "-noprompt", "-keystore", keystore, "-storepass", "changeit"],
        ...["-alias", alias, "-file", join(box.state, "rootCA.pem")],
      ]);
    const before = await listed();
    expect((await add("one")).status).toBe(0);
    expect((await add("two")).status).toBe(0);
    expect(await resultOf("trust", "--yes")).toMatchObject({ state: "already" });
    expect(await resultOf("untrust", "--yes")).toMatchObject({ state: "removed" });
    expect(await listed()).toEqual(before);
  });

  describe("with a keystore that keytool cannot open", () => {
    it("has failed in keytool's words, and the next Java has not", async () => {
      await box.prepare(["ca", "create"]);
      const options = ["-keystore", keystore, "-storepass", "changeit", "-new", "somethingelse"];
      // A key makes devtls ask keytool, and another password makes keytool refuse.
      const key = ["-alias", "k", "-keyalg", "EC", "-dname", "CN=k", "-keypass", "changeit"];
      await runProgram("keytool", ["-genkeypair", ...options.slice(0, 4), ...key]);
      const changed = await runProgram("keytool", ["-storepasswd", ...options]);
      expect(changed.status, changed.stdout).toBe(0);
      const octets = readFileSync(keystore);
      const { status, stdout } = await run("trust", "--yes");
      const [first, ...more] = JSON.parse(stdout).stores as Shown[];
      expect(status).toBe(1);
      expect(first).toMatchObject({
        state: "failed",
        detail: expect.stringMatching(/^could not read .*password was incorrect/s),
      });
      expect(more.map(({ state }) => state)).toEqual(more.map(() => "trusted"));
      expect(readFileSync(keystore)).toEqual(octets);
      await run("untrust", "--yes");
    });
  });
});
