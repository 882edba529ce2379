/** devtls and the NSS databases of browsers, with the real certutil and a home of its own. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { contentsOf, newSandbox, type Sandbox } from "../cli/sandbox.js";
import { runProgram } from "../support/cli.js";
import { describeWith } from "../support/tools.js";

const NSS = ["--store", "nss", "--json"];

interface Shown {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly detail: string;
  readonly hint: string | null;
  readonly commands?: readonly string[];
}

async function run(box: Sandbox, args: readonly string[], status = 0): Promise<Shown[]> {
  const outcome = await box.run([...args, ...NSS]);
  expect(outcome.status, outcome.stderr).toBe(status);
  return JSON.parse(outcome.stdout).stores;
}

const trust = (box: Sandbox) => run(box, ["trust", "--yes"]);
const untrust = (box: Sandbox) => run(box, ["untrust", "--yes"]);
const check = (box: Sandbox, status: number) => run(box, ["trust", "--check"], status);

function statesOf(stores: readonly Shown[]): Record<string, string> {
  return Object.fromEntries(stores.map(({ name, state }) => [name.replace(/ \(.*/, ""), state]));
}

async function certutil(folder: string, ...args: string[]): Promise<string> {
  const [command = "", ...rest] = args;
  const line = [command, "-d", `sql:${folder}`, ...rest];
  const { status, stdout, stderr } = await runProgram("certutil", line);
  expect(status, stderr).toBe(0);
  return stdout;
}

/** Makes a database as a browser does, in a folder below the home. */
async function makeDatabase(box: Sandbox, folder: string): Promise<string> {
  const path = join(box.home, folder);
  mkdirSync(path, { recursive: true });
  await certutil(path, "-N", "--empty-password");
  return path;
}

async function nicknamesIn(folder: string): Promise<string[]> {
  const lines = (await certutil(folder, "-L")).split("\n").slice(4).filter(Boolean);
  return lines.map((line) => line.replace(/\s+\S+\s*$/, ""));
}

/** The folders and files of a home, without what is in them: databases note the time. */
function filesOf(box: Sandbox): string[] {
  return Object.keys(contentsOf(box.home)).sort();
}

const MODERN = ".local/share/pki/nssdb";
const CLASSIC = ".pki/nssdb";
const PROFILES = [".mozilla/firefox/a1.default", ".config/mozilla/firefox/b2.default-release"];

describeWith(["certutil"], "Where no browser has a database, devtls", () => {
  it("makes the one that Chromium reads since version 146, and trusts there", async () => {
    const box = newSandbox();
    const [store, ...more] = await trust(box);
    expect(more).toEqual([]);
    expect(store).toMatchObject({ id: "nss", state: "trusted", hint: null });
    expect(store?.name).toBe(`Chromium (${join(box.home, MODERN)})`);
    const [nickname = ""] = await nicknamesIn(join(box.home, MODERN));
    const listed = await certutil(join(box.home, MODERN), "-L", "-n", nickname, "-a");
    expect(listed.replaceAll("\r", "")).toBe(readFileSync(join(box.state, "rootCA.pem"), "latin1"));
  });

  it("makes it where XDG_DATA_HOME says", async () => {
    const box = newSandbox();
    const env = { XDG_DATA_HOME: join(box.home, "data") };
    await box.run(["trust", "--yes", ...NSS], { env });
    expect(filesOf(box)).toContain("data/pki/nssdb/cert9.db");
    expect(filesOf(box)).not.toContain(".local");
  });

  it("leaves the home as it was after untrust, with no folder of its own", async () => {
    const box = newSandbox();
    const before = filesOf(box);
    await trust(box);
    expect(filesOf(box)).not.toEqual(before);
    expect(statesOf(await untrust(box))).toEqual({ Chromium: "removed" });
    expect(filesOf(box)).toEqual(before);
  });

  it("leaves the folders that were there before it", async () => {
    const box = newSandbox();
    mkdirSync(join(box.home, ".local/share"), { recursive: true });
    await trust(box);
    await untrust(box);
    expect(filesOf(box)).toEqual([".", ".local", ".local/share"]);
  });

  it("keeps the database when something else has come into it", async () => {
    const [box, other] = [newSandbox(), newSandbox()];
    await trust(box);
    await other.prepare(["ca", "create"]);
    const database = join(box.home, MODERN);
    const path = join(other.state, "rootCA.pem");
    await certutil(database, "-A", "-t", "C,,", "-n", "another", "-i", path);
    expect(statesOf(await untrust(box))).toEqual({ Chromium: "removed" });
    expect(await nicknamesIn(database)).toEqual(["another"]);
  });

  it("makes nothing for --check, --dry-run and untrust", async () => {
    const box = newSandbox();
    await box.prepare(["ca", "create"]);
    expect(statesOf(await check(box, 3))).toEqual({ Chromium: "missing" });
    await run(box, ["trust", "--dry-run"]);
    expect(statesOf(await untrust(box))).toEqual({ Chromium: "absent" });
    expect(filesOf(box)).toEqual(["."]);
  });
});

