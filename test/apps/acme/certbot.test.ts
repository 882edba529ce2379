/** certbot: issue, renew, revoke; renew again after a restart and after the authority was rotated. */
import { beforeAll, expect, it } from "vitest";
import { describeUnless } from "../../support/tools.js";
import { checkChain, type Desk, openDesk, whyNot } from "./network.js";

const FOLDERS = "--config-dir c --work-dir w --logs-dir l";

describeUnless(whyNot(["certbot", "openssl"]), "certbot", () => {
  let desk: Desk;
  const certbot = (root: string, args: string) =>
    desk.sh(`REQUESTS_CA_BUNDLE='${root}' certbot ${args} --non-interactive ${FOLDERS}`);
  const serial = async () =>
    /serial=(\w+)/.exec(await checkChain(desk, "c/live/app.test/fullchain.pem"))?.[1];

  beforeAll(async () => {
    desk = await openDesk();
  });

  it("gets a certificate with what --client prints", async () => {
    const command = await desk.configuration("certbot", "app.test", "app.localhost", "localhost");
    await desk.sh(`${command.trimEnd()} ${FOLDERS}`);
    const text = await checkChain(desk, "c/live/app.test/fullchain.pem");
    expect(text).toContain("DNS:app.test, DNS:app.localhost, DNS:localhost");
  });

  const renew = "renew --force-renewal --no-random-sleep-on-renew";

  it("renews, also after devtls was stopped and started", async () => {
    const serials = [await serial()];
    await certbot(desk.home.root, renew);
    serials.push(await serial());
    await desk.restart();
    await certbot(desk.home.root, renew);
    serials.push(await serial());
    expect(new Set(serials).size).toBe(3);
  });

  it("renews from the new authority after devtls ca rotate, while devtls acme runs", async () => {
    const rotated = await desk.devtls("ca", "rotate", "--yes");
    expect(rotated.status, rotated.stderr).toBe(0);
    await certbot(desk.home.root, renew);
    await checkChain(desk, "c/live/app.test/fullchain.pem");
  });

  it("revokes, and the revocation list says so", async () => {
    const revoked = await serial();
    await certbot(desk.home.root, "revoke --cert-name app.test --no-delete-after-revoke");
    const { stdout } = await desk.sh(
      "curl -sSf $(openssl x509 -in c/live/app.test/cert.pem -noout -text | grep -o 'http://.*crl') | openssl crl -inform der -noout -text",
    );
    expect(stdout).toContain(`Serial Number: ${revoked}`);
  });
});
