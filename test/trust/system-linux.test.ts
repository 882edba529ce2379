/** The system store of each family of Linux distributions, and what keeps it from being changed. */
import { describe, expect, it } from "vitest";
import { checkStore, findStores, trustStore, untrustStore } from "../../src/trust/operations.js";
import type { Root, StoreResult } from "../../src/trust/store.js";
import { FakeMachine, type MachineSettings } from "./fake-machine.js";
import { newRoot } from "./roots.js";

const root = newRoot();
const other = newRoot();

interface Family {
  readonly name: string;
  readonly anchors: string;
  readonly extension: string;
  readonly bundle: string;
  readonly update: string;
  readonly manager: string;
  readonly install: string;
}

const DEBIAN: Family = {
  name: "Debian system store",
  anchors: "/usr/local/share/ca-certificates",
  extension: ".crt",
  bundle: "/etc/ssl/certs/ca-certificates.crt",
  update: "update-ca-certificates",
  manager: "apt-get",
  install: "apt-get install ca-certificates",
};

const FAMILIES: readonly Family[] = [
  DEBIAN,
  {
    name: "Fedora/RHEL system store",
    anchors: "/etc/pki/ca-trust/source/anchors",
    extension: ".pem",
    bundle: "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    update: "update-ca-trust extract",
    manager: "dnf",
    install: "dnf install ca-certificates",
  },
  {
    name: "Arch system store",
    anchors: "/etc/ca-certificates/trust-source/anchors",
    extension: ".crt",
    bundle: "/etc/ssl/certs/ca-certificates.crt",
    update: "update-ca-trust",
    manager: "pacman",
    install: "pacman -S ca-certificates-utils",
  },
  {
    name: "openSUSE system store",
    anchors: "/etc/pki/trust/anchors",
    extension: ".pem",
    bundle: "/var/lib/ca-certificates/ca-bundle.pem",
    update: "update-ca-certificates",
    manager: "zypper",
    install: "zypper install ca-certificates",
  },
];

function machineOf(family: Family, settings: MachineSettings = {}): FakeMachine {
  return new FakeMachine({
    isRoot: true,
    commands: [family.update.split(" ")[0] as string, "sudo"],
    bundle: { anchors: family.anchors, file: family.bundle },
    ...settings,
    files: {
      [`${family.anchors}/site.crt`]: other.pem,
      [family.bundle]: other.pem,
      ...settings.files,
    },
  });
}

async function withStore(
  machine: FakeMachine,
  action: "check" | "trust" | "untrust",
  of: Root = root,
): Promise<StoreResult> {
  const [store, ...more] = await findStores(machine, ["system"]);
  expect(more).toEqual([]);
  if (!store) throw new Error("there is no system store");
  if (action === "check") return checkStore(store, of);
  return (action === "trust" ? trustStore : untrustStore)(store, of, machine);
}

