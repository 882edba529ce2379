/** A network of its own with a server that is elsewhere: an address that is not loopback. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LAUNCHER, type Outcome, runProgram } from "../support/cli.js";
import { temporaryHome } from "../support/programs.js";

/** Of a block for documentation (RFC 5737), given to the loopback interface. */
export const ELSEWHERE = "198.51.100.7";

/** Another one, where the server of this machine answers, too. */
const OWN = "198.51.100.8";

export interface Heard {
  readonly method: string;
  readonly url: string;
  readonly host: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A server that writes down what it hears, and one on loopback beside it. */
const SERVER = `
const { createServer } = require("node:http");
const { writeFileSync } = require("node:fs");
const heard = { elsewhere: [], here: [] };
const note = (side) => (request, response) => {
  const { method, url, headers } = request;
  heard[side].push({ method, url, host: headers.host, headers });
  const answer = JSON.parse(process.env.ANSWERS)[url] ?? { body: "<!doctype html><p>Hello" };
  response.writeHead(answer.status ?? 200, { "Content-Type": "text/html", ...answer.headers });
  response.end(answer.body);
};
createServer(note("here")).listen(8080, "127.0.0.1");
createServer(note("here")).listen(8081, "${OWN}");
createServer(note("elsewhere")).listen(80, "${ELSEWHERE}", async () => {
  const { spawn } = require("node:child_process");
  const child = spawn(process.execPath, JSON.parse(process.env.ARGS), { stdio: "inherit" });
  child.on("close", (status) => {
    writeFileSync(process.env.HEARD, JSON.stringify(heard));
    process.exit(status);
  });
});`;

interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface World extends Outcome {
  readonly elsewhere: readonly Heard[];
  readonly here: readonly Heard[];
}

/** Runs `devtls audit` against the server that is elsewhere. @param answers by path */
export async function auditElsewhere(
  args: readonly string[],
  answers: Readonly<Record<string, Reply>> = {},
): Promise<World> {
  const home = temporaryHome();
  const [script, heard] = [join(home.folder, "server.cjs"), join(home.folder, "heard.json")];
  writeFileSync(script, SERVER);
  const outcome = await runProgram(
    "unshare",
    [
      ...["--map-root-user", "--net", "sh", "-c"],
      `ip link set lo up && ip address add ${ELSEWHERE}/32 dev lo && ip address add ${OWN}/32 dev lo && exec "$0" "$@"`,
      ...[process.execPath, script],
    ],
    {
      env: {
        ...home.env,
        ARGS: JSON.stringify([LAUNCHER, "audit", ...args]),
        ANSWERS: JSON.stringify(answers),
        HEARD: heard,
      },
    },
  );
  const { elsewhere, here } = JSON.parse(readFileSync(heard, "utf8"));
  return { ...outcome, elsewhere, here };
}
