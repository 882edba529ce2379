/**
 * One process at a time: for what replaces the authority, as each of two at once would take the
 * other's authority out of the stores, and for what writes certificates that it signed.
 */
import { statSync } from "node:fs";
import { hostname } from "node:os";
import { DevtlsError } from "../errors.js";
import { statePaths } from "../paths.js";
import { discard, leftoversOf, makeDirectory, readIfThere, writeNewFiles } from "./files.js";
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

/** A turn takes milliseconds; a holder that keeps it for longer is stopped, or its disk is. */
const TURN_MS = 15_000;
const TURN_STEP_MS = 5;

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
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (claim(path)) return;
    const held = readIfThere(path)?.toString("latin1");
    if (held === undefined) continue;
    const holder = holderIn(held);
    if (holder && holds(holder)) throw busy(path, holder);
    if (!breakLock(path, held)) pause();
  }
  throw busy(path, undefined);
}

function claim(path: string): boolean {
  const here: Holder = { id: process.pid, start: startOf(process.pid), host: hostname() };
  // The time tells one turn of a process from its next.
  const data = JSON.stringify({ ...here, at: Date.now() });
  return writeNewFiles([{ path, data, mode: 0o600 }]);
}

/** The turns of this process, which the lock does not tell apart, by the lock's path. */
const turns = new Map<string, Promise<unknown>>();

/**
 * Does something while no other process writes certificates of this authority, or replaces it and
 * certifies anew what it signed. Where no lock can be written nobody is waited for: the disk is
 * full, or read-only.
 * @throws DevtlsError "file-unwritable" when a process keeps its turn, and what the action throws
 */
export function inTurn<T>(directory: string, action: () => Promise<T>): Promise<T> {
  const { turn } = statePaths(directory);
  const mine = (turns.get(turn) ?? Promise.resolve()).then(async () => {
    const taken = await takeTurn(turn);
    try {
      return await action();
    } finally {
      if (taken) discard(turn);
    }
  });
  turns.set(
    turn,
    mine.catch(() => undefined),
  );
  return mine;
}

/** @returns whether there is a lock to be given back */
async function takeTurn(path: string): Promise<boolean> {
  let seen: string | undefined;
  let since = 0;
  for (;;) {
    try {
      if (claim(path)) return true;
    } catch (error) {
      if (error instanceof DevtlsError && error.code === "file-unwritable") return false;
      throw error;
    }
    const held = readIfThere(path)?.toString("latin1");
    if (held === undefined) continue;
    if (held !== seen) [seen, since] = [held, Date.now()];
    const holder = holderIn(held);
    const late = Date.now() - since > TURN_MS;
    // What a container was killed with would hold everybody up for ever.
    const over = !holder || !holds(holder) || (late && holder.host !== hostname());
    if (over && breakLock(path, held)) for (const left of leftoversOf(path)) discard(left);
    else if (late) throw turnTaken(path, holder);
    else await new Promise((resolve) => setTimeout(resolve, TURN_STEP_MS));
  }
}

function turnTaken(path: string, holder: Holder | undefined): DevtlsError {
  const who = holder ? `the process ${holder.id} on ${holder.host}` : "another process";
  return new DevtlsError(
    "file-unwritable",
    `could not write certificates: ${who} has been doing that for ${TURN_MS / 1000} seconds`,
    {
      hint: holder
        ? `See what holds it up, and let it go on: kill -CONT ${holder.id}`
        : `If it is not running any more: rm ${path}`,
    },
  );
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
