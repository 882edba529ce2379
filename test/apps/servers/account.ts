/** The account that applications run as: Debian's own for web servers, where the tests are root. */
import { chownSync, cpSync, lchownSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** Debian's www-data has the same number on every machine. */
const WWW_DATA = 33;

/** What to start a program with, so that it is not root. */
export const ACCOUNT: { readonly uid?: number } = process.getuid?.() === 0 ? { uid: WWW_DATA } : {};

/** Hands a folder and all below it over to that account. */
export function handOver(folder: string): void {
  const { uid } = ACCOUNT;
  if (uid === undefined) return;
  chownSync(folder, uid, uid);
  for (const path of readdirSync(folder, { recursive: true })) {
    lchownSync(join(folder, String(path)), uid, uid);
  }
}

/** Copies what a package brings; links to other packages lead there still. */
export function copyPackage(from: string, to: string): void {
  cpSync(from, to, { recursive: true });
}
