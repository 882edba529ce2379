/** `--limits`: how large requests may be, asked of real servers, is what their built-in profiles say. */
import { expect, it } from "vitest";
import { learnBounds } from "../../src/capture/bounds.js";
import type { EdgeProfile } from "../../src/edge/profile.js";
import { findProfile } from "../../src/edge/profiles/index.js";
import { SERVERS } from "../edge/fidelity/servers.js";
import { describeWith } from "../support/tools.js";
import { startedServer } from "./server.js";

const TIME_MS = 60_000;

const KEYS = [
  "target",
  "query",
  "header",
  "headers",
  "headerLines",
  "forwardedFor",
  "body",
] as const;
const PARTS: readonly string[] = ["target", "header"];

/** What the request line, Host and unfilled buffers take of a bound that servers have for all. */
const NEAR = 0.05;

for (const server of SERVERS) {
  describeWith([server.program], server.profile, () => {
    it(
      "refuses what its profile says",
      async () => {
        const { settings } = await startedServer(server);
        const { limits, notLearned } = await learnBounds({ ...settings, limits: true }, []);
        const known = (findProfile(server.profile) as EdgeProfile).limits;
        for (const key of KEYS) {
          // Where all headers together are bounded, so is each, and the target with them.
          const bound = known[key] ?? (PARTS.includes(key) ? known.headers : undefined);
          expect(limits[key]?.status, key).toBe(bound?.status);
          const share = (limits[key]?.max ?? 1) / (bound?.max ?? 1);
          expect(Math.abs(1 - share), `${key}: ${limits[key]?.max}`).toBeLessThan(NEAR);
        }
        expect(limits.body?.max).toBe(known.body?.max);
        expect(limits.headerLines?.max).toBe(known.headerLines?.max);
        if (!known.body) expect(notLearned.join("\n")).toContain("a body of 33554432 octets");
      },
      TIME_MS,
    );
  });
}
