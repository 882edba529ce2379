/** `devtls serve -- COMMAND`: the dev server that devtls starts and ends with. */
import { join } from "node:path";
import { type DevServer, reservePort, startDevServer, startFailure } from "../dev-server/start.js";
import type { DevtlsError } from "../errors.js";
import { parseTarget, type Target } from "../proxy/upstream/target.js";
import type { Serving } from "../serving/serving.js";
import type { ReadSettings } from "../settings/serve-options.js";
import { environmentHere } from "./env.js";
import { note } from "./output.js";
import type { ServeOptions } from "./serve-options.js";

export interface Launch {
  /** Where it is going to listen, as far as is known. */
  readonly target: Target;
  start(serving: Serving): Promise<Launched>;
}

export interface Launched extends Pick<DevServer, "exited" | "signal"> {
  /** Where it listens; undefined when it ended before. */
  readonly ready: Promise<Target | undefined>;
  /** Why it ended before it listened. */
  failure(status: number): DevtlsError;
}

/** Chooses the port for a dev server that is started once devtls listens. */
export async function prepareLaunch(
  command: readonly string[],
  settings: ReadSettings,
  { httpsEnv = false, json = false, quiet = false }: ServeOptions,
  cwd: string | undefined,
): Promise<Launch> {
  const given = settings.target;
  const reserved = given
    ? undefined
    : await reservePort([settings.port, ...(settings.plain ? [settings.plain.port] : [])]);
  const target = given ?? parseTarget(String(reserved?.port));
  const port = target.kind === "tcp" && isLoopback(target.host) ? target.port : undefined;
  return {
    target,
    start: async (serving) => {
      const trusting = settings.own ? {} : await trustingEnvironment(quiet);
      await reserved?.release();
      const devServer = startDevServer({
        command,
        cwd,
        port,
        env: {
          ...process.env,
          // It may ask devtls, or another service behind it.
          ...trusting,
          ...(port !== undefined && { PORT: String(port) }),
          DEVTLS_URL: serving.url,
          ...knownHosts(settings.hosts),
          ...(httpsEnv && { HTTPS: "on" }),
        },
        // Events of --json have stdout for themselves.
        stdout: json ? "stderr" : "stdout",
        guard: join(__dirname, "guard.js"),
      });
      const find = async (): Promise<Target | undefined> => {
        // What is elsewhere answers when it does; a page that reloads itself tells until then.
        if (port === undefined) return target;
        const found = await devServer.findPort(given && port);
        if (found === undefined) return undefined;
        if (found === port) return target;
        const actual = parseTarget(String(found));
        serving.setTarget(actual);
        return actual;
      };
      return {
        exited: devServer.exited,
        signal: devServer.signal,
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

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\./.test(host);
}
