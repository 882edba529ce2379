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
  /** Symbolic links: where each path leads. */
  readonly links?: Readonly<Record<string, string>>;
  /** Files and folders that this user may not write; a folder stands for what is in it. */
  readonly readOnly?: readonly string[];
  /** What a command does that this machine does not know, by the last part of its path. */
  readonly programs?: Readonly<Record<string, Program>>;
  /** Answers that take the place of what a command would do, by a part of its line. */
  readonly answers?: Readonly<Record<string, Partial<RunResult>>>;
}

/** A stand-in for a program: its answer to these arguments. It may change the files. */
export type Program = (args: readonly string[], files: Map<string, string>) => RunResult;

export interface Recorded {
  readonly argv: readonly string[];
  readonly options: RunOptions;
}

interface Entry {
  readonly pem: string;
  trust: string;
}

export const DONE: RunResult = { status: 0, stdout: "", stderr: "" };
/** Commands that change nothing. */
const QUERIES = [
  /^certutil -[LVK] /,
  /^security (find-certificate|verify-cert|default-keychain)\b/,
  /certutil\.exe -store /,
  /^wslpath /,
  /keytool.* -list /,
];

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
    const { links = {} } = this.#settings;
    if (Object.keys(links).some((from) => path === from || path.startsWith(`${from}/`))) {
      return this.realPath(path) !== undefined;
    }
    return [...this.files.keys()].some((file) => file === path || file.startsWith(`${path}/`));
  }

  read(path: string): string | undefined {
    return this.files.get(path);
  }

  /** Files are text here; that of binary ones is latin1. */
  readBytes(path: string): Buffer | undefined {
    const text = this.files.get(this.realPath(path) ?? path);
    return text === undefined ? undefined : Buffer.from(text, "latin1");
  }

  realPath(path: string): string | undefined {
    const links = Object.entries(this.#settings.links ?? {});
    const link = links.find(([from]) => path === from || path.startsWith(`${from}/`));
    if (link) return this.realPath(link[1] + path.slice(link[0].length));
    return this.exists(path) ? path : undefined;
  }

  canWrite(path: string): boolean {
    if (this.isRoot) return true;
    const { readOnly = [] } = this.#settings;
    return !readOnly.some((place) => path === place || path.startsWith(`${place}/`));
  }

  list(path: string): readonly string[] {
    const inside = [...this.files.keys()].filter((file) => file.startsWith(`${path}/`));
    const names = inside.map((file) => file.slice(path.length + 1).split("/")[0] ?? "");
    return [...new Set(names)].filter(Boolean);
  }

  which(command: string): string | undefined {
    if (command.startsWith("/")) return this.#settings.commands?.find((path) => path === command);
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
      .filter((line) => !QUERIES.some((query) => query.test(line)));
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
    const program = this.#settings.programs?.[command.split(/[/\\]/).at(-1) as string];
    if (program) return program(args, this.files);
    if (command === "tee") for (const path of args) this.files.set(path, stdin);
    else if (command === "rm") for (const path of args) this.#remove(path);
    else if (command === "mkdir") this.files.set(`${args.at(-1)}/`, "");
    else if (command === "rmdir") this.#removeEmpty(args.slice(1));
    else if (command === "cp" || command === "mv") this.#copy(args, command === "mv");
    else if (command === "certutil") return this.#certutil(args);
    else if (UPDATES.includes(command)) this.#update();
    return DONE;
  }

  #remove(path: string): void {
    this.files.delete(path);
    if (path.endsWith("/cert9.db")) this.#databases.delete(posix.dirname(path));
  }

  #removeEmpty(folders: readonly string[]): void {
    for (const path of folders) if (this.list(path).length === 0) this.files.delete(`${path}/`);
  }

  #copy(args: readonly string[], move: boolean): void {
    const [from = "", to = ""] = args.slice(-2);
    this.files.set(to, this.files.get(from) ?? "");
    if (move) this.files.delete(from);
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

export function failure(stderr: string, status = 255): RunResult {
  return { status, stdout: "", stderr };
}
