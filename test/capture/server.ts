/** A capture of a real server that a test has configured, with an app of ours behind it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Recorder, startRecorder } from "../../src/capture/asking/recorder.js";
import { type Captured, type CaptureSettings, capture } from "../../src/capture/capture.js";
import { localSources } from "../../src/capture/from-configuration.js";
import { type Ports, type RealServer, startServer } from "../edge/fidelity/servers.js";
import { atEnd } from "../support/programs.js";
import { frontHome } from "../support/wire-front.js";

export const TOKEN = "token-of-the-test";

/** Trailers have no part in a profile; a capture lists what an edge does with them. */
const NOT_SAID = ["POST chunked with trailers"];

/** Whether a profile can say what a question of this name is about. */
export function canBeSaid(name: string): boolean {
  return !NOT_SAID.includes(name);
}

/** Starts it with an app behind it; plain http is the port that redirects. */
export async function startedServer(server: RealServer): Promise<{
  readonly settings: CaptureSettings;
  readonly ports: Ports;
  readonly recorder: Recorder;
}> {
  const recorder = await startRecorder(TOKEN);
  atEnd(() => recorder.close());
  const ports = await startServer(server, recorder.port);
  recorder.target = `127.0.0.1:${recorder.port}`;
  return { settings: settingsOf(server.profile, ports, recorder), ports, recorder };
}

/** Starts it and captures it. */
export async function captureServer(server: RealServer): Promise<Captured> {
  return capture((await startedServer(server)).settings);
}

/** @param recorder the app, where it is ours; else an echo is behind the server */
export function settingsOf(name: string, ports: Ports, recorder?: Recorder): CaptureSettings {
  const door = { address: "127.0.0.1" };
  const root = readFileSync(join(frontHome(), "rootCA.pem"), "latin1");
  return {
    name,
    title: "captured",
    source: "the real server",
    place: {
      authority: `localhost:${ports.tls}`,
      base: "",
      home: "/",
      below: true,
      sources: localSources(),
    },
    target: recorder?.target ?? "",
    remote: false,
    asking: {
      tls: { ...door, port: ports.tls, servername: "localhost", roots: [root] },
      plain: { ...door, port: ports.redirecting },
      token: TOKEN,
      ...(recorder && { recorder }),
      name,
    },
  };
}
