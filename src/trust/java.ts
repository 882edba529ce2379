/**
 * The trust stores of Java installations. Java looks at no system store; each JDK has a file
 * `cacerts`, which distributions share among theirs by a link.
 */
import { dirname, join } from "node:path";
import { DevtlsError } from "../errors.js";
import { fingerprint } from "../x509/certificate.js";
import { certificatesOf } from "./keystore.js";
import { installHint, type Machine } from "./machine.js";
import type { FindStores, Inspection, Root, Step, TrustStore } from "./store.js";

/** The password of every `cacerts` that comes with a JDK; it guards nothing. */
const STORE_PASSWORD = "changeit";

/** Folders that hold one JDK each, by platform; `~` is the home. */
const PLACES: Readonly<Record<string, readonly string[]>> = {
  linux: ["/usr/lib/jvm", "/usr/lib64/jvm", "/usr/java", "/opt/java", "/opt/jdk"],
  darwin: [
    "/Library/Java/JavaVirtualMachines",
    "~/Library/Java/JavaVirtualMachines",
    "/opt/homebrew/opt",
    "/usr/local/opt",
  ],
  win32: [
    "C:\\Program Files\\Java",
    "C:\\Program Files\\Eclipse Adoptium",
    "C:\\Program Files\\Microsoft",
    "C:\\Program Files\\Amazon Corretto",
    "C:\\Program Files\\Zulu",
  ],
};

/** Of version managers and IDEs, on every platform. */
const USERS_PLACES = [
  "~/.sdkman/candidates/java",
  "~/.jdks",
  "~/.asdf/installs/java",
  "~/.local/share/mise/installs/java",
  "~/.jabba/jdk",
];

const CACERTS = ["lib/security/cacerts", "jre/lib/security/cacerts"];

/** A keystore, the folders of the Javas that use it, and a keytool that can write it. */
export interface JavaKeystore {
  readonly path: string;
  readonly homes: readonly string[];
  readonly keytool: string | undefined;
}

export const findJavaStores: FindStores = async (machine) =>
  findKeystores(machine).map((keystore) => new JavaStore(keystore, machine));

/** The keystore of the Java that a shell starts comes first; each file is there once. */
export function findKeystores(machine: Machine): JavaKeystore[] {
  const found = new Map<string, { homes: string[]; keytool: string | undefined }>();
  for (const home of javaHomes(machine)) {
    const path = CACERTS.map((name) => join(home, name)).find((file) => machine.exists(file));
    const real = path && machine.realPath(path);
    if (!real) continue;
    const own = keytoolIn(home, machine);
    const entry = found.get(real);
    if (entry) {
      entry.homes.push(home);
      entry.keytool ??= own;
    } else found.set(real, { homes: [home], keytool: own });
  }
  return [...found].map(([path, { homes, keytool }]) => ({
    path,
    homes,
    keytool: keytool ?? machine.which("keytool"),
  }));
}

/** The folders of Java installations, without links, the default one first. */
function javaHomes(machine: Machine): string[] {
  const { env, home, platform } = machine;
  const places = [...(PLACES[platform] ?? []), ...USERS_PLACES].map((path) =>
    path.startsWith("~") ? join(home, path.slice(2)) : path,
  );
  const java = machine.which("java");
  const candidates = [
    ...(env.JAVA_HOME ? [env.JAVA_HOME] : []),
    // java is in bin, and with Java 8 there may be a jre between.
    ...(java ? [dirname(dirname(machine.realPath(java) ?? java))] : []),
    ...places.flatMap((place) => machine.list(place).map((name) => join(place, name))),
  ];
  const homes = candidates.flatMap((path) => [
    path,
    join(path, "Contents", "Home"),
    join(path, "libexec", "openjdk.jdk", "Contents", "Home"),
  ]);
  return [...new Set(homes.flatMap((path) => machine.realPath(path) ?? []))];
}

function keytoolIn(home: string, machine: Machine): string | undefined {
  const name = machine.platform === "win32" ? "keytool.exe" : "keytool";
  return ["bin", "jre/bin", "../bin"]
    .map((folder) => join(home, folder, name))
    .find((path) => machine.exists(path));
}

class JavaStore implements TrustStore {
  readonly id = "java";
  readonly name: string;
  readonly #keystore: JavaKeystore;
  readonly #machine: Machine;

  constructor(keystore: JavaKeystore, machine: Machine) {
    this.#keystore = keystore;
    this.#machine = machine;
    this.name = `Java (${keystore.path})`;
  }

  async inspect(root: Root): Promise<Inspection> {
    const bytes = this.#machine.readBytes(this.#keystore.path);
    if (!bytes) return { state: "skipped", detail: "it cannot be read", hint: "Check its rights" };
    const known = certificatesOf(bytes);
    const held = known
      ? known.some((der) => der.equals(root.certificate.der))
      : this.#keystore.keytool !== undefined && (await this.#aliasesOf(root)).length > 0;
    if (held) return { state: "trusted", detail: this.#usedBy() };
    if (this.#keystore.keytool) return { state: "missing", detail: "" };
    const hint = installHint(this.#machine, PACKAGES) ?? "Install a JDK, which brings it";
    return { state: "skipped", detail: "keytool is not installed", hint };
  }

  async install(root: Root): Promise<readonly Step[]> {
    return [this.#change("-importcert", "-noprompt", "-alias", root.slug, "-file", root.path)];
  }

  async remove(root: Root): Promise<readonly Step[]> {
    const aliases = await this.#aliasesOf(root);
    return aliases.map((alias) => this.#change("-delete", "-alias", alias));
  }

  #usedBy(): string {
    const [first, ...more] = this.#keystore.homes;
    return `used by ${first}${more.length > 0 ? ` and ${more.length} more` : ""}`;
  }

  #change(command: string, ...rest: string[]): Step {
    return {
      argv: [this.#keystore.keytool ?? "keytool", command, ...this.#location(), ...rest],
      asRoot: !this.#machine.canWrite(this.#keystore.path),
    };
  }

  #location(): string[] {
    return ["-keystore", this.#keystore.path, "-storepass", STORE_PASSWORD];
  }

  /** What the keystore calls this very certificate: Debian's hook, or a person, may have added it. */
  async #aliasesOf(root: Root): Promise<string[]> {
    const { keytool = "keytool", path } = this.#keystore;
    const { status, stdout, stderr } = await this.#machine.run([
      keytool,
      ...ENGLISH,
      "-list",
      "-v",
      ...this.#location(),
    ]);
    if (status !== 0) {
      const reason = (stdout + stderr).trim() || `keytool ended with status ${status}`;
      throw new DevtlsError("command-failed", `could not read ${path}: ${reason}`);
    }
    const wanted = fingerprint(root.certificate);
    const entries = stdout.split(/^Alias name: /m).slice(1);
    return entries
      .filter((text) => text.includes(wanted))
      .map((text) => text.split("\n")[0]?.trim() ?? "");
  }
}

const ENGLISH = ["-J-Duser.language=en"];

const PACKAGES = {
  "apt-get": "default-jre-headless",
  dnf: "java-latest-openjdk-headless",
  zypper: "java-21-openjdk-headless",
  pacman: "jre-openjdk-headless",
  apk: "openjdk21-jre-headless",
  brew: "openjdk",
} as const;
