/** Where browsers keep their NSS databases. They move them, so that every place is a list. */
import { dirname, isAbsolute, join } from "node:path";
import type { Machine } from "./machine.js";

export interface Database {
  readonly name: string;
  readonly directory: string;
  /** It does not exist yet and is made on installation. */
  readonly create: boolean;
}

/**
 * Chromium reads ~/.pki/nssdb where that exists, and since version 146 ~/.local/share/pki/nssdb
 * otherwise (docs/linux/cert_management.md of Chromium). Where neither exists the new one is made:
 * a browser that is started later reads it.
 */
export function chromiumDatabases(machine: Machine): Database[] {
  if (machine.platform !== "linux") return [];
  const data = baseFolder(machine.env.XDG_DATA_HOME) ?? join(machine.home, ".local", "share");
  const modern = join(data, "pki", "nssdb");
  const candidates = [
    join(machine.home, ".pki", "nssdb"),
    modern,
    join(machine.home, "snap", "chromium", "current", ".pki", "nssdb"),
  ];
  const existing = candidates
    .filter((directory) => hasDatabase(machine, directory))
    .map((directory) => ({ name: `Chromium (${directory})`, directory, create: false }));
  const classic = existing.some(({ directory }) => directory === candidates[0]);
  const hasModern = existing.some(({ directory }) => directory === modern);
  if (classic || hasModern) return existing;
  return [{ name: `Chromium (${modern})`, directory: modern, create: true }, ...existing];
}

/**
 * Every profile of Firefox, its Developer Edition and ESR included, which keep theirs in the same
 * folders: those that are there, and those elsewhere that profiles.ini names.
 */
export function firefoxDatabases(machine: Machine): Database[] {
  const directories = firefoxFolders(machine).flatMap((folder) => [
    ...machine.list(folder).map((profile) => join(folder, profile)),
    ...listedProfiles(machine, folder),
    // On macOS profiles.ini lies one folder above.
    ...listedProfiles(machine, dirname(folder)),
  ]);
  return [...new Set(directories)]
    .filter((directory) => hasDatabase(machine, directory))
    .map((directory) => ({ name: `Firefox (${directory})`, directory, create: false }));
}

/** Where Firefox keeps its profiles, whether it is there or not. */
export function firefoxFolders({ env, home, platform }: Machine): string[] {
  if (platform === "darwin") {
    return [join(home, "Library", "Application Support", "Firefox", "Profiles")];
  }
  const flatpak = join(home, ".var", "app", "org.mozilla.firefox");
  return [
    join(home, ".mozilla", "firefox"),
    // Since version 147, for who had no profile before.
    join(baseFolder(env.XDG_CONFIG_HOME) ?? join(home, ".config"), "mozilla", "firefox"),
    join(home, "snap", "firefox", "common", ".mozilla", "firefox"),
    join(flatpak, ".mozilla", "firefox"),
    join(flatpak, "config", "mozilla", "firefox"),
  ];
}

/** The profiles that profiles.ini names, with paths of their own or below its folder. */
function listedProfiles(machine: Machine, folder: string): string[] {
  const text = machine.read(join(folder, "profiles.ini")) ?? "";
  const paths = [...text.matchAll(/^Path=(.+?)\r?$/gm)].map(([, path]) => path ?? "");
  return paths.map((path) => (isAbsolute(path) ? path : join(folder, path)));
}

/** What is empty or relative counts as not set (XDG Base Directory Specification). */
function baseFolder(value: string | undefined): string | undefined {
  return value !== undefined && isAbsolute(value) ? value : undefined;
}

function hasDatabase(machine: Machine, directory: string): boolean {
  return machine.exists(join(directory, "cert9.db"));
}
