/** What is particular about Windows and WSL; the rest is in recorded-stores.test.ts. */
import { describe, expect, it } from "vitest";
import { findStores } from "../../src/trust/operations.js";
import { FakeMachine, type MachineSettings } from "./fake-machine.js";
import { newRoot, ROOT_PATH } from "./roots.js";
import { WindowsRootStore } from "./support/certutil-exe.js";
import { withOnlyStore, withStores } from "./support/with-stores.js";

const root = newRoot();
const SHA1 = root.certificate.x509.fingerprint.replaceAll(":", "").toLowerCase();
const SYSTEM_ROOT = "D:\\Win";
const CERTUTIL = `${SYSTEM_ROOT}\\System32\\certutil.exe`;

const DEBIAN = "/usr/local/share/ca-certificates";
const BUNDLE = "/etc/ssl/certs/ca-certificates.crt";
const MOUNTED = "/mnt/c/Windows/System32/certutil.exe";

function windows(settings: MachineSettings = {}): FakeMachine {
  return new FakeMachine({
    platform: "win32",
    env: { SystemRoot: SYSTEM_ROOT },
    files: { [ROOT_PATH]: root.pem, [CERTUTIL]: "" },
    programs: { "certutil.exe": new WindowsRootStore().run },
    ...settings,
  });
}

const namesOf = async (machine: FakeMachine): Promise<string[]> =>
  (await findStores(machine, ["system"])).map(({ name }) => name);

describe("Windows", () => {
  it("has its certutil called by its path, wherever Windows is and whatever is on PATH", async () => {
    const machine = windows({ commands: ["certutil"] });
    await withOnlyStore(machine, "system", "trust", root);
    expect(new Set(machine.recorded.map(({ argv }) => argv[0]))).toEqual(new Set([CERTUTIL]));
  });

  it("is understood where it prints the hash with spaces, as old versions do", async () => {
    const spaced = SHA1.replace(/..(?=.)/g, "$& ");
    const stdout = `Cert Hash(sha1): ${spaced}\nCertUtil: -store command completed successfully.\n`;
    const machine = windows({ answers: { "-store -user": { stdout } } });
    expect(await withOnlyStore(machine, "system", "check", root)).toMatchObject({
      state: "trusted",
    });
  });

  it("is not believed where it prints another certificate's hash", async () => {
    const stdout = `Cert Hash(sha1): ${"ab".repeat(20)}\n`;
    const machine = windows({ answers: { "-store -user": { stdout } } });
    expect(await withOnlyStore(machine, "system", "check", root)).toMatchObject({
      state: "missing",
    });
  });

  it("never takes its own certutil for the one of NSS", async () => {
    const machine = windows({
      files: { "/home/ada/.mozilla/firefox/x1.default/cert9.db": "" },
      commands: ["certutil"],
    });
    expect(await findStores(machine, ["nss"])).toEqual([]);
  });
});

describe("WSL", () => {
  const store = () =>
    new WindowsRootStore({
      pathOf: (path) => (path.startsWith("\\\\wsl") ? ROOT_PATH : path),
    });
  const wsl = (settings: MachineSettings = {}): FakeMachine =>
    new FakeMachine({
      isRoot: true,
      commands: ["wslpath", "update-ca-certificates"],
      bundle: { anchors: DEBIAN, file: BUNDLE },
      programs: {
        "certutil.exe": store().run,
        wslpath: ([form]) => ({
          status: 0,
          stdout: form === "-u" ? `${MOUNTED}\n` : "\\\\wsl.localhost\\Debian\\rootCA.pem\n",
          stderr: "",
        }),
      },
      env: { WSL_DISTRO_NAME: "Debian" },
      ...settings,
      files: { [`${DEBIAN}/`]: "", [ROOT_PATH]: root.pem, [MOUNTED]: "", ...settings.files },
    });
  const BOTH = ["Debian system store", "Windows root store (through WSL)"];

  it("has both sides changed, and given back", async () => {
    const machine = wsl();
    for (const [action, state] of [
      ["check", "missing"],
      ["trust", "trusted"],
      ["trust", "already"],
      ["untrust", "removed"],
      ["untrust", "absent"],
    ] as const) {
      const results = await withStores(machine, "system", action, root);
      expect(results.map((result) => [result.name, result.state])).toEqual(
        BOTH.map((name) => [name, state]),
      );
    }
  });

  const kernel = { "/proc/sys/kernel/osrelease": "5.15.153.1-microsoft-standard-WSL2\n" };
  const cases: readonly (readonly [string, MachineSettings, boolean])[] = [
    ["by its variable", {}, true],
    ["by the other variable", { env: { WSL_INTEROP: "/run/WSL/8_interop" } }, true],
    ["by its kernel under sudo, which drops the variables", { env: {}, files: kernel }, true],
    [
      "not in a container on it, which has no wslpath",
      { env: {}, files: kernel, commands: ["update-ca-certificates"] },
      false,
    ],
    ["not on another Linux", { env: {} }, false],
  ];
  for (const [how, settings, found] of cases) {
    it(`is known ${how}`, async () => {
      expect(await namesOf(wsl(settings))).toEqual(found ? BOTH : BOTH.slice(0, 1));
    });
  }
});
