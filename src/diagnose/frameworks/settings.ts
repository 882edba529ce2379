/** The lines of a record that fit: its version, the purpose, the public URL. */
import type { Fix } from "../finding.js";
import type { Framework, Purpose, Setting } from "./record.js";

/** What the parts in braces stand for. */
export interface Place {
  /** The public URL. */
  readonly url: string;
  /** The address that the edge connects from. */
  readonly peer?: string;
}

/** A framework as far as one app has shown it. */
export interface Known {
  readonly framework: Framework;
  readonly version?: string | undefined;
}

/**
 * The lines for a purpose, by where they go; empty when there are none for this version. What fits
 * some versions only and nobody knows which one it is says so.
 */
export function settingsFor(purpose: Purpose, { framework, version }: Known, place: Place): Fix[] {
  const settings = framework.settings[purpose] ?? [];
  const fitting = settings.filter((setting) => fits(setting, version));
  // Of several forms, one: who does not say the version mostly has a newer one.
  const chosen = version === undefined ? newest(fitting) : fitting;
  const fixes = new Map<string, string[]>();
  for (const setting of chosen) {
    const where = `${setting.where ?? framework.where}${version === undefined ? rangeOf(setting) : ""}`;
    const own = fixes.get(where) ?? [];
    own.push(filled(setting.line, place));
    fixes.set(where, own);
  }
  return [...fixes].map(([where, lines]) => ({ where, lines }));
}

function fits({ since, before }: Setting, version: string | undefined): boolean {
  if (version === undefined) return true;
  if (since !== undefined && compare(version, since) < 0) return false;
  return before === undefined || compare(version, before) < 0;
}

function newest(settings: readonly Setting[]): readonly Setting[] {
  const current = settings.filter(({ before }) => before === undefined);
  return current.length > 0 ? current : settings;
}

function rangeOf({ since, before }: Setting): string {
  if (since !== undefined) return ` (from version ${since} on)`;
  return before === undefined ? "" : ` (before version ${before})`;
}

/** By their numbers: "3.10" comes after "3.9". */
export function compare(one: string, other: string): number {
  const [a, b] = [one, other].map((text) => text.split(".").map(Number));
  const difference = (index: number) =>
    ((a as number[])[index] ?? 0) - ((b as number[])[index] ?? 0);
  return difference(0) || difference(1) || difference(2);
}

function filled(line: string, { url, peer = "127.0.0.1" }: Place): string {
  const { host, origin, hostname, port } = new URL(url);
  const parts: Readonly<Record<string, string>> = {
    ...{ host, origin, hostname, port: port || "443", peer },
  };
  return line.replace(
    /\{(host|origin|hostname|port|peer)\}/g,
    (_, name: string) => parts[name] ?? "",
  );
}
