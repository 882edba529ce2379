/**
 * A machine in memory, for the stores of systems that the tests do not run on and for what a real
 * one does not do on demand: no sudo, a refused password, a database that is read-only. It knows
 * the few commands that stores use and records every one with its input.
 */
import { posix } from "node:path";
import type { Machine, RunOptions, RunResult } from "../../src/trust/machine.js";

export interface MachineSettings {
  readonly platform?: NodeJS.Platform;
  readonly env?: Readonly<Record<string, string>>;
  readonly isRoot?: boolean;
  readonly hasTerminal?: boolean;
  /** Files by path; a path that ends in "/" is an empty folder. */
  readonly files?: Readonly<Record<string, string>>;
  /** What is installed. */
  readonly commands?: readonly string[];
  /** What `update-ca-certificates` and its like make of which folder. */
  readonly bundle?: { readonly anchors: string; readonly file: string };
  /** Answers that take the place of what a command would do, by a part of its line. */
  readonly answers?: Readonly<Record<string, Partial<RunResult>>>;
}

export interface Recorded {
  readonly argv: readonly string[];
  readonly options: RunOptions;
}

interface Entry {
  readonly pem: string;
  trust: string;
}

const DONE: RunResult = { status: 0, stdout: "", stderr: "" };
const UPDATES = ["update-ca-certificates", "update-ca-trust"];

export class FakeMachine implements Machine {
  readonly home = "/home/ada";
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string>>;
  readonly isRoot: boolean;
  readonly hasTerminal: boolean;
  readonly files: Map<string, string>;
  readonly recorded: Recorded[] = [];
  readonly #settings: MachineSettings;
  /** NSS databases: nicknames with their certificates, by folder. */
  readonly #databases = new Map<string, Map<string, Entry>>();

  constructor(settings: MachineSettings = {}) {
    this.#settings = settings;
    this.platform = settings.platform ?? "linux";
    this.env = settings.env ?? {};
    this.isRoot = settings.isRoot ?? false;
    this.hasTerminal = settings.hasTerminal ?? false;
    this.files = new Map(Object.entries(settings.files ?? {}));
    for (const path of this.files.keys()) {
      if (path.endsWith("/cert9.db")) this.#databases.set(posix.dirname(path), new Map());
    }
  }

  exists(path: string): boolean {
    return [...this.files.keys()].some((file) => file === path || file.startsWith(`${path}/`));
  }

  read(path: string): string | undefined {
    return this.files.get(path);
  }

  list(path: string): readonly string[] {
    const inside = [...this.files.keys()].filter((file) => file.startsWith(`${path}/`));
    const names = inside.map((file) => file.slice(path.length + 1).split("/")[0] ?? "");
    return [...new Set(names)].filter(Boolean);
  }

  which(command: string): string | undefined {
    return this.#settings.commands?.includes(command) ? `/usr/bin/${command}` : undefined;
  }

  /** Puts a certificate into a database, as another program would. */
  put(directory: string, nickname: string, pem: string, trust = "C,,"): void {
    this.#databases.get(directory)?.set(nickname, { pem, trust });
  }

  /** The nicknames in a database. */
  nicknames(directory: string): string[] {
    return [...(this.#databases.get(directory)?.keys() ?? [])];
  }

  /** The lines of the commands that change something. */
  get changes(): string[] {
    return this.recorded
      .map(({ argv }) => argv.join(" "))
      .filter((line) => !/^certutil -[LVK] /.test(line));
  }

  async run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    this.recorded.push({ argv, options });
    const line = argv.join(" ");
    const answer = Object.entries(this.#settings.answers ?? {}).find(([part]) =>
      line.includes(part),
    );
    if (answer) return { ...DONE, ...answer[1] };
    return this.#do(argv[0] === "sudo" ? argv.slice(argv.indexOf("--") + 1) : argv, options);
  }

  #do(argv: readonly string[], { stdin = "" }: RunOptions): RunResult {
    const [command = "", ...args] = argv;
    if (command === "tee") for (const path of args) this.files.set(path, stdin);
    else if (command === "rm") for (const path of args) this.#remove(path);
    else if (command === "certutil") return this.#certutil(args);
    else if (UPDATES.includes(command)) this.#update();
    return DONE;
  }

  #remove(path: string): void {
    this.files.delete(path);
    if (path.endsWith("/cert9.db")) this.#databases.delete(posix.dirname(path));
  }

  #update(): void {
    const { anchors, file } = this.#settings.bundle ?? { anchors: "", file: "" };
    const pems = this.list(anchors).map((name) => this.files.get(posix.join(anchors, name)));
    this.files.set(file, pems.join(""));
  }

  #certutil(args: readonly string[]): RunResult {
    const [command] = args;
    const value = (flag: string): string => args[args.indexOf(flag) + 1] ?? "";
    const directory = value("-d").replace(/^sql:/, "");
    const nickname = args.includes("-n") ? value("-n") : undefined;
    if (command === "-N") {
      this.files.set(`${directory}/cert9.db`, "");
      this.#databases.set(directory, new Map());
      return DONE;
    }
    const database = this.#databases.get(directory);
    if (!database) return failure("SEC_ERROR_BAD_DATABASE: security library: bad database.");
    if (command === "-A" && nickname) {
      const pem = this.files.get(value("-i")) ?? "";
      // The first nickname of a certificate stays, whatever a later one is.
      const known = [...database].find(([, entry]) => entry.pem === pem)?.[0];
      database.set(known ?? nickname, { pem, trust: value("-t") });
      return DONE;
    }
    if (command === "-K") return failure("certutil: no keys found");
    const header = "\nCertificate Nickname  Trust Attributes\n  SSL,S/MIME,JAR/XPI\n\n";
    if (command === "-L" && nickname === undefined) {
      const lines = [...database].map(([name, { trust }]) => `${name.padEnd(60)} ${trust}\n`);
      return { ...DONE, stdout: header + lines.join("") };
    }
    const entry = database.get(nickname ?? "");
    if (!entry) return failure("PR_FILE_NOT_FOUND_ERROR: File not found");
    if (command === "-L") return { ...DONE, stdout: entry.pem };
    if (command === "-D") database.delete(nickname ?? "");
    if (command === "-V" && entry.trust !== "C,,") return failure("Issuer certificate is invalid.");
    return DONE;
  }
}

function failure(stderr: string): RunResult {
  return { status: 255, stdout: "", stderr };
}
