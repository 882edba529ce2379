/** Debian's pebble as an oracle: the same requests, good and bad, and what both answer. */
import { beforeAll, expect, it } from "vitest";
import { describeWith } from "../../../support/tools.js";
import { DIFFERENCES, differenceFor } from "./differences.js";
import { outcomeOf, REQUESTS } from "./requests.js";
import { openSides, type Side } from "./sides.js";

describeWith(["pebble"], "devtls and pebble", () => {
  let sides: readonly [Side, Side];
  beforeAll(async () => {
    sides = await openSides();
  });

  for (const [name, ask] of REQUESTS) {
    it(`answer alike, or differently with a reason: ${name}`, async () => {
      const [devtls, pebble] = await Promise.all(sides.map((side) => outcomeOf(ask, side)));
      const known = devtls === pebble ? undefined : differenceFor(name);
      expect({ devtls, pebble }).toEqual(
        known ? { devtls: known.devtls, pebble: known.pebble } : { devtls, pebble: devtls },
      );
    });
  }

  it("are asked at least 150 things", () => {
    expect(REQUESTS.length).toBeGreaterThanOrEqual(150);
  });

  it("differ in nothing that is not asked", () => {
    const idle = DIFFERENCES.filter(
      ({ requests }) => !REQUESTS.some(([name]) => requests.test(name)),
    );
    expect(idle).toEqual([]);
  });
});
