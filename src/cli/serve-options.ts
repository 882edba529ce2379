/** The options of `devtls serve`; their values are checked where programs' are, too. */
import { type Command, Option } from "commander";
import type { ServeOptions as SharedOptions } from "../settings/serve-options.js";
import { kebabCase, WORDS } from "../settings/vocabulary.js";
import { collect, parseChoice, usage } from "./options.js";
import { REQUESTS, type Requests } from "./request-lines.js";

export interface ServeOptions extends SharedOptions {
  readonly demo?: boolean;
  readonly httpsEnv?: boolean;
  readonly inspect?: string | number | boolean;
  readonly inspectMemory?: string | number;
  readonly inspectBodies?: boolean;
  readonly lan?: string | boolean;
  readonly lanName?: string;
  readonly lanPort?: string | number;
  readonly lanOpen?: string | number;
  readonly lanQr?: string;
  readonly open?: string | boolean;
  readonly requests?: Requests;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  /** The dev server to start. */
  readonly command?: readonly string[];
}

/** Which say something of `--lan`. */
const LAN_OPTIONS = ["lanName", "lanPort", "lanOpen", "lanQr"] as const;

export function addServeOptions(command: Command): Command {
  for (const { name, takes, optional, many, help } of WORDS) {
    const value = takes === undefined ? "" : optional ? ` [${takes}]` : ` <${takes}>`;
    const option = new Option(`--${name}${value}`, help);
    // A name of its own, as in configuration files, not the negation of one.
    option.negate = false;
    command.addOption(many ? option.argParser(collect) : option);
  }
  return command;
}

/**
 * @param isFlag whether an option stands on the command line, not in the project's file
 * @throws DevtlsError "usage" for options of the command line that exclude or need each other
 */
export function checkCombination(
  options: ServeOptions,
  isFlag: (name: string) => boolean = () => true,
): void {
  const { command, demo, target } = options;
  if (demo && target !== undefined) throw usage("--demo and --target exclude each other");
  if (demo && command) throw usage("--demo and -- COMMAND exclude each other");
  if (command && !command[0]) {
    throw usage("a command is missing after --", "For example: devtls serve -- npm run dev");
  }
  if (options.httpsEnv && !command) {
    throw usage("--https-env without a command", "Add it: devtls serve --https-env -- COMMAND");
  }
  const idle = LAN_OPTIONS.find((name) => options[name] !== undefined && isFlag(name));
  if (idle && !options.lan) throw usage(`--${kebabCase(idle)} without --lan`, "Add it: --lan");
  if (options.requests !== undefined) parseChoice("--requests", REQUESTS)(options.requests);
  if (options.quiet && options.verbose) throw usage("--quiet and --verbose exclude each other");
}
