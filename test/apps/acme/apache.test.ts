/** Apache's own ACME client, mod_md, with the printed configuration. */
import { expect, it } from "vitest";
import { LAUNCHER } from "../../support/cli.js";
import type { Running } from "../../support/programs.js";
import { describeUnless } from "../../support/tools.js";
import { type Desk, openDesk, whyNot } from "./network.js";

const MODULES = "/usr/lib/apache2/modules";

const server = (folder: string): string => `ServerName app.test
ServerRoot "${folder}"
PidFile httpd.pid
ErrorLog error.log
User www-data
Group www-data
LogLevel md:debug
MDCheckInterval 5s
LoadModule mpm_event_module ${MODULES}/mod_mpm_event.so
LoadModule authz_core_module ${MODULES}/mod_authz_core.so
LoadModule socache_shmcb_module ${MODULES}/mod_socache_shmcb.so
LoadModule ssl_module ${MODULES}/mod_ssl.so
LoadModule md_module ${MODULES}/mod_md.so
LoadModule alias_module ${MODULES}/mod_alias.so
Mutex file:. default
Listen 80
Listen 443
RedirectMatch 404 ^/
Include acme.conf
`;

/** Apache in the desk's network, and its log. */
async function startApache(
  desk: Desk,
  ...names: string[]
): Promise<{ log: Running; file: string }> {
  // Its children are www-data, who has to reach the store.
  await desk.sh("chmod 755 . && mount -t tmpfs none /etc/apache2");
  await desk.sh(`node '${LAUNCHER}' ca export > /etc/apache2/devtls-root.pem`);
  desk.write("acme.conf", await desk.configuration("apache", ...names));
  const file = desk.write("httpd.conf", server(desk.folder));
  desk.network.start("apache2", ["-DFOREGROUND", "-f", file], { cwd: desk.folder });
  const log = desk.network.start("tail", ["-n", "+1", "--follow=name", "--retry", "error.log"], {
    cwd: desk.folder,
  });
  return { log, file };
}

describeUnless(whyNot(["apache2", "curl"]), "Apache mod_md", () => {
  it("gets a certificate and serves it after a graceful restart", async () => {
    const desk = await openDesk();
    const { log, file } = await startApache(desk, "app.test", "b.app.test");
    await log.waitFor(/The Managed Domain app\.test has been setup/);
    await desk.sh(`apache2 -f '${file}' -k graceful`);
    const { stdout } = await desk.sh(
      `curl -sS --retry 20 --retry-delay 1 --retry-all-errors --resolve b.app.test:443:127.0.0.1 --cacert '${desk.home.root}' -o /dev/null -w '%{http_code}' https://b.app.test/`,
    );
    expect(stdout).toBe("404");
  });

  it("renews a new certificate at once when renewal information says so (RFC 9773)", async () => {
    const desk = await openDesk(["--weather", "renew-now"]);
    const { log, file } = await startApache(desk, "app.test");
    await log.waitFor(/The Managed Domain app\.test has been setup/);
    await desk.sh(`apache2 -f '${file}' -k graceful`);
    await log.waitFor(/CA advises renew via ARI/);
    await desk.acme().waitFor(/(?:certificate for app\.test until[\s\S]*){2}/);
  });
});
