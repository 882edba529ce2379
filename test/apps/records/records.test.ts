/** What records say of real applications: how they are known, and what their lines do. */
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { parseSetCookie } from "../../../src/cookies/set-cookie.js";
import { FRAMEWORKS, recogniseBy, traitsOf } from "../../../src/diagnose/frameworks/index.js";
import type { Framework } from "../../../src/diagnose/frameworks/record.js";
import { settingsFor } from "../../../src/diagnose/frameworks/settings.js";
import { sessionEvidence } from "../../../src/diagnose/session-cookie.js";
import { valuesOf } from "../../../src/lines.js";
import { freePort } from "../../support/cli.js";
import { folderUntilEnd } from "../../support/programs.js";
import { describeUnless } from "../../support/tools.js";
import { REAL_APPS } from "./apps.js";
import { SCRIPT_APPS } from "./script-apps.js";

const HOST = "db.test:8443";
const URL_ = `https://${HOST}/`;

/** Of a response that is not as it should be, in characters. */
const SHOWN = 2_000;

interface Response {
  readonly status: number;
  readonly lines: readonly string[];
  /** Its header lines and its body. */
  readonly whole: string;
}

function ask(port: number, told: boolean): Promise<Response> {
  const headers = { Host: HOST, ...(told && { "X-Forwarded-Proto": "https" }) };
  return new Promise((resolve, reject) => {
    const asked = request({ port, host: "127.0.0.1", headers, agent: false }, async (response) => {
      const { statusCode: status = 0, rawHeaders: lines } = response;
      const head = lines.flatMap((name, at) => (at % 2 ? [] : [`${name}: ${lines[at + 1]}`]));
      resolve({ status, lines, whole: [...head, "", await text(response)].join("\n") });
    });
    asked.on("error", reject).end();
  });
}

describe.each([...REAL_APPS, ...SCRIPT_APPS])(
  "The record of $name",
  ({ name, whyNot, start, isSecure, claims }) => {
    const framework = FRAMEWORKS.find((each) => each.name === name) as Framework;

    describeUnless(whyNot(), "holds on the application", () => {
      for (const { lines: purpose, told, secure } of claims) {
        const pasted = purpose ? `with the lines of ${purpose}` : "as it comes";
        it(`${pasted}, told ${told ? "https" : "nothing"}: ${secure ? "secure" : "not secure"}`, async () => {
          const place = { port: await freePort(), folder: folderUntilEnd(`devtls-${name}-`) };
          const fixes = purpose
            ? settingsFor(
                purpose,
                { framework, version: undefined },
                { url: URL_, peer: "127.0.0.1" },
              )
            : [];
          expect(fixes.length > 0).toBe(purpose !== undefined);
          await start(
            place,
            fixes.flatMap(({ lines }) => lines),
          );
          const { status, lines, whole } = await ask(place.port, told);
          expect(isSecure(whole), whole.slice(0, SHOWN)).toBe(secure);
          const page = status >= 400 ? whole : "";
          const found = recogniseBy(traitsOf(lines, URL_, page));
          // Koa says nothing of itself in the page of an error.
          expect(found?.name).toBe(status >= 500 ? undefined : name);
          for (const line of valuesOf(lines, "set-cookie")) {
            const cookie = parseSetCookie(line);
            if (typeof cookie === "string" || !/sess|phpMyAdmin/.test(cookie.name)) continue;
            if (/\.sig$/.test(cookie.name)) continue;
            expect(sessionEvidence(cookie, { framework, atLogin: false })).toBe("known");
          }
        });
      }
    });
  },
);
