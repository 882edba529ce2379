/** NSS databases: where browsers keep them, and what is done to them. */
import { describe, expect, it } from "vitest";
import { checkStore, findStores, trustStore, untrustStore } from "../../src/trust/operations.js";
import type { StoreResult } from "../../src/trust/store.js";
import { FakeMachine, type MachineSettings } from "./fake-machine.js";
import { newRoot, ROOT_PATH } from "./roots.js";

const root = newRoot();
const other = newRoot();

const HOME = "/home/ada";
const CLASSIC = `${HOME}/.pki/nssdb`;
const MODERN = `${HOME}/.local/share/pki/nssdb`;
const PROFILE = `${HOME}/.mozilla/firefox/x1.default`;

/** A machine with a database in each of these folders. */
function machineWith(folders: readonly string[], settings: MachineSettings = {}): FakeMachine {
  const databases = folders.map((folder) => [`${folder}/cert9.db`, ""] as const);
  return new FakeMachine({
    commands: ["certutil"],
    ...settings,
    files: { [ROOT_PATH]: root.pem, ...Object.fromEntries(databases), ...settings.files },
  });
}

async function withStores(
  machine: FakeMachine,
  action: "check" | "trust" | "untrust",
): Promise<StoreResult[]> {
  const results: StoreResult[] = [];
  for (const store of await findStores(machine, ["nss"])) {
    if (action === "check") results.push(await checkStore(store, root));
    else if (action === "trust") results.push(await trustStore(store, root, machine));
    else results.push(await untrustStore(store, root, machine));
  }
  return results;
}

async function namesOn(machine: FakeMachine): Promise<string[]> {
  return (await findStores(machine, ["nss"])).map(({ name }) => name);
}

describe("Chromium's database", () => {
  const snap = `${HOME}/snap/chromium/current/.pki/nssdb`;
  const cases: readonly (readonly [string, string[], string[]])[] = [
    ["the classic one where it exists", [CLASSIC], [CLASSIC]],
    ["the modern one where it exists", [MODERN], [MODERN]],
    ["both where both exist", [CLASSIC, MODERN], [CLASSIC, MODERN]],
    ["the modern one, to be made, where neither exists", [], [MODERN]],
    ["that of the snap besides", [snap], [MODERN, snap]],
  ];
  for (const [what, folders, found] of cases) {
    it(`is ${what}`, async () => {
      const names = found.map((folder) => `Chromium (${folder})`);
      expect(await namesOn(machineWith(folders))).toEqual(names);
    });
  }

  it("is where XDG_DATA_HOME says", async () => {
    const machine = machineWith([], { env: { XDG_DATA_HOME: "/data" } });
    expect(await namesOn(machine)).toEqual(["Chromium (/data/pki/nssdb)"]);
  });

  it.each(["", "relative"])("is in the usual place where XDG_DATA_HOME is %j", async (value) => {
    const machine = machineWith([], { env: { XDG_DATA_HOME: value } });
    expect(await namesOn(machine)).toEqual([`Chromium (${MODERN})`]);
  });

  it("is not looked for on macOS and Windows, where it reads the system's store", async () => {
    expect(await namesOn(machineWith([CLASSIC], { platform: "darwin" }))).toEqual([]);
    expect(await namesOn(machineWith([CLASSIC], { platform: "win32" }))).toEqual([]);
  });
});

