/** `devtls mcp`: findings with their proof for coding agents, over stdio. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Command } from "commander";
import { readIfThere } from "../ca/files.js";
import { DevtlsError } from "../errors.js";
import { askInspector } from "../inspect/client.js";
import { type Instance, runningInstances } from "../inspect/instances.js";
import { McpServer } from "../inspect/mcp.js";
import { toolsOf } from "../inspect/mcp-tools.js";
import { stateDirectory, statePaths } from "../paths.js";
import { explainedIn } from "./explain.js";
import { print } from "./output.js";
import { version, withExamples } from "./program.js";

interface Options {
  withSecrets?: boolean;
}

const INSTRUCTIONS =
  "devtls fronts a dev server as a production edge would and proves what breaks. Read list_findings first; after a fix, restart the app and call verify_fix. It needs a running `devtls serve --inspect`.";

/** Of the output of a command that is run for a tool. */
const MAX_OUTPUT = 16 * 1024 * 1024;

export function define(program: Command): void {
  const command = program
    .command("mcp")
    .description(
      "Findings with their proof for coding agents: the Model Context Protocol over stdio, on a running devtls serve --inspect.",
    )
    .option("--with-secrets", "do not redact cookies, authorization and tokens")
    .action(run);
  withExamples(
    command,
    `devtls mcp
devtls init --agent                          writes the entry into .mcp.json
claude mcp add devtls -- npx devtls mcp`,
  );
}

async function run({ withSecrets = false }: Options): Promise<void> {
  const server = new McpServer(
    { name: "devtls", version: version() },
    INSTRUCTIONS,
    toolsOf({ ask, explain: explainedIn, run: runDevtls, secrets: withSecrets }),
  );
  const lines = createInterface({ input: process.stdin, terminal: false });
  const answers = new Set<Promise<void>>();
  for await (const line of lines) {
    if (line.trim() === "") continue;
    const answer = server.answer(line).then((text) => {
      if (text !== undefined) print(text);
      answers.delete(answer);
    });
    answers.add(answer);
  }
  await Promise.all(answers);
}

async function ask(path: string, body?: unknown): Promise<unknown> {
  const directory = stateDirectory();
  const root = readIfThere(statePaths(directory).rootCertificate);
  return askInspector(instanceHere(directory), root?.toString("latin1") ?? "", path, body);
}

/** The instance of this folder, else the only one there is. @throws DevtlsError "request-failed" */
function instanceHere(directory: string): Instance {
  const running = runningInstances(directory);
  const here = running.filter(({ folder }) => folder === process.cwd());
  const [only] = here.length > 0 ? here : running;
  if (only && (here.length === 1 || running.length === 1)) return only;
  if (!only) {
    throw new DevtlsError("request-failed", "could not find a running inspector", {
      hint: "Start it: devtls serve --inspect -- COMMAND",
    });
  }
  const urls = running.map(({ url }) => url).join(", ");
  throw new DevtlsError("request-failed", `could not choose among ${urls}`, {
    hint: "Run devtls mcp in the folder of one of them",
  });
}

/** Exit status 3 says that something was found, which is an answer, too. */
function runDevtls(args: readonly string[]): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const [, launcher = ""] = process.argv;
    const child = spawn(process.execPath, [launcher, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    let errors = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      if (output.length < MAX_OUTPUT) output += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      if (errors.length < MAX_OUTPUT) errors += text;
    });
    child.on("error", reject);
    child.on("close", () => {
      try {
        resolve(JSON.parse(output));
      } catch {
        const cause = errors.trim() || "it said nothing";
        reject(new DevtlsError("command-failed", `could not run devtls ${args[0]}: ${cause}`));
      }
    });
  });
}
