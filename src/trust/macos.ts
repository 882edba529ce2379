/**
 * The keychains of macOS, which Safari, Chrome, curl and Go go by. The user's own one comes first:
 * it needs no rights of root, and macOS asks for the password or a finger. See security(1).
 */
import { fingerprint } from "../x509/certificate.js";
import type { Machine } from "./machine.js";
import type { FindStores, Inspection, Root, Step, TrustStore } from "./store.js";

const SYSTEM_KEYCHAIN = "/Library/Keychains/System.keychain";

/** A check asks nobody; a keychain that is locked must not hold it up. */
const CHECK_TIMEOUT_MS = 15_000;

/**
 * The login keychain, or with `admin` the System keychain; besides, the one of the two in which
 * a root of devtls is already, so that it is checked and removed there.
 */
export const findMacKeychains: FindStores = async (machine, { admin = false }) => {
  if (machine.platform !== "darwin") return [];
  const login = await loginKeychain(machine);
  const keychains: readonly Keychain[] = [
    { name: "macOS login keychain", path: login, admin: false },
    { name: "macOS System keychain", path: SYSTEM_KEYCHAIN, admin: true },
  ];
  const stores: TrustStore[] = [];
  for (const keychain of keychains) {
    const used = keychain.admin === admin || (await holdsOurs(keychain, machine));
    if (used) stores.push(new KeychainStore(keychain, machine));
  }
  return stores;
};

interface Keychain {
  readonly name: string;
  readonly path: string;
  /** Its trust settings are those of every user, and root's to change. */
  readonly admin: boolean;
}

async function loginKeychain(machine: Machine): Promise<string> {
  const { stdout } = await query(machine, "default-keychain");
  const [, path] = /"(.+)"/.exec(stdout) ?? [];
  return path ?? `${machine.home}/Library/Keychains/login.keychain-db`;
}

async function holdsOurs(keychain: Keychain, machine: Machine): Promise<boolean> {
  const { stdout } = await query(machine, "find-certificate", "-a", "-c", "devtls", keychain.path);
  return stdout.includes("keychain:");
}

function query(machine: Machine, ...args: string[]) {
  return machine.run(["security", ...args], { timeoutMs: CHECK_TIMEOUT_MS });
}

class KeychainStore implements TrustStore {
  readonly id = "system";
  readonly name: string;
  readonly #keychain: Keychain;
  readonly #machine: Machine;

  constructor(keychain: Keychain, machine: Machine) {
    this.#keychain = keychain;
    this.#machine = machine;
    this.name = keychain.name;
  }

  async inspect(root: Root): Promise<Inspection> {
    if (!this.#machine.which("security")) {
      return { state: "skipped", detail: "security is not installed", hint: "It is in /usr/bin" };
    }
    const { path } = this.#keychain;
    // By hash: names are not unique, and find-certificate takes a part of one for the whole.
    const { stdout } = await query(this.#machine, "find-certificate", "-a", "-Z", path);
    if (!stdout.toUpperCase().includes(`SHA-1 HASH: ${sha1(root)}`)) {
      return { state: "missing", detail: "" };
    }
    const args = ["verify-cert", "-c", root.path, "-L", "-p", "ssl"];
    const { status } = await query(this.#machine, ...args);
    return status === 0
      ? { state: "trusted", detail: path }
      : { state: "missing", detail: "it is there, but not trusted", residue: true };
  }

  async install(root: Root): Promise<readonly Step[]> {
    const { path, admin } = this.#keychain;
    const domain = admin ? ["-d"] : [];
    // For TLS only: without a policy it would be trusted for signed code and mail, too.
    const settings = [...domain, "-r", "trustRoot", "-p", "ssl"];
    return [
      {
        argv: ["security", "add-trusted-cert", ...settings, "-k", path, root.path],
        asRoot: admin,
      },
    ];
  }

  async remove(root: Root): Promise<readonly Step[]> {
    const { path, admin } = this.#keychain;
    const { state } = await this.inspect(root);
    const settings = {
      argv: ["security", "remove-trusted-cert", ...(admin ? ["-d"] : []), root.path],
      asRoot: admin,
    };
    return [
      // It fails where there are no settings to remove.
      ...(state === "trusted" ? [settings] : []),
      { argv: ["security", "delete-certificate", "-Z", sha1(root), path], asRoot: admin },
    ];
  }
}

function sha1(root: Root): string {
  return fingerprint(root.certificate, "sha1").replaceAll(":", "");
}
