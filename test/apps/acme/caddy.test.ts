/** Caddy with the printed Caddyfile, for the names that it would otherwise sign itself. */
import { expect, it } from "vitest";
import { describeUnless } from "../../support/tools.js";
import { openDesk, whyNot } from "./network.js";

describeUnless(whyNot(["caddy", "curl"]), "Caddy", () => {
  const names = ["app.localhost", "app.local", "app.test", "app.internal", "127.0.0.1"];

  it("serves certificates of devtls for .localhost, .local, .internal and an address", async () => {
    const desk = await openDesk();
    desk.write("Caddyfile", await desk.configuration("caddy", ...names));
    const env = { ...desk.home.env, XDG_DATA_HOME: desk.folder, XDG_CONFIG_HOME: desk.folder };
    const caddy = desk.network.start("caddy", ["run", "--config", "Caddyfile"], {
      cwd: desk.folder,
      env,
    });
    for (const name of names) {
      await desk.acme().waitFor(new RegExp(`certificate for ${name.replaceAll(".", "\\.")} until`));
      await caddy.waitFor(new RegExp(`certificate obtained successfully.*"${name}"`));
      const { stdout } = await desk.sh(
        `curl -sS --retry 5 --retry-all-errors --resolve '${name}:443:127.0.0.1' --cacert '${desk.home.root}' https://${name}/`,
      );
      expect(stdout).toBe("Hello from Caddy");
    }
  });
});
