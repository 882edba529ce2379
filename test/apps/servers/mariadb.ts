/** Debian's MariaDB with a data folder of its own, reached by a socket only. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runProgram } from "../../support/cli.js";
import { start } from "../../support/programs.js";
import { ACCOUNT, handOver } from "./account.js";

export interface Database {
  readonly socket: string;
  readonly name: string;
  readonly user: string;
}

/** @param folder of this server; made when missing */
export async function startMariaDb(folder: string, name: string): Promise<Database> {
  const data = join(folder, "data");
  const socket = join(folder, "socket");
  const first = join(folder, "first.sql");
  mkdirSync(folder, { recursive: true });
  writeFileSync(first, `CREATE DATABASE IF NOT EXISTS ${name};\n`);
  handOver(folder);
  const options = { ...ACCOUNT, env: { HOME: folder } };
  const installed = await runProgram(
    "mariadb-install-db",
    [
      "--no-defaults",
      `--datadir=${data}`,
      "--auth-root-authentication-method=normal",
      "--skip-test-db",
    ],
    options,
  );
  if (installed.status !== 0) throw new Error(`mariadb-install-db: ${installed.stderr}`);
  const server = start(
    "/usr/sbin/mariadbd",
    [
      "--no-defaults",
      `--datadir=${data}`,
      `--socket=${socket}`,
      `--pid-file=${join(folder, "pid")}`,
      `--init-file=${first}`,
      "--skip-networking",
      // What a crash of the machine would lose goes with the test anyway.
      "--innodb-flush-log-at-trx-commit=0",
      "--innodb-buffer-pool-size=32M",
    ],
    options,
  );
  await server.waitFor(/ready for connections/);
  return { socket, name, user: "root" };
}
