/** `devtls serve -- COMMAND`: the dev server that devtls starts and ends with. */
import { join } from "node:path";
import { pathIn } from "../dev-server/programs.js";
import {
  type DevServer,
  isLoopback,
  type Place,
  reservePort,
  startDevServer,
  startFailure,
  withPort,
} from "../dev-server/start.js";
import type { DevtlsError } from "../errors.js";
import { parseTarget, type Target } from "../proxy/upstream/target.js";
import type { Serving } from "../serving/serving.js";
import type { ReadSettings } from "../settings/serve-options.js";
import { shellWords } from "../words.js";
import { environmentHere } from "./env.js";
import { isTerminal, note, warn, write } from "./output.js";
import type { ServeOptions } from "./serve-options.js";

export interface Launch {
  /** How people call it: its words, with the port. */
  readonly name: string;
  /** Where it is going to listen, as far as is known. */
  readonly target: Target;
  start(serving: Serving): Promise<Launched>;
  /** Gives the port up that is kept for it, when it is not going to be started. */
  release(): Promise<void>;
}

export interface Launched extends Pick<DevServer, "exited" | "signal" | "kill"> {
  /** Where it listens; undefined when it ended before. */
  readonly ready: Promise<Target | undefined>;
  /** Calls back once, when it has printed a URL of its own, which is not the one to open. */
  onOwnUrl(callback: () => void): void;
  /** Why it ended before it listened. */
  failure(status: number): DevtlsError;
}

/** Chooses the port for a dev server that is started once devtls listens. */
export async function prepareLaunch(
  given: readonly string[],
  settings: ReadSettings,
  { httpsEnv = false, json = false, quiet = false }: ServeOptions,
  cwd: string | undefined,
): Promise<Launch> {
  const wanted = settings.target;
  const reserved = wanted
    ? undefined
    : await reservePort([settings.port, ...(settings.plain ? [settings.plain.port] : [])]);
  const target = wanted ?? parseTarget(String(reserved?.port));
  const port = target.kind === "tcp" && isLoopback(target.host) ? target.port : undefined;
  const command = withPort(given, port);
  const name = command.join(" ");
  return {
    name,
    target,
    release: async () => reserved?.release(),
    start: async (serving) => {
      const trusting = settings.own ? {} : await trustingEnvironment(quiet);
      await reserved?.release();
      // A terminal is the command's own: it could not tell a pipe's width, nor ask anything on it.
      const terminal = isTerminal("stdout");
      const printed = new Printed();
      const devServer = startDevServer({
        command,
        cwd,
        port,
        env: {
          ...process.env,
          PATH: pathIn(cwd ?? process.cwd(), process.env),
          // It may ask devtls, or another service behind it.
          ...trusting,
          ...(port !== undefined && { PORT: String(port) }),
          DEVTLS_URL: serving.url,
          ...knownHosts(settings.hosts),
          ...(httpsEnv && { HTTPS: "on" }),
        },
        // Events of --json have stdout for themselves.
        stdout: json ? "stderr" : terminal ? "stdout" : printed.see,
        guard: join(__dirname, "guard.js"),
      });
      if (!quiet) note(`Waiting for ${name} to listen.`);
      const find = async (): Promise<Target | undefined> => {
        const actual = wanted
          ? (await devServer.listensAt(placeOf(wanted), (port) => sayOther(given, port, wanted))) &&
            wanted
          : await devServer.findPort().then((found) => found && parseTarget(String(found)));
        if (!actual) return undefined;
        serving.setTarget(actual);
        return actual;
      };
      return {
        exited: devServer.exited,
        signal: devServer.signal,
        kill: devServer.kill,
        onOwnUrl: (callback) => {
          if (!terminal) printed.onUrl = callback;
          else void devServer.fellSilent().then((silent) => silent && callback());
        },
        ready: find(),
        failure: (status) =>
          startFailure(
            command,
            devServer.failure() ?? `it ended with status ${status} before it listened on a port`,
          ),
      };
    },
  };
}

/**
 * Variables from which dev servers take names that they answer to: Vite one of them (server/config of
 * Vite 5.4.12 and later), Rails a list (the default of config.hosts in development). What is set
 * already is kept; localhost they know.
 */
function knownHosts(hosts: readonly string[]): Readonly<Record<string, string>> {
  const names = hosts.filter((host) => !isLoopback(host) && !host.endsWith(".localhost"));
  const [name] = names;
  if (name === undefined) return {};
  const variables = {
    __VITE_ADDITIONAL_SERVER_ALLOWED_HOSTS: name,
    RAILS_DEVELOPMENT_HOSTS: names.join(","),
  };
  return Object.fromEntries(
    Object.entries(variables).filter(([variable]) => process.env[variable] === undefined),
  );
}

/** What is set already is kept, and said: the dev server then trusts what it trusted before. */
async function trustingEnvironment(quiet: boolean): Promise<Readonly<Record<string, string>>> {
  const { set, kept } = await environmentHere(process.env);
  const names = Object.keys(kept).join(", ");
  if (names && !quiet) note(`Kept as set: ${names}. The authority has to be in what they name.`);
  return set;
}

/** A dev server's address, as it prints it. */
const OWN_URL = /\bhttps?:\/\/(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\]):\d+/;
/** Of what was printed before, for a URL that comes in two pieces. */
const TAIL = 100;

/** What the command prints, passed on as it comes. */
class Printed {
  onUrl: (() => void) | undefined;
  #tail = "";

  readonly see = (chunk: Buffer): void => {
    write("stdout", chunk);
    const text = this.#tail + chunk.toString("latin1");
    this.#tail = text.slice(-TAIL);
    if (!this.onUrl || !OWN_URL.test(text)) return;
    const tell = this.onUrl;
    this.onUrl = undefined;
    tell();
  };
}

function placeOf(target: Target): Place {
  return target.kind === "unix" ? { path: target.path } : { host: target.host, port: target.port };
}

function sayOther(command: readonly string[], port: number, { url }: Target): void {
  warn(
    `${command.join(" ")} listens on port ${port}; devtls waits for ${url}, which --target names.`,
  );
  note(`  If that is the one: devtls serve --target ${port} -- ${shellWords(command)}`);
}
