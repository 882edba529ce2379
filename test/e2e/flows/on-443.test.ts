/** On port 443 itself nothing is missing: what is said of development ports is not said there. */
import { once } from "node:events";
import { createServer } from "node:http";
import { request } from "node:https";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type DevtlsServer, type Finding, openAuthority, serve } from "../../../src/index.js";
import { temporaryFolder } from "../../support/cli.js";
import { describeUnless } from "../../support/tools.js";

const HOST = "doku.test";

/** An address of this machine on which nobody else listens. */
const ADDRESS = "127.4.4.3";

const PAGE = `<link rel="canonical" href="https://${HOST}/doku.php?id=saved">`;

const whyNot = process.getuid?.() === 0 ? undefined : "needs root, to listen on port 443";

describeUnless(whyNot, "On port 443", () => {
  const stateDirectory = temporaryFolder("devtls-443-");
  const app = createServer((_, response) => {
    response.setHeader("Content-Type", "text/html; charset=utf-8").end(PAGE);
  });
  let ca: string;

  beforeAll(async () => {
    await once(app.listen(0, "127.0.0.1"), "listening");
    ca = (await openAuthority({ stateDirectory })).certificate;
  });
  afterAll(() => void app.close());

  async function get(server: DevtlsServer): Promise<number | undefined> {
    const asked = request({
      ...{ host: ADDRESS, port: server.port, path: "/doku.php?id=saved", ca, servername: HOST },
      headers: { Host: server.url.slice("https://".length) },
      agent: false,
    }).end();
    const [response] = await once(asked, "response");
    await response.resume().toArray();
    return response.statusCode;
  }

  it.each([
    { port: 443, standIn: true, said: [] },
    { port: 443, standIn: false, said: [] },
    { port: 0, standIn: true, said: ["mixed-content harmless-on-443"] },
  ])(
    "or not ($port), standing in for it or not ($standIn): $said",
    async ({ said, ...options }) => {
      const findings: Finding[] = [];
      const server = await serve({
        ...options,
        ...{ target: (app.address() as AddressInfo).port, bind: ADDRESS, host: HOST },
        ...{ simulate: "nginx-proxy-params", stateDirectory },
      });
      server.on("finding", (finding) => findings.push(finding));
      expect(await get(server)).toBe(200);
      await server.close();
      expect(findings.map(({ code, cause }) => `${code} ${cause}`)).toEqual(said);
    },
  );
});
