/**
 * Real requests through `serve --inspect`: what is remembered of them stays within its bound.
 * DEVTLS_INSPECT_REQUESTS=300000 makes as many as a long day's.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import { Agent, get } from "node:https";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { startProcess, whyNoProc } from "../proxy/robust/devtls-process.js";
import { freePort } from "../support/cli.js";
import { atEnd } from "../support/programs.js";
import { describeUnless } from "../support/tools.js";

const MANY = Number(process.env.DEVTLS_INSPECT_REQUESTS ?? 3_000);
const AT_ONCE = 10;
/** Of each head; a record holds it as it came and as it was sent on. */
const HEAD_OCTETS = 12_000;
/** Twice the bound and what a collection of garbage may leave; without the bound it is 60 and more. */
const ALLOWED_MIB = 32;

describeUnless(whyNoProc, "serve --inspect", () => {
  it(
    `keeps its memory through ${MANY} requests`,
    async () => {
      const app = createServer((request, response) => {
        response.setHeader("X-Answer", request.url?.padEnd(HEAD_OCTETS, "a") ?? "");
        response.end("ok");
      });
      app.listen(0, "127.0.0.1");
      await once(app, "listening");
      atEnd(() => app.close());
      const devtls = await startProcess((app.address() as AddressInfo).port, [
        ...["--inspect", String(await freePort()), "--inspect-memory", "1"],
      ]);
      const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
      atEnd(() => agent.destroy());
      let next = 0;
      const ask = async (until: number): Promise<void> => {
        while (next < until) {
          const path = `/${next++}`;
          const asked = get({
            ...{ host: "127.0.0.1", port: devtls.port, servername: "localhost", path, agent },
            ca: devtls.root,
            maxHeaderSize: 65_536,
            headers: { Host: "localhost", "X-Asked": path.padEnd(HEAD_OCTETS, "b") },
          });
          const [response] = await once(asked, "response");
          expect(response.statusCode).toBe(200);
          await response.toArray();
        }
      };
      const askTo = (until: number): Promise<unknown> =>
        Promise.all(Array.from({ length: AT_ONCE }, () => ask(until)));
      await askTo(MANY / 3);
      const full = devtls.memory();
      await askTo(MANY);
      expect(devtls.memory() - full).toBeLessThan(ALLOWED_MIB);
      expect(await devtls.stop()).toBe(0);
    },
    30_000 + MANY * 10,
  );
});
