/**
 * The root store of the Windows user, which Edge, Chrome, .NET, PowerShell and curl.exe go by. It
 * needs no rights of an administrator; Windows asks the user in a window of its own. Inside WSL
 * the same store is reached through the programs of Windows.
 */
import { fingerprint } from "../x509/certificate.js";
import type { Machine, RunResult } from "./machine.js";
import type { FindStores, Inspection, Root, Step, TrustStore } from "./store.js";

/** How certutil.exe is started and how it is told of a file. */
interface Access {
  readonly name: string;
  /** undefined when it cannot be started, with the reason in `why` */
  readonly command: string | undefined;
  readonly why: string;
  readonly hint: string;
  pathOf(path: string): Promise<string>;
}

/** NSS has a certutil, too: only the one of Windows is called by its whole path. */
const SYSTEM32 = "System32";

export const findWindowsStore: FindStores = async (machine) => {
  if (machine.platform !== "win32") return [];
  const command = `${machine.env.SystemRoot ?? "C:\\Windows"}\\${SYSTEM32}\\certutil.exe`;
  const access: Access = {
    name: "Windows root store of this user",
    command: machine.exists(command) ? command : undefined,
    why: `${command} is not there`,
    hint: "Certificate Services tools are a part of Windows: run sfc /scannow",
    pathOf: async (path) => path,
  };
  return [new WindowsStore(access, machine)];
};

/** WSL: the browsers are those of Windows. */
export const findWslStore: FindStores = async (machine) => {
  if (machine.platform !== "linux" || !isWsl(machine)) return [];
  const { stdout } = await convert(machine, "-u", `C:\\Windows\\${SYSTEM32}\\certutil.exe`);
  const command = stdout.trim();
  const access: Access = {
    name: "Windows root store (through WSL)",
    command: command && machine.exists(command) ? command : undefined,
    why: "the programs of Windows cannot be reached from this distribution",
    hint: "Run devtls trust in Windows, or switch on [automount] and [interop] in /etc/wsl.conf",
    pathOf: async (path) => {
      const converted = await convert(machine, "-w", path);
      return converted.stdout.trim() || path;
    },
  };
  return [new WindowsStore(access, machine)];
};

function isWsl(machine: Machine): boolean {
  if (machine.env.WSL_DISTRO_NAME || machine.env.WSL_INTEROP) return true;
  // sudo does not pass the variables on; containers on WSL have its kernel and no wslpath.
  const release = machine.read("/proc/sys/kernel/osrelease") ?? "";
  return /microsoft/i.test(release) && machine.which("wslpath") !== undefined;
}

function convert(machine: Machine, form: "-u" | "-w", path: string): Promise<RunResult> {
  return machine.run(["wslpath", form, path]);
}

class WindowsStore implements TrustStore {
  readonly id = "system";
  readonly name: string;
  readonly #access: Access;
  readonly #machine: Machine;

  constructor(access: Access, machine: Machine) {
    this.#access = access;
    this.#machine = machine;
    this.name = access.name;
  }

  async inspect(root: Root): Promise<Inspection> {
    const { command, why, hint } = this.#access;
    if (command === undefined) return { state: "skipped", detail: why, hint };
    const { status, stdout } = await this.#machine.run([
      command,
      "-store",
      "-user",
      "Root",
      sha1(root),
    ]);
    const found = stdout.replace(/\s+/g, "").toLowerCase().includes(sha1(root));
    return status === 0 && found
      ? { state: "trusted", detail: "" }
      : { state: "missing", detail: "" };
  }

  async install(root: Root): Promise<readonly Step[]> {
    return [this.#change("-addstore", "Root", await this.#access.pathOf(root.path))];
  }

  async remove(root: Root): Promise<readonly Step[]> {
    return [this.#change("-delstore", "Root", sha1(root))];
  }

  #change(action: string, ...rest: string[]): Step {
    return {
      argv: [this.#access.command ?? "certutil.exe", action, "-user", ...rest],
      asRoot: false,
    };
  }
}

/** Windows names certificates by their SHA-1 thumbprint. */
function sha1(root: Root): string {
  return fingerprint(root.certificate, "sha1").replaceAll(":", "").toLowerCase();
}