describe("Firefox's databases", () => {
  const places = [
    ".mozilla/firefox",
    ".config/mozilla/firefox",
    "snap/firefox/common/.mozilla/firefox",
    ".var/app/org.mozilla.firefox/.mozilla/firefox",
    ".var/app/org.mozilla.firefox/config/mozilla/firefox",
  ];
  for (const place of places) {
    it(`are found in each profile of ~/${place}`, async () => {
      const profiles = ["a1.default", "b2.work"].map((name) => `${HOME}/${place}/${name}`);
      const names = await namesOn(machineWith([CLASSIC, ...profiles]));
      expect(names.slice(1)).toEqual(profiles.map((folder) => `Firefox (${folder})`));
    });
  }

  it("are where XDG_CONFIG_HOME says", async () => {
    const profile = "/config/mozilla/firefox/x";
    const machine = machineWith([CLASSIC, profile], { env: { XDG_CONFIG_HOME: "/config" } });
    expect((await namesOn(machine)).slice(1)).toEqual([`Firefox (${profile})`]);
  });

  it.each(["", "relative"])("are in the usual place where XDG_CONFIG_HOME is %j", async (value) => {
    const usual = `${HOME}/.config/mozilla/firefox/x`;
    const machine = machineWith([CLASSIC, usual], { env: { XDG_CONFIG_HOME: value } });
    expect((await namesOn(machine)).slice(1)).toEqual([`Firefox (${usual})`]);
  });

  it("are found where profiles.ini says, below its folder or elsewhere", async () => {
    const [custom, below] = ["/data/my profile", `${HOME}/.mozilla/firefox/deep/down`];
    const ini = [
      ...["[Install4F96D1932A9F858E]", `Default=${custom}`, "Locked=1", ""],
      ...["[Profile1]", "Name=custom", "IsRelative=0", `Path=${custom}`, ""],
      ...["[Profile0]", "Name=below", "IsRelative=1", "Path=deep/down", ""],
      ...["[Profile2]", "Name=gone", "IsRelative=0", "Path=/data/gone", ""],
    ];
    for (const end of ["\n", "\r\n"]) {
      const files = { [`${HOME}/.mozilla/firefox/profiles.ini`]: ini.join(end) };
      const names = await namesOn(machineWith([CLASSIC, custom, below, PROFILE], { files }));
      const folders = [PROFILE, custom, below].map((folder) => `Firefox (${folder})`);
      expect(names.slice(1).sort()).toEqual(folders.sort());
    }
  });

  it("are found on macOS", async () => {
    const profile = `${HOME}/Library/Application Support/Firefox/Profiles/x1.default`;
    expect(await namesOn(machineWith([profile], { platform: "darwin" }))).toEqual([
      `Firefox (${profile})`,
    ]);
  });

  it("are no folders without a database", async () => {
    const files = { [`${HOME}/.mozilla/firefox/Crash Reports/log`]: "" };
    expect(await namesOn(machineWith([CLASSIC], { files }))).toEqual([`Chromium (${CLASSIC})`]);
  });
});

describe("A database", () => {
  it("takes a root as an authority for web sites, under a nickname of its own", async () => {
    const machine = machineWith([CLASSIC]);
    expect(await withStores(machine, "trust")).toEqual([
      {
        id: "nss",
        name: `Chromium (${CLASSIC})`,
        state: "trusted",
        detail: `listed as "${root.nickname}"`,
        hint: null,
      },
    ]);
    expect(machine.changes).toEqual([
      `certutil -A -d sql:${CLASSIC} -t C,, -n ${root.nickname} -i ${ROOT_PATH}`,
    ]);
  });

  it("is left as it is when it trusts the root already", async () => {
    const machine = machineWith([CLASSIC]);
    machine.put(CLASSIC, root.nickname, root.pem);
    expect(await withStores(machine, "trust")).toMatchObject([{ state: "already" }]);
    expect(machine.changes).toEqual([]);
  });

  it("is known to trust the root under another nickname", async () => {
    const machine = machineWith([CLASSIC]);
    machine.put(CLASSIC, "added by hand", root.pem);
    expect(await withStores(machine, "trust")).toMatchObject([
      { state: "already", detail: 'listed as "added by hand"' },
    ]);
  });

  it("gives back the root, whatever its nickname, and nothing else", async () => {
    const machine = machineWith([CLASSIC]);
    machine.put(CLASSIC, "another", other.pem);
    machine.put(CLASSIC, "added by hand", root.pem);
    expect(await withStores(machine, "untrust")).toMatchObject([{ state: "removed" }]);
    expect(machine.nicknames(CLASSIC)).toEqual(["another"]);
  });

  it("is not emptied of another certificate that has the root's nickname", async () => {
    const machine = machineWith([CLASSIC]);
    machine.put(CLASSIC, root.nickname, other.pem);
    expect(await withStores(machine, "untrust")).toMatchObject([{ state: "absent" }]);
    expect(machine.nicknames(CLASSIC)).toEqual([root.nickname]);
  });

  it("has nothing to give back when the root is not in it", async () => {
    const machine = machineWith([CLASSIC]);
    expect(await withStores(machine, "untrust")).toMatchObject([{ state: "absent" }]);
    expect(machine.changes).toEqual([]);
  });

  it("that lists the root without trusting it is mended", async () => {
    const machine = machineWith([CLASSIC]);
    machine.put(CLASSIC, root.nickname, root.pem, ",,");
    expect(await withStores(machine, "check")).toMatchObject([
      { state: "missing", detail: "listed, but not trusted for web sites", hint: "devtls trust" },
    ]);
    expect(await withStores(machine, "trust")).toMatchObject([{ state: "trusted" }]);
  });

  it("that lists the root without trusting it gives it back", async () => {
    const machine = machineWith([CLASSIC]);
    machine.put(CLASSIC, root.nickname, root.pem, ",,");
    expect(await withStores(machine, "untrust")).toMatchObject([{ state: "removed" }]);
    expect(machine.nicknames(CLASSIC)).toEqual([]);
  });

  it("that is read-only has failed, in certutil's words, and does not stop the others", async () => {
    const stderr = "certutil: could not add: SEC_ERROR_READ_ONLY: security library: read-only\n";
    const answers = { [`-A -d sql:${CLASSIC}`]: { status: 255, stderr } };
    const machine = machineWith([CLASSIC, PROFILE], { answers });
    const [first, second] = await withStores(machine, "trust");
    expect(first).toMatchObject({
      state: "failed",
      detail: expect.stringMatching(/ ended with status 255: .*SEC_ERROR_READ_ONLY/),
      hint: "Run the command by itself to see more, or leave this store out with --store",
    });
    expect(second).toMatchObject({ name: `Firefox (${PROFILE})`, state: "trusted" });
  });
});

