/** What NSS databases trust besides the authority, and how one of it is taken out. */
import { encodePem, pemBlocks } from "../x509/pem.js";
import type { Machine } from "./machine.js";
import { findNssStores } from "./nss.js";
import { chromiumDatabases, type Database, firefoxDatabases } from "./nss-places.js";
import type { Held, Inspection, Root, Step, TrustStore } from "./store.js";

interface Entry {
  readonly nickname: string;
  readonly trust: string;
  readonly der: Buffer;
  /** The database has others with the same subject. */
  readonly ambiguous: boolean;
}

/** The certificates that each database trusts as authorities; none without certutil. */
export async function findHeldInNss(machine: Machine): Promise<Held[]> {
  if (machine.platform === "win32" || !machine.which("certutil")) return [];
  const databases = [...chromiumDatabases(machine), ...firefoxDatabases(machine)];
  const own = new Map((await findNssStores(machine, {})).map((store) => [store.name, store]));
  const held = databases
    .filter(({ create }) => !create)
    .map(async (database): Promise<Held[]> => {
      const entries = await entriesOf(database, machine);
      return entries.map(({ der, ambiguous }) => {
        // A database that devtls made for a root goes with it, which its own store sees to.
        const usual = ambiguous ? undefined : own.get(database.name);
        return { der, store: usual ?? new AmbiguousStore(database, machine) };
      });
    });
  return (await Promise.all(held)).flat();
}

/** Old Firefox profiles keep hundreds of certificates that they have seen, without trust. */
async function entriesOf(database: Database, machine: Machine): Promise<Entry[]> {
  const certutil = ["certutil", "-L", "-d", `sql:${database.directory}`];
  const { stdout } = await machine.run(certutil);
  const lines = [...stdout.matchAll(/^(.*\S)\s+([a-zA-Z]*,[a-zA-Z]*,[a-zA-Z]*)\s*$/gm)]
    .map(([, nickname = "", trust = ""]) => ({ nickname, trust }))
    .filter(({ trust }) => !trust.startsWith(","));
  const unique = lines.filter(({ nickname }, index) => {
    return lines.findIndex((line) => line.nickname === nickname) === index;
  });
  const entries: Entry[] = [];
  for (const { nickname, trust } of unique) {
    const count = lines.filter((line) => line.nickname === nickname).length;
    const { stdout: pem } = await machine.run([...certutil, "-n", nickname, "-a"]);
    if (!pem.includes("-----BEGIN CERTIFICATE-----")) continue;
    // First those of this nickname, then the others with the same subject.
    const ders = pemBlocks(pem, "CERTIFICATE");
    const ambiguous = ders.length > 1;
    entries.push(...ders.slice(0, count).map((der) => ({ nickname, trust, der, ambiguous })));
  }
  return entries;
}

/**
 * A database with several certificates of one subject: certutil shows all of them for the nickname
 * of one. Where they share the nickname, it deletes any of them: all go, and the others come back.
 */
class AmbiguousStore implements TrustStore {
  readonly id = "nss";
  readonly name: string;
  readonly #database: Database;
  readonly #machine: Machine;

  constructor(database: Database, machine: Machine) {
    this.#database = database;
    this.#machine = machine;
    this.name = database.name;
  }

  async inspect(root: Root): Promise<Inspection> {
    const entry = (await this.#entries()).find(({ der }) => der.equals(root.certificate.der));
    if (!entry) return { state: "missing", detail: "" };
    return { state: "trusted", detail: `listed as "${entry.nickname}"` };
  }

  async install(): Promise<readonly Step[]> {
    return [];
  }

  async remove(root: Root): Promise<readonly Step[]> {
    const entries = await this.#entries();
    const wanted = entries.find(({ der }) => der.equals(root.certificate.der));
    if (!wanted) return [];
    const { nickname } = wanted;
    const same = entries.filter((entry) => entry.nickname === nickname);
    const others = same.filter((entry) => entry !== wanted);
    return [
      ...same.map(() => this.#change(["-D", "-n", nickname])),
      ...others.map(({ trust, der }) => this.#change(["-A", "-t", trust, "-n", nickname], der)),
    ];
  }

  #entries(): Promise<Entry[]> {
    return entriesOf(this.#database, this.#machine);
  }

  #change([command = "", ...rest]: readonly string[], der?: Buffer): Step {
    const { directory } = this.#database;
    const argv = ["certutil", command, "-d", `sql:${directory}`, ...rest];
    const asRoot = !this.#machine.canWrite(`${directory}/cert9.db`);
    if (!der) return { argv, asRoot };
    return { argv: [...argv, "-a"], stdin: encodePem("CERTIFICATE", der), asRoot };
  }
}
