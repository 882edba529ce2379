/** The same fact has other words on the two sides; none of them is taken for another. */
import { expect, it } from "vitest";
import { aliasing } from "../../src/capture/inference/seen.js";

it("replaces what stands for the same", () => {
  const named = aliasing([
    ["127.0.0.1:41779", "127.0.0.1:35123"],
    ["41779", "35123"],
  ]);
  expect(named("Host: 127.0.0.1:41779")).toBe("Host: 127.0.0.1:35123");
  expect(named("port 41779, 141779, 41779.5")).toBe("port 35123, 141779, 41779.5");
});

it("does not replace again what it has put there", () => {
  // The simulation's client came from the port that the real app listens on, of another address.
  const named = aliasing([
    ["127.0.0.1:41779", "127.0.0.1:35123"],
    ["35123", "50001"],
  ]);
  expect(named("127.0.0.1:41779 from 35123")).toBe("127.0.0.1:35123 from 50001");
});

it("leaves a text alone without any", () => {
  expect(aliasing([])("127.0.0.1:1")).toBe("127.0.0.1:1");
});
