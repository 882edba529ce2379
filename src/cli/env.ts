/** `devtls env`: the variables by which programs trust the authority, for a shell or a container. */
import { basename } from "node:path";
import type { Command } from "commander";
import { loadAuthorityCertificate } from "../ca/authority.js";
import { javaOption, type RuntimeEnvironment, runtimeEnvironment } from "../ca/environment.js";
import { DevtlsError } from "../errors.js";
import { stateDirectory, statePaths } from "../paths.js";
import { certificateToPem } from "../x509/certificate.js";
import { parseChoice, usage } from "./options.js";
import { note, printExactly, printJson, warn } from "./output.js";
import { withExamples } from "./program.js";

const SHELLS = ["sh", "fish", "powershell"] as const;
type Shell = (typeof SHELLS)[number];

interface EnvOptions {
  shell?: Shell;
  docker?: boolean;
  compose?: boolean;
  json?: boolean;
}

export function define(program: Command): void {
  const command = program
    .command("env")
    .description(
      "Print the variables that make Node, Python, Java, curl, git, Deno and AWS clients trust the authority. What is set already is kept.",
    )
    .option("--shell <shell>", `syntax: ${SHELLS.join(", ")}`, parseChoice("--shell", SHELLS))
    .option("--docker", "print options for docker run instead")
    .option("--compose", "print an override file for docker compose instead")
    .option("--json", "print as JSON")
    .action(env);
  withExamples(
    command,
    `devtls env                                      see them
eval "$(devtls env)"                            set them in this shell
devtls env --shell fish | source                in fish
docker run $(devtls env --docker) IMAGE         in a container
devtls env --compose > compose.override.yaml    with docker compose`,
  );
}

async function env(options: EnvOptions): Promise<void> {
  const forms = (["shell", "docker", "compose", "json"] as const).filter((key) => options[key]);
  if (forms.length > 1) {
    throw usage(`${forms.map((form) => `--${form}`).join(" and ")} exclude each other`);
  }
  const { set, kept, extended } = await environmentHere(process.env);
  for (const [name, value] of Object.entries(kept)) {
    if (!options.docker && !options.compose) {
      warn(
        `${name} is set to ${value} and stays so. The authority has to be in the file that it names.`,
      );
    }
  }
  for (const [name, value] of Object.entries(extended)) {
    if (!options.docker && !options.compose) note(`${name} keeps what it has: ${value}`);
  }
  if (options.json) printJson({ set, kept });
  else if (options.docker) printExactly(dockerOptions(inContainer({ ...kept, ...set })));
  else if (options.compose) printExactly(composeFile(inContainer({ ...kept, ...set })));
  else
    for (const [name, value] of Object.entries(set))
      printExactly(WRITERS[options.shell ?? "sh"](name, value));
}

/** @throws DevtlsError "authority-missing" */
export async function environmentHere(
  given: Readonly<Record<string, string | undefined>>,
): Promise<RuntimeEnvironment> {
  const directory = stateDirectory();
  const root = loadAuthorityCertificate(directory);
  if (!root) {
    throw new DevtlsError(
      "authority-missing",
      `could not read the authority: there is none in ${directory}`,
      {
        hint: "Make one: devtls ca create",
      },
    );
  }
  return runtimeEnvironment(statePaths(directory), certificateToPem(root), given);
}

/** Single quotes, in which only the quote itself means something. */
const WRITERS: Readonly<Record<Shell, (name: string, value: string) => string>> = {
  sh: (name, value) => `export ${name}='${value.replaceAll("'", "'\\''")}'`,
  fish: (name, value) => `set -gx ${name} '${value.replace(/[\\']/g, "\\$&")}'`,
  powershell: (name, value) => `$env:${name} = '${value.replaceAll("'", "''")}'`,
};

interface Mounted {
  /** Paths of this machine by their paths in the container. */
  readonly files: ReadonlyMap<string, string>;
  readonly variables: Readonly<Record<string, string>>;
}

const FOLDER = "/etc/devtls";

function inContainer(variables: Readonly<Record<string, string>>): Mounted {
  const paths = statePaths(stateDirectory());
  const inside = (path: string): string => `${FOLDER}/${basename(path)}`;
  const own = [paths.rootCertificate, paths.bundle, paths.javaTrust];
  const locate = (name: string): string => {
    if (name.startsWith("JAVA")) return javaOption(inside(paths.javaTrust));
    return inside(/^(?:NODE|DENO)/.test(name) ? paths.rootCertificate : paths.bundle);
  };
  const names = Object.keys(variables);
  return {
    files: new Map(own.map((path) => [inside(path), path])),
    variables: Object.fromEntries(names.map((name) => [name, locate(name)])),
  };
}

function dockerOptions({ files, variables }: Mounted): string {
  const mounts = [...files].map(
    ([inside, path]) => `--mount type=bind,source=${path},target=${inside},readonly`,
  );
  const settings = Object.entries(variables).map(([name, value]) => `--env ${name}=${value}`);
  return [...mounts, ...settings, "--add-host host.docker.internal:host-gateway"].join(" ");
}

function composeFile({ files, variables }: Mounted): string {
  return [
    "services:",
    "  app: # the name of your service",
    "    environment:",
    ...Object.entries(variables).map(([name, value]) => `      ${name}: ${value}`),
    "    volumes:",
    ...[...files].map(([inside, path]) => `      - ${JSON.stringify(`${path}:${inside}:ro`)}`),
    "    extra_hosts:",
    '      - "host.docker.internal:host-gateway"',
  ].join("\n");
}
