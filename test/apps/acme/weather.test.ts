/** Each kind of weather with certbot and with lego: what they do on a bad day, seen before it comes. */
import { setTimeout } from "node:timers/promises";
import { expect, it } from "vitest";
import type { Outcome } from "../../support/cli.js";
import { describeUnless } from "../../support/tools.js";
import { checkChain, type Desk, openDesk, whyNot } from "./network.js";

interface Client {
  readonly name: "certbot" | "lego";
  readonly certificate: string;
  run(desk: Desk): Promise<Outcome>;
  /** Where it writes what the server answered. */
  said(desk: Desk, outcome: Outcome): Promise<string>;
}

const CLIENTS: readonly Client[] = [
  {
    name: "certbot",
    certificate: "c/live/app.test/fullchain.pem",
    run: async (desk) => {
      const command = await desk.configuration("certbot", "app.test");
      const script = `${command.trimEnd()} --config-dir c --work-dir w --logs-dir l`;
      return desk.network.run("sh", ["-ec", script], { cwd: desk.folder });
    },
    // Debian's certbot trips over its own exception under Python 3.11; its log has the answer.
    said: async (desk) => (await desk.sh("cat l/letsencrypt.log")).stdout,
  },
  {
    name: "lego",
    certificate: ".lego/certificates/app.test.crt",
    run: async (desk) =>
      desk.network.run("sh", ["-ec", await desk.configuration("lego", "app.test")], {
        cwd: desk.folder,
      }),
    said: async (_, { stdout, stderr }) => stdout + stderr,
  },
];

const under = (...weather: string[]): Promise<Desk> =>
  openDesk(weather.flatMap((kind) => ["--weather", kind]));

for (const client of CLIENTS) {
  describeUnless(whyNot([client.name, "openssl"]), client.name, () => {
    it("gets certificates that live six days, under short-lived", async () => {
      const desk = await under("short-lived", "renew-now");
      expect((await client.run(desk)).status).toBe(0);
      await checkChain(desk, client.certificate);
      const week = 7 * 86_400;
      const { status } = await desk.network.run("sh", [
        ...[
          "-c",
          `cd '${desk.folder}' && openssl x509 -checkend ${week} -in ${client.certificate}`,
        ],
      ]);
      expect(status).toBe(1);
    });

    it("survives a storm of bad nonces", async () => {
      const desk = await under("bad-nonce");
      const { status, stdout, stderr } = await client.run(desk);
      expect(status, stdout + stderr).toBe(0);
      await checkChain(desk, client.certificate);
    });

    it("is refused by a rate limit, and gets its certificate when it comes again", async () => {
      const desk = await under("rate-limit");
      const refused = await client.run(desk);
      const said = await client.said(desk, refused);
      expect(said).toContain("urn:ietf:params:acme:error:rateLimited");
      // The client gives up; who runs it, or its timer, comes again when the server said.
      const [, seconds] = /try again in (\d+) s/.exec(said) ?? [];
      await setTimeout(Number(seconds) * 1000);
      const { status, stdout, stderr } = await client.run(desk);
      expect(status, stdout + stderr).toBe(0);
      await checkChain(desk, client.certificate);
    });

    it("waits for a slow authority", async () => {
      const desk = await under("slow");
      const { status, stdout, stderr } = await client.run(desk);
      expect(status, stdout + stderr).toBe(0);
      await checkChain(desk, client.certificate);
    });

    it("gets a certificate that is revoked already, which the list says", async () => {
      const desk = await under("revoked");
      expect((await client.run(desk)).status).toBe(0);
      const list = `$(openssl x509 -in ${client.certificate} -noout -text | grep -o 'http://.*crl')`;
      await desk.sh(`curl -sSf ${list} | openssl crl -inform der -out crl.pem`);
      const verify = `openssl verify -crl_check -CAfile '${desk.home.root}' -CRLfile crl.pem ${client.certificate}`;
      const outcome = await desk.network.run("sh", ["-c", `cd '${desk.folder}' && ${verify}`]);
      expect(outcome.stderr).toContain("certificate revoked");
    });

    it("gets a chain whose intermediate has expired", async () => {
      const desk = await under("expired-intermediate");
      expect((await client.run(desk)).status).toBe(0);
      const verify = `openssl verify -CAfile '${desk.home.root}' -untrusted ${client.certificate} ${client.certificate}`;
      const outcome = await desk.network.run("sh", ["-c", `cd '${desk.folder}' && ${verify}`]);
      expect(outcome.stderr).toContain("certificate has expired");
    });
  });
}
