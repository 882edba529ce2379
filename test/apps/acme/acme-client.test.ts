/** The npm package acme-client with the printed program. */
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { it } from "vitest";
import { PROJECT } from "../../support/cli.js";
import { describeUnless } from "../../support/tools.js";
import { checkChain, openDesk, whyNot } from "./network.js";

describeUnless(whyNot(["openssl"]), "The npm package acme-client", () => {
  it("gets a certificate with what --client prints", async () => {
    const desk = await openDesk();
    symlinkSync(join(PROJECT, "node_modules"), join(desk.folder, "node_modules"));
    desk.write(
      "certificate.mjs",
      await desk.configuration("acme-client", "app.test", "app.localhost"),
    );
    await desk.sh(`NODE_EXTRA_CA_CERTS='${desk.home.root}' node certificate.mjs`);
    await checkChain(desk, "app.test.pem");
  });

  it("gets one with --eab, too", async () => {
    const desk = await openDesk(["--eab"]);
    symlinkSync(join(PROJECT, "node_modules"), join(desk.folder, "node_modules"));
    const { stdout } = await desk.devtls("acme", "--eab", "--client", "acme-client", "app.test");
    desk.write("certificate.mjs", stdout);
    await desk.sh(`NODE_EXTRA_CA_CERTS='${desk.home.root}' node certificate.mjs`);
    await checkChain(desk, "app.test.pem");
  });
});
