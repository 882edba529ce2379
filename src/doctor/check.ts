/** What a check is, and what it sees of the machine: everything comes from here, nothing by itself. */

import type { StatePaths } from "../paths.js";
import type { Machine } from "../trust/machine.js";

export type Status = "ok" | "warning" | "problem";

/** What a check found. Whoever has a finding that is not ok knows what to do about it. */
export interface Outcome {
  readonly status: Status;
  readonly detail: string;
  /** The next command or the change to make; null when all is well. */
  readonly fix: string | null;
}

export interface Check extends Outcome {
  /** Stays the same from version to version. */
  readonly id: string;
}

/** One check; undefined where there is nothing to look at: no authority yet, another system. */
export type CheckFunction = (context: DoctorContext) => Promise<Outcome | undefined>;

interface FileStatus {
  /** Permission bits. */
  readonly mode: number;
  readonly isDirectory: boolean;
  /** Milliseconds since 1970. */
  readonly modified: number;
}

/** Who listens on a port, as far as the system tells. */
export interface Listener {
  readonly pid: number;
  readonly command: string;
}

export interface DoctorContext {
  readonly machine: Machine;
  readonly paths: StatePaths;
  /** The folder of the project. */
  readonly cwd: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** "20.19.0" */
  readonly nodeVersion: string;
  /** undefined when there is nothing */
  status(path: string): FileStatus | undefined;
  /** The addresses of a host by the system's resolver. @throws when it knows none */
  resolve(host: string): Promise<readonly string[]>;
  /** Whether one could listen there: undefined, or the code of the error ("EADDRINUSE"). */
  probe(address: string, port: number): Promise<string | undefined>;
  listenerOf(port: number): Promise<Listener | undefined>;
  /** The system's roots and this one, as `bundle.pem` should be. */
  mergedBundle(rootPem: string): string;
  /** The project's configuration; undefined when it has none. @throws DevtlsError for a wrong one */
  readConfig(): ProjectConfig | undefined;
}

export interface ProjectConfig {
  readonly path: string;
  /** Every port that the configuration would have devtls listen on. */
  readonly ports: readonly number[];
  /** Every host that it would serve. */
  readonly hosts: readonly string[];
}

export function ok(detail: string): Outcome {
  return { status: "ok", detail, fix: null };
}

export function warning(detail: string, fix: string): Outcome {
  return { status: "warning", detail, fix };
}

export function problem(detail: string, fix: string): Outcome {
  return { status: "problem", detail, fix };
}

export function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}

/** "1 file", "2 files" */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
