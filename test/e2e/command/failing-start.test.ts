/** A `serve` that cannot start ends, at once and with everything that it started. */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { devtls, freePort, LAUNCHER } from "../../support/cli.js";
import { atEnd, folderUntilEnd, type Home, start, temporaryHome } from "../../support/programs.js";
import { missing } from "../../support/tools.js";

const SERVER = join(import.meta.dirname, "dev-server.cjs");

interface Case {
  /** What devtls is started by, if not by itself. */
  readonly by?: readonly string[];
  readonly args: (ports: Ports) => readonly string[];
  readonly home?: (folder: string) => void;
  readonly config?: (ports: Ports) => unknown;
  readonly says: (ports: Ports) => string;
}

interface Ports {
  readonly busy: string;
  readonly free: string;
  readonly other: string;
}

const command = ["--", process.execPath, SERVER, "{port}", "company"];
const stubborn = [process.execPath, SERVER, "{port}", "stubborn", "company"];

const CASES: Readonly<Record<string, Case>> = {
  "a busy --port": {
    args: ({ busy }) => ["--port", busy, ...command],
    says: ({ busy }) => `could not listen on port ${busy}`,
  },
  "a busy --http-port": {
    args: ({ busy, free }) => ["--port", free, "--http-port", busy, ...command],
    says: ({ busy }) => `could not listen on port ${busy}`,
  },
  "a busy port in front of the demo": {
    args: ({ busy }) => ["--port", busy, "--demo"],
    says: ({ busy }) => `could not listen on port ${busy}`,
  },
  "an address that this machine does not have": {
    args: ({ free }) => ["--port", free, "--bind", "192.0.2.1", ...command],
    says: () => "could not listen on 192.0.2.1: this machine has no such address",
  },
  "a port that only root may take": {
    by: ["setpriv", "--bounding-set=-net_bind_service", "--inh-caps=-net_bind_service"],
    args: () => ["--port", "443", ...command],
    says: () => "could not listen on port 443: ports below 1024 need a right",
  },
  "a busy port for the inspector": {
    args: ({ busy, free }) => ["--port", free, "--inspect", busy, ...command],
    says: ({ busy }) => `could not start the inspector: port ${busy} is in use`,
  },
  "a target that is the inspector": {
    args: ({ free, other }) => ["--port", free, "--inspect", other, "--target", other],
    says: ({ other }) => `:${other} is the inspector itself`,
  },
  "a host that the authority may not sign for": {
    args: ({ free }) => ["--port", free, "--host", "www.example.com", ...command],
    says: () => "www.example.com",
  },
  "an authority that is damaged": {
    args: ({ free }) => ["--port", free, ...command],
    home: (folder) => writeFileSync(join(folder, "rootCA.pem"), "no certificate"),
    says: () => "could not ",
  },
  "a bundle that cannot be written": {
    args: ({ free }) => ["--port", free, ...command],
    home: (folder) => mkdirSync(join(folder, "bundle.pem")),
    says: () => "bundle.pem: it is a directory",
  },
  "a wrong certificate on purpose, without an authority's key": {
    args: ({ free }) => ["--port", free, "--fault", "expired", ...command],
    home: (folder) => writeFileSync(join(folder, "rootCA-key.pem"), "no key"),
    says: () => "could not ",
  },
  "a program that is not there": {
    args: ({ free }) => ["--port", free, "--", "no-such-program-here"],
    says: () => "could not start no-such-program-here: no such program",
  },
  "a program that may not be run": {
    args: ({ free }) => ["--port", free, "--", import.meta.filename],
    says: () => `could not start ${import.meta.filename}: `,
  },
  "a command that ends before it listens": {
    args: ({ free }) => ["--port", free, "--", process.execPath, "-e", "process.exit(5)"],
    says: () => "it ended with status 5 before it listened on a port",
  },
  "a second service whose program is not there": {
    args: () => [],
    config: ({ free, other }) => ({
      services: {
        web: { command: command.slice(1), port: Number(free) },
        api: { command: ["no-such-program-here"], port: Number(other) },
      },
    }),
    says: () => "could not start no-such-program-here: no such program",
  },
  "a second service whose port is busy, while the first runs": {
    args: () => [],
    config: ({ busy, free }) => ({
      services: {
        web: { command: [...command.slice(1)], port: Number(free) },
        api: { target: 1, port: Number(busy) },
      },
    }),
    says: ({ busy }) => `could not listen on port ${busy}`,
  },
  "a second service whose port is busy, while the first one does not want to end": {
    args: () => [],
    config: ({ busy, free }) => ({
      services: {
        web: { command: stubborn, port: Number(free) },
        api: { target: 1, port: Number(busy) },
      },
    }),
    says: ({ busy }) => `could not listen on port ${busy}`,
  },
};

/** What is still there by then, in milliseconds, does not end by itself. */
const ALARM_MS = 30_000;

/** For a start that failed to end with all that it started, in milliseconds. */
const ENDING_MS = 1_000;

describe("devtls serve ends by itself within a second after", () => {
  let busy: Server;
  /** How long a start takes that goes well, in milliseconds: as much as a failing one, or more. */
  let startMs: number;
  beforeAll(async () => {
    busy = await listening();
    const home = await readyHome();
    const before = performance.now();
    const args = ["serve", "--port", String(await freePort()), ...command];
    const run = start(process.execPath, [LAUNCHER, ...args], { env: home.env });
    await run.waitFor(/^https:.* -> /m);
    startMs = performance.now() - before;
    await run.stop();
  });

  for (const [what, { by = [], args, config, home: prepare, says }] of Object.entries(CASES)) {
    const [program = process.execPath, ...first] = [...by, process.execPath];
    it.skipIf(missing(by.slice(0, 1)))(what, async () => {
      const home = await readyHome(prepare);
      const [free, other] = [String(await freePort()), String(await freePort())];
      const ports = { busy: portOf(busy), free, other };
      const folder = folderUntilEnd("devtls-failing-");
      if (config) writeFileSync(join(folder, "devtls.config.json"), JSON.stringify(config(ports)));
      const before = performance.now();
      const run = start(program, [...first, LAUNCHER, "serve", ...args(ports)], {
        cwd: folder,
        env: home.env,
      });
      const alarm = setTimeout(() => void run.stop("SIGKILL"), ALARM_MS);
      // The pipes close with the last process that holds them: those that it started, too.
      const status = await run.exited;
      const took = performance.now() - before;
      clearTimeout(alarm);
      expect(run.stderr()).toContain(says(ports));
      expect(run.stderr().match(/^devtls: /gm)).toHaveLength(1);
      expect(status).not.toBe(0);
      expect(status).not.toBeNull();
      expect(run.stderr()).toMatch(/\n {2}\S/);
      // Twice, for a machine that has just become busy.
      expect(took).toBeLessThan(2 * startMs + ENDING_MS);
    });
  }

  async function readyHome(prepare?: Case["home"]): Promise<Home> {
    const home = temporaryHome();
    const made = await devtls(["ca", "create"], { env: home.env });
    expect(made.status).toBe(0);
    const state = join(home.folder, "state");
    if (prepare) {
      chmodSync(join(state, "rootCA-key.pem"), 0o600);
      prepare(state);
    }
    return home;
  }
});

function portOf(server: Server): string {
  return String((server.address() as AddressInfo).port);
}

async function listening(): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  atEnd(() => server.close());
  return server;
}
