/** What the order of answers tells about an app's workers. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Shares } from "../../../src/proxy/upstream/shares.js";
import { TakeUp } from "../../../src/proxy/upstream/take-up.js";

interface Opened {
  openedAt: number;
  begunAt: number;
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] });
});

afterEach(() => vi.useRealTimers());

/** Opens connections, a millisecond apart, each with a request on its way. */
function opened(takeUp: TakeUp<Opened>, count: number): Opened[] {
  return Array.from({ length: count }, () => {
    vi.advanceTimersByTime(1);
    const connection = { openedAt: performance.now(), begunAt: performance.now() };
    takeUp.opening(connection);
    return connection;
  });
}

it("a first octet speaks for the connections that were opened before", () => {
  const takeUp = new TakeUp<Opened>();
  const [, second, third] = opened(takeUp, 3) as [Opened, Opened, Opened];
  takeUp.takenUp(second);
  expect(takeUp.anyWaiting).toBe(true);
  takeUp.takenUp(third);
  expect(takeUp.anyWaiting).toBe(false);
});

it("but not for one whose request was sent later, or not yet", () => {
  const takeUp = new TakeUp<Opened>();
  const [late, unsent, quick] = opened(takeUp, 3) as [Opened, Opened, Opened];
  late.begunAt = quick.begunAt + 1;
  unsent.begunAt = 0;
  takeUp.takenUp(quick);
  takeUp.gone(unsent);
  expect(takeUp.anyWaiting).toBe(true);
  takeUp.gone(late);
  expect(takeUp.anyWaiting).toBe(false);
});

it("sixteen connections are opened at once, and twice as many after each step without a sign", () => {
  const takeUp = new TakeUp<Opened>();
  const all = opened(takeUp, 15);
  expect(takeUp.hasRoom).toBe(true);
  all.push(...opened(takeUp, 1));
  expect(takeUp.hasRoom).toBe(false);
  takeUp.step();
  all.push(...opened(takeUp, 15));
  expect(takeUp.hasRoom).toBe(true);
  all.push(...opened(takeUp, 1));
  expect(takeUp.hasRoom).toBe(false);
  takeUp.takenUp(all[0] as Opened);
  takeUp.step();
  expect(takeUp.hasRoom).toBe(false);
  takeUp.takenUp(all[20] as Opened);
  expect(takeUp.hasRoom).toBe(true);
});

it("an idle connection is needed when it and a new one have both waited", () => {
  const takeUp = new TakeUp<Opened>();
  expect(takeUp.needsIdle(1_000)).toBe(false);
  opened(takeUp, 1);
  expect(takeUp.needsIdle(1_000)).toBe(false);
  vi.advanceTimersByTime(5);
  expect(takeUp.needsIdle(4)).toBe(false);
  expect(takeUp.needsIdle(5)).toBe(true);
});

it("an app whose answers take longer has longer to take a connection up", () => {
  const takeUp = new TakeUp<Opened>();
  for (let round = 0; round < 50; round++) {
    const begunAt = performance.now();
    vi.advanceTimersByTime(40);
    takeUp.answered({ openedAt: 0, begunAt }, true, false);
  }
  opened(takeUp, 1);
  vi.advanceTimersByTime(70);
  expect(takeUp.needsIdle(70)).toBe(false);
  vi.advanceTimersByTime(10);
  expect(takeUp.needsIdle(80)).toBe(true);
});

it("as many connections are closed as were found without a worker", () => {
  const takeUp = new TakeUp<Opened>();
  const waiting = opened(takeUp, 3);
  const free = { openedAt: 0, begunAt: 0 };
  expect(takeUp.answered(free, false, false)).toBe(false);
  vi.advanceTimersByTime(5);
  expect(takeUp.needsIdle(5)).toBe(true);
  const closed = Array.from({ length: 5 }, () => takeUp.answered(free, false, false));
  expect(closed).toEqual([true, true, true, false, false]);
  expect(takeUp.needsIdle(5)).toBe(true);
  takeUp.takenUp(waiting[2] as Opened);
  expect(takeUp.answered(free, false, false)).toBe(false);
});

it("who waited while a later request was answered is found, though nothing is ever idle", () => {
  const takeUp = new TakeUp<Opened>();
  opened(takeUp, 1);
  vi.advanceTimersByTime(30);
  expect(takeUp.needsIdle(0)).toBe(false);
  const later = { openedAt: 0, begunAt: performance.now() - 1 };
  expect(takeUp.answered(later, true, true)).toBe(false);
  expect(takeUp.needsIdle(0)).toBe(true);
  expect(takeUp.answered(later, true, true)).toBe(true);
});

it("who waits for a share has its turn in order, and can leave", () => {
  const shares = new Shares();
  let entered = 0;
  while (shares.enter("a")) entered++;
  expect(entered).toBe(1_000);
  expect(shares.enter("b")).toBe(true);
  const started: string[] = [];
  shares.wait("a", () => started.push("first"));
  const leave = shares.wait("a", () => started.push("second"));
  shares.wait("a", () => started.push("third"));
  leave();
  shares.leave("b");
  expect(started).toEqual([]);
  shares.leave("a");
  shares.leave("a");
  expect(started).toEqual(["first", "third"]);
  expect(shares.enter("a")).toBe(false);
  shares.leave("a");
  expect(shares.enter("a")).toBe(true);
});
