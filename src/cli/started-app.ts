/** An app that is started for a command of devtls, and ends with it. */
import { join } from "node:path";
import { reservePort, startDevServer, startFailure, withPort } from "../dev-server/start.js";
import { parseTarget, type Target } from "../proxy/upstream/target.js";
import { progress } from "./output.js";

export interface StartedApp {
  /** Where it listens. */
  readonly target: Target;
  /** Where it was told to be. */
  readonly given: Target | undefined;
  stop(): Promise<void>;
}

export interface StartOptions {
  /** stdout is somebody else's. */
  readonly json: boolean;
  readonly cwd: string | undefined;
  /** Where it listens, when that is known. */
  readonly target: Target | undefined;
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Starts it and waits until it listens. @throws DevtlsError "command-failed" */
export async function startApp(
  words: readonly string[],
  { json, cwd, target: given }: StartOptions,
): Promise<StartedApp> {
  const reserved = given ? undefined : await reservePort([]);
  const wanted = given ?? parseTarget(String(reserved?.port));
  const port = wanted.kind === "tcp" ? wanted.port : undefined;
  await reserved?.release();
  const command = withPort(words, port);
  const server = startDevServer({
    ...{ command, cwd, port },
    env: { ...process.env, ...(port !== undefined && { PORT: String(port) }) },
    stdout: json ? "stderr" : "stdout",
    guard: join(__dirname, "guard.js"),
  });
  // Ctrl-C ends both: the app has a session of its own, so that it hears of it through devtls.
  const onSignal = (signal: NodeJS.Signals): void => {
    server.signal(signal);
    void server.exited.then(() => process.exit(128 + (signal === "SIGINT" ? 2 : 15)));
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  const forget = (): void => {
    for (const name of SIGNALS) process.off(name, onSignal);
  };
  progress(`Waiting for ${command.join(" ")} to listen.`);
  const place =
    wanted.kind === "tcp" ? { host: wanted.host, port: wanted.port } : { path: wanted.path };
  const found = given
    ? (await server.listensAt(place, () => undefined)) && given
    : await server.findPort().then((at) => at !== undefined && parseTarget(String(at)));
  if (!found) {
    forget();
    const status = await server.exited;
    const why = server.failure() ?? `it ended with status ${status} before it listened on a port`;
    throw startFailure(command, why);
  }
  return {
    target: found,
    given,
    stop: async () => {
      forget();
      server.signal("SIGTERM");
      await server.exited;
    },
  };
}
