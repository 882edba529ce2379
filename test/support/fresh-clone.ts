/** The repository as somebody else gets it: cloned, with nothing installed and nothing built. */
import { cpSync, lstatSync, mkdirSync, symlinkSync } from "node:fs";
import { delimiter, join } from "node:path";
import { PROJECT, runProgram } from "./cli.js";
import { folderUntilEnd, type Home } from "./programs.js";

export interface Clone {
  readonly folder: string;
  /** In which `devtls` is the clone's, and npm works as it does on this machine. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Clones the repository. Where something is not committed yet, the files themselves are copied,
 * so that what is tested is what is there.
 */
export async function cloneRepository(home: Home): Promise<Clone> {
  const base = folderUntilEnd("devtls-clone-");
  const folder = join(base, "devtls");
  if ((await git("status", "--porcelain")) === "") {
    await git("clone", "--quiet", PROJECT, folder);
  } else {
    const files = await git("ls-files", "-z", "--cached", "--others", "--exclude-standard");
    for (const file of files.split("\0")) {
      const source = join(PROJECT, file);
      // Not what was deleted, and no link: npm would follow one and empty the folder behind it.
      if (lstatSync(source, { throwIfNoEntry: false })?.isFile()) {
        cpSync(source, join(folder, file));
      }
    }
  }
  const programs = join(base, "bin");
  mkdirSync(programs);
  symlinkSync(join(folder, "bin/devtls.js"), join(programs, "devtls"));
  const path = [programs, process.env.PATH].join(delimiter);
  return { folder, env: { ...home.env, DEVTLS_HOME: "", ...(await npmSettings()), PATH: path } };
}

/** Gives a clone the packages of this checkout as hard links: what npm does to one is not seen here. */
export async function linkPackages({ folder }: Clone): Promise<void> {
  const [from, to] = [join(PROJECT, "node_modules"), join(folder, "node_modules")];
  const linked = await runProgram("cp", ["-a", "--link", from, to]);
  // On another file system there are no links.
  if (linked.status !== 0) cpSync(from, to, { recursive: true, verbatimSymlinks: true });
}

async function git(...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await runProgram("git", ["-C", PROJECT, ...args]);
  if (status !== 0) throw new Error(`git ${args[0]}: ${stderr}`);
  return stdout;
}

/** The cache and the settings of this machine, without what an npm that runs the tests adds. */
export async function npmSettings(): Promise<Record<string, string>> {
  const inherited = Object.keys(process.env).filter((name) => /^npm_/i.test(name));
  const { stdout } = await runProgram("npm", [
    "config",
    "get",
    "cache",
    "userconfig",
    "globalconfig",
  ]);
  const settings = [...stdout.matchAll(/^(cache|userconfig|globalconfig)=(.*)$/gm)];
  return Object.fromEntries([
    ...inherited.map((name) => [name, ""]),
    ...settings.map(([, name, value]) => [`npm_config_${name}`, value as string]),
  ]);
}
