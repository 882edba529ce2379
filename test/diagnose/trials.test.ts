/** What a trial proves. */
import { expect, it } from "vitest";
import { isRefusal } from "../../src/diagnose/trials.js";

const answer = (status: number) => ({ status, response: [] as string[] });

it.each([0, 400, 421, 500, 502, 503, 599])("takes no %i for a cure", (status) => {
  expect(isRefusal(answer(status))).toBe(true);
});

it.each([101, 200, 204, 301, 302, 304, 401, 403, 404, 420, 422, 499])(
  "may take a %i for one",
  (status) => {
    expect(isRefusal(answer(status))).toBe(false);
  },
);
