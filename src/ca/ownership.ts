/** Whose a file is, and who else may write it. */
import { existsSync, lstatSync, readlinkSync, type Stats, statSync } from "node:fs";
import { delimiter, dirname, join, parse, resolve, sep } from "node:path";
import { DevtlsError, systemReason } from "../errors.js";
import type { StatePaths } from "../paths.js";

/** Folders that are used whoever they belong to, as PATH lists them; "*" for all. */
export const SAFE_DIRECTORY = "DEVTLS_SAFE_DIRECTORY";

export function safeDirectories(
  env: Readonly<Record<string, string | undefined>> = process.env,
): string[] {
  return (env[SAFE_DIRECTORY] ?? "").split(delimiter).filter(Boolean);
}

/** Whether one of them is this folder. */
export function isExcepted(folder: string, safe: readonly string[]): boolean {
  return safe.some((each) => each === "*" || resolve(each) === resolve(folder));
}

/** What `stat` says of a file. */
export type Owner = Readonly<Record<"uid" | "gid" | "mode", number>>;

/** Who asks. */
export interface User {
  /** undefined where files have no such owner (Windows). */
  readonly uid: number | undefined;
  /** Of who called sudo: what is theirs stays theirs. */
  readonly sudoUid: number | undefined;
}

export function thisUser(env: Readonly<Record<string, string | undefined>> = process.env): User {
  const uid = process.geteuid?.();
  const sudoUid =
    uid === 0 && /^\d{1,10}$/.test(env.SUDO_UID ?? "") ? Number(env.SUDO_UID) : undefined;
  return { uid, sudoUid };
}

/**
 * Who called sudo, where this state directory is not theirs: without HOME it is root's own.
 * @returns their name; undefined without sudo, and where the state is theirs or named by DEVTLS_HOME
 */
export function sudoStranger(
  directory: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): string | undefined {
  const { sudoUid } = thisUser(env);
  if (!sudoUid || !env.SUDO_USER || env.DEVTLS_HOME) return undefined;
  let nearest = resolve(directory);
  while (!existsSync(nearest)) nearest = dirname(nearest);
  return statSync(nearest).uid === sudoUid ? undefined : env.SUDO_USER;
}

/**
 * Why what stands in a file may be another user's word; undefined where it is this user's or root's
 * and nobody else may write it.
 */
export function whyForeign({ uid, gid, mode }: Owner, user: User): string | undefined {
  if (user.uid === undefined) return undefined;
  if (![0, user.uid, user.sudoUid].includes(uid)) return `belongs to the user ${uid}`;
  if ((mode & 0o002) !== 0) return "can be written by every user";
  // Many systems give each user a group of the same number, in which nobody else is.
  if ((mode & 0o020) !== 0 && gid !== 0 && gid !== uid) return `can be written by the group ${gid}`;
  return undefined;
}

/** Why a key is not this user's alone; undefined where it is. */
function whyReadable({ uid, gid, mode }: Owner): string | undefined {
  if ((mode & 0o004) !== 0) return "can be read by every user";
  if ((mode & 0o040) !== 0 && gid !== 0 && gid !== uid) return `can be read by the group ${gid}`;
  return undefined;
}

/** As many as Linux follows. */
const MAX_LINKS = 40;

/**
 * The path without symbolic links, whether there is something or not.
 * @throws Error for a link that another user made: what it leads to is theirs to choose, in a folder
 * that all may write as /tmp above all (proc(5), protected_symlinks)
 */
export function followOwnLinks(path: string, user: User = thisUser()): string {
  const start = resolve(path);
  const { root } = parse(start);
  const rest = start.slice(root.length).split(sep).filter(Boolean);
  let found = root;
  for (let links = 0; rest.length > 0; ) {
    const part = rest.shift() as string;
    const next = part === ".." ? dirname(found) : join(found, part);
    const status = part === "." ? undefined : lstatSync(next, { throwIfNoEntry: false });
    if (!status?.isSymbolicLink()) {
      if (part !== ".") found = next;
      continue;
    }
    // Its mode says nothing.
    const reason = whyForeign({ ...owner(status), mode: 0 }, user);
    if (reason !== undefined) throw new Error(`${next} is a symbolic link that ${reason}`);
    if (++links > MAX_LINKS) throw new Error("too many symbolic links");
    const to = resolve(found, readlinkSync(next));
    rest.unshift(...to.slice(parse(to).root.length).split(sep).filter(Boolean));
    found = parse(to).root;
  }
  return found;
}

function owner({ uid, gid, mode }: Owner): Owner {
  return { uid, gid, mode };
}

/**
 * That nobody else can have put this authority here, before it signs or is trusted.
 * @throws DevtlsError "not-yours" naming the file or folder
 */
export function requireOwnState(
  paths: StatePaths,
  files: readonly string[],
  user: User = thisUser(),
): void {
  if (user.uid === undefined || isExcepted(paths.directory, safeDirectories())) return;
  for (const path of [paths.directory, ...files]) {
    const status = statusOf(path, paths);
    const reason = status && whyForeign(status, user);
    if (reason !== undefined) throw notOwn(path, reason, paths);
  }
}

function statusOf(path: string, paths: StatePaths): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw stateUnreadable(path, paths, error);
  }
}

/** A file of the state that this user may not read: `sudo devtls` of earlier versions left such. */
export function stateUnreadable(
  path: string,
  { directory }: StatePaths,
  error: unknown,
): DevtlsError {
  return new DevtlsError("file-unreadable", `could not read ${path}: ${systemReason(error)}`, {
    cause: error,
    hint: [
      `See whose it is: ls -la ${directory}`,
      `If it was made under sudo: sudo chown -R "$(id -u)" ${directory}`,
    ].join("\n"),
  });
}

/**
 * That nobody else can have read the key that is to sign.
 * @throws DevtlsError "not-yours"
 */
export function requirePrivate(key: string, paths: StatePaths, user: User = thisUser()): void {
  if (user.uid === undefined || isExcepted(paths.directory, safeDirectories())) return;
  const reason = whyReadable(statSync(key));
  if (reason !== undefined) throw notOwn(key, reason, paths);
}

function notOwn(path: string, reason: string, { directory }: StatePaths): DevtlsError {
  const mend = reason.startsWith("belongs")
    ? `sudo chown -R "$(id -u)" ${directory}`
    : `chmod ${reason.includes("read") ? "400" : "go-w"} ${path}`;
  return new DevtlsError("not-yours", `could not use the authority: ${path} ${reason}`, {
    hint: [
      "What others may have put there must not sign, nor be trusted, and who has read the key can sign.",
      `If nobody has: ${mend}`,
      reason.includes("read")
        ? "If somebody may have: devtls ca rotate"
        : "If somebody may have: devtls untrust, then devtls ca delete",
      `To use it nevertheless: ${SAFE_DIRECTORY}=${directory}`,
    ].join("\n"),
  });
}
