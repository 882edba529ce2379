/** `devtls.config.json`, or the `devtls` key of package.json: found, read and checked. */
import { isAbsolute, join } from "node:path";
import { causeOf, DevtlsError } from "../errors.js";
import { nearest } from "../words.js";
import { PACKAGE_FILE, placesFrom, readOwn, thisViewer, type Viewer } from "./config-place.js";
import { parseJsonc } from "./jsonc.js";
import { camelCase, WORDS, type Word } from "./vocabulary.js";

const CONFIG_FILE = "devtls.config.json";

/** Options under their names in programs, as a file holds them. */
export type Options = Readonly<Record<string, unknown>>;

export interface Config {
  readonly path: string;
  readonly folder: string;
  /** What holds for every service. */
  readonly shared: Options;
  /** By name; empty when the file describes one app only. */
  readonly services: ReadonlyMap<string, Options>;
}

/** Keys of a configuration that are no options of the command line. */
const COMMAND = "command";

/** What a configuration file may say of an app. */
export const CONFIG_WORDS: readonly Word[] = WORDS.filter(({ once }) => !once);

/**
 * The nearest configuration, from a folder upwards to the project's root or the home folder.
 * @throws DevtlsError "usage" naming the file, the key and what is allowed; "not-yours" for one that
 * a stranger may have written; "file-unreadable"
 */
export function findConfig(from: string, viewer: Viewer = thisViewer()): Config | undefined {
  const folders = placesFrom(from, viewer.home);
  for (const [at, folder] of folders.entries()) {
    const found = readConfig(folder, folders.slice(0, at + 1), viewer);
    if (found) return found;
  }
  return undefined;
}

function readConfig(folder: string, way: readonly string[], viewer: Viewer): Config | undefined {
  const own = join(folder, CONFIG_FILE);
  const text = readOwn(own, way, viewer);
  if (text !== undefined) return check(own, folder, parse(own, text));
  const path = join(folder, PACKAGE_FILE);
  // Most have no such key, and a broken one is npm's business.
  const packageText = readOwn(path, way, viewer, (held) => held.includes('"devtls"'));
  if (packageText === undefined) return undefined;
  const value = parse(path, packageText);
  if (!isObject(value) || !isObject(value.devtls)) return undefined;
  return check(path, folder, value.devtls);
}

function parse(path: string, text: string): unknown {
  try {
    return parseJsonc(text);
  } catch (error) {
    throw problem(path, `it is not JSON: ${causeOf(error)}`);
  }
}

function check(path: string, folder: string, value: unknown): Config {
  if (!isObject(value)) throw problem(path, "it holds no object");
  const { $schema: _schema, services = {}, ...rest } = value;
  if (!isObject(services)) throw problem(path, '"services" is not an object of services');
  return {
    path,
    folder,
    shared: options(path, folder, rest, ""),
    services: new Map(
      Object.entries(services).map(([name, service]) => {
        if (!/^[a-z0-9][a-z0-9_-]*$/i.test(name)) {
          throw problem(path, `"${name}" is no name for a service`, "Letters, digits, - and _");
        }
        if (!isObject(service)) throw problem(path, `"services.${name}" is not an object`);
        return [name, options(path, folder, service, `services.${name}.`)];
      }),
    ),
  };
}

function options(path: string, folder: string, value: Options, prefix: string): Options {
  const entries = Object.entries(value).map(([key, given]): [string, unknown] => {
    const shown = `"${prefix}${key}"`;
    if (key === COMMAND) return [key, checkCommand(path, shown, given)];
    const word = CONFIG_WORDS.find(({ name }) => name === key);
    if (!word) throw unknownKey(path, shown, key);
    if (!fits(word, given)) throw problem(path, `${shown} is not ${describe(word)}`);
    const located =
      word.file && typeof given === "string" && !isAbsolute(given) ? join(folder, given) : given;
    return [camelCase(key), located];
  });
  return Object.fromEntries(entries);
}

function checkCommand(path: string, shown: string, value: unknown): unknown {
  const words = Array.isArray(value) && value.every((word) => typeof word === "string");
  if (words && value.length > 0) return value;
  throw problem(path, `${shown} is not a list of words`, 'For example: ["npm", "run", "dev"]');
}

function fits(word: Word, value: unknown): boolean {
  if (word.takes === undefined) return typeof value === "boolean";
  if (Array.isArray(value)) return word.many === true && value.every((entry) => isText(entry));
  if (isObject(value)) return word.json === "object" && Object.values(value).every(isText);
  if (typeof value === "boolean") return word.json === "boolean";
  if (typeof value === "number") return word.json === "number" && Number.isInteger(value);
  return typeof value === "string";
}

function isText(value: unknown): boolean {
  return typeof value === "string" || typeof value === "number";
}

function describe(word: Word): string {
  if (word.takes === undefined) return "true or false";
  const kinds = [
    word.values ? `one of ${word.values.join(", ")}` : "a text",
    ...(word.json === "number" ? ["a whole number"] : []),
    ...(word.json === "boolean" ? ["true or false"] : []),
    ...(word.many ? ["a list of texts"] : []),
    ...(word.json === "object" ? ["an object of texts"] : []),
  ];
  return kinds.join(" or ");
}

function unknownKey(path: string, shown: string, key: string): DevtlsError {
  const names = [...CONFIG_WORDS.map(({ name }) => name), COMMAND, "services"];
  const near = nearest(key, names);
  return problem(
    path,
    `there is no key ${shown}${near ? ` (did you mean "${near}"?)` : ""}`,
    `Allowed: ${names.join(", ")}`,
  );
}

function problem(path: string, cause: string, hint?: string): DevtlsError {
  return new DevtlsError("usage", `could not use ${path}: ${cause}`, {
    hint: hint ?? "What it may hold, with an example: devtls help configuration",
  });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
