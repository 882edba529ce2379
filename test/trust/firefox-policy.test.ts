/** The policy by which Firefox takes a root where certutil is missing. */
import { describe, expect, it } from "vitest";
import { findStores } from "../../src/trust/operations.js";
import { FakeMachine, type MachineSettings } from "./fake-machine.js";
import { newRoot, ROOT_PATH } from "./roots.js";
import { withStores } from "./support/with-stores.js";

const root = newRoot();
const second = newRoot();

const FOLDER = "/etc/firefox/policies";
const FILE = `${FOLDER}/policies.json`;
const PEM = `${FOLDER}/${root.slug}.pem`;
const NAME = `Firefox policy (${FILE})`;

/** Firefox, and no certutil. */
function machineWith(settings: MachineSettings = {}): FakeMachine {
  return new FakeMachine({
    isRoot: true,
    commands: ["firefox"],
    ...settings,
    files: { "/etc/hosts": "", [ROOT_PATH]: root.pem, ...settings.files },
  });
}

/** What becomes of the policy; the databases, which need certutil, are skipped beside it. */
async function withPolicy(
  machine: FakeMachine,
  action: "check" | "trust" | "untrust",
  of = root,
): Promise<{ state: string; detail: string; hint: string | null }> {
  const results = await withStores(machine, "nss", action, of);
  const policy = results.find(({ name }) => name === NAME);
  if (!policy) throw new Error("there is no policy");
  const { state, detail, hint } = policy;
  return { state, detail, hint };
}

const policyOf = (machine: FakeMachine): unknown => JSON.parse(machine.files.get(FILE) ?? "null");

describe("The policy of Firefox", () => {
  const cases: readonly (readonly [string, MachineSettings, boolean])[] = [
    ["where certutil is missing", {}, true],
    ["where a profile is there and no program", { commands: [], files: profile() }, true],
    ["not where certutil is there", { commands: ["firefox", "certutil"] }, false],
    ["not where Firefox is not", { commands: [] }, false],
    ["not on macOS", { platform: "darwin" }, false],
    [
      "where a root was put into it before certutil came",
      { commands: ["firefox", "certutil"], files: { [PEM]: root.pem } },
      true,
    ],
  ];
  for (const [when, settings, used] of cases) {
    it(`is used ${when}`, async () => {
      const stores = await findStores(machineWith(settings), ["nss"]);
      expect(stores.some(({ name }) => name === NAME)).toBe(used);
    });
  }

  it("is absent before, and nothing is run", async () => {
    const machine = machineWith();
    expect(await withPolicy(machine, "check")).toEqual({
      state: "missing",
      detail: "",
      hint: "devtls trust",
    });
    expect(await withPolicy(machine, "untrust")).toMatchObject({ state: "absent" });
    expect(machine.changes).toEqual([]);
  });

  it("takes the root by these commands", async () => {
    const machine = machineWith();
    expect(await withPolicy(machine, "trust")).toEqual({
      state: "trusted",
      detail: "taken when Firefox starts",
      hint: null,
    });
    expect(machine.changes).toEqual([
      `mkdir -p ${FOLDER}`,
      `tee ${FOLDER}/made-by-devtls`,
      `tee ${PEM}`,
      `tee ${FILE}`,
      `chmod 644 ${PEM} ${FILE}`,
    ]);
    expect(machine.files.get(PEM)).toBe(root.pem);
    expect(policyOf(machine)).toEqual({ policies: { Certificates: { Install: [PEM] } } });
  });

  it("has it already the second time", async () => {
    const machine = machineWith();
    await withPolicy(machine, "trust");
    const before = machine.changes;
    expect(await withPolicy(machine, "trust")).toMatchObject({ state: "already" });
    expect(machine.changes).toEqual(before);
  });

  it("leaves nothing behind, folders included", async () => {
    const machine = machineWith();
    const before = new Map(machine.files);
    await withPolicy(machine, "trust");
    expect(await withPolicy(machine, "untrust")).toMatchObject({ state: "removed" });
    expect(machine.files).toEqual(before);
  });

  it("goes through sudo for another user, and has failed where sudo refuses", async () => {
    const commands = ["firefox", "sudo"];
    const machine = machineWith({ isRoot: false, commands });
    expect(await withPolicy(machine, "trust")).toMatchObject({ state: "trusted" });
    expect(machine.changes.every((line) => line.startsWith("sudo -n -- "))).toBe(true);
    const answers = { "sudo -n": { status: 1, stderr: "sudo: a password is required\n" } };
    const refusing = machineWith({ isRoot: false, commands, answers });
    expect(await withPolicy(refusing, "trust")).toMatchObject({
      state: "failed",
      detail: expect.stringMatching(/^sudo -n -- mkdir .* status 1: sudo: a password is required$/),
    });
    expect(refusing.changes).toHaveLength(1);
  });

  it("on a file system that is read-only has failed, in the words of the system", async () => {
    const stderr = `tee: ${PEM}: Read-only file system\n`;
    const machine = machineWith({ answers: { [`tee ${PEM}`]: { status: 1, stderr } } });
    expect(await withPolicy(machine, "trust")).toMatchObject({
      state: "failed",
      detail: `tee ${PEM} ended with status 1: ${stderr.trim()}`,
    });
  });
});