describeWith(["certutil"], "Where browsers have databases, devtls", () => {
  async function withAll(): Promise<{ box: Sandbox; folders: string[] }> {
    const box = newSandbox();
    const places = [CLASSIC, MODERN, ...PROFILES];
    const folders: string[] = [];
    for (const place of places) folders.push(await makeDatabase(box, place));
    return { box, folders };
  }

  it("trusts in each: both of Chromium's and every profile of Firefox", async () => {
    const { box, folders } = await withAll();
    const stores = await trust(box);
    expect(stores.map(({ name }) => name)).toEqual(
      folders.map((folder, i) => `${i < 2 ? "Chromium" : "Firefox"} (${folder})`),
    );
    expect(stores.map(({ state }) => state)).toEqual(folders.map(() => "trusted"));
    for (const folder of folders) {
      const [nickname = "none"] = await nicknamesIn(folder);
      await certutil(folder, "-V", "-u", "L", "-n", nickname);
    }
  });

  it("makes no other one", async () => {
    const box = newSandbox();
    await makeDatabase(box, CLASSIC);
    await trust(box);
    expect(filesOf(box).filter((path) => path.startsWith(".local"))).toEqual([]);
  });

  it("says already the second time, and changes nothing", async () => {
    const { box } = await withAll();
    await trust(box);
    const before = contentsOf(box.home);
    expect((await trust(box)).map(({ state }) => state)).toEqual(Array(4).fill("already"));
    expect(contentsOf(box.home)).toEqual(before);
  });

  it("answers --check with 3, then 0, then 3", async () => {
    const { box } = await withAll();
    await box.prepare(["ca", "create"]);
    const missing = await check(box, 3);
    expect(missing.map(({ state, hint }) => [state, hint])).toEqual(
      Array(4).fill(["missing", "devtls trust"]),
    );
    await trust(box);
    expect((await check(box, 0)).map(({ state }) => state)).toEqual(Array(4).fill("trusted"));
    await untrust(box);
    await check(box, 3);
  });

  it("answers --check with 3 when one of them does not trust it", async () => {
    const { box, folders } = await withAll();
    await trust(box);
    const last = folders.at(-1) as string;
    const [nickname = ""] = await nicknamesIn(last);
    await certutil(last, "-D", "-n", nickname);
    const states = (await check(box, 3)).map(({ state }) => state);
    expect(states).toEqual(["trusted", "trusted", "trusted", "missing"]);
  });

  it("removes exactly its root and leaves other certificates and every file", async () => {
    const { box, folders } = await withAll();
    const other = newSandbox();
    await other.prepare(["ca", "create"]);
    for (const folder of folders) {
      const path = join(other.state, "rootCA.pem");
      await certutil(folder, "-A", "-t", "C,,", "-n", "devtls another", "-i", path);
    }
    const before = filesOf(box);
    await trust(box);
    await untrust(box);
    expect(filesOf(box)).toEqual(before);
    for (const folder of folders) expect(await nicknamesIn(folder)).toEqual(["devtls another"]);
  });

  it("keeps an empty database that it did not make", async () => {
    const { box, folders } = await withAll();
    const before = filesOf(box);
    await trust(box);
    await untrust(box);
    expect(filesOf(box)).toEqual(before);
    expect(await nicknamesIn(folders[0] as string)).toEqual([]);
  });

  it("says absent when there is nothing to remove", async () => {
    const { box } = await withAll();
    await box.prepare(["ca", "create"]);
    expect((await untrust(box)).map(({ state }) => state)).toEqual(Array(4).fill("absent"));
  });
});

