/** One cell of the table: an application behind an edge, visited until it works. */
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { devtls, freePort, type ServeEvent } from "../support/cli.js";
import { folderUntilEnd, type Home, serveJson } from "../support/programs.js";
import { lockSystemStore } from "../support/system-store.js";
import type { App, Installed } from "./app.js";
import { findingsOf } from "./expected.js";
import { apply, type Cure, NOTHING } from "./pasting.js";
import { handOver } from "./servers/account.js";
import { visit } from "./visit.js";

/** All that is reported is wanted, for a table that is to be written anew. */
export const RECORDING = process.env.DEVTLS_APPS_RECORD === "1";

/** Findings that have not come by then, in milliseconds, do not come. */
const PATIENCE_MS = RECORDING ? 2_000 : 15_000;

const LOCK_OF_443 = join(tmpdir(), "devtls-port-443.lock");

/** A cure may uncover the next failure, as in life; more than this is no cure. */
const MAX_STEPS = 4;

export interface Result {
  /** How the visit ended, and what devtls said: "login loops redirect-loop:unknown". */
  readonly summary: string;
  readonly log: readonly string[];
  readonly findings: readonly ServeEvent[];
}

/** An application in one configuration, installed once, on ports that stay. */
export class Cells {
  readonly #home: Home;
  readonly #app: App;
  readonly #browser: Browser;
  readonly #installed: Installed;
  readonly #port: number;

  static async install(home: Home, app: App, configuration: string, browser: Browser) {
    const target = await freePort();
    const port = await freePort();
    const folder = folderUntilEnd(`devtls-${app.name.toLowerCase()}-`);
    handOver(folder);
    const publicUrl = `https://${app.host}:${port}`;
    const installed = await app.install({ port: target, publicUrl, folder }, configuration);
    return new Cells(home, app, browser, installed, port);
  }

  private constructor(home: Home, app: App, browser: Browser, installed: Installed, port: number) {
    this.#home = home;
    this.#app = app;
    this.#browser = browser;
    this.#installed = installed;
    this.#port = port;
  }

  /** One visit after the other, each with what the findings before it printed, until it works. */
  async results(edge: string, cell: string): Promise<readonly Result[]> {
    const results: Result[] = [];
    for (let cure = NOTHING; results.length < MAX_STEPS; ) {
      const result = await this.#visit(edge, cure, findingsOf(cell, results.length));
      results.push(result);
      const next = apply(cure, result.findings, this.#app, `${this.#app.host}:${this.#port}`);
      if (JSON.stringify(next) === JSON.stringify(cure)) break;
      cure = next;
    }
    return results;
  }

  /** The edge, with what its lines change. */
  async #edge(name: string, { edge, upgrade }: Cure): Promise<readonly string[]> {
    if (!upgrade) return ["--simulate", name, ...edge];
    const { stdout } = await devtls(["edges", name, "--json"]);
    const [profile] = JSON.parse(stdout).edges;
    const file = join(this.#home.folder, `${name}-with-upgrade.json`);
    const toApp = { ...profile.toApp, passesUpgrade: true, version: "1.1" };
    writeFileSync(file, JSON.stringify({ ...profile, name: `${name}-with-upgrade`, toApp }));
    return ["--edge-file", file, ...edge];
  }

  async #visit(edge: string, cure: Cure, findings: number): Promise<Result> {
    const release = cure.on443 ? await lockSystemStore(LOCK_OF_443) : undefined;
    try {
      return await this.#visitAlone(edge, cure, findings);
    } finally {
      release?.();
    }
  }

  async #visitAlone(edge: string, cure: Cure, findings: number): Promise<Result> {
    const { host, steps } = this.#app;
    const target = await this.#installed.paste(cure).catch((error: Error) => error);
    if (target instanceof Error) {
      return { summary: "does not start", log: target.message.split("\n"), findings: [] };
    }
    const port = String(cure.on443 ? 443 : this.#port);
    const place = ["--host", host, "--port", port, "--target", String(target)];
    const args = [...place, ...(await this.#edge(edge, cure)), ...cure.serve];
    const run = await serveJson(args, this.#home);
    const { outcome, log } = await visit(this.#browser, run.url, steps);
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
