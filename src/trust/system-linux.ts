/** The system trust store of Linux distributions: what curl, OpenSSL, Python and Go go by. */
import { join } from "node:path";
import { decodePem } from "../x509/pem.js";
import type { Machine } from "./machine.js";
import type { FindStores, Inspection, Root, Step, TrustStore } from "./store.js";

interface Family {
  readonly name: string;
  /** Where local roots go; its presence tells the family. */
  readonly anchors: string;
  readonly extension: string;
  readonly update: readonly string[];
  /** What programs read; it has to hold the root for the store to trust it. */
  readonly bundle: string;
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

function unknownStore(machine: Machine): TrustStore {
  const debian = machine.which("apt-get") !== undefined;
  const inspection: Inspection = {
    state: "skipped",
    detail: "no system trust store found",
    hint: debian
      ? "Install it: apt-get install ca-certificates"
      : "Install your distribution's ca-certificates package",
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
        hint: "Install it: apt-get install ca-certificates",
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
    return [
      { argv: ["rm", "-f", this.#fileOf(root)], asRoot: true },
      { argv: this.#family.update, asRoot: true },
    ];
  }

  #fileOf(root: Root): string {
    return join(this.#family.anchors, root.slug + this.#family.extension);
  }
}

/** Whether a bundle of PEM certificates holds the root; it is compared octet for octet. */
function holds(bundle: string, root: Root): boolean {
  const begin = root.pem.split("\n")[1] as string;
  // Cheap first: most bundles are 200 kB without the root's first line.
  if (!bundle.includes(begin)) return false;
  return decodePem(bundle).some((block) => block.der.equals(root.certificate.der));
}
