/**
 * The commander set-up that all commands share. Only the command that was called is loaded: a
 * folder's code runs when its command does.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command, CommanderError, Help } from "commander";
import { type CommandName, SUMMARIES, TOPIC_NAMES } from "./commands.js";
import { nearest, usage } from "./options.js";
import { EXIT, print, reportCrashes, reportError, write } from "./output.js";

/**
 * Adds a command, its options and its action to the program.
 * @param program `devtls`
 * @param rest what `devtls serve` or `rehearse` was given after `--`, the dev server's own command
 * @param loaders every command's code, for the one that completes them
 */
export type Define = (program: Command, rest?: readonly string[], loaders?: Loaders) => void;

/** Loads the code of a command; a command that a build leaves out has none. */
export type Loaders = Partial<Record<CommandName, () => Promise<{ define: Define }>>>;

const EXAMPLES = `devtls serve --target 8000                   https://localhost:8443 in front of port 8000
devtls trust                                 make browsers trust the authority
devtls cert localhost                        localhost.pem and localhost-key.pem
devtls serve --target 8000 --simulate none   as an edge that tells the app nothing
devtls serve --demo                          see it at work on the built-in app`;

/** Other words for commands, and what they stand for. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ["install", "trust"],
  ["uninstall", "untrust"],
  ["version", "--version"],
  ["-v", "--version"],
]);

/** A dev server named by itself: `8000`, `localhost:8000`, a URL, `unix:/path`. */
const TARGET = /^(?:\d+|https?:\/\/\S+|unix:\/\S+|(?:[\w.-]+|\[[\da-f:]+\]):\d+)$/i;

/** What only `devtls serve` begins with: `devtls --target 8000`, `devtls -- npm run dev`. */
const OF_SERVE = /^--(?:target(?:=.*)?|demo)?$/s;

/** The arguments in the words of the contract. */
function meant(given: readonly string[]): readonly string[] {
  const [first, ...rest] = given;
  if (first === undefined) return [];
  if (TARGET.test(first)) return ["serve", "--target", first, ...rest];
  if (OF_SERVE.test(first)) return ["serve", ...given];
  if (first !== "help") return [ALIASES.get(first) ?? first, ...rest];
  const [about, ...more] = rest;
  return about === undefined ? ["--help"] : [ALIASES.get(about) ?? about, ...more, "--help"];
}

/** Loads what `devtls help TOPIC` prints, by topic. */
export type LoadTopics = () => Promise<{ readonly TOPICS: ReadonlyMap<string, string> }>;

/** @returns the exit status */
export async function run(
  given: readonly string[],
  loaders: Loaders,
  loadTopics?: LoadTopics,
): Promise<number> {
  reportCrashes();
  const argv = meant(given);
  const name = argv[0];
  const known = name !== undefined && Object.hasOwn(SUMMARIES, name);
  const program = createProgram();
  try {
    if (name === "--version") {
      print(version());
      return EXIT.ok;
    }
    const load = known ? loaders[name as CommandName] : undefined;
    if (name !== undefined && !name.startsWith("-") && !load) {
      const topics = (await loadTopics?.())?.TOPICS ?? new Map<string, string>();
      const topic = given[0] === "help" ? topics.get(name) : undefined;
      if (topic !== undefined) {
        print(topic);
        return EXIT.ok;
      }
      throw unknown(name, given[0] === "help" ? [...topics.keys()] : undefined);
    }
    const end = STARTING.includes(name ?? "") ? argv.indexOf("--") : -1;
    const own = end < 0 ? argv : argv.slice(0, end);
    if (load) (await load()).define(program, end < 0 ? undefined : argv.slice(end + 1), loaders);
    else describeCommands(program);
    if (name === undefined) {
      write("stderr", program.helpInformation());
      return EXIT.usage;
    }
    if (process.env.SUDO_USER && STATEFUL.includes(name)) {
      program.hook("preAction", async () => (await import("./sudo.js")).noteSudo());
    }
    await program.parseAsync(own, { from: "user" });
    return typeof process.exitCode === "number" ? process.exitCode : EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok;
    const command = known ? `devtls ${name}` : "devtls";
    return reportError(
      error instanceof CommanderError ? await usageFrom(error, command, program) : error,
      `Run: ${command} --help`,
    );
  }
}

