/** `devtls capture`: learn what an edge does, and write a profile that `serve` behaves by. */
import { basename, join } from "node:path";
import type { Command } from "commander";
import { rootsOf } from "../ca/environment.js";
import { writeFiles } from "../ca/files.js";
import { type Captured, profileJson } from "../capture/capture.js";
import { TOKEN_FORM } from "../capture/echoes/index.js";
import { type ConfigurationSettings, captureConfiguration } from "../capture/from-configuration.js";
import { captureUrl } from "../capture/from-url.js";
import { DevtlsError } from "../errors.js";
import { usage } from "./options.js";
import { EXIT, note, paint, print, printJson, progress } from "./output.js";
import { withExamples } from "./program.js";

interface Options {
  token?: string;
  httpUrl?: string;
  nginx?: string;
  caddy?: string;
  serverName?: string;
  upstream?: string;
  name?: string;
  out?: string;
  insecure?: boolean;
  limits?: boolean;
  slow?: boolean;
  own?: boolean;
  json?: boolean;
}

export function define(program: Command): void {
  const command = program
    .command("capture")
    .description(
      "Learn what an edge tells an app, from an echo behind it or from its own configuration, and write a profile.",
    )
    .argument("[url]", "where the echo answers behind the edge: devtls echo makes one")
    .option("--token <token>", "the echo's token")
    .option("--http-url <url>", "the plain http side, to learn its redirect")
    .option("--nginx <file>", "run the real nginx with this configuration on loopback")
    .option("--caddy <file>", "run the real Caddy with this Caddyfile on loopback")
    .option("--server-name <name>", "which site of the file")
    .option("--upstream <address>", "which upstream of the file is the app")
    .option("--name <name>", "the profile's name")
    .option("--out <file>", "where to write the profile; printed unless it is given")
    .option("--insecure", "accept any certificate of the edge")
    .option("--limits", "also find how large requests may be")
    .option("--slow", "also find how long the edge waits for the app: takes 5 minutes at most")
    .option("--own", "the host is yours: --limits may send it more than it takes")
    .option("--json", "print what came of it as JSON")
    .action(run);
  withExamples(
    command,
    `devtls capture https://app.example.com/devtls-echo --token T --http-url http://app.example.com --out edge.json
devtls capture --nginx /etc/nginx/sites-enabled/app --out edge.json
devtls capture --caddy Caddyfile --server-name app.example.com --out edge.json
devtls serve --target 8000 --edge-file edge.json`,
  );
}

async function run(url: string | undefined, options: Options): Promise<void> {
  const { json = false, out } = options;
  const sources = [url, options.nginx, options.caddy].filter((one) => one !== undefined);
  if (sources.length !== 1) {
    throw usage(
      "a URL, --nginx FILE or --caddy FILE is needed, one of them",
      "devtls capture --help",
    );
  }
  const abort = new AbortController();
  const stop = (): void => abort.abort();
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  let answered = 0;
  const onAnswer = (done: number, all: number): void => {
    answered = done;
    if (!json && (done % 20 === 0 || done === all)) progress(`asked ${done} of ${all}`);
  };
  const common = {
    onAnswer,
    signal: abort.signal,
    onStage: (what: string): void => void (json || progress(what)),
    ...(options.limits && { limits: true }),
    ...(options.slow && { slow: true }),
  };
  try {
    const captured =
      url === undefined
        ? await captureConfiguration({ ...fileSettings(options), ...common })
        : await captureUrl({ ...urlSettings(url, options), ...common });
    report(captured, out, json);
  } catch (error) {
    if (!abort.signal.aborted) throw error;
    const next =
      url === undefined ? "Run it again" : "Run the same command again: it goes on there";
    throw new DevtlsError(
      "request-failed",
      `could not capture the edge: stopped after ${answered} requests`,
      {
        hint: next,
      },
    );
  } finally {
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
  }
}

