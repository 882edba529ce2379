/**
 * What is printed for an edge that says Forwarded alone, pasted into real apps: the last element is
 * believed, in every form that RFC 7239 section 4 has, and nothing where X-Forwarded-Proto is.
 */
import { request } from "node:http";
import { afterAll, beforeAll, expect, it } from "vitest";
import { frameworkOf } from "../../../src/diagnose/frameworks/index.js";
import { settingsFor } from "../../../src/diagnose/frameworks/settings.js";
import { describeUnless } from "../../support/tools.js";
import { NOTHING } from "./fixes.js";
import { APPS, type AppName, type AppServer, startApp } from "./starters.js";

const NAMES = ["express", "fastify", "django-gunicorn", "flask", "php"] as const;

const URL_ = "https://localhost/";

/** Whether an app that forces https answers, in place of sending the browser there. */
const CASES: readonly (readonly [takenForHttps: boolean, headers: Record<string, string>])[] = [
  [true, { Forwarded: "by=127.0.0.1;for=192.0.2.7;host=localhost;proto=https" }],
  [true, { Forwarded: 'For="[2001:db8::7]:4711"; Proto="https"; Host="localhost"' }],
  [true, { Forwarded: "for=192.0.2.7;proto=http, for=192.0.2.8;proto=https" }],
  // What a browser wrote stands before what the edge appends.
  [false, { Forwarded: "proto=https, for=192.0.2.7;proto=http" }],
  [false, { Forwarded: "proto=https, for=192.0.2.7" }],
  [false, { Forwarded: "for=192.0.2.7;proto=http" }],
  [false, { Forwarded: "nproto=https" }],
  [false, { Forwarded: "" }],
  [false, {}],
];

/** Another edge's word goes before; PHP's line has the address written down anyway. */
const BOTH = { "X-Forwarded-Proto": "http", Forwarded: "proto=https;host=evil.test" };

async function locationOf(port: number, headers: Record<string, string>): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ port, host: "127.0.0.1", headers }, (answer) => {
      answer.resume();
      resolve(answer.headers.location ?? "");
    });
    asked.on("error", reject).end();
  });
}

for (const name of NAMES satisfies readonly AppName[]) {
  describeUnless(APPS[name].whyNot(), `${name} with the lines for Forwarded`, () => {
    let server: AppServer;

    beforeAll(async () => {
      const framework = frameworkOf(APPS[name].framework);
      const fixes = settingsFor("trustForwarded", { framework }, { url: URL_ });
      const app = fixes.flatMap(({ lines }) => lines);
      server = await startApp(name, "forced", { ...NOTHING, app });
    });

    afterAll(() => server?.stop());

    it.each(CASES)("takes for https: %s, of %o", async (takenForHttps, headers) => {
      expect((await locationOf(server.port, headers)).includes("/login")).toBe(takenForHttps);
    });

    it.runIf(name !== "php")("believes nothing of it beside X-Forwarded-Proto", async () => {
      const location = await locationOf(server.port, BOTH);
      expect(location).toMatch(/^https:/);
      expect(location).not.toContain("evil.test");
    });
  });
}
