/**
 * Where a configuration is looked for, and whose it may be: it names commands to run and addresses
 * to listen on, so that one that a stranger planted must not be used (as git's safe.directory,
 * git-scm.com/docs/git-config).
 */
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  openSync,
  readFileSync,
  statSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import {
  isExcepted,
  type Owner,
  SAFE_DIRECTORY,
  safeDirectories,
  thisUser,
  type User,
  whyForeign,
} from "../ca/ownership.js";
import { DevtlsError, systemCode, systemReason } from "../errors.js";
import { homeFolder } from "../paths.js";

export const PACKAGE_FILE = "package.json";

/** No configuration is longer; a device or a pipe in its place might be without end. */
const MAX_OCTETS = 1024 * 1024;

/** Who looks; tests bring their own. */
export interface Viewer extends User {
  readonly home: string;
  readonly safe: readonly string[];
}

export function thisViewer(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Viewer {
  return { ...thisUser(env), home: homeFolder(), safe: safeDirectories(env) };
}

/**
 * The folders to look in, from this one upwards: to the project's root, which has `.git` or the
 * workspaces in it, to the home folder, or to the top.
 */
export function placesFrom(from: string, home: string): string[] {
  const folders: string[] = [];
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    folders.push(folder);
    const end = folder === resolve(home) || isProjectRoot(folder) || folder === dirname(folder);
    if (end) return folders;
  }
}

function isProjectRoot(folder: string): boolean {
  const marks = [".git", "pnpm-workspace.yaml"];
  if (marks.some((name) => existsSync(join(folder, name)))) return true;
  return readPackage(folder)?.text.includes('"workspaces"') ?? false;
}

interface Held {
  readonly text: string;
  readonly owner: Owner;
}

/** One that cannot be read is npm's business, or a stranger's in a folder above. */
function readPackage(folder: string): Held | undefined {
  try {
    return readBounded(join(folder, PACKAGE_FILE));
  } catch {
    return undefined;
  }
}

/** What is read is what is looked at: one descriptor for both. */
function readBounded(path: string): Held | undefined {
  let descriptor: number;
  try {
    // A pipe without a writer would hold up who opens it.
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw unreadable(path, systemReason(error), error);
  }
  try {
    const status = fstatSync(descriptor);
    if (!status.isFile()) throw unreadable(path, "it is not a file");
    if (status.size > MAX_OCTETS) throw unreadable(path, `it is longer than ${MAX_OCTETS} octets`);
    return { text: readFileSync(descriptor, "utf8"), owner: status };
  } finally {
    closeSync(descriptor);
  }
}

function unreadable(path: string, reason: string, cause?: unknown): DevtlsError {
  return new DevtlsError("file-unreadable", `could not read ${path}: ${reason}`, {
    cause,
    hint: `Check the file and its folder: ls -l ${path}`,
  });
}

/**
 * The text of a file that may be used as a configuration; undefined when there is none.
 * @param way the folders from the one that devtls was started in up to the file's
 * @param holds whether a text holds a configuration: what holds none may be anybody's
 * @throws DevtlsError "not-yours" where it or a folder on the way is another user's or can be
 * written by others; "file-unreadable"
 */
export function readOwn(
  path: string,
  way: readonly string[],
  viewer: Viewer,
  holds: (text: string) => boolean = () => true,
): string | undefined {
  const folder = dirname(path);
  const held = basename(path) === PACKAGE_FILE ? readPackage(folder) : readBounded(path);
  if (!held || !holds(held.text)) return undefined;
  if (viewer.uid === undefined || isExcepted(folder, viewer.safe)) return held.text;
  const all: (readonly [string, Owner])[] = [
    [path, held.owner],
    ...way.map((each) => [each, statSync(each)] as const),
  ];
  for (const [each, owner] of all) {
    const reason = whyForeign(owner, viewer);
    if (reason !== undefined) throw refusal(path, each, reason);
  }
  return held.text;
}

function refusal(path: string, place: string, reason: string): DevtlsError {
  const what = place === path ? "it" : place;
  return new DevtlsError("not-yours", `could not use ${path}: ${what} ${reason}`, {
    hint: [
      "A configuration can start programs, so that it has to be yours or root's, and nobody else's to write.",
      `See whose it is: ls -ld ${place}`,
      `To use it nevertheless: ${SAFE_DIRECTORY}=${dirname(path)}`,
    ].join("\n"),
  });
}
