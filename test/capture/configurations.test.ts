/** Configurations of nginx and Caddy as people have them: what is captured behaves as the program. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { capture, profileJson } from "../../src/capture/capture.js";
import { withConfiguration } from "../../src/capture/from-configuration.js";
import type { NginxWishes } from "../../src/capture/programs/nginx-config.js";
import { readEdgeProfile } from "../../src/edge/read-profile.js";
import { describeWith } from "../support/tools.js";
import { SEED } from "../x509/random.js";
import { agreement } from "./agreement.js";
import { canBeSaid } from "./server.js";

const FOLDER = join(import.meta.dirname, "configurations");

/** Asking a real server twice takes longer than a test mostly does. */
const TIME_MS = 120_000;

/** Besides what no profile can say. */
const MOST_LISTED = 2;

/** Every other one; all of them with DEVTLS_EVERY_PEER=1. */
const everyPeer = process.env.DEVTLS_EVERY_PEER === "1";

/** Of a file that has several sites or apps: which, each by itself. */
const WISHES: Readonly<Record<string, readonly NginxWishes[]>> = {
  "several.conf": [{ serverName: "one.example" }, { serverName: "one.example", upstream: "api" }],
};

for (const kind of ["nginx", "caddy"] as const) {
  describeWith([kind], kind, () => {
    const ending = kind === "nginx" ? ".conf" : ".caddyfile";
    const files = readdirSync(FOLDER).filter((name) => name.endsWith(ending));
    const cases = files.flatMap((name) =>
      (WISHES[name] ?? [{}]).map((wishes) => [name, wishes] as const),
    );
    it.each(cases.filter((_, index) => everyPeer || index % 2 === 0))(
      "%s %o",
      async (name, wishes) => {
        const settings = {
          kind,
          file: join(FOLDER, name),
          name: "captured",
          ...wishes,
        };
        const { captured, unseen } = await withConfiguration(settings, async (ready) => {
          const learned = await capture(ready.settings);
          return {
            captured: learned,
            unseen: await agreement(ready.settings, learned.profile, SEED),
          };
        });
        const share = 1 - unseen.differences.length / unseen.asked;
        expect(share, JSON.stringify(unseen.differences, null, 1)).toBeGreaterThanOrEqual(0.95);
        const listed = captured.notLearned.join("\n");
        const said = ({ request }: { request: string }) => listed.includes(`"${request}"`);
        expect(captured.differences.filter((one) => !said(one))).toEqual([]);
        const left = captured.differences.filter(({ request }) => canBeSaid(request));
        expect(left.length, JSON.stringify(left, null, 1)).toBeLessThanOrEqual(MOST_LISTED);
        expect(captured.identical).toBeGreaterThan(110);
        const text = JSON.stringify(profileJson(captured.profile));
        const { proof: _, title: __, ...again } = readEdgeProfile(text, "edge.json");
        const { proof: ___, title: ____, ...written } = captured.profile;
        expect(again).toEqual(JSON.parse(JSON.stringify(written)));
      },
      TIME_MS,
    );
  });
}
