/** Reading and writing files so that a crash or a second process never leaves half of one. */
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { DevtlsError, systemCode, systemReason } from "../errors.js";
import { followOwnLinks } from "./ownership.js";
import { isRunning, processMark } from "./running.js";

export interface NewFile {
  readonly path: string;
  readonly data: string | Uint8Array;
  /** Exact mode bits, whatever the umask. */
  readonly mode: number;
  /** On disk before its name is: for what could not be made again after a power failure. */
  readonly durable?: boolean;
}

/** Hardly anything that devtls reads is longer; a device in its place is without end. */
const MAX_READ_OCTETS = 16 * 1024 * 1024;

/**
 * @param most octets; more only for what devtls itself makes grow
 * @throws DevtlsError "file-unreadable", or undefined when there is no such file
 */
export function readIfThere(path: string, most = MAX_READ_OCTETS): Buffer | undefined {
  try {
    return readBounded(path, most);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw unreadable(path, error);
  }
}

/** @throws DevtlsError "file-unreadable" */
export function readRequired(path: string): Buffer {
  try {
    return readBounded(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

/**
 * What was come across in a folder, and not named by the user: a pipe that somebody put there has no
 * end, and opening it waits for one who writes. @returns undefined for what is no file
 * @throws DevtlsError "file-unreadable"
 */
export function readIfFile(path: string): Buffer | undefined {
  try {
    // Node has no such flag on Windows, which has no pipes among its files.
    const descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      return fstatSync(descriptor).isFile() ? readOpened(descriptor) : undefined;
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw unreadable(path, error);
  }
}

/** Whatever it is: the length that a device or a pipe gives beforehand says nothing. */
function readBounded(path: string, most = MAX_READ_OCTETS): Buffer {
  const descriptor = openSync(path, "r");
  try {
    return readOpened(descriptor, most);
  } finally {
    closeSync(descriptor);
  }
}

function readOpened(descriptor: number, most = MAX_READ_OCTETS): Buffer {
  const status = fstatSync(descriptor);
  if (status.isFile() && status.size <= most) return readFileSync(descriptor);
  const chunks: Buffer[] = [];
  for (let length = 0; length <= most; ) {
    const chunk = Buffer.allocUnsafe(64 * 1024);
    const octets = readSync(descriptor, chunk);
    if (octets === 0) return Buffer.concat(chunks);
    chunks.push(chunk.subarray(0, octets));
    length += octets;
  }
  throw new Error(`it is longer than ${most / 1024 / 1024} MiB`);
}

function unreadable(path: string, error: unknown): DevtlsError {
  return new DevtlsError("file-unreadable", `could not read ${path}: ${systemReason(error)}`, {
    cause: error,
    hint: `Check the file and its folder: ls -l ${path}`,
  });
}

export function unwritable(path: string, error: unknown): DevtlsError {
  return new DevtlsError("file-unwritable", `could not write ${path}: ${systemReason(error)}`, {
    cause: error,
    hint: `Check who may write there: ls -ld ${dirname(path)}`,
  });
}

/** Makes a folder and its parents; a folder that is made here gets exactly this mode. */
export function makeDirectory(path: string, mode: number): void {
  try {
    const made = mkdirSync(path, { recursive: true, mode });
    if (made === undefined) return;
    chmodSync(path, mode);
    for (let folder = path; folder.length >= made.length; folder = dirname(folder)) {
      giveFolderToAsker(folder, dirname(made));
    }
  } catch (error) {
    throw unwritable(path, systemCode(error) === "ENOENT" ? whyNotMade(path, error) : error);
  }
}

/** Node says ENOENT of a folder with its parents also where the file system is read-only. */
function whyNotMade(path: string, error: unknown): unknown {
  let first = path;
  while (!existsSync(dirname(first))) first = dirname(first);
  try {
    mkdirSync(first);
    return error;
  } catch (cause) {
    return cause;
  }
}

interface Staged {
  readonly temporary: string;
  readonly target: string;
  /** Another name of the file that is replaced, until all are. */
  previous?: string;
  done?: boolean;
}

/**
 * Writes all files or none: each goes to a temporary name in its folder first, and only when all
 * are complete are they renamed; when one cannot be, those before it are put back. What killed runs
 * left under such names in the same folders goes.
 * @throws DevtlsError "file-unwritable" naming the file
 */
export function writeFiles(files: readonly NewFile[]): void {
  const staged: Staged[] = [];
  try {
    for (const file of files) staged.push(stage(file));
    for (const entry of staged) {
      try {
        if (staged.length > 1) setAside(entry);
        renameSync(entry.temporary, entry.target);
      } catch (error) {
        throw unwritable(entry.target, error);
      }
      entry.done = true;
    }
    for (const folder of new Set(staged.map(({ target }) => dirname(target)))) sweep(folder);
  } catch (error) {
    for (const entry of staged) putBack(entry);
    throw error;
  } finally {
    for (const { temporary, previous } of staged) {
      discard(temporary);
      if (previous) discard(previous);
    }
  }
}

/** Keeps the file that is to be replaced under a second name, or where it cannot have two, there. */
function setAside(entry: Staged): void {
  const previous = entry.temporary.replace(/tmp$/, "old");
  let failure: unknown;
  for (const keep of [linkSync, renameSync]) {
    try {
      keep(entry.target, previous);
      entry.previous = previous;
      return;
    } catch (error) {
      if (systemCode(error) === "ENOENT") return;
      failure = error;
    }
  }
  throw failure;
}

function putBack(entry: Staged): void {
  const { previous, target, done } = entry;
  if (!previous) {
    if (done) discard(target);
    return;
  }
  try {
    renameSync(previous, target);
  } catch {
    delete entry.previous; // Better a stray file than none: the old content keeps this name.
  }
}

/**
 * Writes files unless the first one's name is taken: it is the claim to all of them, and nobody
 * sees it before all are complete. @returns whether this call made them
 * @throws DevtlsError "file-unwritable" naming the file; then none is made
 */
export function writeNewFiles(files: readonly NewFile[]): boolean {
  const staged: Staged[] = [];
  try {
    for (const file of files) staged.push(stage(file));
    for (const entry of staged) {
      try {
        linkSync(entry.temporary, entry.target);
      } catch (error) {
        if (entry === staged[0] && systemCode(error) === "EEXIST") return false;
        throw unwritable(entry.target, error);
      }
      entry.done = true;
    }
    return true;
  } catch (error) {
    for (const { target, done } of staged) if (done) discard(target);
    throw error;
  } finally {
    for (const { temporary } of staged) discard(temporary);
  }
}

/** Removes a file if it is there; what cannot be removed is not what has to be reported. */
export function discard(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // `force` covers a missing file only, not a missing folder.
  }
}

function stage(file: NewFile): Staged {
  let target: string;
  try {
    // A rename would replace a symbolic link by a file; what it points to is what is meant.
    target = followOwnLinks(file.path);
  } catch (error) {
    throw unwritable(file.path, error);
  }
  const mark = processMark() + randomBytes(3).toString("hex");
  const temporary = join(dirname(target), `.${basename(target)}.${mark}.tmp`);
  let descriptor: number | undefined;
  try {
    if (statSync(target, { throwIfNoEntry: false })?.isDirectory()) {
      throw Object.assign(new Error("is a directory"), { code: "EISDIR" });
    }
    descriptor = openSync(temporary, "wx", file.mode);
    fchmodSync(descriptor, file.mode);
    giveToAsker(descriptor, dirname(temporary));
    writeFileSync(descriptor, file.data);
    if (file.durable) fsyncSync(descriptor);
  } catch (error) {
    discard(temporary);
    throw unwritable(file.path, error);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
  return { temporary, target };
}

/**
 * Under sudo, what is made in a folder of the user who asked belongs to that user, or they could
 * not use it afterwards. What is made elsewhere is root's.
 * @param opened of the file or folder, which nobody can replace by a link meanwhile
 */
function giveToAsker(opened: number, folder: string): void {
  const { SUDO_UID = "", SUDO_GID = "" } = process.env;
  if (process.geteuid?.() !== 0 || !/^[1-9]\d*$/.test(SUDO_UID) || !/^\d+$/.test(SUDO_GID)) return;
  if (statSync(folder).uid !== Number(SUDO_UID)) return;
  fchownSync(opened, Number(SUDO_UID), Number(SUDO_GID));
}

function giveFolderToAsker(path: string, above: string): void {
  if (process.platform === "win32") return;
  const opened = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    giveToAsker(opened, above);
  } finally {
    closeSync(opened);
  }
}

/** A name, and under which names runs keep what they write to it and what was there before. */
const TEMPORARY = /^\.(.+)\.([0-9a-f]{6})[0-9a-f]{6}\.(tmp|old)$/;

/** What runs that were killed left beside this file: temporary names of what it holds or held. */
export function leftoversOf(path: string): string[] {
  return temporariesIn(dirname(path))
    .filter(({ base }) => base === basename(path))
    .map(({ left }) => left);
}

interface Temporary {
  readonly left: string;
  /** The name that it stands for. */
  readonly base: string;
  readonly process: string;
  readonly kind: string;
}

function temporariesIn(folder: string): Temporary[] {
  try {
    return readdirSync(folder).flatMap((name) => {
      const [, base, process, kind] = TEMPORARY.exec(name) ?? [];
      if (base === undefined || process === undefined || kind === undefined) return [];
      return [{ left: join(folder, name), base, process, kind }];
    });
  } catch {
    return [];
  }
}

/**
 * Removes what runs that are over left in a folder, keys of theirs among it. What was set aside and
 * never replaced stays: it is the only copy.
 */
function sweep(folder: string): void {
  for (const { left, base, process, kind } of temporariesIn(folder)) {
    const ours = /\.(?:pem|p12|crt|cer|key)$/.test(base);
    const only = kind === "old" && !existsSync(join(folder, base));
    if (ours && !only && !isRunning(process)) discard(left);
  }
}