for (const family of FAMILIES) {
  const { name, anchors, extension, bundle, update } = family;
  const anchor = `${anchors}/${root.slug}${extension}`;

  describe(name, () => {
    it("is found by its folder, and does not trust a root that it does not hold", async () => {
      expect(await withStore(machineOf(family), "check")).toEqual({
        id: "system",
        name,
        state: "missing",
        detail: "",
        hint: "devtls trust",
      });
    });

    it("takes a root with these commands as root, and trusts it then", async () => {
      const machine = machineOf(family);
      expect(await withStore(machine, "trust")).toMatchObject({ state: "trusted", detail: bundle });
      expect(machine.changes).toEqual([`tee ${anchor}`, `chmod 644 ${anchor}`, update]);
      expect(machine.recorded[0]?.options.stdin).toBe(root.pem);
    });

    it("is left as it is when it trusts the root already", async () => {
      const machine = machineOf(family);
      await withStore(machine, "trust");
      const before = machine.changes;
      expect(await withStore(machine, "trust")).toMatchObject({ state: "already" });
      expect(machine.changes).toEqual(before);
    });

    it("gives the root back, and keeps every other", async () => {
      const machine = machineOf(family);
      const files = new Map(machine.files);
      await withStore(machine, "trust");
      expect(await withStore(machine, "untrust")).toMatchObject({ state: "removed" });
      expect(machine.changes.at(-1)).toBe(update);
      expect(machine.files).toEqual(files);
    });

    it("has nothing to give back when it does not hold the root", async () => {
      const machine = machineOf(family);
      expect(await withStore(machine, "untrust")).toMatchObject({ state: "absent" });
      expect(machine.changes).toEqual([]);
    });

    it("is skipped without the command that updates it, saying how to install that", async () => {
      const machine = machineOf(family, { commands: [family.manager] });
      const expected = {
        state: "skipped",
        detail: `${update.split(" ")[0]} is not installed`,
        hint: `Install it: ${family.install}`,
      };
      expect(await withStore(machine, "trust")).toMatchObject(expected);
      expect(await withStore(machine, "check")).toMatchObject(expected);
      expect(machine.changes).toEqual([]);
    });

    it("has failed on a file system that is read-only, and nothing more is run", async () => {
      const stderr = `tee: ${anchor}: Read-only file system\n`;
      const machine = machineOf(family, { answers: { [`tee ${anchor}`]: { status: 1, stderr } } });
      expect(await withStore(machine, "trust")).toMatchObject({
        state: "failed",
        detail: `tee ${anchor} ended with status 1: ${stderr.trim()}`,
      });
      expect(machine.changes).toHaveLength(1);
    });

    it("gives back a root that lies there without being trusted", async () => {
      const machine = machineOf(family, { files: { [anchor]: root.pem } });
      expect(await withStore(machine, "check")).toMatchObject({
        state: "missing",
        detail: `${anchor} is there, but not in ${bundle}`,
      });
      expect(await withStore(machine, "untrust")).toMatchObject({ state: "removed" });
      expect(machine.files.has(anchor)).toBe(false);
    });
  });
}

describe("A machine without a system store", () => {
  for (const [manager, hint] of [
    ["apt-get", "Install it: apt-get install ca-certificates"],
    ["apk", "Install it: apk add ca-certificates"],
    ["", "Install your distribution's ca-certificates package"],
  ] as const) {
    it(`says so and how to get one${manager && `, with ${manager}`}`, async () => {
      const machine = new FakeMachine({ commands: [manager] });
      expect(await withStore(machine, "trust")).toMatchObject({
        state: "skipped",
        detail: "no system trust store found",
        hint,
      });
      expect(await withStore(machine, "untrust")).toMatchObject({ state: "skipped" });
    });
  }
});

describe("The rights to change the system store", () => {
  const anchor = `${DEBIAN.anchors}/${root.slug}.crt`;

  it("come from sudo for another user, which may ask on the terminal", async () => {
    const machine = machineOf(DEBIAN, { isRoot: false, hasTerminal: true });
    expect(await withStore(machine, "trust")).toMatchObject({ state: "trusted" });
    expect(machine.changes).toEqual([
      `sudo -- tee ${anchor}`,
      `sudo -- chmod 644 ${anchor}`,
      "sudo -- update-ca-certificates",
    ]);
    expect(machine.recorded.map(({ options }) => options.terminal)).toEqual([true, true, true]);
  });

  it("are not asked for without a terminal", async () => {
    const machine = machineOf(DEBIAN, { isRoot: false });
    await withStore(machine, "trust");
    expect(machine.changes[0]).toBe(`sudo -n -- tee ${anchor}`);
    expect(machine.recorded[0]?.options.terminal).toBe(false);
  });

  it("are missing without sudo, and nothing is run", async () => {
    const machine = machineOf(DEBIAN, { isRoot: false, commands: ["update-ca-certificates"] });
    expect(await withStore(machine, "trust")).toEqual({
      id: "system",
      name: DEBIAN.name,
      state: "failed",
      detail: `tee ${anchor} could not be run: it needs the rights of root, and sudo is not installed`,
      hint: "Print the commands, and run them as root: devtls trust --dry-run",
    });
    expect(machine.recorded).toEqual([]);
  });

  it("are refused by sudo, and no further command is run", async () => {
    const answers = { "sudo -n": { status: 1, stderr: "sudo: a password is required\n" } };
    const machine = machineOf(DEBIAN, { isRoot: false, answers });
    expect(await withStore(machine, "trust")).toMatchObject({
      state: "failed",
      detail: `sudo -n -- tee ${anchor} ended with status 1: sudo: a password is required`,
      hint: "Print the commands, and run them as root: devtls trust --dry-run",
    });
    expect(machine.changes).toHaveLength(1);
  });

  it("are missing for giving the root back, too, and the command is said", async () => {
    const machine = machineOf(DEBIAN, { isRoot: false, commands: ["update-ca-certificates"] });
    machine.files.set(anchor, root.pem);
    machine.files.set(DEBIAN.bundle, root.pem);
    expect(await withStore(machine, "untrust")).toMatchObject({
      state: "failed",
      hint: `Run it as root: rm -f ${anchor}`,
    });
  });
});

