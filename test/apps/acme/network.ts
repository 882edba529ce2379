/** A network of a test's own: ports 80 and 443 of loopback, and nobody else on it. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { LAUNCHER, type Outcome } from "../../support/cli.js";
import { type Machine, openMachine } from "../../support/network.js";
import { folderUntilEnd, type Home, type Running, temporaryHome } from "../../support/programs.js";

export { whyNoNetwork as whyNot } from "../../support/network.js";

export interface Desk {
  readonly network: Machine;
  readonly home: Home;
  /** A working folder for a client. */
  readonly folder: string;
  readonly acme: () => Running;
  /** Ends devtls acme and starts it again. */
  restart(args?: readonly string[]): Promise<void>;
  /** Runs a command of devtls. */
  devtls(...args: string[]): Promise<Outcome>;
  /** Runs a script in the working folder; it has to succeed. */
  sh(script: string): Promise<Outcome>;
  /** What `devtls acme --client` prints. */
  configuration(client: string, ...names: string[]): Promise<string>;
  write(name: string, text: string): string;
}

/** `devtls acme` in a network of its own, as a new user would start it. */
export async function openDesk(args: readonly string[] = []): Promise<Desk> {
  const [network, home, folder] = [await openMachine(), temporaryHome(), folderUntilEnd("acme-")];
  const options = { cwd: folder, env: home.env };
  const launch = async (more: readonly string[]): Promise<Running> => {
    const run = network.start(process.execPath, [LAUNCHER, "acme", ...more], options);
    await run.waitFor(/^https:\S+\/directory$/m);
    return run;
  };
  let acme = await launch(args);
  const devtls: Desk["devtls"] = (...words) =>
    network.run(process.execPath, [LAUNCHER, ...words], options);
  const sh: Desk["sh"] = async (script) => {
    const outcome = await network.run("sh", ["-ec", script], options);
    expect(outcome.status, `${script}\n${outcome.stdout}${outcome.stderr}${acme.stderr()}`).toBe(0);
    return outcome;
  };
  return {
    network,
    home,
    folder,
    acme: () => acme,
    restart: async (more = args) => {
      await acme.stop();
      acme = await launch(more);
    },
    devtls,
    sh,
    configuration: async (client, ...names) => {
      const { status, stdout, stderr } = await devtls("acme", "--client", client, ...names);
      expect(status, stderr).toBe(0);
      return stdout;
    },
    write: (name, text) => {
      const path = join(folder, name);
      writeFileSync(path, text);
      return path;
    },
  };
}

/** What openssl says of a chain: that it leads to the root, and its names. */
export async function checkChain(desk: Desk, file: string): Promise<string> {
  await desk.sh(`openssl verify -CAfile '${desk.home.root}' -untrusted ${file} ${file}`);
  const { stdout } = await desk.sh(`openssl x509 -in ${file} -noout -ext subjectAltName -serial`);
  return stdout;
}