describe("A database that only root may write", () => {
  const settings = { readOnly: [CLASSIC], commands: ["certutil", "sudo"], hasTerminal: true };

  it("is written through sudo, beside one that is the user's own", async () => {
    const machine = machineWith([CLASSIC, PROFILE], settings);
    const states = (await withStores(machine, "trust")).map(({ state }) => state);
    expect(states).toEqual(["trusted", "trusted"]);
    expect(machine.changes.map((line) => line.replace(/ -d .*/, ""))).toEqual([
      "sudo -- certutil -A",
      "certutil -A",
    ]);
  });

  it("has failed where sudo refuses, and the user's own has not", async () => {
    const answers = { "sudo --": { status: 1, stderr: "ada is not in the sudoers file.\n" } };
    const machine = machineWith([CLASSIC, PROFILE], { ...settings, answers });
    const [first, second] = await withStores(machine, "trust");
    expect(first).toMatchObject({
      state: "failed",
      detail: expect.stringMatching(/status 1: ada is not in the sudoers file\.$/),
    });
    expect(second).toMatchObject({ state: "trusted" });
  });
});

describe("A database that devtls makes", () => {
  const creation = [
    `mkdir -p -m 700 ${MODERN}`,
    `certutil -N -d sql:${MODERN} --empty-password`,
    `tee ${MODERN}/made-by-devtls`,
  ];

  it("is made before the root goes into it", async () => {
    const machine = machineWith([]);
    expect(await withStores(machine, "trust")).toMatchObject([{ state: "trusted" }]);
    expect(machine.changes.slice(0, 3)).toEqual(creation);
    expect(machine.changes[3]).toMatch(/^certutil -A /);
  });

  it("goes with the root, with the folders that were made for it", async () => {
    const machine = machineWith([]);
    await withStores(machine, "trust");
    expect(await withStores(machine, "untrust")).toMatchObject([{ state: "removed" }]);
    const files = ["cert9.db", "key4.db", "pkcs11.txt", "made-by-devtls"];
    expect(machine.changes.slice(-2)).toEqual([
      `rm -f ${files.map((name) => `${MODERN}/${name}`).join(" ")}`,
      `rmdir --ignore-fail-on-non-empty ${MODERN} ${HOME}/.local/share/pki`,
    ]);
  });

  it("stays when something else is in it", async () => {
    const machine = machineWith([]);
    await withStores(machine, "trust");
    machine.put(MODERN, "another", other.pem);
    expect(await withStores(machine, "untrust")).toMatchObject([{ state: "removed" }]);
    expect(machine.nicknames(MODERN)).toEqual(["another"]);
    expect(machine.changes.at(-1)).toBe(`certutil -D -d sql:${MODERN} -n ${root.nickname}`);
  });

  it("is not there to be checked or emptied before", async () => {
    const machine = machineWith([]);
    expect(await withStores(machine, "check")).toMatchObject([
      { state: "missing", detail: "there is no database yet", hint: "devtls trust" },
    ]);
    expect(await withStores(machine, "untrust")).toMatchObject([{ state: "absent" }]);
    expect(machine.changes).toEqual([]);
  });
});

describe("Without certutil, a database is skipped with the way to install it", () => {
  for (const [manager, hint] of [
    ["apt-get", "Install it: apt-get install libnss3-tools"],
    ["dnf", "Install it: dnf install nss-tools"],
    ["zypper", "Install it: zypper install mozilla-nss-tools"],
    ["pacman", "Install it: pacman -S nss"],
    ["apk", "Install it: apk add nss-tools"],
    ["brew", "Install it: brew install nss"],
    ["", "Install the NSS tools of your distribution"],
  ] as const) {
    it(`with ${manager || "no package manager that is known"}`, async () => {
      const machine = machineWith([CLASSIC], { commands: [manager] });
      const expected = [{ state: "skipped", detail: "certutil is not installed", hint }];
      expect(await withStores(machine, "trust")).toMatchObject(expected);
      expect(await withStores(machine, "untrust")).toMatchObject(expected);
      expect(machine.recorded).toEqual([]);
    });
  }
});
