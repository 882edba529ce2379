/** The system trust store of Linux distributions: what curl, OpenSSL, Python and Go go by. */
import { join } from "node:path";
import { installHint, type Machine } from "./machine.js";
import type { FindStores, Inspection, Root, Step, TrustStore } from "./store.js";

interface Family {
  readonly name: string;
  /** Where local roots go; its presence tells the family. */
  readonly anchors: string;
  readonly extension: string;
  readonly update: readonly string[];
  /** What programs read; it has to hold the root for the store to trust it. */
  readonly bundle: string;
  /** A folder of links to single roots, which `update` leaves dangling when a root is gone. */
  readonly links?: string;
  /** What `update` tells of roots that are new, and not of roots that are gone. */
  readonly hook?: string;
}

// Probed in this order, the first folder that exists wins. Names of distributions are not looked
// at: there are more of them than families.
const FAMILIES: readonly Family[] = [
  {
    name: "Fedora/RHEL system store",
    anchors: "/etc/pki/ca-trust/source/anchors",
    extension: ".pem",
    update: ["update-ca-trust", "extract"],
    bundle: "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  },
  {
    name: "Debian system store",
    anchors: "/usr/local/share/ca-certificates",
    // update-ca-certificates takes files of this name only, one certificate each.
    extension: ".crt",
    update: ["update-ca-certificates"],
    bundle: "/etc/ssl/certs/ca-certificates.crt",
    links: "/etc/ssl/certs",
    hook: "/etc/ca-certificates/update.d/jks-keystore", // of ca-certificates-java
  },
  {
    name: "Arch system store",
    anchors: "/etc/ca-certificates/trust-source/anchors",
    extension: ".crt",
    update: ["update-ca-trust"],
    bundle: "/etc/ssl/certs/ca-certificates.crt",
  },
  {
    name: "openSUSE system store",
    anchors: "/etc/pki/trust/anchors",
    extension: ".pem",
    update: ["update-ca-certificates"],
    bundle: "/var/lib/ca-certificates/ca-bundle.pem",
  },
];

export const findLinuxSystemStore: FindStores = async (machine) => {
  if (machine.platform !== "linux") return [];
  const family = FAMILIES.find(({ anchors }) => machine.exists(anchors));
  return [family ? new LinuxSystemStore(family, machine) : unknownStore(machine)];
};

const PACKAGES = {
  "apt-get": "ca-certificates",
  dnf: "ca-certificates",
  zypper: "ca-certificates",
  pacman: "ca-certificates-utils",
  apk: "ca-certificates",
} as const;

function howToInstall(machine: Machine): string {
  return installHint(machine, PACKAGES) ?? "Install your distribution's ca-certificates package";
}

function unknownStore(machine: Machine): TrustStore {
  const inspection: Inspection = {
    state: "skipped",
    detail: "no system trust store found",
    hint: howToInstall(machine),
  };
  return {
    id: "system",
    name: "system store",
    inspect: async () => inspection,
    install: async () => [],
    remove: async () => [],
  };
}

class LinuxSystemStore implements TrustStore {
  readonly id = "system";
  readonly name: string;
  readonly #family: Family;
  readonly #machine: Machine;

  constructor(family: Family, machine: Machine) {
    this.#family = family;
    this.#machine = machine;
    this.name = family.name;
  }

  async inspect(root: Root): Promise<Inspection> {
    const command = this.#family.update[0] as string;
    if (!this.#machine.which(command)) {
      return {
        state: "skipped",
        detail: `${command} is not installed`,
        hint: howToInstall(this.#machine),
      };
    }
    const anchored = this.#machine.read(this.#fileOf(root)) !== undefined;
    const bundled = holds(this.#machine.read(this.#family.bundle) ?? "", root);
    if (bundled) return { state: "trusted", detail: this.#family.bundle };
    if (!anchored) return { state: "missing", detail: "" };
    const detail = `${this.#fileOf(root)} is there, but not in ${this.#family.bundle}`;
    return { state: "missing", detail, residue: true };
  }

  async install(root: Root): Promise<readonly Step[]> {
    return [
      { argv: ["tee", this.#fileOf(root)], stdin: root.pem, asRoot: true },
      { argv: ["chmod", "644", this.#fileOf(root)], asRoot: true },
      { argv: this.#family.update, asRoot: true },
    ];
  }

  async remove(root: Root): Promise<readonly Step[]> {
    const { links, hook, update } = this.#family;
    const gone = [this.#fileOf(root), ...this.#linksTo(root)];
    return [
      { argv: ["rm", "-f", ...gone], asRoot: true },
      // Before the update, so that a failure here leaves something that a second run removes.
      ...(links && hook && this.#machine.exists(hook)
        ? [{ argv: [hook], stdin: `-${join(links, `${root.slug}.pem`)}\n`, asRoot: true }]
        : []),
      { argv: update, asRoot: true },
    ];
  }

  /** The root's own link, and the one by which OpenSSL finds it (openssl-rehash(1)). */
  #linksTo(root: Root): string[] {
    const { links } = this.#family;
    if (links === undefined) return [];
    const isHash = (name: string): boolean =>
      /^[0-9a-f]{8}\.\d+$/.test(name) && holds(this.#machine.read(join(links, name)) ?? "", root);
    return this.#machine
      .list(links)
      .filter((name) => name === `${root.slug}.pem` || isHash(name))
      .map((name) => join(links, name));
  }

  #fileOf(root: Root): string {
    return join(this.#family.anchors, root.slug + this.#family.extension);
  }
}

/** Whether a text holds the root in PEM, however its lines are broken and whatever else it holds. */
function holds(text: string, root: Root): boolean {
  const begin = root.pem.split("\n")[1] as string;
  // Cheap first: most bundles are 200 kB without the root's first line.
  return text.includes(begin) && squeeze(text).includes(squeeze(root.pem));
}

function squeeze(text: string): string {
  return text.replace(/\s+/g, "");
}
