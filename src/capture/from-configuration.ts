/** A capture from a server's own configuration: the real program on loopback, an app of ours behind it. */

import { randomBytes } from "node:crypto";
import { issueLeaf, openAuthorityFor } from "../ca/issue.js";
import { DevtlsError } from "../errors.js";
import { certificateToPem } from "../x509/certificate.js";
import { parseName } from "../x509/names.js";
import type { Asking } from "./asking/ask.js";
import { FASTCGI_SHOWS, startFastcgi } from "./asking/fastcgi.js";
import { startRecorder } from "./asking/recorder.js";
import { type Credentials, temporaryAuthority } from "./asking/simulation.js";
import { boundsOf, type Captured, type CaptureSettings, capture } from "./capture.js";
import { startCaddy } from "./programs/caddy.js";
import { type Configured, type Stage, startNginx } from "./programs/nginx.js";
import type { NginxWishes } from "./programs/nginx-config.js";
import { makeFolder } from "./programs/running.js";
import type { Place } from "./questions.js";

export interface ConfigurationSettings extends NginxWishes {
  readonly kind: "nginx" | "caddy";
  readonly file: string;
  readonly name: string;
  readonly guard?: string;
  /** As CaptureSettings have them. */
  readonly limits?: boolean;
  readonly slow?: boolean;
  readonly onStage?: (what: string) => void;
  readonly onAnswer?: Asking["onAnswer"];
  readonly signal?: AbortSignal;
}

/** Other addresses of this machine to ask from; Linux has all of 127.0.0.0/8. */
export function localSources(): string[] {
  return process.platform === "linux" ? ["127.0.0.7"] : [];
}

/** A configuration whose program runs, ready to be asked. */
export interface ReadyConfiguration {
  readonly settings: CaptureSettings;
  /** What is known not to be learnt; asked for afterwards it has what the app's environment showed. */
  readonly notLearned: () => readonly string[];
}

/**
 * Captures what a configuration does.
 * @throws DevtlsError as startNginx, and as capture
 */
export function captureConfiguration(settings: ConfigurationSettings): Promise<Captured> {
  return withConfiguration(settings, async (ready) => {
    const captured = await capture(ready.settings);
    return { ...captured, notLearned: [...ready.notLearned(), ...captured.notLearned] };
  });
}

/**
 * Runs a configuration's program for as long as it is used.
 * @throws DevtlsError as startNginx, and whatever `use` throws
 */
export async function withConfiguration<T>(
  settings: ConfigurationSettings,
  use: (ready: ReadyConfiguration) => Promise<T>,
): Promise<T> {
  const undo: (() => unknown)[] = [];
  try {
    return await use(await start(settings, undo));
  } finally {
    for (const step of undo.reverse()) await step();
  }
}

async function start(
  settings: ConfigurationSettings,
  undo: (() => unknown)[],
): Promise<ReadyConfiguration> {
  const { kind, file, name, onAnswer, signal } = settings;
  const token = randomBytes(12).toString("hex");
  const recorder = await startRecorder(token);
  undo.push(() => recorder.close());
  const other = await startRecorder(randomBytes(12).toString("hex"));
  undo.push(() => other.close());
  const fastcgi = await startFastcgi(recorder);
  undo.push(() => fastcgi.close());
  const folder = makeFolder();
  undo.push(() => folder.remove());
  const credentials = await temporaryAuthority();
  undo.push(() => credentials.remove());
  const at = (port: number): string => `127.0.0.1:${port}`;
  const stage: Stage = {
    folder: folder.path,
    credentials: (names) => leafFor(names, credentials),
    app: { http: at(recorder.port), fastcgi: at(fastcgi.port) },
    other: { http: at(other.port), fastcgi: at(other.port) },
    ...(settings.guard !== undefined && { guard: settings.guard }),
  };
  const startProgram = kind === "nginx" ? startNginx : startCaddy;
  const running = await startProgram(file, settings, stage);
  undo.push(() => running.program.stop());
  const target = targetOf(running, recorder.port);
  recorder.target = target;
  const told = (): string[] => [...fastcgi.parameters].filter((line) => line.startsWith("HTTPS="));
  return {
    settings: {
      name,
      title: `captured from ${file}${running.serverName === "localhost" ? "" : `, ${running.serverName}`}`,
      source: `${kind} ${running.version.replace(/^[a-z]+ /, "")} with ${file}`,
      place: placeOf(running),
      target,
      remote: false,
      ...boundsOf(settings),
      asking: {
        ...doorsOf(running, credentials),
        token,
        recorder,
        name: file,
        ...(running.speaksFastcgi && { shows: FASTCGI_SHOWS }),
        ...(onAnswer && { onAnswer }),
        ...(signal && { signal }),
      },
    },
    notLearned: () => [
      ...running.notLearned,
      ...told().map((line) => `${line} in the app's environment: start it with serve --https-env`),
    ],
  };
}

/** A replaced address is the app's; a name of an upstream stays what the app is called. */
function targetOf({ target, speaksFastcgi }: Configured, port: number): string {
  const isName = /^[A-Za-z_][\w.-]*$/.test(target) && !target.includes(":");
  return isName && !speaksFastcgi ? target : `127.0.0.1:${port}`;
}

async function leafFor(names: readonly string[], { directory }: Credentials) {
  const parsed = [...new Set([...names, "localhost"])].map(parseName);
  const { authority } = await openAuthorityFor(parsed, directory);
  const leaf = await issueLeaf(authority, parsed, {});
  return {
    cert: `${leaf.certificatePem}${certificateToPem(authority.certificate)}`,
    key: leaf.keyPem as string,
  };
}

function doorsOf(running: Configured, { root }: Credentials): Pick<Asking, "tls" | "plain"> {
  const { tlsPort, plainPort, serverName } = running;
  if (tlsPort === undefined && plainPort === undefined) {
    throw new DevtlsError(
      "bad-request",
      "could not capture the configuration: the site listens nowhere",
    );
  }
  const door = { address: "127.0.0.1", servername: serverName, roots: [root] };
  return {
    ...(tlsPort !== undefined && { tls: { ...door, port: tlsPort } }),
    ...(plainPort !== undefined && { plain: { address: "127.0.0.1", port: plainPort } }),
  };
}

function placeOf({ serverName, tlsPort, plainPort, base, home, mentions }: Configured): Place {
  return {
    authority: `${serverName}:${tlsPort ?? plainPort}`,
    base,
    home,
    below: true,
    mentions,
    sources: localSources(),
  };
}
