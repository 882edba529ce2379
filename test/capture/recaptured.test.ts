/** The built-in profiles of real servers are what a capture of them gives; and it holds for requests it never saw. */
import { expect, it } from "vitest";
import { diffProfiles } from "../../src/edge/diff.js";
import type { EdgeProfile } from "../../src/edge/profile.js";
import { findProfile } from "../../src/edge/profiles/index.js";
import { SERVERS } from "../edge/fidelity/servers.js";
import { describeWith } from "../support/tools.js";
import { canBeSaid, captureServer } from "./server.js";

const TIME_MS = 120_000;

/** Not asked, or another release's; and an order that nothing hangs on. */
const ELSEWHERE = /^(?:limits\.|order of its lines)/;

/** What a server answers by itself besides. */
const ANSWERED_ALONE: Readonly<Record<string, readonly string[]>> = {
  // It takes WebSockets only and closes the connection without a word; an app would say no itself.
  "http-proxy": ["upgrade to something else"],
  // Its redirect goes to the path that it has read.
  apache: ["plain http with dots and encoded characters"],
};

/** Versions of the servers are no difference. */
function withoutVersions(profile: EdgeProfile): EdgeProfile {
  const text = JSON.stringify(profile).replace(/(nginx|Apache)\/[^"]*/g, "$1");
  return JSON.parse(text) as EdgeProfile;
}

for (const { profile, ...server } of SERVERS) {
  describeWith([server.program], profile, () => {
    it(
      "is captured as it is built in",
      async () => {
        const captured = await captureServer({ profile, ...server });
        const left = captured.differences.map(({ request }) => request);
        expect(left.filter(canBeSaid)).toEqual(ANSWERED_ALONE[profile] ?? []);
        for (const name of left) expect(captured.notLearned.join("\n")).toContain(name);
        const built = findProfile(profile) as EdgeProfile;
        const unlike = diffProfiles(withoutVersions(built), withoutVersions(captured.profile));
        expect(unlike.filter(({ what }) => !ELSEWHERE.test(what))).toEqual([]);
      },
      TIME_MS,
    );
  });
}
