/** What the exchanges of one turn of the event loop write leaves together, whole and in order. */
import { once } from "node:events";
import { Writable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { holdBack } from "../../src/proxy/turn.js";

/** Streams that note what reaches them, and in which order. */
function recorder() {
  const written: string[] = [];
  const stream = (name: string) =>
    new Writable({
      decodeStrings: false,
      write: (chunk, _, callback) => {
        written.push(`${name}: ${chunk}`);
        callback();
      },
    });
  return { written, stream };
}

describe("a turn of the event loop", () => {
  it("ends before anything of it is written, and then with all of it", async () => {
    const { written, stream } = recorder();
    for (const name of ["app", "client"]) {
      const each = stream(name);
      holdBack(each);
      each.write("one");
    }
    expect(written).toEqual([]);
    await nextTurn();
    expect(written).toEqual(["app: one", "client: one"]);
  });

  it("keeps the order of what one stream gets, held back or not", async () => {
    const { written, stream } = recorder();
    const each = stream("client");
    holdBack(each);
    each.write("one");
    each.write("two");
    holdBack(each);
    each.write("three");
    await nextTurn();
    each.write("four");
    expect(written).toEqual(["one", "two", "three", "four"].map((text) => `client: ${text}`));
  });

  it("holds no more than 32 streams back: the first does not wait for the hundredth", async () => {
    const { written, stream } = recorder();
    const hold = (name: string): void => {
      const each = stream(name);
      holdBack(each);
      each.write("x");
    };
    for (let index = 1; index <= 32; index++) hold(String(index));
    expect(written).toEqual([]);
    hold("33");
    expect(written).toHaveLength(32);
    await nextTurn();
    expect(written).toHaveLength(33);
  });

  it("loses nothing of a stream that ends within it", async () => {
    const { written, stream } = recorder();
    const each = stream("client");
    holdBack(each);
    each.write("one");
    each.end("two");
    await once(each, "finish");
    expect(written).toEqual(["client: one", "client: two"]);
  });

  it("goes on when a stream of it was destroyed", async () => {
    const { written, stream } = recorder();
    const [gone, there] = [stream("gone"), stream("there")];
    for (const each of [gone, there]) {
      holdBack(each);
      each.write("one");
    }
    gone.destroy();
    await nextTurn();
    expect(written).toEqual(["there: one"]);
  });
});
