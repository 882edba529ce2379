/** What is in force for each app: flags beat the file, the file beats defaults. */
import { DevtlsError } from "../errors.js";
import { ARGUMENTS, nearest } from "../words.js";
import type { Config, Options } from "./config.js";
import type { Origin } from "./serve-options.js";
import { kebabCase } from "./vocabulary.js";

export type Source = "command line" | "file" | "default";

export interface App {
  /** The service's name; undefined when there is one app only. */
  readonly name: string | undefined;
  readonly options: Options;
  /** Where each option was written; what is missing has its default. */
  readonly sources: ReadonlyMap<string, Source>;
  readonly origin: Origin;
  /** Where its command runs. */
  readonly folder: string | undefined;
}

/** Who says one of them on the command line does not want the file's other one. */
const RIVALS: readonly (readonly string[])[] = [
  ["simulate", "edgeFile"],
  ["target", "command"],
];

/**
 * The apps to serve.
 * @param flags options of the command line by their names in programs
 * @param names services that were asked for; none for all that there are
 * @throws DevtlsError "usage" for a service that there is not
 */
export function resolveApps(
  flags: Options,
  names: readonly string[],
  config: Config | undefined,
): App[] {
  // The demo is nobody's project.
  if (!config || flags.demo) {
    if (names[0] !== undefined && !flags.demo) throw noService(names[0], undefined);
    return [merge(undefined, flags, {}, undefined)];
  }
  const { services } = config;
  const unknown = names.find((name) => !services.has(name));
  if (unknown !== undefined) throw noService(unknown, config);
  // A target of one's own is an app of one's own.
  if (
    services.size === 0 ||
    (names.length === 0 && (flags.target ?? flags.command) !== undefined)
  ) {
    return [merge(undefined, flags, config.shared, config)];
  }
  const chosen = names.length > 0 ? names : [...services.keys()];
  return [...new Set(chosen)].map((name) =>
    merge(name, flags, { ...config.shared, ...services.get(name) }, config),
  );
}

function merge(
  name: string | undefined,
  flags: Options,
  written: Options,
  config: Config | undefined,
): App {
  const given = Object.entries(flags).filter(([, value]) => value !== undefined);
  const said = new Set(given.map(([key]) => key));
  const rivals = new Set(
    RIVALS.flatMap((group) => (group.some((key) => said.has(key)) ? group : [])),
  );
  const kept = Object.entries(written).filter(([key]) => !said.has(key) && !rivals.has(key));
  const sources = new Map<string, Source>([
    ...kept.map(([key]): [string, Source] => [key, "file"]),
    ...given.map(([key]): [string, Source] => [key, "command line"]),
  ]);
  return {
    name,
    options: Object.fromEntries([...kept, ...given]),
    sources,
    origin: originOf(sources, config),
    folder: sources.get("command") === "file" ? config?.folder : undefined,
  };
}

/** Each option by the name that it has where it was written. */
function originOf(sources: ReadonlyMap<string, Source>, config: Config | undefined): Origin {
  const fromFile = (option: string): boolean => sources.get(option) === "file";
  return {
    problem: (option) => (fromFile(option) ? `could not use ${config?.path}` : ARGUMENTS),
    name: (option) => (fromFile(option) ? `"${kebabCase(option)}"` : `--${kebabCase(option)}`),
  };
}

function noService(name: string, config: Config | undefined): DevtlsError {
  const names = [...(config?.services.keys() ?? [])];
  const near = nearest(name, names);
  const message = `${ARGUMENTS}: there is no service '${name}'${near ? ` (did you mean ${near}?)` : ""}`;
  return new DevtlsError("usage", message, {
    hint:
      names.length > 0
        ? `In ${config?.path}: ${names.join(", ")}`
        : 'Services are described in devtls.config.json: { "services": { "web": { "target": 5173 } } }',
  });
}
