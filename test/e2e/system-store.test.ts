/** curl as it comes, which trusts what the system store has and nothing else. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { devtls, LAUNCHER, type Outcome, type ServeRun } from "../support/cli.js";
import { curl, serveJson, temporaryHome } from "../support/programs.js";
import {
  copySystemStore,
  type StoreCopy,
  useSystemStore,
  whyNoStoreCopy,
} from "../support/system-store.js";
import { describeUnless, missing, whyNotSystemWide } from "../support/tools.js";

const REPORT = ["--output", "/dev/null", "--write-out", "%{http_version} %{http_code}"];
const HOSTS = ["localhost", "127.0.0.1", "[::1]"];
const VERSIONS = [
  ["--http1.1", "1.1"],
  ["--http2", "2"],
] as const;

/** curl's "cannot be authenticated". */
const NOT_TRUSTED = 60;

const tools = missing(["curl", "update-ca-certificates"]);

describeUnless(whyNoStoreCopy() ?? tools, "curl with a copy of the system store", () => {
  const home = temporaryHome();
  let store: StoreCopy;
  let before: Record<string, string>;
  let inCopy: (command: string, args: readonly string[]) => Promise<Outcome>;
  let run: ServeRun;

  beforeAll(async () => {
    store = await copySystemStore();
    before = store.snapshot();
    inCopy = (command, args) => store.run(command, args, { env: home.env });
    run = await serveJson(["--demo"], home);
  });

  it("refuses devtls before devtls trust", async () => {
    const { status } = await inCopy("curl", ["-sS", run.url]);
    expect(status).toBe(NOT_TRUSTED);
  });

  describe("after devtls trust", () => {
    beforeAll(async () => {
      const trust = [LAUNCHER, "trust", "--yes", "--store", "system"];
      expect(await inCopy(process.execPath, trust)).toMatchObject({ status: 0 });
    });

    describe.each(VERSIONS)("%s", (option, version) => {
      it.each(HOSTS)("accepts https://%s", async (host) => {
        const url = `https://${host}:${run.port}/`;
        const { stdout, stderr } = await inCopy("curl", ["-sS", option, ...REPORT, url]);
        expect({ stdout, stderr }).toEqual({ stdout: `${version} 200`, stderr: "" });
      });
    });
  });

  describe("after devtls untrust", () => {
    beforeAll(async () => {
      const untrust = [LAUNCHER, "untrust", "--yes", "--store", "system"];
      expect(await inCopy(process.execPath, untrust)).toMatchObject({ status: 0 });
    });

    it("refuses devtls again", async () => {
      const { status } = await inCopy("curl", ["-sS", run.url]);
      expect(status).toBe(NOT_TRUSTED);
    });

    it("finds every file of the store as it was before", () => {
      expect(store.snapshot()).toEqual(before);
    });
  });
});

describeUnless(whyNotSystemWide() ?? tools, "curl with the machine's own system store", () => {
  useSystemStore();
  const home = temporaryHome();
  let run: ServeRun;

  beforeAll(async () => {
    run = await serveJson(["--demo"], home);
    const trusted = await devtls(["trust", "--yes", "--store", "system"], { env: home.env });
    expect(trusted, trusted.stderr).toMatchObject({ status: 0 });
  });

  afterAll(async () => {
    const removed = await devtls(["untrust", "--yes", "--store", "system"], { env: home.env });
    expect(removed, removed.stderr).toMatchObject({ status: 0 });
  });

  describe.each(VERSIONS)("%s", (option, version) => {
    it.each(HOSTS)("accepts https://%s", async (host) => {
      const { stdout, stderr } = await curl([option, ...REPORT, `https://${host}:${run.port}/`]);
      expect({ stdout, stderr }).toEqual({ stdout: `${version} 200`, stderr: "" });
    });
  });
});
