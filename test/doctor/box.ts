/** A machine for one check: real files in folders of its own, and nothing of this machine's. */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Authority, openAuthority } from "../../src/ca/authority.js";
import { issueLeaf } from "../../src/ca/issue.js";
import type { DoctorContext, ProjectConfig } from "../../src/doctor/check.js";
import { thisContext } from "../../src/doctor/machine.js";
import type { Machine } from "../../src/trust/machine.js";
import { parseName } from "../../src/x509/names.js";
import { temporaryFolder } from "../support/cli.js";

export const DAY_MS = 86_400_000;

export interface Box {
  /** What a case changes before the check looks. */
  context: DoctorContext;
  readonly state: string;
  readonly cwd: string;
  readonly home: string;
  /** Writes a file, by default with the mode of a public one; missing folders are made. */
  write(path: string, data: string | Buffer, mode?: number): string;
  setEnv(variables: Readonly<Record<string, string>>): void;
  /** Puts answers of its own in place of the machine's. */
  setMachine(changes: Partial<Machine>): void;
  setContext(changes: Partial<DoctorContext>): void;
  setConfig(config: Omit<ProjectConfig, "path">): void;
  /** The time that the check goes by, from now on. */
  wait(days: number): void;
  authority(options?: Parameters<typeof openAuthority>[1]): Promise<Authority>;
  /** A certificate and its key, PEM, of this authority or of another one. */
  leaf(days?: number, authority?: Authority): Promise<{ certificate: string; key: string }>;
  /** An authority that is not this machine's. */
  stranger(): Promise<Authority>;
}

export function newBox(): Box {
  const base = temporaryFolder("devtls-box-");
  const [state, cwd, home] = ["state", "project", "home"].map((name) => join(base, name)) as [
    string,
    string,
    string,
  ];
  for (const folder of [cwd, home]) mkdirSync(folder);
  const real = thisContext(state, cwd, () => undefined);
  const machine = { ...real.machine, env: {}, home };
  const box: Box = {
    // Nothing listens and every name is this machine, unless a case says otherwise.
    context: {
      ...real,
      machine,
      probe: async () => undefined,
      resolve: async () => ["127.0.0.1", "::1"],
      listenerOf: async () => undefined,
    },
    ...{ state, cwd, home },
    write: (path, data, mode = 0o644) => {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, data);
      chmodSync(path, mode);
      return path;
    },
    setEnv: (env) => box.setMachine({ env }),
    setMachine: (changes) => box.setContext({ machine: { ...box.context.machine, ...changes } }),
    setContext: (changes) => {
      box.context = { ...box.context, ...changes };
    },
    setConfig: (config) => box.setContext({ readConfig: () => ({ path: cwd, ...config }) }),
    wait: (days) => box.setContext({ now: box.context.now + days * DAY_MS }),
    authority: async (options) => (await openAuthority(state, options)).authority,
    leaf: async (days = 100, authority) => {
      const issuer = authority ?? (await box.authority());
      const names = ["localhost"].map(parseName);
      const { certificatePem, keyPem } = await issueLeaf(issuer, names, { days });
      return { certificate: certificatePem, key: keyPem as string };
    },
    stranger: async () => (await openAuthority(temporaryFolder("devtls-stranger-"))).authority,
  };
  return box;
}
