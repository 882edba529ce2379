/** Programs as a project's scripts find them: those of its packages first, then the shell's. */
import { existsSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";

type Environment = Readonly<Record<string, string | undefined>>;

/** The folders where npm puts the programs of packages, the nearest first. */
function packagePrograms(folder: string): string[] {
  const parent = dirname(folder);
  const above = parent === folder ? [] : packagePrograms(parent);
  return [join(folder, "node_modules", ".bin"), ...above];
}

/** PATH with the programs of a project's packages, as `npm run` sets it. */
export function pathIn(folder: string, env: Environment): string {
  const own = packagePrograms(folder).filter((path) => existsSync(path));
  return [...own, ...foldersOf(env)].join(delimiter);
}

/** Whether a word is a program: a path that is there, or a name that PATH or a package has. */
export function isProgram(word: string, folder: string, env: Environment): boolean {
  if (word === "") return false;
  if (word.includes("/")) return existsSync(resolve(folder, word));
  const names = process.platform === "win32" ? [word, `${word}.cmd`, `${word}.exe`] : [word];
  return [...packagePrograms(folder), ...foldersOf(env)].some((path) =>
    names.some((name) => existsSync(join(path, name))),
  );
}

function foldersOf({ PATH = "" }: Environment): string[] {
  return PATH.split(delimiter).filter(Boolean);
}
