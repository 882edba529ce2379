/**
 * Everything that `devtls trust` changes on a Debian with all of its stores, hooks included, before
 * and after: files, roots in the bundle, aliases of Java, certificates in NSS. Layers over the
 * folders that change keep the machine's own as they are.
 */
import { readdirSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { LAUNCHER, type Outcome } from "../../support/cli.js";
import { newProfile, whyNoFirefox } from "../../support/firefox.js";
import { type Layer, layerOver } from "../../support/layer.js";
import { temporaryHome } from "../../support/programs.js";
import { describeUnless, missing } from "../../support/tools.js";

const ANCHORS = "/usr/local/share/ca-certificates";
const FOLDERS = ["/etc", ANCHORS];

// dpkg, which Java's hook calls, keeps its own files in the last one.
const made = layerOver([...FOLDERS, "/var/lib"]);
const reason =
  missing(["update-ca-certificates", "keytool", "certutil"]) ??
  whyNoFirefox() ??
  (typeof made === "string" ? made : undefined);

interface Holdings {
  /** Each file with a digest of its octets; each link with its target. */
  readonly files: readonly string[];
  readonly aliases: readonly string[];
  readonly nicknames: readonly string[];
  readonly home: readonly string[];
}

describeUnless(reason, "A Debian with every store, after devtls trust and devtls untrust", () => {
  const layer = made as Layer;
  const home = temporaryHome();
  let profile: string;
  let before: Holdings;
  let between: Holdings;

  const run = (command: string, ...args: string[]): Promise<Outcome> =>
    layer.run(command, args, { env: home.env });

  async function devtls(...args: string[]): Promise<Record<string, string>> {
    const { stdout, stderr, status } = await run(process.execPath, LAUNCHER, ...args, "--json");
    expect(status, stderr).toBe(0);
    const stores: { name: string; state: string }[] = JSON.parse(stdout).stores;
    return Object.fromEntries(stores.map(({ name, state }) => [name.split(" ")[0], state]));
  }

  async function holdings(): Promise<Holdings> {
    const lines = (text: string): string[] => text.split("\n").filter(Boolean).sort();
    const digests = `find ${FOLDERS.join(" ")} -type f ! -path '*/java/cacerts' -exec sha256sum {} +
      find ${FOLDERS.join(" ")} -type l -printf '%p -> %l\\n'
      find ${FOLDERS.join(" ")} -type d -printf '%p %m\\n'`;
    const keytool = ["-J-Duser.language=en", "-list", "-cacerts", "-storepass", "changeit"];
    return {
      files: lines((await run("sh", "-c", digests)).stdout),
      aliases: lines((await run("keytool", ...keytool)).stdout),
      nicknames: lines((await run("certutil", "-L", "-d", `sql:${profile}`)).stdout),
      home: readdirSync(home.folder, { recursive: true }).map(String).sort(),
    };
  }

  beforeAll(async () => {
    profile = await newProfile(home);
    expect(await run(process.execPath, LAUNCHER, "ca", "create")).toMatchObject({ status: 0 });
    // Whatever was put into the store by hand since its last update is settled first.
    expect(await run("update-ca-certificates")).toMatchObject({ status: 0 });
    before = await holdings();
    expect(await devtls("trust", "--yes")).toEqual({
      Debian: "trusted",
      Chromium: "trusted",
      Firefox: "trusted",
      // The system store's hook has done it.
      Java: "already",
    });
    between = await holdings();
  }, 120_000);

  it("has been changed in each by the first", () => {
    for (const kind of Object.keys(before) as (keyof Holdings)[]) {
      expect(between[kind], kind).not.toEqual(before[kind]);
    }
    expect(between.files.join("\n")).toMatch(/devtls-[0-9a-f]{16}/);
  });

  describe("and the second", () => {
    let after: Holdings;
    beforeAll(async () => {
      expect(await devtls("untrust", "--yes")).toEqual({
        Debian: "removed",
        Chromium: "removed",
        Firefox: "removed",
        Java: "absent",
      });
      after = await holdings();
    }, 120_000);

    it.each(["files", "aliases", "nicknames", "home"] as const)("has the same %s", (kind) => {
      expect(after[kind]).toEqual(before[kind]);
    });
  });
});