function fileSettings(options: Options): ConfigurationSettings {
  const { nginx, caddy, serverName, upstream } = options;
  for (const [name, value] of [
    ["--token", options.token],
    ["--http-url", options.httpUrl],
    ["--own", options.own],
  ] as const) {
    if (value !== undefined) throw usage(`${name} goes with a URL`);
  }
  const file = (nginx ?? caddy) as string;
  return {
    kind: nginx === undefined ? "caddy" : "nginx",
    file,
    name: nameOf(options.name, serverName ?? basename(file)),
    guard: join(__dirname, "guard.js"),
    ...(serverName !== undefined && { serverName }),
    ...(upstream !== undefined && { upstream }),
  };
}

function urlSettings(text: string, options: Options) {
  const url = parse("URL", text);
  const { token, httpUrl, serverName, upstream, insecure } = options;
  if (token === undefined) {
    throw usage(
      "a capture needs --token",
      "devtls echo prints the token of the echo that it makes",
    );
  }
  if (!TOKEN_FORM.test(token)) throw usage("--token: not a token of devtls echo");
  if (serverName !== undefined || upstream !== undefined) {
    throw usage("--server-name and --upstream go with --nginx and --caddy");
  }
  return {
    url,
    token,
    name: nameOf(options.name, url.hostname),
    roots: rootsOf(process.env),
    onResume: (done: number) => note(`Going on where the last run stopped: ${done} were asked.`),
    ...(insecure && { insecure }),
    ...(options.own && { own: true }),
    ...(httpUrl !== undefined && { httpUrl: plainUrl(httpUrl) }),
  };
}

function parse(what: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol) && url.hostname !== "") return url;
  throw usage(
    `${what} ${text}: not an http or https address`,
    "As in: https://app.example.com/devtls-echo",
  );
}

function plainUrl(text: string): URL {
  const url = parse("--http-url", text);
  if (url.protocol === "http:") return url;
  throw usage(`--http-url ${text}: not a plain http address`);
}

/** What profiles are called: one word. */
function nameOf(given: string | undefined, fallback: string): string {
  if (given === undefined) return fallback.toLowerCase().replace(/[^a-z0-9.-]+/g, "-") || "edge";
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(given)) return given;
  throw usage(`--name ${given}: not a name`, "Letters, digits, dots and hyphens");
}

function report(captured: Captured, out: string | undefined, json: boolean): void {
  const { profile, requests, identical, checked, differences, notLearned } = captured;
  const text = `${JSON.stringify(profileJson(profile), null, 2)}\n`;
  if (out !== undefined) writeFiles([{ path: out, data: text, mode: 0o644 }]);
  process.exitCode = differences.length > 0 ? EXIT.problems : EXIT.ok;
  if (json) {
    printJson({
      name: profile.name,
      out: out ?? null,
      requests,
      identical,
      checked,
      differences,
      notLearned,
    });
    return;
  }
  if (out === undefined) print(text.trimEnd());
  else print(out);
  const share = ((identical / checked) * 100).toFixed(checked === identical ? 0 : 1);
  note(
    `${paint(differences.length === 0 ? "green" : "yellow", `${share} %`, "stderr")} of ${checked} questions are the same through the simulation.`,
  );
  for (const { request, real, simulated } of differences) {
    note(`  ${request}`);
    for (const line of real) note(`    ${paint("red", `- ${line}`, "stderr")}`);
    for (const line of simulated) note(`    ${paint("green", `+ ${line}`, "stderr")}`);
  }
  if (notLearned.length > 0) note("Not learned:");
  for (const line of notLearned) note(`  ${shortened(line)}`);
  if (out !== undefined) note(`Behave like it: devtls serve --target 8000 --edge-file ${out}`);
}

/** Questions that a person is shown of one thing that was not learnt. */
const MAX_NAMED = 4;

function shortened(line: string): string {
  const names = line.split('", "');
  if (names.length <= MAX_NAMED) return line;
  return `${names.slice(0, MAX_NAMED).join('", "')}" and ${names.length - MAX_NAMED} more`;
}
