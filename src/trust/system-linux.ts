/** The system trust store of Linux distributions: what curl, OpenSSL, Python and Go go by. */
import { join, parse } from "node:path";
import { DevtlsError } from "../errors.js";
import { installHint, type Machine } from "./machine.js";
import {
  type FindStores,
  holdsPem,
  type Inspection,
  type Root,
  type Step,
  type TrustStore,
} from "./store.js";

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
  if (machine.exists("/etc/NIXOS")) return [nixStore(machine)];
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

/** NixOS builds its store from the system's configuration; nothing else can change it. */
function nixStore(machine: Machine): TrustStore {
  const rebuild = "then run: nixos-rebuild switch";
  return {
    id: "system",
    name: "NixOS system store",
    inspect: async (root) =>
      holdsPem(machine.read(NIX_BUNDLE) ?? "", root)
        ? { state: "trusted", detail: NIX_BUNDLE }
        : {
            state: "skipped",
            detail: "it is made from the configuration of the system",
            hint: `Add to configuration.nix: ${nixSnippet(root)} ${rebuild}`,
          },
    install: async () => [],
    remove: async (root) => {
      throw new DevtlsError(
        "trust-failed",
        "could not change the NixOS system store: it is made from the configuration of the system",
        { hint: `Remove from configuration.nix: ${nixSnippet(root)} ${rebuild}` },
      );
    },
  };
}

const NIX_BUNDLE = "/etc/ssl/certs/ca-certificates.crt";

/** A path would be copied into the store of Nix, which a pure evaluation refuses: the text. */
function nixSnippet(root: Root): string {
  return `security.pki.certificates = [ ''\n${root.pem}'' ];`;
}

/** The local roots of the system store by file, and the store as it is for a root in such files. */
export interface Anchors {
  readonly files: readonly string[];
  storeOf(files: readonly string[]): TrustStore;
}

/** What was added to the system store by hand or by other tools: every family that is here. */
export function findAnchors(machine: Machine): Anchors[] {
  if (machine.platform !== "linux") return [];
  return FAMILIES.map((family) => ({
    files: machine.list(family.anchors).map((name) => join(family.anchors, name)),
    storeOf: (files) => new LinuxSystemStore(family, machine, files),
  }));
}

class LinuxSystemStore implements TrustStore {
  readonly id = "system";
  readonly name: string;
  readonly #family: Family;
  readonly #machine: Machine;
  readonly #files: readonly string[] | undefined;

  /** @param files where the root is; without them, where devtls puts it */
  constructor(family: Family, machine: Machine, files?: readonly string[]) {
    this.#family = family;
    this.#machine = machine;
    this.#files = files;
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
    const anchor = this.#filesOf(root).find((file) => this.#machine.read(file) !== undefined);
    const bundled = holdsPem(this.#machine.read(this.#family.bundle) ?? "", root);
    if (bundled) return { state: "trusted", detail: this.#family.bundle };
    if (!anchor) return { state: "missing", detail: "" };
    const detail = `${anchor} is there, but not in ${this.#family.bundle}`;
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
    const files = this.#filesOf(root);
    const gone = [...files, ...this.#linksTo(root)];
    const removed = files.map((file) => `-${join(links ?? "", linkTo(file))}\n`).join("");
    return [
      { argv: ["rm", "-f", ...gone], asRoot: true },
      // Before the update, so that a failure here leaves something that a second run removes.
      // run-parts leaves out a hook that somebody has switched off, too.
      ...(links && hook && this.#machine.which(hook)
        ? [{ argv: [hook], stdin: removed, asRoot: true }]
        : []),
      { argv: update, asRoot: true },
    ];
  }

  /** The root's own link, and the one by which OpenSSL finds it (openssl-rehash(1)). */
  #linksTo(root: Root): string[] {
    const { links } = this.#family;
    if (links === undefined) return [];
    const isHash = (name: string): boolean =>
      /^[0-9a-f]{8}\.\d+$/.test(name) &&
      holdsPem(this.#machine.read(join(links, name)) ?? "", root);
    const named = this.#filesOf(root).map(linkTo);
    return (
      this.#machine
        .list(links)
        // Alpine's update-ca-certificates puts "ca-cert-" before the name.
        .filter((name) => named.includes(name.replace(/^ca-cert-/, "")) || isHash(name))
        .map((name) => join(links, name))
    );
  }

  #filesOf(root: Root): readonly string[] {
    return this.#files ?? [this.#fileOf(root)];
  }

  #fileOf(root: Root): string {
    return join(this.#family.anchors, root.slug + this.#family.extension);
  }
}

/** What update-ca-certificates calls the link to an anchor. */
function linkTo(file: string): string {
  return `${parse(file).name.replace(/[ ,]/g, "_").replace(/[()]/g, "=")}.pem`;
}