describe("A system store that does not do what it is told", () => {
  it("has failed when its command fails, with the command's own words", async () => {
    const answers = { "update-ca-certificates": { status: 3, stderr: "no space\nleft\non\nit" } };
    const machine = machineOf(DEBIAN, { answers });
    expect(await withStore(machine, "trust")).toMatchObject({
      state: "failed",
      detail: "update-ca-certificates ended with status 3: left on it",
      hint: "Run the command by itself to see more, or leave this store out with --store",
    });
  });

  it("has failed when its command succeeds and the root is not in the bundle", async () => {
    const machine = machineOf(DEBIAN, { answers: { "update-ca-certificates": {} } });
    expect(await withStore(machine, "trust")).toMatchObject({
      state: "failed",
      detail: expect.stringMatching(/^the commands succeeded, but the store does not trust/),
    });
  });

  it("has failed when the root is still there after it was removed", async () => {
    const machine = machineOf(DEBIAN, { answers: { "update-ca-certificates": {} } });
    machine.files.set(DEBIAN.bundle, root.pem);
    expect(await withStore(machine, "untrust")).toMatchObject({
      state: "failed",
      detail: "the commands succeeded, but the store still holds it",
    });
  });

  it("is read in spite of a block in its bundle that is broken", async () => {
    const broken = "-----BEGIN CERTIFICATE-----\nMIIC\n-----END X509 CRL-----\n";
    const machine = machineOf(DEBIAN, { files: { [DEBIAN.bundle]: broken + root.pem } });
    expect(await withStore(machine, "check")).toMatchObject({ state: "trusted" });
  });

  it("is read with another tool's line breaks", async () => {
    const wide = root.pem.replace(/\n(?!-)/g, "\r\n");
    const machine = machineOf(DEBIAN, { files: { [DEBIAN.bundle]: wide } });
    expect(await withStore(machine, "check")).toMatchObject({ state: "trusted" });
  });
});

describe("What Debian's update-ca-certificates leaves behind", () => {
  const link = `/etc/ssl/certs/${root.slug}.pem`;
  const leftovers = {
    [link]: root.pem,
    "/etc/ssl/certs/0a1b2c3d.0": other.pem,
    "/etc/ssl/certs/0a1b2c3d.1": root.pem,
    "/etc/ssl/certs/site.pem": other.pem,
  };

  it("is removed with the root: its links, and no other", async () => {
    const anchor = `${DEBIAN.anchors}/${root.slug}.crt`;
    const machine = machineOf(DEBIAN, { files: { [anchor]: root.pem, ...leftovers } });
    machine.files.set(DEBIAN.bundle, other.pem + root.pem);
    await withStore(machine, "untrust");
    expect(machine.changes).toEqual([
      `rm -f ${anchor} ${link} /etc/ssl/certs/0a1b2c3d.1`,
      "update-ca-certificates",
    ]);
  });

  it("is taken from Java's keystore too, by the hook that put it there", async () => {
    const hook = "/etc/ca-certificates/update.d/jks-keystore";
    const callIn = async (commands: readonly string[]) => {
      const machine = machineOf(DEBIAN, { files: { [hook]: "" }, commands });
      await withStore(machine, "trust");
      expect(await withStore(machine, "untrust")).toMatchObject({ state: "removed" });
      return machine.recorded.find(({ argv }) => argv[0] === hook);
    };
    expect((await callIn([DEBIAN.update, hook]))?.options.stdin).toBe(`-${link}\n`);
    // Switched off: a file that cannot be run.
    expect(await callIn([DEBIAN.update])).toBeUndefined();
  });
});
