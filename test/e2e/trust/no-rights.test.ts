/** Somebody without the rights of root and without a terminal: told so, and nothing waits. */
import { chownSync } from "node:fs";
import { beforeAll, expect, it } from "vitest";
import { devtls, type Outcome, temporaryFolder } from "../../support/cli.js";
import { describeUnless, missing } from "../../support/tools.js";

const NOBODY = 65_534;
const reason =
  process.getuid?.() === 0
    ? missing(["update-ca-certificates", "certutil"])
    : "needs root, to run devtls as another user";

/** What sudo says of somebody that it does not know, or that there is no sudo. */
const REFUSED = /sudo is not installed|password is required|not in the sudoers|not allowed/;

describeUnless(reason, "devtls trust without rights and without a terminal", () => {
  let home: string;

  beforeAll(() => {
    home = temporaryFolder();
    chownSync(home, NOBODY, NOBODY);
  });

  function asNobody(...args: string[]): Promise<Outcome> {
    return devtls(args, {
      cwd: home,
      env: { HOME: home, DEVTLS_HOME: `${home}/state`, XDG_DATA_HOME: "", XDG_CONFIG_HOME: "" },
      uid: NOBODY,
    });
  }

  it("asks for --yes, and makes no authority", async () => {
    const { status, stdout, stderr } = await asNobody("trust");
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toContain("devtls trust --yes");
    expect((await asNobody("ca", "show")).status).toBe(1);
  });

  it("says that the system store needs root, changes the others, and ends with 1", async () => {
    const { status, stdout, stderr } = await asNobody(
      ...["trust", "--yes", "--store", "system,nss", "--verify", "none", "--json"],
    );
    expect(status).toBe(1);
    const [system, nss] = JSON.parse(stdout).stores;
    expect(system).toMatchObject({ id: "system", state: "failed" });
    expect(system.detail).toMatch(REFUSED);
    expect(system.hint).toContain("root");
    expect(nss).toMatchObject({ id: "nss", state: "trusted" });
    // The commands are said before they are run.
    expect(stderr).toMatch(/^These commands need root:\n {2}.*\btee \/\S+devtls-[0-9a-f]{16}\./m);
  });

  it("prints the commands with --dry-run, and runs none", async () => {
    const { status, stdout } = await asNobody("trust", "--dry-run", "--store", "system");
    expect(status).toBe(0);
    expect(stdout).toMatch(/^sudo (-n )?-- tee \S+ <<'EOF'\n-----BEGIN CERTIFICATE-----\n/);
    expect(stdout).toMatch(/^sudo (-n )?-- update-ca-certificates$/m);
  });

  it("removes what it could trust, and leaves nothing in the home", async () => {
    const { status, stdout } = await asNobody("untrust", "--yes", "--json");
    const states = JSON.parse(stdout).stores.map(({ id, state }: Record<string, string>) => [
      id,
      state,
    ]);
    expect(states).toContainEqual(["system", "absent"]);
    expect(states).toContainEqual(["nss", "removed"]);
    expect(status).toBe(0);
  });
});
