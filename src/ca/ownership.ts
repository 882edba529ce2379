/** Whose a file is, and who else may write it. */

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
