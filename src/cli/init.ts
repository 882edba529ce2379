/** `devtls init`: puts a project's dev server on https, after a look at what it is. */
import { realpathSync } from "node:fs";
import { join, sep } from "node:path";
import type { Command } from "commander";
import { readIfFile, writeFiles } from "../ca/files.js";
import { isProgram } from "../dev-server/programs.js";
import { causeOf, DevtlsError } from "../errors.js";
import { AGENT_FILE, agentEntry } from "../init/agent.js";
import { type Change, type Proposal, propose } from "../init/propose.js";
import { shellWords } from "../words.js";
import { usage } from "./options.js";
import { note, paint, print, warn } from "./output.js";
import { withExamples } from "./program.js";
import { confirm } from "./prompt.js";

interface InitOptions {
  yes?: boolean;
  dryRun?: boolean;
  agent?: boolean;
}

export function define(program: Command): void {
  const command = program
    .command("init")
    .description(
      "Put the project in this folder on https: proposes its dev script and configuration, shows the change, asks, writes.",
    )
    .option("--yes", "do not ask")
    .option("--dry-run", "show the change and write nothing")
    .option("--agent", "write devtls into .mcp.json instead, for coding agents")
    .action(init);
  withExamples(
    command,
    `devtls init
devtls init --dry-run`,
  );
}

async function init(options: InitOptions): Promise<void> {
  if (options.yes && options.dryRun) throw usage("--yes and --dry-run exclude each other");
  const folder = process.cwd();
  if (options.agent) return initAgent(folder, options);
  const proposal = look(folder);
  const { title, changes, settings, start, missing } = proposal;
  note(`Found ${title}.`);
  if (changes.length === 0) {
    note(`It starts on https already: ${start}`);
  } else {
    for (const change of changes) print(shown(change));
    if (options.dryRun) return;
    if (!options.yes) {
      const files = changes.map(({ file }) => file).join(" and ");
      await confirm(`Write ${files}?`, "devtls init");
    }
    writeFiles(
      changes.map(({ file, after }) => ({ path: join(folder, file), data: after, mode: 0o644 })),
    );
    if (!missing) note(`Start it on https: ${start}`);
  }
  if (missing) sayMissing(missing, start, folder);
  if (settings.length === 0) return;
  note(`\nSo that ${title} believes the edge when it says https, its own configuration needs:`);
  for (const line of settings) note(`  ${paint("green", line, "stderr")}`);
}

/** Writes the entry of `devtls mcp`, and says so. */
async function initAgent(folder: string, { yes, dryRun }: InitOptions): Promise<void> {
  const path = join(folder, AGENT_FILE);
  const change = agentEntry(readIfFile(path)?.toString("utf8"));
  if (!change) {
    note(`${AGENT_FILE} has it already.`);
    return;
  }
  print(shown(change));
  if (dryRun) return;
  if (!yes) await confirm(`Write ${AGENT_FILE}?`, "devtls init --agent");
  writeFiles([{ path, data: change.after, mode: 0o644 }]);
  note(`Wrote ${AGENT_FILE}. Agents ask a running: devtls serve --inspect`);
}

/**
 * The script runs where npm finds devtls: among the project's packages, or on PATH, which other
 * people's machines do not have.
 */
function sayMissing(missing: string, start: string, folder: string): void {
  if (isProgram("devtls", folder, process.env)) {
    note(`Start it on https: ${start}`);
    note(`It finds devtls on this machine. So that it does everywhere: ${missing}`);
    return;
  }
  warn(`devtls is no dependency of this project, so that ${start} would not find it.`);
  note(`  Add it: ${missing}`);
  note(`  Then start the project on https: ${start}`);
}

/** What a package manager can install this devtls by: its name, or the checkout that it runs from. */
function packageOfThis(): string {
  const own = realpathSync(join(__dirname, "../.."));
  return own.split(sep).includes("node_modules") ? "devtls" : shellWords([own]);
}

function look(folder: string): Proposal {
  const read = (name: string): string | undefined =>
    readIfFile(join(folder, name))?.toString("utf8");
  let proposal: Proposal | undefined;
  try {
    proposal = propose(read, packageOfThis());
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new DevtlsError("usage", `could not read package.json: ${causeOf(error)}`, {
      hint: "Mend it first: npm pkg fix",
    });
  }
  if (proposal) return proposal;
  throw new DevtlsError(
    "usage",
    `could not make out the project: no known framework in ${folder}, and no npm script that starts it`,
    {
      hint: "Start it by hand: devtls serve -- COMMAND, or devtls serve --target PORT",
    },
  );
}

/** The lines that go and come. */
function shown({ file, before, after }: Change): string {
  const old = new Set(before?.split("\n"));
  const fresh = new Set(after.split("\n"));
  const minus = (before ?? "").split("\n").filter((line) => line !== "" && !fresh.has(line));
  const plus = after.split("\n").filter((line) => line !== "" && !old.has(line));
  return [
    `${before === undefined ? "new file" : "change"} ${file}`,
    ...minus.map((line) => paint("red", `- ${line}`)),
    ...plus.map((line) => paint("green", `+ ${line}`)),
  ].join("\n");
}
