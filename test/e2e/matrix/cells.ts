/** One cell of the matrix: an app behind an edge, visited until it works. */
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type FrameworkId, frameworkOf } from "../../../src/diagnose/frameworks/index.js";
import { freePort, type ServeEvent, temporaryFolder } from "../../support/cli.js";
import { type Home, serveJson } from "../../support/programs.js";
import { visit } from "./driver.js";
import { type Cell, type Edge, findingsOf } from "./expected.js";
import { type Applied, apply, NOTHING } from "./fixes.js";
import { APPS, type App, type AppName, type AppServer, startApp } from "./starters.js";

/** All that is reported is wanted, for a table that is to be written anew. */
export const RECORDING = process.env.DEVTLS_MATRIX_RECORD === "1";

/** Findings that have not come by then, in milliseconds, do not come. */
const PATIENCE_MS = RECORDING ? 2_000 : 15_000;

/** A fix may uncover the next failure, as in life; more than this is no fix. */
const MAX_STEPS = 5;

/** What an edge has to send; the four that tell do so anyway. */
const EDGE_LINES = [
  "proxy_set_header Host $host;",
  "proxy_set_header X-Forwarded-Proto $scheme;",
  "devtls serve --stand-in",
];

/** Makes a framework believe the edge. */
function trustLines(id: FrameworkId): string[] {
  return frameworkOf(id).settings.trustProto?.map(({ line }) => line) ?? [];
}

/** The edge once it was told to pass WebSockets on. */
function passingUpgrades(edge: Edge): string {
  const file = join(temporaryFolder("devtls-edge-"), `${edge}.json`);
  const toApp = { passesUpgrade: true, version: "1.1" };
  writeFileSync(file, JSON.stringify({ name: edge, extends: edge, toApp }));
  return file;
}

/** One visit. */
export interface Step {
  /** How it ended, and what devtls said of it: "loops redirect-loop:peer-not-trusted". */
  readonly summary: string;
  readonly log: readonly string[];
  readonly findings: readonly ServeEvent[];
}

/** An app in one configuration, with one process for each fix that was applied to it. */
export class Cells {
  readonly #home: Home;
  readonly #name: AppName;
  readonly #configuration: string;
  readonly #servers = new Map<string, Promise<AppServer>>();

  constructor(home: Home, name: AppName, configuration: string) {
    this.#home = home;
    this.#name = name;
    this.#configuration = configuration;
  }

  /**
   * One visit after the other, each with what the findings before it printed, until it works.
   * @param cell the cell of the table, whose findings are waited for
   */
  async steps(edge: Edge, cell: Cell): Promise<readonly Step[]> {
    const port = await freePort();
    const steps: Step[] = [];
    for (let applied = NOTHING; steps.length < MAX_STEPS; ) {
      const step = await this.#visit(edge, port, applied, findingsOf(cell, steps.length));
      steps.push(step);
      const next = apply(applied, this.#fix(step), `localhost:${port}`);
      if (JSON.stringify(next) === JSON.stringify(applied)) break;
      applied = next;
    }
    return steps;
  }

  /**
   * How a visit ends with each line of what the first one printed, applied by itself.
   */
  async alternatives(edge: Edge, cell: Cell): Promise<Readonly<Record<string, string>>> {
    const port = await freePort();
    const ends: Record<string, string> = {};
    for (const line of this.#fix(await this.#visit(edge, port, NOTHING, findingsOf(cell, 0)))) {
      const applied = apply(NOTHING, [line], `localhost:${port}`);
      ends[line] = (await this.#visit(edge, port, applied, 0)).summary;
    }
    return ends;
  }

  /** How a visit ends with all that its framework's documentation and the edge's ask for. */
  async mended(edge: Edge): Promise<string> {
    const port = await freePort();
    const trustProto = trustLines(APPS[this.#name].framework);
    const applied = apply(NOTHING, [...EDGE_LINES, ...trustProto], `localhost:${port}`);
    return (await this.#visit(edge, port, applied, 0)).summary;
  }

  async stop(): Promise<void> {
    for (const server of this.#servers.values()) await (await server).stop();
  }

  /** Where the framework was not recognised, those lines of the three that are for this one. */
  #fix({ findings }: Step): string[] {
    const { framework: own } = APPS[this.#name];
    const foreign = (["django", "express", "rails"] as const)
      .filter((id) => id !== own)
      .flatMap(trustLines);
    return findings.flatMap(({ framework, fix }) =>
      fix.filter((line: string) => framework !== null || !foreign.includes(line)),
    );
  }

  #server({ edge: _, upgrades: __, ...applied }: Applied): Promise<AppServer> {
    const key = JSON.stringify(applied);
    const server = this.#servers.get(key) ?? startApp(this.#name, this.#configuration, applied);
    this.#servers.set(key, server);
    return server;
  }

  /** One visit through one run of devtls. */
  async #visit(edge: Edge, port: number, applied: Applied, findings: number): Promise<Step> {
    const target = (await this.#server(applied)).port;
    const as = applied.upgrades ? ["--edge-file", passingUpgrades(edge)] : ["--simulate", edge];
    const args = ["--port", String(port), "--target", String(target), ...as];
    const run = await serveJson([...args, ...applied.edge], this.#home);
    const { live }: App = APPS[this.#name];
    const { outcome, log } = await visit(run.url, readFileSync(this.#home.root, "utf8"), live);
    const isFinding = ({ event }: ServeEvent): boolean => event === "finding";
    // Once each, in no order: some come at once, and others when the app has been asked.
    const codes = (): string[] => {
      const said = run.events.filter(isFinding).map(({ code, cause }) => `${code}:${cause}`);
      return [...new Set(said)].sort();
    };
    // The app is asked again meanwhile. What is found beyond these is out when devtls has ended.
    const count = RECORDING ? Number.POSITIVE_INFINITY : findings;
    const late = once(AbortSignal.timeout(PATIENCE_MS), "abort");
    await Promise.race([run.waitFor(() => codes().length >= count), late]);
    await run.stop();
    return {
      summary: [outcome, ...codes()].join(" "),
      log,
      findings: run.events.filter(isFinding),
    };
  }
}
