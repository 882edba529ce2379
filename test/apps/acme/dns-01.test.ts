/** dns-01: a wildcard for certbot, with pebble's DNS server in place of a zone. */
import { expect, it } from "vitest";
import { describeUnless } from "../../support/tools.js";
import { checkChain, openDesk, whyNot } from "./network.js";

const SET_TXT =
  'curl -sSf http://127.0.0.1:8055/set-txt -d "{\\"host\\":\\"_acme-challenge.$CERTBOT_DOMAIN.\\",\\"value\\":\\"$CERTBOT_VALIDATION\\"}"';

describeUnless(whyNot(["certbot", "pebble-challtestsrv", "openssl", "curl"]), "dns-01", () => {
  it("gives a wildcard certificate, which nothing else gives", async () => {
    const desk = await openDesk(["--dns", "127.0.0.1:8053"]);
    const dns = desk.network.start("pebble-challtestsrv", [
      ...["-http01", "", "-https01", "", "-tlsalpn01", ""],
    ]);
    await dns.waitFor(/Starting management server/);
    desk.write("hook.sh", `#!/bin/sh\n${SET_TXT}\n`);
    const certbot = (await desk.configuration("certbot", "*.app.test"))
      .trimEnd()
      .replace("--standalone", "--manual --preferred-challenges dns --manual-auth-hook ./hook.sh");
    await desk.sh(`chmod 755 hook.sh; ${certbot} --config-dir c --work-dir w --logs-dir l`);
    expect(desk.acme().stderr()).toContain("dns-01 valid");
    expect(await checkChain(desk, "c/live/app.test/fullchain.pem")).toContain("DNS:*.app.test");
  });
});
