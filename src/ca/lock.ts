/**
 * One process at a time for what replaces the authority: each of two at once would take the other's
 * authority out of the stores.
 */
import { statSync } from "node:fs";
import { hostname } from "node:os";
import { DevtlsError } from "../errors.js";
import { statePaths } from "../paths.js";
import { discard, makeDirectory, readIfThere, writeNewFiles } from "./files.js";
import { isRunning, processMark, startOf } from "./running.js";

interface Holder {
  readonly id: number;
  readonly start: string;
  readonly host: string;
}

/** For two system calls; who takes longer was killed between them. */
const BREAKING_MS = 5_000;
const ATTEMPTS = 100;
const PAUSE_MS = 20;

/**
 * Does something while nobody else replaces the authority of this state directory.
 * @throws DevtlsError "authority-exists" when somebody does, and what the action throws
 */
export async function alone<T>(directory: string, action: () => T | Promise<T>): Promise<T> {
  makeDirectory(directory, 0o700);
  const { lock } = statePaths(directory);
  take(lock);
  try {
    return await action();
  } finally {
    discard(lock);
  }
}

function take(path: string): void {
  const here: Holder = { id: process.pid, start: startOf(process.pid), host: hostname() };
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (writeNewFiles([{ path, data: JSON.stringify(here), mode: 0o600 }])) return;
    const held = readIfThere(path)?.toString("latin1");
    if (held === undefined) continue;
    const holder = holderIn(held);
    if (holder && holds(holder)) throw busy(path, holder);
    if (!breakLock(path, held)) pause();
  }
  throw busy(path, undefined);
}

function holderIn(text: string): Holder | undefined {
  try {
    const { id, start, host } = JSON.parse(text);
    return Number.isInteger(id) ? { id, start: String(start), host: String(host) } : undefined;
  } catch {
    return undefined;
  }
}

/** Of another machine or container with the same folder nothing is known, and it is believed. */
function holds({ id, start, host }: Holder): boolean {
  if (host !== hostname()) return true;
  return isRunning(processMark(id)) && id !== process.pid && startOf(id) === start;
}

/** Removes the lock of a process that is over; of several at once only one does. */
function breakLock(path: string, held: string): boolean {
  const breaking = `${path}.breaking`;
  if (!writeNewFiles([{ path: breaking, data: "", mode: 0o600 }])) {
    const since = statSync(breaking, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - since > BREAKING_MS) discard(breaking);
    return false;
  }
  if (readIfThere(path)?.toString("latin1") === held) discard(path);
  discard(breaking);
  return true;
}

function busy(path: string, holder: Holder | undefined): DevtlsError {
  const who = holder ? `the process ${holder.id} on ${holder.host}` : "another process";
  return new DevtlsError(
    "authority-exists",
    `could not replace the authority: ${who} is doing that just now`,
    { hint: `Wait for it. If it is not running any more: rm ${path}` },
  );
}

/** Blocks this thread: who breaks the lock takes two system calls. */
function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
}
