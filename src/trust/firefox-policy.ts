/**
 * Firefox on Linux without certutil: a policy has it take the root at its next start
 * (mozilla.github.io/policy-templates, Certificates | Install). /etc/firefox/policies is read by
 * every build of it, ESR, snap and flatpak included. It is every user's, and root's to change.
 */

import { dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { causeOf, DevtlsError } from "../errors.js";
import type { Machine } from "./machine.js";
import { firefoxFolders } from "./nss-places.js";
import {
  type FindStores,
  holdsPem,
  type Inspection,
  type Root,
  type Step,
  type TrustStore,
} from "./store.js";

const FOLDER = "/etc/firefox/policies";
const FILE = join(FOLDER, "policies.json");

/** Lists the folders that were made for the policy, in the last of them. */
const MARKER = join(FOLDER, "made-by-devtls");

const PROGRAMS = ["firefox", "firefox-esr", "firefox-developer-edition", "firefox-devedition"];

export const findFirefoxPolicy: FindStores = async (machine) => {
  if (machine.platform !== "linux") return [];
  const ours = machine.list(FOLDER).some((name) => /^devtls-[0-9a-f]{16}\.pem$/.test(name));
  const needed = !machine.which("certutil") && hasFirefox(machine);
  return ours || needed ? [new FirefoxPolicy(machine)] : [];
};

function hasFirefox(machine: Machine): boolean {
  const installed = PROGRAMS.some((program) => machine.which(program));
  return installed || firefoxFolders(machine).some((folder) => machine.exists(folder));
}

type Json = Readonly<Record<string, unknown>>;

class FirefoxPolicy implements TrustStore {
  readonly id = "nss";
  readonly name = `Firefox policy (${FILE})`;
  readonly #machine: Machine;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  async inspect(root: Root): Promise<Inspection> {
    const listed = installed(this.#policies()).includes(pemOf(root));
    const held = holdsPem(this.#machine.read(pemOf(root)) ?? "", root);
    if (listed && held) return { state: "trusted", detail: "taken when Firefox starts" };
    return { state: "missing", detail: "", residue: listed || held };
  }

  async install(root: Root): Promise<readonly Step[]> {
    const before = this.#machine.read(FILE);
    const after = withInstalled(this.#policies(), [
      ...installed(this.#policies()).filter((path) => path !== pemOf(root)),
      pemOf(root),
    ]);
    const made = this.#foldersToMake();
    return [
      ...(made.length > 0
        ? [asRoot(["mkdir", "-p", FOLDER]), asRoot(["tee", MARKER], `${made.join("\n")}\n`)]
        : []),
      // What was there comes back byte for byte, unless somebody changes it meanwhile.
      ...(before !== undefined && this.#machine.read(originalOf(root)) === undefined
        ? [asRoot(["cp", "-p", FILE, originalOf(root)])]
        : []),
      asRoot(["tee", pemOf(root)], root.pem),
      asRoot(["tee", FILE], format(after)),
      asRoot(["chmod", "644", pemOf(root), FILE]),
    ];
  }

  async remove(root: Root): Promise<readonly Step[]> {
    const original = this.#machine.read(originalOf(root));
    const rest = withInstalled(
      this.#policies(),
      installed(this.#policies()).filter((path) => path !== pemOf(root)),
    );
    return [
      this.#restore(root, rest, original),
      asRoot(["rm", "-f", pemOf(root), originalOf(root), ...this.#marker(rest)]),
      ...this.#emptied(rest),
    ];
  }

  #restore(root: Root, rest: Json, original: string | undefined): Step {
    if (original !== undefined && isDeepStrictEqual(rest, parse(original, originalOf(root)))) {
      return asRoot(["mv", originalOf(root), FILE]);
    }
    return isEmpty(rest) ? asRoot(["rm", "-f", FILE]) : asRoot(["tee", FILE], format(rest));
  }

  #marker(rest: Json): string[] {
    return isEmpty(rest) && this.#machine.exists(MARKER) ? [MARKER] : [];
  }

  /** The folders that devtls made, when nothing of anybody else's is in them. */
  #emptied(rest: Json): Step[] {
    const made = (this.#machine.read(MARKER) ?? "").split("\n").filter(Boolean);
    if (made.length === 0 || !isEmpty(rest)) return [];
    return [asRoot(["rmdir", "--ignore-fail-on-non-empty", ...made])];
  }

  #foldersToMake(): string[] {
    const made: string[] = [];
    for (let path = FOLDER; !this.#machine.exists(path); path = dirname(path)) made.push(path);
    return made;
  }

  /** @throws DevtlsError "command-failed" for a file that is no policy, which stays as it is */
  #policies(): Json {
    const text = this.#machine.read(FILE);
    return text === undefined ? {} : parse(text, FILE);
  }
}

function asRoot(argv: readonly string[], stdin?: string): Step {
  return { argv, asRoot: true, ...(stdin !== undefined && { stdin }) };
}

/** A copy beside the policy: Firefox in a snap cannot read a home's hidden folders. */
function pemOf(root: Root): string {
  return join(FOLDER, `${root.slug}.pem`);
}

function originalOf(root: Root): string {
  return `${FILE}.before-${root.slug}`;
}

function parse(text: string, path: string): Json {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch (error) {
    throw unreadable(path, causeOf(error));
  }
  throw unreadable(path, "it is not a JSON object");
}

function unreadable(path: string, reason: string): DevtlsError {
  return new DevtlsError("command-failed", `could not read ${path}: ${reason}`, {
    hint: `Mend or remove it, then run devtls again: ${path}`,
  });
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function objectIn(parent: Json, name: string): Json {
  const value = parent[name];
  return isObject(value) ? value : {};
}

function installed(file: Json): readonly unknown[] {
  const list = objectIn(objectIn(file, "policies"), "Certificates").Install;
  return Array.isArray(list) ? list : [];
}

/** The policies with this list of certificates; what an empty one would leave empty goes. */
function withInstalled(file: Json, list: readonly unknown[]): Json {
  const policies = objectIn(file, "policies");
  const { Install: _, ...others } = objectIn(policies, "Certificates");
  const certificates = list.length > 0 ? { ...others, Install: list } : others;
  const { Certificates: __, ...rest } = policies;
  return {
    ...file,
    policies: isEmpty(certificates) ? rest : { ...rest, Certificates: certificates },
  };
}

function isEmpty(value: Json): boolean {
  return Object.values(value).every((part) => isObject(part) && isEmpty(part));
}

function format(value: Json): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