describe("A policy that somebody else has made", () => {
  /** As no formatter of ours would write it. */
  const theirs = `{"policies": {"DisableTelemetry": true,
    "Certificates": {"ImportEnterpriseRoots": true, "Install": ["site.pem"]}}}`;

  it("keeps what it says, and comes back octet for octet", async () => {
    const machine = machineWith({ files: { [FILE]: theirs } });
    const before = new Map(machine.files);
    await withPolicy(machine, "trust");
    expect(policyOf(machine)).toEqual({
      policies: {
        DisableTelemetry: true,
        Certificates: { ImportEnterpriseRoots: true, Install: ["site.pem", PEM] },
      },
    });
    await withPolicy(machine, "untrust");
    expect(machine.files).toEqual(before);
  });

  it("keeps what was changed in it meanwhile", async () => {
    const machine = machineWith({ files: { [FILE]: theirs } });
    await withPolicy(machine, "trust");
    const changed = JSON.parse(machine.files.get(FILE) as string);
    changed.policies.DisableTelemetry = false;
    machine.files.set(FILE, JSON.stringify(changed));
    await withPolicy(machine, "untrust");
    expect(policyOf(machine)).toEqual({
      policies: {
        DisableTelemetry: false,
        Certificates: { ImportEnterpriseRoots: true, Install: ["site.pem"] },
      },
    });
    expect([...machine.files.keys()].filter((path) => path.includes("devtls-"))).toEqual([]);
  });

  it("keeps another authority of devtls", async () => {
    const machine = machineWith();
    await withPolicy(machine, "trust", second);
    const before = new Map(machine.files);
    await withPolicy(machine, "trust");
    await withPolicy(machine, "untrust");
    expect(machine.files).toEqual(before);
    await withPolicy(machine, "untrust", second);
    expect([...machine.files.keys()].some((path) => path.startsWith("/etc/firefox"))).toBe(false);
  });

  for (const [what, text, reason] of [
    ["is no JSON", "{policies", /JSON/],
    ["is no object", "[]", /it is not a JSON object/],
  ] as const) {
    it(`and that ${what} stays as it is`, async () => {
      const machine = machineWith({ files: { [FILE]: text } });
      expect(await withPolicy(machine, "trust")).toEqual({
        state: "failed",
        detail: expect.stringMatching(reason),
        hint: `Mend or remove it, then run devtls again: ${FILE}`,
      });
      expect(machine.files.get(FILE)).toBe(text);
      expect(machine.changes).toEqual([]);
    });
  }
});

function profile(): Record<string, string> {
  return { "/home/ada/.mozilla/firefox/x1.default/cert9.db": "" };
}
