/**
 * NSS databases: Chromium's on Linux and Firefox's profiles. Only certutil writes them, from the
 * package libnss3-tools or nss-tools.
 */
import { dirname, join } from "node:path";
import { DevtlsError } from "../errors.js";
import { pemBlocks } from "../x509/pem.js";
import { installHint, type Machine } from "./machine.js";
import { chromiumDatabases, type Database, firefoxDatabases } from "./nss-places.js";
import type { FindStores, Inspection, Root, Step, TrustStore } from "./store.js";

/** Lists the folders that were made for a database, in it. */
const MARKER = "made-by-devtls";

export const findNssStores: FindStores = async (machine) => {
  // certutil.exe of Windows is another program with other arguments.
  if (machine.platform === "win32") return [];
  const found = [...chromiumDatabases(machine), ...firefoxDatabases(machine)];
  return found.map((database) => new NssStore(database, machine));
};

class NssStore implements TrustStore {
  readonly id = "nss";
  readonly name: string;
  readonly #database: Database;
  readonly #machine: Machine;

  constructor(database: Database, machine: Machine) {
    this.#database = database;
    this.#machine = machine;
    this.name = database.name;
  }

  get #location(): string {
    return `sql:${this.#database.directory}`;
  }

  async inspect(root: Root): Promise<Inspection> {
    if (!this.#machine.which("certutil")) {
      return {
        state: "skipped",
        detail: "certutil is not installed",
        hint: nssToolsHint(this.#machine),
      };
    }
    if (!this.#machine.exists(join(this.#database.directory, "cert9.db"))) {
      return { state: "missing", detail: "there is no database yet" };
    }
    const nickname = await this.#nicknameOf(root);
    if (nickname === undefined) return { state: "missing", detail: "" };
    const { status } = await this.#certutil("-V", "-u", "L", "-n", nickname);
    return status === 0
      ? { state: "trusted", detail: `listed as "${nickname}"` }
      : { state: "missing", detail: "listed, but not trusted for web sites", residue: true };
  }

  async install(root: Root): Promise<readonly Step[]> {
    return [
      ...(this.#database.create ? this.#creation() : []),
      this.#change("-A", "-t", "C,,", "-n", root.nickname, "-i", root.path),
    ];
  }

  async remove(root: Root): Promise<readonly Step[]> {
    const nickname = (await this.#nicknameOf(root)) ?? root.nickname;
    return [this.#change("-D", "-n", nickname), ...(await this.#disposal(nickname))];
  }

  #creation(): Step[] {
    const { directory } = this.#database;
    const made: string[] = [];
    for (let path = directory; !this.#machine.exists(path); path = dirname(path)) made.push(path);
    return [
      { argv: ["mkdir", "-p", "-m", "700", directory], asRoot: false },
      this.#change("-N", "--empty-password"),
      { argv: ["tee", join(directory, MARKER)], stdin: `${made.join("\n")}\n`, asRoot: false },
    ];
  }

  /** A database that devtls made goes with the last thing in it. */
  async #disposal(nickname: string): Promise<Step[]> {
    const { directory } = this.#database;
    const made = this.#machine.read(join(directory, MARKER));
    if (made === undefined) return [];
    const others = (await this.#list()).filter((entry) => entry.nickname !== nickname);
    const keys = await this.#certutil("-K");
    if (others.length > 0 || keys.status === 0) return [];
    const files = ["cert9.db", "key4.db", "pkcs11.txt", MARKER];
    return [
      { argv: ["rm", "-f", ...files.map((name) => join(directory, name))], asRoot: false },
      {
        argv: ["rmdir", "--ignore-fail-on-non-empty", ...made.split("\n").filter(Boolean)],
        asRoot: false,
      },
    ];
  }

  #change(command: string, ...rest: string[]): Step {
    // A database that is root's, in a home that is not: SEC_ERROR_READ_ONLY for everybody else.
    const asRoot = !this.#machine.canWrite(join(this.#database.directory, "cert9.db"));
    return { argv: ["certutil", command, "-d", this.#location, ...rest], asRoot };
  }

  /** How the database lists this very certificate; a person may have added it by another name. */
  async #nicknameOf(root: Root): Promise<string | undefined> {
    if (await this.#holds(root.nickname, root)) return root.nickname;
    // Old Firefox profiles keep hundreds of certificates that they have seen, without trust.
    const trusted = (await this.#list()).filter(({ trust }) => !trust.startsWith(","));
    for (const { nickname } of trusted) if (await this.#holds(nickname, root)) return nickname;
    return undefined;
  }

  async #holds(nickname: string, root: Root): Promise<boolean> {
    const { status, stdout } = await this.#certutil("-L", "-n", nickname, "-a");
    if (status !== 0 || !stdout.includes("-----BEGIN CERTIFICATE-----")) return false;
    return pemBlocks(stdout, "CERTIFICATE").some((der) => der.equals(root.certificate.der));
  }

  /** Trust is for web sites, mail and code, as in "C,,". */
  async #list(): Promise<{ nickname: string; trust: string }[]> {
    const { status, stdout, stderr } = await this.#certutil("-L");
    if (status !== 0) {
      const reason = stderr.trim() || `certutil ended with status ${status}`;
      throw new DevtlsError("command-failed", `could not read ${this.#location}: ${reason}`);
    }
    const lines = stdout.matchAll(/^(.*\S)\s+([a-zA-Z]*,[a-zA-Z]*,[a-zA-Z]*)\s*$/gm);
    return [...lines].map(([, nickname = "", trust = ""]) => ({ nickname, trust }));
  }

  #certutil(command: string, ...rest: string[]) {
    return this.#machine.run(["certutil", command, "-d", this.#location, ...rest]);
  }
}

function nssToolsHint(machine: Machine): string {
  return installHint(machine, PACKAGES) ?? "Install the NSS tools of your distribution";
}

const PACKAGES = {
  "apt-get": "libnss3-tools",
  dnf: "nss-tools",
  zypper: "mozilla-nss-tools",
  pacman: "nss",
  apk: "nss-tools",
  brew: "nss",
} as const;
