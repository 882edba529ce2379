/** Reading and writing files so that a crash or a second process never leaves half of one. */
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  closeSync,
  fchmodSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { DevtlsError, systemCode, systemReason } from "../errors.js";

export interface NewFile {
  readonly path: string;
  readonly data: string | Uint8Array;
  /** Exact mode bits, whatever the umask. */
  readonly mode: number;
  /** On disk before its name is: for what could not be made again after a power failure. */
  readonly durable?: boolean;
}

/** @throws DevtlsError "file-unreadable", or undefined when there is no such file */
export function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw unreadable(path, error);
  }
}

/** @throws DevtlsError "file-unreadable" */
export function readRequired(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw unreadable(path, error);
  }
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
    if (mkdirSync(path, { recursive: true, mode })) chmodSync(path, mode);
  } catch (error) {
    throw unwritable(path, error);
  }
}

/**
 * Writes all files or none: each goes to a temporary name in its folder first, and only when all
 * are complete are they renamed. @throws DevtlsError "file-unwritable" naming the file
 */
export function writeFiles(files: readonly NewFile[]): void {
  const staged: { temporary: string; target: string }[] = [];
  try {
    for (const file of files) staged.push(stage(file));
    while (staged[0]) {
      const { temporary, target } = staged[0];
      try {
        renameSync(temporary, target);
      } catch (error) {
        throw unwritable(target, error);
      }
      staged.shift();
    }
  } finally {
    for (const { temporary } of staged) rmSync(temporary, { force: true });
  }
}

/**
 * Writes a file unless one of that name exists, atomically: the content is complete before the
 * name appears. @returns whether this call made it
 */
export function writeNewFile(file: NewFile): boolean {
  const { temporary, target } = stage(file);
  try {
    linkSync(temporary, target);
    return true;
  } catch (error) {
    if (systemCode(error) === "EEXIST") return false;
    throw unwritable(file.path, error);
  } finally {
    rmSync(temporary, { force: true });
  }
}

function stage(file: NewFile): { temporary: string; target: string } {
  const target = followLink(file.path);
  const temporary = join(
    dirname(target),
    `.${basename(target)}.${randomBytes(6).toString("hex")}.tmp`,
  );
  let descriptor: number | undefined;
  try {
    descriptor = openSync(temporary, "wx", file.mode);
    fchmodSync(descriptor, file.mode);
    writeFileSync(descriptor, file.data);
    if (file.durable) fsyncSync(descriptor);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw unwritable(file.path, error);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
  return { temporary, target };
}

/** A rename would replace a symbolic link by a file; what it points to is what is meant. */
function followLink(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
