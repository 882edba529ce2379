/**
 * The clients that `devtls trust` asks, in their real stores: handshakes of curl, OpenSSL, wget,
 * git, Python, Node and Java. They work on a copy of the machine's stores.
 */
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { certificatesOf } from "../../../src/trust/keystore.js";
import { LAUNCHER, type Outcome, temporaryFolder } from "../../support/cli.js";
import { type Home, temporaryHome } from "../../support/programs.js";
import { copySystemStore, type StoreCopy, whyNoStoreCopy } from "../../support/system-store.js";
import { describeUnless, missing } from "../../support/tools.js";
import { makeRoot } from "../../x509/fixtures.js";

const KEYSTORE = "/etc/ssl/certs/java/cacerts";

const PROGRAMS = ["curl", "openssl", "wget", "git", "python3", "keytool"];
const reason =
  whyNoStoreCopy() ??
  missing([...PROGRAMS, "certutil", "update-ca-certificates"]) ??
  (existsSync(KEYSTORE) ? undefined : `${KEYSTORE} is not there: no Java of Debian`);

/** Clients that go by the system's store or by Java's. */
const OF_STORES = ["curl", "openssl", "wget", "git", "python", "java"];

interface Client {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly detail: string;
  readonly hint: string | null;
}

interface Shown {
  readonly status: number | null;
  readonly stderr: string;
  readonly stores: readonly { readonly id: string; readonly state: string }[];
  readonly clients: ReadonlyMap<string, Client>;
}

