/** The built-in profiles of real servers are what a capture of them gives; and it holds for requests it never saw. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { startRecorder } from "../../src/capture/asking/recorder.js";
import { capture } from "../../src/capture/capture.js";
import { localSources } from "../../src/capture/from-configuration.js";
import { diffProfiles } from "../../src/edge/diff.js";
import type { EdgeProfile } from "../../src/edge/profile.js";
import { findProfile } from "../../src/edge/profiles/index.js";
import { SERVERS, startServer } from "../edge/fidelity/servers.js";
import { atEnd } from "../support/programs.js";
import { describeWith } from "../support/tools.js";
import { frontHome } from "../support/wire-front.js";

const TIME_MS = 120_000;

/** Not asked, or another release's; and an order that nothing hangs on. */
const ELSEWHERE = /^(?:limits\.|order of its lines)/;

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
        const recorder = await startRecorder("token-of-the-test");
        atEnd(() => recorder.close());
        const ports = await startServer({ profile, ...server }, recorder.port);
        const target = `127.0.0.1:${recorder.port}`;
        recorder.target = target;
        const root = readFileSync(join(frontHome(), "rootCA.pem"), "latin1");
        const door = { address: "127.0.0.1" };
        const captureWith = (plain: number) =>
          capture({
            name: profile,
            title: "captured",
            source: "the real server",
            place: {
              authority: `localhost:${ports.tls}`,
              base: "",
              below: true,
              sources: localSources(),
            },
            target,
            remote: false,
            asking: {
              tls: { ...door, port: ports.tls, servername: "localhost", roots: [root] },
              plain: { ...door, port: plain },
              token: "token-of-the-test",
              recorder,
              name: profile,
            },
          });
        const captured = await captureWith(ports.redirecting);
        expect(captured.differences).toEqual([]);
        const built = findProfile(profile) as EdgeProfile;
        const unlike = diffProfiles(withoutVersions(built), withoutVersions(captured.profile));
        expect(unlike.filter(({ what }) => !ELSEWHERE.test(what))).toEqual([]);
      },
      TIME_MS,
    );
  });
}
