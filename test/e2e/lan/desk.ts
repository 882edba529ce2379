/** A laptop with `devtls serve --lan` and a phone, on a network of their own. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { LAUNCHER, type Outcome, runProgram, type ServeEvent } from "../../support/cli.js";
import { LocalNetwork, type Machine } from "../../support/network.js";
import { folderUntilEnd, type Home, type Running, temporaryHome } from "../../support/programs.js";

export const LAPTOP = "192.168.77.1";
export const PHONE = "192.168.77.2";

/** `devtls serve --lan --json` on a machine. */
export interface LanServe extends Running {
  readonly events: () => ServeEvent[];
  /** The nth event of a kind, from 1 on. */
  event(kind: string, nth?: number): Promise<ServeEvent>;
}

export interface Desk {
  readonly network: LocalNetwork;
  readonly laptop: Machine;
  readonly phone: Machine;
  readonly home: Home;
  serve(args: readonly string[], on?: Machine, home?: Home, cwd?: string): LanServe;
}

export async function setDesk(): Promise<Desk> {
  const network = await LocalNetwork.open();
  const laptop = await network.machine(`${LAPTOP}/24`);
  const phone = await network.machine(`${PHONE}/24`);
  const home = temporaryHome();
  return {
    ...{ network, laptop, phone, home },
    serve: (args, on = laptop, at = home, cwd = at.folder) => serveOn(on, at, args, cwd),
  };
}

function serveOn(machine: Machine, home: Home, args: readonly string[], cwd: string): LanServe {
  const command = [LAUNCHER, "serve", "--json", "--lan", ...args];
  const running = machine.start(process.execPath, command, { env: home.env, cwd });
  const events = (): ServeEvent[] =>
    running
      .stdout()
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as ServeEvent);
  return {
    ...running,
    events,
    event: async (kind, nth = 1) => {
      const line = `"event":"${kind}".*\\n`;
      await running.waitFor(new RegExp(`(?:${line}[\\s\\S]*?){${nth}}`));
      return events().filter(({ event }) => event === kind)[nth - 1] as ServeEvent;
    },
  };
}

/** A visitor with a cookie jar and one root to trust, perhaps. */
export interface Visitor {
  get(url: string, ...args: readonly string[]): Promise<Answer>;
}

export interface Answer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** curl on a machine; without a root it takes any certificate. */
export function visitor(machine: Machine, root?: string): Visitor {
  const jar = join(folderUntilEnd("devtls-jar-"), "jar");
  const trust = root === undefined ? ["--insecure"] : ["--cacert", root];
  const common = ["--silent", "--show-error", "--include", ...trust, "-b", jar, "-c", jar];
  return {
    get: async (url, ...args) => answerOf(await machine.run("curl", [...common, ...args, url])),
  };
}

function answerOf({ status, stdout, stderr }: Outcome): Answer {
  if (status !== 0) throw new Error(`curl ended with ${status}: ${stderr}`);
  // The final response, behind those of 1xx.
  const text = stdout.replace(/^(?:HTTP\/\S+ 1\d\d[\s\S]*?\r\n\r\n)+/, "");
  const end = text.indexOf("\r\n\r\n");
  const head = text.slice(0, end);
  return { status: Number(/^HTTP\/\S+ (\d+)/.exec(head)?.[1]), head, body: text.slice(end + 4) };
}

/** The link of the onboarding page that pairs. */
export function pairingLink(page: string): string {
  const link = /href="(https:[^"]+)"/.exec(page)?.[1];
  if (link === undefined) throw new Error(`no link to the app: ${page}`);
  return link;
}

/** Downloads the root as the page says, and trusts it as this browser's users do. */
export async function trustOnPhone({ phone }: Desk, home: Home, onboarding: string): Promise<void> {
  const root = join(home.folder, "root.crt");
  const database = join(home.folder, ".pki/nssdb");
  mkdirSync(database, { recursive: true });
  const url = `${onboarding}/devtls-root.crt`;
  await phone.run("curl", ["--silent", "--fail", "--output", root, url]);
  const commands = [
    ["-N", "--empty-password"],
    ["-A", "-n", "devtls", "-t", "C,,", "-i", root],
  ];
  for (const args of commands) {
    const { status, stderr } = await runProgram("certutil", ["-d", `sql:${database}`, ...args]);
    if (status !== 0) throw new Error(stderr);
  }
}
