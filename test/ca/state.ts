/** Looking at folders, and authorities in them. */
import { createHash } from "node:crypto";
import { chmodSync, lstatSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { statePaths } from "../../src/paths.js";
import { temporaryFolder } from "../support/cli.js";
import { type Made, makeRoot, type RootOptions } from "../x509/fixtures.js";

/** Everything below a folder: path, mode, and a digest of what files hold. */
export function snapshot(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const { mode } = lstatSync(path);
      const content = entry.isFile() ? digest(readFileSync(path)) : "";
      return `${relative(folder, path)} ${(mode & 0o7777).toString(8)} ${content}`.trim();
    })
    .sort();
}

function digest(content: Buffer): string {
  return createHash("sha256").update(content).digest("hex").slice(0, 16);
}

/** The names in a folder, sorted. */
export function list(folder: string): string[] {
  return readdirSync(folder).sort();
}

export interface State {
  /** The state directory. */
  readonly home: string;
  /** A folder for what is issued. */
  readonly out: string;
}

/** A folder with a state directory that holds `files`, and an empty one beside it. */
export function makeState(files: Readonly<Record<string, string>>): State {
  const home = temporaryFolder();
  const out = temporaryFolder();
  for (const [name, text] of Object.entries(files)) {
    const path = join(home, name);
    writeFileSync(path, text);
    chmodSync(path, name.includes("key") ? 0o400 : 0o644);
  }
  return { home, out };
}

/** The two files of an authority, by their names in the state directory. */
export function filesOf(root: Pick<Made, "pem" | "keyPem">): Record<string, string> {
  return { "rootCA.pem": root.pem, "rootCA-key.pem": root.keyPem };
}

/** An authority with these options, as `src/ca` hands it around, its state directory on disk. */
export function makeAuthority(options: RootOptions = {}) {
  const root = makeRoot(options);
  const { home, out } = makeState(filesOf(root));
  return { certificate: root.certificate, key: root.key, paths: statePaths(home), out, root };
}