describeWith(["certutil"], "A root that somebody else put into the database", () => {
  async function putIn(nickname: string, flags: string): Promise<{ box: Sandbox; folder: string }> {
    const box = newSandbox();
    const folder = await makeDatabase(box, CLASSIC);
    await box.prepare(["ca", "create"]);
    const path = join(box.state, "rootCA.pem");
    await certutil(folder, "-A", "-t", flags, "-n", nickname, "-i", path);
    return { box, folder };
  }

  it("is found and removed by its fingerprint, not by its name", async () => {
    const { box, folder } = await putIn("my own root", "C,,");
    expect(statesOf(await trust(box))).toEqual({ Chromium: "already" });
    expect(statesOf(await untrust(box))).toEqual({ Chromium: "removed" });
    expect(await nicknamesIn(folder)).toEqual([]);
  });

  it("is trusted by devtls trust when it was not", async () => {
    const box = newSandbox();
    await trust(box);
    const folder = join(box.home, MODERN);
    const [nickname = ""] = await nicknamesIn(folder);
    await certutil(folder, "-M", "-t", ",,", "-n", nickname);
    expect((await check(box, 3))[0]).toMatchObject({
      state: "missing",
      detail: "listed, but not trusted for web sites",
    });
    expect(statesOf(await trust(box))).toEqual({ Chromium: "trusted" });
  });
});

describeWith(["certutil"], "A database that cannot be read", () => {
  /** The second of three is broken. */
  async function withBroken(): Promise<Sandbox> {
    const box = newSandbox();
    await makeDatabase(box, CLASSIC);
    for (const place of PROFILES) await makeDatabase(box, place);
    writeFileSync(join(box.home, PROFILES[0] as string, "cert9.db"), "this is no database");
    return box;
  }
  const statesIn = (stores: readonly Shown[]) => stores.map(({ state }) => state);

  it("has failed, in certutil's words, and the others are changed", async () => {
    const box = await withBroken();
    const stores = await run(box, ["trust", "--yes"], 1);
    expect(statesIn(stores)).toEqual(["trusted", "failed", "trusted"]);
    expect(stores[1]?.detail).toMatch(/^could not read sql:\S+\.default: certutil: .*SEC_ERROR/);
    expect(stores[1]?.hint).toBe("Leave this store out with --store");
  });

  it("is not said to be without the root", async () => {
    const box = await withBroken();
    await run(box, ["trust", "--yes"], 1);
    expect(statesIn(await check(box, 3))).toEqual(["trusted", "failed", "trusted"]);
    const removed = statesIn(await run(box, ["untrust", "--yes"], 1));
    expect(removed).toEqual(["removed", "failed", "removed"]);
  });

  it("keeps devtls ca delete from deleting the authority that it may trust", async () => {
    const box = await withBroken();
    await box.prepare(["ca", "create"]);
    const authority = contentsOf(box.state);
    const { status, stderr } = await box.run(["ca", "delete", "--yes"]);
    expect(status).toBe(1);
    expect(stderr).toContain("devtls: could not delete the authority: a store still trusts it\n");
    expect(contentsOf(box.state)).toEqual(authority);
  });
});
