/** lego, the client inside Traefik: http-01 and tls-alpn-01, renewal and revocation. */
import { expect, it } from "vitest";
import { describeUnless } from "../../support/tools.js";
import { checkChain, openDesk, whyNot } from "./network.js";

describeUnless(whyNot(["lego", "openssl"]), "lego", () => {
  it("issues with what --client prints, renews and revokes", async () => {
    const desk = await openDesk();
    const command = await desk.configuration("lego", "app.test", "b.app.test");
    await desk.sh(command);
    const file = ".lego/certificates/app.test.crt";
    const first = await checkChain(desk, file);
    await desk.sh(command.replace(/run\s*$/, "renew --days 100 --no-random-sleep"));
    const second = await checkChain(desk, file);
    expect(first).toContain("DNS:app.test, DNS:b.app.test");
    expect(second).not.toBe(first);
    // lego has one file for the certificate, under its first name.
    const one = command.replace(/ {2}--domains b\.app\.test \\\n/, "");
    await desk.sh(one.replace(/run\s*$/, "revoke"));
    expect(desk.acme().stderr()).toContain("revoked the certificate for app.test, b.app.test");
  });

  it("proves control by tls-alpn-01", async () => {
    const desk = await openDesk();
    const command = await desk.configuration("lego", "app.localhost");
    await desk.sh(command.replace("--http", "--tls"));
    expect(desk.acme().stderr()).toContain("app.localhost: tls-alpn-01 valid");
    await checkChain(desk, ".lego/certificates/app.localhost.crt");
  });

  it("is bound to an account that was given out, with --eab", async () => {
    const desk = await openDesk(["--eab"]);
    const { stdout } = await desk.devtls("acme", "--eab", "--client", "lego", "app.test");
    await desk.sh(stdout);
    await checkChain(desk, ".lego/certificates/app.test.crt");
  });
});
