/** What `devtls serve` says of trust where the stores have the authority already. */
import { beforeAll, expect, it } from "vitest";
import { devtls, freePort, LAUNCHER, runProgram } from "../../support/cli.js";
import { type Running, start, temporaryHome } from "../../support/programs.js";
import { copySystemStore, type StoreCopy, whyNoStoreCopy } from "../../support/system-store.js";
import { describeUnless, missing } from "../../support/tools.js";

const tools = missing(["curl", "update-ca-certificates", "certutil"]);

describeUnless(
  whyNoStoreCopy() ?? tools,
  "devtls serve where the stores trust the authority",
  () => {
    const home = temporaryHome();
    let store: StoreCopy;
    let port: number;

    beforeAll(async () => {
      store = await copySystemStore();
      const trust = [LAUNCHER, "trust", "--yes", "--store", "system,nss"];
      const trusted = await store.run(process.execPath, trust, { env: home.env });
      expect(trusted, trusted.stderr).toMatchObject({ status: 0 });
    });

    /** In front of the store that trusts it. */
    async function serving(...args: string[]): Promise<Running> {
      port = await freePort();
      const [program = "", ...before] = store.prefix;
      const words = [
        ...before,
        process.execPath,
        LAUNCHER,
        "serve",
        "--port",
        String(port),
        ...args,
      ];
      const run = start(program, words, { env: home.env });
      await run.waitFor(/^https:.* -> /m);
      return run;
    }

    it("says to a client that reads others how to have it trusted there", async () => {
      const run = await serving("--demo", "--quiet");
      const stranger = temporaryHome();
      await devtls(["ca", "create"], { env: stranger.env });
      await runProgram("curl", ["-sS", "--cacert", stranger.root, `https://localhost:${port}/`]);
      await run.waitFor(
        /does not trust the certificate, though the stores of this machine do\.\n.*devtls env/,
      );
      expect(await run.stop("SIGINT")).toBe(0);
      expect(run.stderr()).not.toContain("devtls trust");
    });

    it("has nothing to say of trust in front of the demo", async () => {
      const run = await serving("--demo");
      await run.waitFor(/Stop {9}Ctrl-C/);
      expect(await run.stop("SIGINT")).toBe(0);
      expect(run.stderr()).not.toContain("Trust it");
    });
  },
);
