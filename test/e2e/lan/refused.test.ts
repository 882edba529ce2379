/** `serve --lan` where it cannot be: it says why and what to do, and ends. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { devtls, runProgram } from "../../support/cli.js";
import { openMachine, whyNoNetwork } from "../../support/network.js";
import { folderUntilEnd, temporaryHome } from "../../support/programs.js";
import { describeUnless } from "../../support/tools.js";
import { LAPTOP, setDesk } from "./desk.js";

/** A root that may sign this machine's own names, and none of a network. */
const NARROW = `[req]
distinguished_name = name
x509_extensions = root
prompt = no
[name]
CN = narrow
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
nameConstraints = permitted;DNS:localhost, permitted;IP:127.0.0.0/255.0.0.0, permitted;IP:0:0:0:0:0:0:0:1/FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF
`;

describeUnless(whyNoNetwork(["openssl", "ss"]), "devtls serve --lan ends", () => {
  it("on a machine without a network, before it has made anything", async () => {
    const desk = await setDesk();
    const alone = await openMachine();
    const run = desk.serve(["--demo"], alone);
    expect(await run.exited).toBe(1);
    expect(run.stderr()).toMatch(/this machine has no private address\n {2}Join a network/);
    expect(run.stdout()).toBe("");
  });

  it("under a root that may not sign the network's names, which nothing gets around", async () => {
    const desk = await setDesk();
    const home = temporaryHome();
    const folder = folderUntilEnd("devtls-narrow-");
    const [config, cert, key] = ["narrow.cnf", "narrow.pem", "narrow-key.pem"].map((name) =>
      join(folder, name),
    ) as [string, string, string];
    writeFileSync(config, NARROW);
    const made = await runProgram("openssl", [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"],
      ...["-days", "30", "-config", config, "-out", cert, "-keyout", key],
    ]);
    expect(made.status, made.stderr).toBe(0);
    const imported = await devtls(["ca", "import", "--from", cert, "--key", key], {
      env: home.env,
    });
    expect(imported.status, imported.stderr).toBe(0);
    const run = desk.serve(["--demo", "--lan-name", "shop"], desk.laptop, home);
    expect(await run.exited).toBe(1);
    expect(run.stderr()).toContain(`could not sign ${LAPTOP}, shop.local`);
    expect(run.stderr()).toContain("devtls ca create --force");
    const { stdout } = await desk.laptop.run("ss", ["-Hltn"]);
    expect(stdout).toBe("");
  });
});
