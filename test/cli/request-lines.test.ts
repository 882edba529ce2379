/** What repeats is one line with a count, and nothing is lost. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { RequestLines } from "../../src/cli/request-lines.js";

let printed: string[];
let lines: RequestLines;

beforeEach(() => {
  vi.useFakeTimers();
  printed = [];
  lines = new RequestLines((text) => printed.push(text));
});

afterEach(() => void vi.useRealTimers());

const add = (key: string): void => lines.add({ key, text: (count) => `${key} ${count}` });

it("a line comes after a moment in which it may come again", () => {
  add("a");
  expect(printed).toEqual([]);
  vi.advanceTimersByTime(250);
  expect(printed).toEqual(["a 1"]);
});

it("a loop over several addresses is a line for each", () => {
  for (let round = 0; round < 10; round++) for (const key of ["/", "/login"]) add(key);
  vi.advanceTimersByTime(250);
  expect(printed).toEqual(["/ 10", "/login 10"]);
});

it("what never stops is said every 2 s", () => {
  for (let time = 0; time < 4_000; time += 100) {
    add("a");
    vi.advanceTimersByTime(100);
  }
  expect(printed).toEqual(["a 20", "a 20"]);
});

it("what is many different lines is not held back for long", () => {
  for (let index = 0; index < 20; index++) add(String(index));
  expect(printed).toEqual(Array.from({ length: 12 }, (_, index) => `${index} 1`));
  lines.flush();
  expect(printed).toHaveLength(20);
});

it("a line that is not wanted when it is due is left out", () => {
  lines.add({ key: "a", text: () => undefined });
  lines.flush();
  expect(printed).toEqual([]);
});

it("flushing leaves no timer behind", () => {
  add("a");
  lines.flush();
  expect(vi.getTimerCount()).toBe(0);
});
