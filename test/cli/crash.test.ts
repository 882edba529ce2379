/** A defect is a report with positions in the source, and ends everything that devtls started. */
import { connect } from "node:net";
import { join } from "node:path";
import { expect, it } from "vitest";
import { freePort, LAUNCHER } from "../support/cli.js";
import { start, temporaryHome } from "../support/programs.js";

const BREAK = join(import.meta.dirname, "fixtures/break-sockets.cjs");

it("devtls serve says what, where, and what to do with it, and is gone with its dev server", async () => {
  const port = await freePort();
  const app = "require('http').createServer((q, s) => s.end()).listen(process.env.PORT)";
  const words = ["serve", "--port", String(port), "--", process.execPath, "-e", app];
  const run = start(process.execPath, ["--require", BREAK, LAUNCHER, ...words], {
    env: { ...temporaryHome().env, NODE_OPTIONS: "" },
  });
  await run.waitFor(/^https:\S+ -> /m);
  connect(port, "127.0.0.1").on("error", () => undefined);
  // The pipes close with the dev server, which holds them, too.
  expect(await run.exited).toBe(1);
  const text = run.stderr();
  expect(text).toContain(
    "devtls: an unexpected error ended it: RangeError: broken for a test\n  devtls ",
  );
  expect(text).toMatch(/^ {2}devtls \d+\.\d+\.\d+, Node v\d+\.\d+\.\d+, \w+ \w+$/m);
  expect(text).toMatch(/^ {2}at \S+ \(src\/proxy\/listener\.ts:\d+:\d+\)$/m);
  expect(text).toContain("Please report it");
  expect(text).not.toMatch(/dist\/cli\/|^.{300}/m);
});
