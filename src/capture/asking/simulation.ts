/** The same questions through `serve` itself with the captured profile, and what came out otherwise. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openAuthority } from "../../ca/authority.js";
import type { EdgeProfile } from "../../edge/profile.js";
import { statePaths } from "../../paths.js";
import { parseTarget } from "../../proxy/upstream/target.js";
import { startServing } from "../../serving/serving.js";
import type { Observation, Question } from "../question.js";
import { type Asked, ask } from "./ask.js";
import type { Door } from "./client.js";
import { startRecorder } from "./recorder.js";

/** An authority for one capture: nobody trusts it but the asking itself, and it goes with it. */
export interface Credentials {
  readonly directory: string;
  /** PEM. */
  readonly root: string;
  remove(): void;
}

/** Makes one in a folder of its own, which is removed with it. */
export async function temporaryAuthority(): Promise<Credentials> {
  const directory = mkdtempSync(join(tmpdir(), "devtls-capture-"));
  const remove = (): void => rmSync(directory, { recursive: true, force: true });
  try {
    // Edges have any name; the key is gone before anybody could misuse it.
    await openAuthority(directory, { unconstrained: true });
    return {
      directory,
      root: readFileSync(statePaths(directory).rootCertificate, "latin1"),
      remove,
    };
  } catch (error) {
    remove();
    throw error;
  }
}

export interface Simulated extends Asked {
  /** The app's address there. */
  readonly target: string;
}

/**
 * Asks `serve` with a profile.
 * @param hostname the site that the questions name
 * @param token the real edge's, whose length counts against a bound, too
 */
export async function askSimulation(
  edge: EdgeProfile,
  hostname: string,
  questions: readonly Question[],
  token: string,
): Promise<Simulated> {
  const credentials = await temporaryAuthority();
  const recorder = await startRecorder(token);
  const target = `127.0.0.1:${recorder.port}`;
  recorder.target = target;
  try {
    const serving = await startServing({
      target: parseTarget(target),
      hosts: [hostname],
      addresses: ["127.0.0.1"],
      port: 0,
      orNextPort: false,
      edge,
      limits: true,
      overrides: {},
      hsts: "pass",
      probe: false,
      plain: { port: 0, rule: edge.plain, forcePaths: [] },
      stateDirectory: credentials.directory,
    });
    try {
      const door: Door = { address: "127.0.0.1", port: serving.port };
      const asked = await ask(
        {
          tls: { ...door, servername: hostname, roots: [credentials.root] },
          plain: { ...door, port: serving.plainPort as number },
          token,
          recorder,
          name: "the simulation",
        },
        questions,
      );
      return { ...asked, target };
    } finally {
      await serving.close(0);
    }
  } finally {
    await recorder.close();
    credentials.remove();
  }
}

/** Observations by the name of their question. */
export function byName(observations: readonly Observation[]): Map<string, Observation> {
  return new Map(observations.map((one) => [one.question.name, one]));
}
