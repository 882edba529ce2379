/** What is particular about the keychains of macOS; the rest is in recorded-stores.test.ts. */
import { describe, expect, it } from "vitest";
import { FakeMachine, type MachineSettings } from "./fake-machine.js";
import { newRoot, ROOT_PATH } from "./roots.js";
import { LOGIN, Security, type SecuritySettings, SYSTEM } from "./support/security.js";
import { type Action, withOnlyStore, withStores } from "./support/with-stores.js";

const root = newRoot();

function mac(
  prompt: SecuritySettings = {},
  settings: MachineSettings = {},
): { machine: FakeMachine; security: Security } {
  const security = new Security(prompt);
  const machine = new FakeMachine({
    platform: "darwin",
    commands: ["security", "sudo"],
    hasTerminal: true,
    files: { [ROOT_PATH]: root.pem },
    programs: { security: security.run },
    ...settings,
  });
  return { machine, security };
}

const login = (machine: FakeMachine, action: Action) =>
  withOnlyStore(machine, "system", action, root);

describe("A certificate that macOS took without trusting it", () => {
  it("is said to be there, and goes with devtls untrust", async () => {
    const { machine, security } = mac({ prompt: "cancelled" });
    expect(await login(machine, "trust")).toMatchObject({ state: "failed" });
    expect(security.hashes(LOGIN)).toHaveLength(1);
    expect(await login(machine, "check")).toMatchObject({
      state: "missing",
      detail: "it is there, but not trusted",
    });
    // There are no settings to remove, which nobody is asked for.
    expect(await login(machine, "untrust")).toMatchObject({ state: "removed" });
    expect(security.hashes(LOGIN)).toEqual([]);
  });

  it("is trusted by devtls trust the next time", async () => {
    const { machine, security } = mac();
    security.put(LOGIN, root.pem, false);
    expect(await login(machine, "trust")).toMatchObject({ state: "trusted", detail: LOGIN });
  });
});

describe("A Mac without anybody at it", () => {
  it("fails in the words of macOS", async () => {
    const { machine } = mac({ prompt: "impossible" }, { hasTerminal: false });
    expect(await login(machine, "trust")).toMatchObject({
      state: "failed",
      detail: expect.stringMatching(/ended with status 1: .*no user interaction was possible\.$/),
    });
  });

  it("does not wait for a password of sudo", async () => {
    const answers = { "sudo -n": { status: 1, stderr: "sudo: a password is required\n" } };
    const { machine } = mac({}, { hasTerminal: false, answers });
    expect(await withOnlyStore(machine, "system", "trust", root, { admin: true })).toMatchObject({
      state: "failed",
      detail: expect.stringMatching(/^sudo -n -- security .*: sudo: a password is required$/),
    });
  });
});

describe("The System keychain", () => {
  it("is left alone unless it is asked for", async () => {
    const { machine } = mac();
    await login(machine, "trust");
    expect(machine.recorded.some(({ argv }) => argv[0] === "sudo")).toBe(false);
  });

  it("is checked and emptied without being asked for when a root is in it", async () => {
    const { machine, security } = mac();
    await withStores(machine, "system", "trust", root, { admin: true });
    expect(security.hashes(SYSTEM)).toHaveLength(1);
    const names = (await withStores(machine, "system", "check", root)).map(({ name }) => name);
    expect(names).toEqual(["macOS login keychain", "macOS System keychain"]);
    const states = (await withStores(machine, "system", "untrust", root)).map(({ state }) => state);
    expect(states).toEqual(["absent", "removed"]);
    expect([security.hashes(SYSTEM), security.settings]).toEqual([[], 0]);
  });
});

describe("Two roots of devtls on a Mac", () => {
  it("are told apart, and one goes without the other", async () => {
    const { machine, security } = mac();
    const second = newRoot();
    security.put(LOGIN, second.pem);
    expect(await login(machine, "check")).toMatchObject({ state: "missing", detail: "" });
    await login(machine, "trust");
    await login(machine, "untrust");
    expect(security.hashes(LOGIN)).toEqual([
      second.certificate.x509.fingerprint.replaceAll(":", ""),
    ]);
    expect(security.settings).toBe(1);
  });
});
