/** Machines of their own network: namespaces joined by a switch. Nothing of this machine is in it. */
import { spawnSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Outcome, type RunOptions, runProgram } from "./cli.js";
import { type Running, start } from "./programs.js";
import { missing, which } from "./tools.js";

export function whyNoNetwork(programs: readonly string[] = []): string | undefined {
  const absent = missing(["unshare", "nsenter", "ip", ...programs]);
  if (absent) return absent;
  const { status } = spawnSync("unshare", ["--net", "--mount", "true"]);
  return status === 0 ? undefined : "needs the right to make network namespaces (root)";
}

/** A machine with a network and mounts of its own. */
export interface Machine {
  readonly pid: number;
  run(command: string, args: readonly string[], options?: RunOptions): Promise<Outcome>;
  start(command: string, args: readonly string[], options?: RunOptions): Running;
  /** `ip`, as root there. */
  ip(...args: readonly string[]): Promise<void>;
  /** A program file that runs another one there, for who can only start files. */
  program(command: string, folder: string): string;
}

/** A machine that only has loopback addresses; it ends with the test file. */
export async function openMachine(): Promise<Machine> {
  const holder = start("unshare", [
    ...["--net", "--mount", "sh", "-c"],
    "ip link set lo up && echo ready && exec sleep infinity",
  ]);
  await holder.waitFor(/^ready$/m);
  const pid = holder.child.pid as number;
  const inside = ["--target", String(pid), "--net", "--mount", "--wd=."];
  const run: Machine["run"] = (command, args, options) =>
    runProgram("nsenter", [...inside, "--", command, ...args], options);
  return {
    pid,
    run,
    start: (command, args, options) =>
      start("nsenter", [...inside, "--", command, ...args], options),
    ip: async (...args) => {
      const { status, stderr } = await run("ip", args);
      if (status !== 0) throw new Error(`ip ${args.join(" ")}: ${stderr}`);
    },
    program: (command, folder) => {
      const path = join(folder, `${command}-${pid}`);
      const line = ["nsenter", ...inside.slice(0, -1), "--", which(command)].join(" ");
      writeFileSync(path, `#!/bin/sh\nexec ${line} "$@"\n`);
      chmodSync(path, 0o755);
      return path;
    },
  };
}

/** A switch with machines on it. */
export class LocalNetwork {
  readonly #switch: Machine;
  #plugged = 0;

  private constructor(machine: Machine) {
    this.#switch = machine;
  }

  static async open(): Promise<LocalNetwork> {
    const machine = await openMachine();
    await machine.ip("link", "add", "lan", "type", "bridge");
    await machine.ip("link", "set", "lan", "up");
    return new LocalNetwork(machine);
  }

  /** A machine with this address on its eth0: "192.168.77.1/24". */
  async machine(cidr: string): Promise<Machine> {
    const machine = await openMachine();
    const port = `port${++this.#plugged}`;
    const peer = ["peer", "name", "eth0", "netns", String(machine.pid)];
    await this.#switch.ip("link", "add", port, "type", "veth", ...peer);
    await this.#switch.ip("link", "set", port, "master", "lan", "up");
    await machine.ip("link", "set", "eth0", "up");
    await machine.ip("address", "add", cidr, "dev", "eth0");
    return machine;
  }
}
