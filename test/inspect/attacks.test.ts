/** Whoever opens a strange file, or fronts a strange app, loses neither the page nor its bounds. */
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { DEFAULT_PROFILE } from "../../src/edge/profiles/index.js";
import { DevtlsError } from "../../src/errors.js";
import { FrameLog } from "../../src/inspect/frames.js";
import { harOf } from "../../src/inspect/har.js";
import { Inspector } from "../../src/inspect/inspector.js";
import { recorder } from "../../src/inspect/recorder.js";
import { Store } from "../../src/inspect/store.js";
import type { Exchange } from "../../src/proxy/exchange.js";
import { heapUsed } from "../support/heap.js";
import { randomFrom } from "../support/random.js";
import { draft, recorded } from "./records.js";

const FILES = 200;

type Random = ReturnType<typeof randomFrom>;
const below = (random: Random, bound: number): number => Math.floor(random() * bound);

const HOSTILE = [
  ...[null, true, -1, Number.MAX_VALUE, "", "\u0000\u001b[2J", "https://[", "wss://a\r\nb/"],
  ...[{ toString: 1, valueOf: 1 }, JSON.parse("[".repeat(20_000) + "]".repeat(20_000))],
  ...["<script>", [], {}, { name: "a" }, [[]], "\ud800", "x".repeat(70_000), "__proto__"],
];

function inspectorHere(): Inspector {
  const inspector = new Inspector({ edge: DEFAULT_PROFILE, version: "1" });
  inspector.attach({
    front: { host: "localhost:8443", address: "127.0.0.1", port: 8443, plainPort: undefined },
    ...{ edge: DEFAULT_PROFILE, target: "http://localhost:8000" },
    connecting: { insecure: false, roots: [] },
    ...{ open: () => [], diagnosed: async () => undefined },
  });
  return inspector;
}

describe("A HAR file of which any part is something else", () => {
  const sample = recorded({
    ...{ status: 302, upgrade: "websocket" },
    sent: ["Location", "/next", "Set-Cookie", "a=b; Secure", "Content-Encoding", "gzip"],
    requestBody: { octets: Buffer.from("a=b"), total: 3 },
    responseBody: { octets: Buffer.from("x"), total: 1 },
  });

  it("is refused with a reason, or can be shown, drawn, copied and saved again", () => {
    const random = randomFrom(20_261_121);
    let taken = 0;
    for (let count = 0; count < FILES; count++) {
      const har = JSON.parse(JSON.stringify(harOf([sample, sample], "1", true)));
      for (let changes = 1 + below(random, 3); changes > 0; changes--) spoil(har, random);
      const inspector = inspectorHere();
      try {
        inspector.import(har);
      } catch (error) {
        expect(error).toBeInstanceOf(DevtlsError);
        continue;
      }
      taken++;
      for (const { id } of inspector.store.all()) show(inspector, id);
      JSON.stringify([inspector.har(undefined, true), inspector.flow(undefined)]);
    }
    expect(taken).toBeGreaterThan(FILES / 10);
  });

  function show(inspector: Inspector, id: number): void {
    const shown = [
      ...[inspector.exchange(id), inspector.exchange(id, false), inspector.drawing(id)],
      ...["curl", "fetch", "step"].map((as) => inspector.copy(id, as)),
      ...[inspector.asEdge(id, "all"), inspector.changes(0, 10)],
    ];
    JSON.stringify(shown);
  }

  /** Puts something else in a place of it. */
  function spoil(value: unknown, random: Random): void {
    let place = value as Record<string, unknown>;
    for (;;) {
      const keys = Object.keys(place);
      const key = keys[below(random, keys.length)];
      if (key === undefined) return;
      const inner = place[key];
      const isDeep = typeof inner === "object" && inner !== null && Object.keys(inner).length > 0;
      if (isDeep && below(random, 8) > 0) {
        place = inner as Record<string, unknown>;
        continue;
      }
      place[key] = HOSTILE[below(random, HOSTILE.length)];
      return;
    }
  }
});

describe("WebSocket octets", () => {
  it("of any kind are read without an error and without growing", () => {
    const random = randomFrom(7);
    const log = new FrameLog(0);
    for (let count = 0; count < 5_000; count++) {
      const chunk = Buffer.from(
        Array.from({ length: below(random, 64) }, () => below(random, 256)),
      );
      log.push(below(random, 2) === 0 ? "client" : "app", chunk);
    }
    expect(log.frames.length).toBeLessThanOrEqual(500);
    expect(log.frames.every(({ text = "" }) => text.length <= 4_096)).toBe(true);
  });

  it("of connections that the store has forgotten are kept nowhere", () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const store = new Store(40_000);
    const recording = { store, edge: "none", standIn: false, bodies: false, replays: new Map() };
    const text = Buffer.concat([Buffer.from([0x81, 126, 0x10, 0]), Buffer.alloc(4_096, "x")]);
    const watches = Array.from({ length: 20 }, () => {
      const watch = recorder(recording)(exchange());
      watch?.head?.({ status: 101, answered: [], sent: [], told: [], target: "", own: false });
      watch?.frame?.("app", text);
      return watch;
    });
    vi.advanceTimersByTime(300);
    expect(store.all().some(({ frames }) => frames.length === 1)).toBe(true);
    for (let count = 0; count < 100; count++) store.add(draft());
    expect(store.all().every(({ upgrade }) => upgrade === undefined)).toBe(true);
    for (const watch of watches) watch?.frame?.("app", text);
    vi.advanceTimersByTime(300);
    const before = heapUsed();
    for (const watch of watches) {
      for (let count = 0; count < 500; count++) watch?.frame?.("app", text);
    }
    vi.advanceTimersByTime(300);
    // 500 frames of 4 KiB on each of 20 connections are 40 MiB.
    expect(heapUsed() - before).toBeLessThan(4 * 1024 * 1024);
    expect(watches).toHaveLength(20);
  });
});

function exchange(): Exchange {
  return {
    started: performance.now(),
    connection: { scheme: "https", address: "127.0.0.1", clientPort: 1, port: 8443 },
    ...{ protocol: "HTTP/1.1", method: "GET", target: "/", host: "localhost:8443", headers: [] },
    ...{ trailersWelcome: false, body: undefined, upgrade: { protocol: "websocket" } },
  } as unknown as Exchange;
}