/** Commands that take the command of an app after `--`. */
const STARTING: readonly string[] = ["serve", "rehearse"];

/** Commands that use the authority, which under sudo is another one. */
const STATEFUL: readonly string[] = [
  ...["cert", "renew", "ca", "trust", "untrust", "serve", "acme", "env", "rehearse"],
];

/** @param topics what there is help about besides the commands, where help was asked for */
function unknown(name: string, topics: readonly string[] | undefined): Error {
  const near = nearest(name, [...Object.keys(SUMMARIES), ...(topics ?? [])]);
  const suggestion = near ? ` (did you mean ${near}?)` : "";
  return topics
    ? usage(`there is no help about '${name}'${suggestion}`, `Topics: ${topics.join(", ")}`)
    : usage(`there is no command '${name}'${suggestion}`);
}

function createProgram(): Command {
  const program = new Command("devtls");
  program
    .description(
      `Local HTTPS that behaves like production. More: devtls help ${TOPIC_NAMES.join(", ")}.`,
    )
    .option("--version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand(false)
    // Or `devtls cert localhost --version` would take the option and issue a certificate.
    .enablePositionalOptions()
    .exitOverride()
    // Commander's error texts are rewritten by `run`.
    .configureOutput({ writeOut: (text) => write("stdout", text), writeErr: () => undefined })
    .configureHelp({ formatHelp: examplesFirst });
  return withExamples(program, EXAMPLES);
}

/** The package's version; the built command line lies two folders below its package.json. */
export function version(): string {
  const { version } = JSON.parse(readFileSync(join(__dirname, "../../package.json"), "utf8"));
  return String(version);
}

function describeCommands(program: Command): void {
  for (const [name, summary] of Object.entries(SUMMARIES)) program.command(name).summary(summary);
}

const EXAMPLES_OF = new WeakMap<Command, string>();

/** The examples that a command's help begins with, one a line. */
export function withExamples(command: Command, examples: string): Command {
  EXAMPLES_OF.set(command, examples);
  return command;
}

const GUESS_OF = new WeakMap<Command, Guess>();

/** What was meant by arguments that a command does not know; undefined when nothing is likely. */
export type Guess = () => Promise<Error | undefined>;

export function withGuess(command: Command, guess: Guess): void {
  GUESS_OF.set(command, guess);
}

function examplesFirst(command: Command, help: Help): string {
  const text = new Help().formatHelp(command, help);
  const examples = EXAMPLES_OF.get(command);
  return examples ? `Examples:\n${examples.replace(/^/gm, "  ")}\n\n${text}` : text;
}

/** Commander's own errors in the words and with the exit status of the contract. */
async function usageFrom(error: CommanderError, command: string, program: Command): Promise<Error> {
  const guesses = program.commands.map((each) => GUESS_OF.get(each)?.());
  const guessed = (await Promise.all(guesses)).find((each) => each !== undefined);
  if (guessed) return guessed;
  // A command that only has commands below it was called alone.
  if (error.code === "commander.help") return usage(`a command is missing after '${command}'`);
  const problem = error.message
    .replace(/^error: /, "")
    .replace(/\n\(Did you mean (.*)\?\)/s, " (did you mean $1?)");
  const flag = /^unknown option '(--[^=']+)(=[^']*)?'$/.exec(problem);
  if (!flag) return usage(problem);
  const [, option = "", value = ""] = flag;
  const options = program.commands.flatMap(({ options }) => options);
  const near = nearest(
    option,
    options.map(({ long }) => long ?? ""),
  );
  return usage(near ? `${problem} (did you mean ${near}${value}?)` : problem);
}