describeUnless(reason, "The clients of Debian, with a copy of its stores", () => {
  const home: Home = temporaryHome();
  let store: StoreCopy;
  let before: Record<string, string>;
  let inHome: string[];
  const filesInHome = (): string[] =>
    readdirSync(home.folder, { recursive: true }).map(String).sort();

  function devtls(args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
    return store.run(process.execPath, [LAUNCHER, ...args], { env: { ...home.env, ...env } });
  }

  async function shown(args: readonly string[], env?: Record<string, string>): Promise<Shown> {
    const { status, stdout, stderr } = await devtls([...args, "--json"], env);
    const { stores, clients = [] } = JSON.parse(stdout);
    const entries = clients.map((client: Client) => [client.id, client] as const);
    return { status, stderr, stores, clients: new Map(entries) };
  }

  const statesOf = ({ clients }: Shown): Record<string, string | undefined> =>
    Object.fromEntries(OF_STORES.map((id) => [id, clients.get(id)?.state]));
  const all = (state: string): Record<string, string> =>
    Object.fromEntries(OF_STORES.map((id) => [id, state]));

  beforeAll(async () => {
    store = await copySystemStore();
    expect(await devtls(["ca", "create"])).toMatchObject({ status: 0 });
    before = store.snapshot();
    inHome = filesInHome();
  });

  describe("before devtls trust", () => {
    let result: Shown;
    beforeAll(async () => {
      result = await shown(["trust", "--check"]);
    });

    it("refuse the authority, and --check ends with 3", () => {
      expect(statesOf(result)).toEqual(all("refuses"));
      expect(result.status).toBe(3);
    });

    it("say why, and what to do is said", () => {
      for (const id of OF_STORES) {
        const { detail, hint } = result.clients.get(id) as Client;
        expect(detail, id).toMatch(/certificate|PKIX|issuer/i);
        expect(hint).toBe(`devtls trust --store ${id === "java" ? "java" : "system"}`);
      }
    });

    it("are Node, too, which trusts it by its variable", () => {
      expect(result.clients.get("node")).toMatchObject({
        state: "refuses",
        hint: 'eval "$(devtls env)"',
      });
      expect(result.clients.get("node-env")).toMatchObject({ state: "trusts", hint: null });
    });

    it("have changed nothing", () => {
      expect(store.snapshot()).toEqual(before);
    });
  });

  describe("after devtls trust", () => {
    let result: Shown;
    beforeAll(async () => {
      result = await shown(["trust", "--yes"]);
    });

    it("trust the authority, as devtls trust says itself", () => {
      expect(result.stores.map(({ id, state }) => [id, state])).toEqual([
        ["system", "trusted"],
        ["nss", "trusted"],
        ["java", "trusted"],
      ]);
      expect(statesOf(result)).toEqual(all("trusts"));
      expect(result.status, result.stderr).toBe(0);
    });

    it("are said to by --check, which ends with 0", async () => {
      const checked = await shown(["trust", "--check", "--store", "system,java"]);
      expect(statesOf(checked)).toEqual(all("trusts"));
      expect(checked.status).toBe(0);
    });

    it("are only those of the stores that were asked for", async () => {
      const { clients } = await shown(["trust", "--check", "--store", "java"]);
      expect([...clients.keys()]).toEqual(["java"]);
    });

    it("are shown in a table, with what to do about the others on stderr", async () => {
      const { stdout, stderr } = await devtls(["trust", "--check"]);
      expect(stdout).toMatch(/^trusts +curl$/m);
      expect(stdout).toMatch(/^does not +Node\.js: SELF_SIGNED_CERT_IN_CHAIN/m);
      expect(stderr).toMatch(/Node\.js: eval "\$\(devtls env\)"$/m);
    });

    it("contradict a store that variables of the user's replace, and --check ends with 3", async () => {
      const mine = join(temporaryFolder(), "mine.pem");
      writeFileSync(mine, makeRoot().pem);
      // Of the two, Debian's clients go by either: the folder of links has the authority, too.
      const env = { SSL_CERT_FILE: mine, SSL_CERT_DIR: temporaryFolder() };
      const checked = await shown(["trust", "--check", "--store", "system"], env);
      expect(checked.clients.get("openssl")).toMatchObject({
        state: "refuses",
        hint: `SSL_CERT_FILE is set: add the authority to ${mine}, or unset it`,
      });
      expect(checked.status).toBe(3);
      const text = await devtls(["trust", "--check", "--store", "system"], env);
      expect(text.stderr).toContain("OpenSSL refuses the authority although its store trusts it.");
    });

    it("are absent where they are not installed, and nothing fails for that", async () => {
      const line = [process.execPath, LAUNCHER, "trust", "--check", "--store", "system", "--json"];
      const options = { env: home.env };
      const { stdout } = await store.run("env", ["PATH=/nonexistent", ...line], options);
      const states = JSON.parse(stdout).clients.map(({ state }: Client) => state);
      expect(new Set(states)).toEqual(new Set(["absent"]));
    });
  });

  describe("after devtls untrust", () => {
    beforeAll(async () => {
      const removed = await shown(["untrust", "--yes"]);
      expect(removed.stores.map(({ state }) => state)).toEqual(["removed", "removed", "removed"]);
    });

    it("refuse the authority again", async () => {
      expect(statesOf(await shown(["trust", "--check"]))).toEqual(all("refuses"));
    });

    it("find the home as it was, in which a database of NSS has been", () => {
      expect(filesInHome()).toEqual(inHome);
    });

    it("find the files of the stores as they were", () => {
      const after = store.snapshot();
      // keytool writes the entries in an order of its own.
      const { [KEYSTORE]: keystore = "", ...rest } = after;
      const { [KEYSTORE]: keystoreBefore = "", ...restBefore } = before;
      expect(rest).toEqual(restBefore);
      expect(rootsIn(keystore)).toEqual(rootsIn(keystoreBefore));
    });
  });
});

/** The certificates in a keystore as a snapshot has it: the mode, a space, the octets. */
function rootsIn(entry: string): string[] {
  const octets = Buffer.from(entry.slice(entry.indexOf(" ") + 1), "latin1");
  const found = certificatesOf(octets);
  if (!found) throw new Error("the keystore cannot be read");
  return found.map((der) => der.toString("base64")).sort();
}
