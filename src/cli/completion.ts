/** `devtls completion`: what shells complete, made from the definitions of the commands. */
import { Argument, Command, type Option } from "commander";
import { WEATHER_KINDS } from "../acme/rules/weather.js";
import { FINDING_CODES } from "../diagnose/finding.js";
import { PROFILES } from "../edge/profiles/index.js";
import { WORDS } from "../settings/vocabulary.js";
import { TOOL_NAMES } from "../trust/development-tools.js";
import { STORE_IDS } from "../trust/store.js";
import { SUMMARIES } from "./commands.js";
import { print } from "./output.js";
import { type Define, type Loaders, withExamples } from "./program.js";

const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];

const EDGES = PROFILES.map(({ name }) => name);

/** Values that options take, and arguments of commands, where there is a list of them. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(
    WORDS.flatMap(({ name, values }) => (values ? [[`--${name}`, values]] : [])),
  ),
  "--simulate": EDGES,
  "--store": STORE_IDS,
  "--root": TOOL_NAMES,
  "--format": ["pem", "der"],
  "--weather": WEATHER_KINDS,
  "--shell": ["sh", "fish", "powershell"],
  edges: EDGES,
  explain: FINDING_CODES,
  completion: SHELLS,
};

/** One command with all that can follow it. */
interface Entry {
  readonly path: string;
  readonly summary: string;
  readonly words: readonly string[];
  readonly options: readonly Option[];
}

export const define: Define = (program, _rest, loaders) => {
  const command = program
    .command("completion")
    .description("Print the script that makes a shell complete devtls.")
    .addArgument(new Argument("<shell>", SHELLS.join(", ")).choices(SHELLS))
    .action(async (shell: Shell) => print(WRITERS[shell](await entriesOf(loaders ?? {}))));
  withExamples(
    command,
    `devtls completion bash > ~/.local/share/bash-completion/completions/devtls
devtls completion zsh > "\${fpath[1]}/_devtls"
devtls completion fish > ~/.config/fish/completions/devtls.fish`,
  );
};

async function entriesOf(loaders: Loaders): Promise<Entry[]> {
  const root = new Command("devtls");
  for (const load of Object.values(loaders)) (await load()).define(root, undefined, loaders);
  const below = root.commands.flatMap((command) => [command, ...command.commands]);
  const summaries: Readonly<Record<string, string>> = SUMMARIES;
  return below.map((command) => {
    const path =
      command.parent === root ? command.name() : `${command.parent?.name()} ${command.name()}`;
    return {
      path,
      summary: summaries[path] ?? command.description().replace(/\..*$/s, ""),
      words: VALUES[path] ?? command.commands.map((child) => child.name()),
      options: command.createHelp().visibleOptions(command),
    };
  });
}

const names = (entries: readonly Entry[]): string[] =>
  entries.map(({ path }) => path).filter((path) => !path.includes(" "));

const longOf = ({ options }: Entry): string[] =>
  options.flatMap(({ long }) => (long ? [long] : []));

/** Options that take a value from a list, each once. */
function listed(entries: readonly Entry[]): [string, readonly string[]][] {
  const used = new Set(entries.flatMap(longOf));
  return Object.entries(VALUES).filter(([name]) => used.has(name));
}

/** Options that take anything else: file names are as good a guess as any. */
function free(entries: readonly Entry[]): string[] {
  const options = entries.flatMap((entry) => entry.options);
  const takers = options.filter(({ required, optional, long }) => (required || optional) && long);
  return [...new Set(takers.map(({ long }) => long as string))].filter((name) => !VALUES[name]);
}

/** What follows a command: its words, then its options. */
const following = (entry: Entry): string => [...entry.words, ...longOf(entry)].join(" ");

function cases(entries: readonly Entry[]): string {
  return entries.map((entry) => `    '${entry.path}') list='${following(entry)}' ;;`).join("\n");
}

/** The part that bash and zsh share: sets `list`; leaves it empty where files are wanted. */
function chooser(entries: readonly Entry[]): string {
  return `  case "$previous" in
${listed(entries)
  .map(([name, values]) => `    ${name}) list='${values.join(" ")}'; return ;;`)
  .join("\n")}
    ${free(entries).join("|")}) return ;;
  esac
  case "$path" in
    '') list='${[...names(entries), "--help", "--version"].join(" ")}' ;;
${cases(entries)}
  esac`;
}

const WRITERS: Readonly<Record<Shell, (entries: readonly Entry[]) => string>> = {
  bash: (entries) => `# devtls for bash
_devtls_list() {
  local path=$1 previous=$2
${chooser(entries)}
}
_devtls() {
  local list='' current=\${COMP_WORDS[COMP_CWORD]} path=''
  (( COMP_CWORD > 1 )) && path=\${COMP_WORDS[1]}
  [[ $path == ca && COMP_CWORD -gt 2 ]] && path="ca \${COMP_WORDS[2]}"
  _devtls_list "$path" "\${COMP_WORDS[COMP_CWORD-1]}"
  COMPREPLY=()
  [[ -n $list ]] && mapfile -t COMPREPLY < <(compgen -W "$list" -- "$current")
}
complete -o default -F _devtls devtls`,
  zsh: (entries) => `#compdef devtls
_devtls_list() {
  local path_=$1 previous=$2
${chooser(entries).replaceAll('"$path"', '"$path_"')}
}
_devtls() {
  local list='' command=''
  (( CURRENT > 2 )) && command=$words[2]
  [[ $command == ca && CURRENT -gt 3 ]] && command="ca $words[3]"
  _devtls_list "$command" "$words[CURRENT-1]"
  if [[ -n $list ]]; then compadd -- \${(s: :)list}; else _files; fi
}
if [[ $funcstack[1] == _devtls ]]; then _devtls "$@"; else compdef _devtls devtls; fi`,
  fish: (entries) => {
    const quote = (text: string): string => `'${text.replace(/[\\']/g, "\\$&")}'`;
    const lines = ["# devtls for fish", "complete -c devtls -f"];
    for (const entry of entries) {
      const [first = "", second] = entry.path.split(" ");
      const seen = `__fish_seen_subcommand_from ${first}`;
      const where = second ? `${seen}; and __fish_seen_subcommand_from ${second}` : seen;
      if (second) {
        lines.push(`complete -c devtls -n ${quote(seen)} -a ${second} -d ${quote(entry.summary)}`);
      } else {
        lines.push(
          `complete -c devtls -n __fish_use_subcommand -a ${first} -d ${quote(entry.summary)}`,
        );
        const values = VALUES[first];
        if (values)
          lines.push(`complete -c devtls -n ${quote(seen)} -a ${quote(values.join(" "))}`);
      }
      for (const { long, description, required } of entry.options) {
        if (!long) continue;
        const values = VALUES[long];
        const takes = values ? ` -x -a ${quote(values.join(" "))}` : required ? " -r -F" : "";
        lines.push(
          `complete -c devtls -n ${quote(where)} -l ${long.slice(2)}${takes} -d ${quote(description)}`,
        );
      }
    }
    return lines.join("\n");
  },
};
