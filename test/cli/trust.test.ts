/** `devtls trust` and `devtls untrust`: what they print, and what they would do. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { environment, runProgram } from "../support/cli.js";
import { describeWith } from "../support/tools.js";
import { contentsOf, expectRefused, newSandbox, type Sandbox } from "./sandbox.js";

const NSS = ["--store", "nss"];

/** A machine as devtls sees it when nothing is installed. */
const NO_TOOLS = { PATH: "/nonexistent" };

function databaseOf(box: Sandbox): string {
  return join(box.home, ".local/share/pki/nssdb");
}

describe("The JSON of devtls trust", () => {
  it("has for each store exactly the fields of the contract", async () => {
    const box = newSandbox();
    await box.prepare(["ca", "create"]);
    const { stdout } = await box.run(["trust", "--check", "--json"]);
    const document = JSON.parse(stdout);
    expect(Object.keys(document)).toEqual(["stores", "clients"]);
    expect(document.stores.length).toBeGreaterThan(1);
    for (const store of document.stores) {
      expect(Object.keys(store)).toEqual(["id", "name", "state", "detail", "hint"]);
    }
  });

  it("says what is missing and what to run", async () => {
    const box = newSandbox();
    const env = NO_TOOLS;
    const { stdout, status } = await box.run(["trust", "--yes", ...NSS, "--json"], { env });
    expect(JSON.parse(stdout).stores).toEqual([
      {
        id: "nss",
        name: `Chromium (${databaseOf(box)})`,
        state: "skipped",
        detail: "certutil is not installed",
        hint: "Install the NSS tools of your distribution",
      },
    ]);
    expect(status).toBe(0);
  });
});

describe("The text of devtls trust", () => {
  it("has one line a store on stdout, and hints on stderr", async () => {
    const box = newSandbox();
    const outcome = await box.run(["trust", "--yes", ...NSS], { env: NO_TOOLS });
    expect(outcome.stdout).toBe(
      `skipped  Chromium (${databaseOf(box)}): certutil is not installed\n`,
    );
    expect(outcome.stderr).toBe("  Install the NSS tools of your distribution\n");
  });
});

describeWith(["certutil"], "devtls trust --yes", () => {
  it("makes the authority when there is none", async () => {
    const box = newSandbox();
    await box.prepare(["trust", "--yes", ...NSS]);
    expect(existsSync(join(box.state, "rootCA.pem"))).toBe(true);
  });

  it("asks nothing when there is nothing to do, without --yes either", async () => {
    const box = newSandbox();
    await box.prepare(["trust", "--yes", ...NSS]);
    const { stdout } = await box.prepare(["trust", ...NSS]);
    expect(stdout).toMatch(/^already {2}Chromium/);
  });

  it("says that running browsers have to be started again", async () => {
    const { stderr } = await newSandbox().prepare(["trust", "--yes", ...NSS]);
    expect(stderr).toContain("Browsers that are running notice it when they are started again.");
  });
});

describeWith(["certutil"], "The commands of --dry-run", () => {
  const plan = async (box: Sandbox, action: "trust" | "untrust"): Promise<string> =>
    (await box.prepare([action, "--dry-run", ...NSS])).stdout;
  const runInShell = (box: Sandbox, commands: string) =>
    runProgram("sh", ["-e"], { env: environment(box.env), input: commands });

  it("are none that devtls has run", async () => {
    const box = newSandbox();
    await box.prepare(["ca", "create"]);
    const before = [box.home, box.state].map((folder) => contentsOf(folder));
    expect(await plan(box, "trust")).toMatch(
      /^certutil -A -d sql:\S+ -t C,, -n 'devtls [0-9a-f]+'/m,
    );
    expect([box.home, box.state].map((folder) => contentsOf(folder))).toEqual(before);
  });

  it("do in a shell what devtls trust does, and what devtls untrust does", async () => {
    const box = newSandbox();
    await box.prepare(["ca", "create"]);
    await runInShell(box, await plan(box, "trust"));
    await box.prepare(["trust", "--check", ...NSS]);
    await runInShell(box, await plan(box, "untrust"));
    expect(Object.keys(contentsOf(box.home))).toEqual(["."]);
  });

  it("are in the JSON too, with the state of each store", async () => {
    const box = newSandbox();
    await box.prepare(["ca", "create"]);
    const text = await plan(box, "trust");
    const { stdout } = await box.prepare(["trust", "--dry-run", "--json", ...NSS]);
    const [store] = JSON.parse(stdout).stores;
    expect(Object.keys(store)).toEqual(["id", "name", "state", "detail", "hint", "commands"]);
    expect(store.state).toBe("missing");
    expect(`${store.commands.join("\n")}\n`).toBe(text);
  });

  it("are none where nothing is to be done, which is said", async () => {
    const box = newSandbox();
    await box.prepare(["trust", "--yes", ...NSS]);
    const { stdout, stderr } = await box.prepare(["trust", "--dry-run", ...NSS]);
    expect({ stdout, stderr }).toEqual({
      stdout: "",
      stderr: `Chromium (${databaseOf(box)}): nothing to do\n`,
    });
  });
});

describe("The plan for a store that has to be left out", () => {
  it("says why", async () => {
    const box = newSandbox();
    await box.prepare(["ca", "create"]);
    const { stderr } = await box.run(["trust", "--dry-run", ...NSS], { env: NO_TOOLS });
    expect(stderr).toBe(
      `Chromium (${databaseOf(box)}): certutil is not installed. Install the NSS tools of your distribution\n`,
    );
  });
});

describe("Without an authority", () => {
  for (const args of [
    ["trust", "--check"],
    ["trust", "--dry-run"],
    ["untrust", "--yes"],
  ]) {
    it(`devtls ${args.join(" ")} fails and makes none`, async () => {
      const box = newSandbox();
      await expectRefused(box, [...args, ...NSS], {
        status: 1,
        message: `could not find an authority in ${box.state}: there is none yet`,
        hint: "Make one: devtls ca create",
      });
    });
  }
});
