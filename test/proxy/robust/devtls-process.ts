/** devtls as a process of its own, and what the system says of it. */
import { readdirSync, readFileSync } from "node:fs";
import { serveJson, temporaryHome } from "../../support/programs.js";

export interface DevtlsProcess {
  readonly port: number;
  /** The authority's certificate, PEM. */
  readonly root: string;
  /** Resident memory now, in MiB (proc(5), VmRSS). */
  memory(): number;
  /** Open descriptors, sockets among them. */
  descriptors(): number;
  stop(): Promise<number | null>;
  stderr(): string;
}

/** Starts `devtls serve` in front of a port; it ends with the test file at the latest. */
export async function startProcess(
  target: number,
  args: readonly string[] = [],
): Promise<DevtlsProcess> {
  const home = temporaryHome();
  const run = await serveJson(["--target", `127.0.0.1:${target}`, ...args], home);
  const proc = `/proc/${run.child.pid}`;
  return {
    port: run.port,
    root: readFileSync(home.root, "utf8"),
    memory: () => {
      const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`${proc}/status`, "utf8"))?.[1];
      return Number(kib) / 1024;
    },
    descriptors: () => readdirSync(`${proc}/fd`).length,
    stop: () => run.stop(),
    stderr: run.stderr,
  };
}

/** Why figures of /proc cannot be had here, or undefined. */
export const whyNoProc = process.platform === "linux" ? undefined : "needs /proc (Linux)";
