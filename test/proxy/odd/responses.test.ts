/**
 * Whatever an app answers, under every edge and over every protocol: the exchange ends in what can
 * be carried, in a response that is seen to be broken, or in a 502 that says why; the next one works.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EdgeProfile } from "../../../src/edge/profile.js";
import { findProfile, PROFILES } from "../../../src/edge/profiles/index.js";
import { type Asking, over } from "./clients.js";
import { type OddFront, startFrontOf } from "./front.js";
import { type Fate, ODD_RESPONSES, type OddResponse } from "./responses.js";

it("there are enough kinds", () => {
  expect(ODD_RESPONSES.length).toBeGreaterThanOrEqual(45);
  expect(new Set(ODD_RESPONSES.map(({ name }) => name)).size).toBe(ODD_RESPONSES.length);
});

function answerOf(path: string): Buffer | undefined {
  const number = /^\/odd\/(\d+)/.exec(path)?.[1];
  return number === undefined
    ? undefined
    : Buffer.from(ODD_RESPONSES[Number(number)]?.bytes ?? "", "latin1");
}

/** What is to become of a response on one way. */
function fateOf(odd: OddResponse, asking: Asking): Fate {
  if (isSwitch(odd) && asking.upgrades && asking.protocol === "HTTP/1.1") return "carried";
  const fate = asking.protocol === "HTTP/2" ? (odd.http2 ?? odd.fate) : odd.fate;
  // A 2xx would tell the client of RFC 8441 that its WebSocket is open.
  const opens = asking.upgrades && asking.protocol === "HTTP/2" && /^2/.test(String(odd.status));
  return opens && fate !== "refused" ? "refused" : fate;
}

/** 101 is what a client that asks for an upgrade wants to hear. */
function isSwitch({ bytes }: OddResponse): boolean {
  return bytes.startsWith("HTTP/1.1 101");
}

async function lookAt(asking: Asking, odd: OddResponse, number: number): Promise<string[]> {
  const fate = fateOf(odd, asking);
  const got = await asking.ask(`/odd/${number}`);
  const problems: string[] = [];
  const wanted = fate === "refused" ? 502 : isSwitch(odd) ? 101 : odd.status;
  // What is found to be broken before its head has left is broken off without one.
  const none = fate === "broken" && got.status === 0;
  if (got.status !== wanted && !none) problems.push(`status ${got.status} instead of ${wanted}`);
  if (fate === "refused" && !/devtls: \S.{20}/.test(got.body)) problems.push(`says ${got.body}`);
  if (got.whole !== (fate !== "broken")) problems.push(got.whole ? "whole" : "broken off");
  // What was carried shows in the next odd response that it was.
  if (fate === "carried" && !isSwitch(odd)) return problems.map((text) => `${odd.name}: ${text}`);
  const next = await asking.askNext("/fine");
  if (next.body !== "fine") problems.push(`and then ${next.status} ${next.body}`);
  return problems.map((text) => `${odd.name}: ${text}`);
}

/** Each response is asked for over one of the ways, another one under the next edge; or over all. */
const everyWay = process.env.DEVTLS_EVERY_WAY === "1";
const WAYS = Object.keys(over) as (keyof typeof over)[];

describe.each(PROFILES.map(({ name }, index) => [name, index] as const))(
  "Under %s",
  (name, index) => {
    let front: OddFront;

    beforeAll(async () => {
      front = await startFrontOf(findProfile(name) as EdgeProfile, answerOf);
    });
    afterAll(() => front.close());

    it.each(WAYS.map((way, turn) => [turn, way] as const))(
      "odd responses over way %i, %s",
      async (turn, way) => {
        const asking = await over[way](front);
        // Without Upgrade there is no WebSocket to refuse; the edge says so itself.
        const odds = asking.upgrades && !front.passesUpgrade ? [] : ODD_RESPONSES;
        const problems: string[] = [];
        for (const [number, odd] of odds.entries()) {
          if (!everyWay && (number + index) % WAYS.length !== turn) continue;
          problems.push(...(await lookAt(asking, odd, number)));
        }
        asking.close();
        expect(problems).toEqual([]);
        expect(front.defects).toEqual([]);
      },
    );
  },
);
