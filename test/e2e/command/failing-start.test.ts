/** A `serve` that cannot start ends, at once and with everything that it started. */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { devtls, freePort, LAUNCHER } from "../../support/cli.js";
import { atEnd, folderUntilEnd, type Home, start, temporaryHome } from "../../support/programs.js";

const SERVER = join(import.meta.dirname, "dev-server.cjs");

interface Case {
  readonly args: (ports: Ports) => readonly string[];
  readonly home?: (folder: string) => void;
  readonly config?: (ports: Ports) => unknown;
  readonly says: (ports: Ports) => string;
}

interface Ports {
  readonly busy: string;
  readonly free: string;
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

/** All that a start may take: far less than the 3 s of a dev server's own guard. */
const ALARM_MS = 30_000;

describe("devtls serve ends by itself after", () => {
  let busy: Server;
  beforeAll(async () => {
    busy = await listening();
  });

  it.each(Object.entries(CASES))("%s", async (_what, { args, config, home: prepare, says }) => {
    const home = await readyHome(prepare);
    const ports = { busy: portOf(busy), free: String(await freePort()) };
    const folder = folderUntilEnd("devtls-failing-");
    if (config) writeFileSync(join(folder, "devtls.config.json"), JSON.stringify(config(ports)));
    const run = start(process.execPath, [LAUNCHER, "serve", ...args(ports)], {
      cwd: folder,
      env: home.env,
    });
    const alarm = setTimeout(() => void run.stop("SIGKILL"), ALARM_MS);
    // The pipes close with the last process that holds them: those that it started, too.
    const status = await run.exited;
    clearTimeout(alarm);
    expect(run.stderr()).toContain(says(ports));
    expect(run.stderr().match(/^devtls: /gm)).toHaveLength(1);
    expect(status).not.toBe(0);
    expect(status).not.toBeNull();
    expect(run.stderr()).toMatch(/\n {2}\S/);
  });

  async function readyHome(prepare: Case["home"]): Promise<Home> {
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
