/** The account that applications run as: Debian's own for web servers, where the tests are root. */
import { cpSync, lchownSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** Debian's www-data has the same number on every machine. */
const WWW_DATA = 33;

/** What to start a program with, so that it is not root. */
export const ACCOUNT: { readonly uid?: number } = process.getuid?.() === 0 ? { uid: WWW_DATA } : {};

/** Hands a folder and all below it over to that account; links are not followed, and may lead back. */
export function handOver(folder: string): void {
  const { uid } = ACCOUNT;
  if (uid === undefined) return;
  lchownSync(folder, uid, uid);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    try {
      if (entry.isDirectory()) handOver(path);
      else lchownSync(path, uid, uid);
    } catch (error) {
      // What runs there already makes and removes files.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
}

/** Copies what a package brings; links to other packages lead there still. */
export function copyPackage(from: string, to: string): void {
  cpSync(from, to, { recursive: true });
}
