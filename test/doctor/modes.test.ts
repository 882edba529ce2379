/** Each bit of a mode that lets others at a key is seen. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { CheckFunction } from "../../src/doctor/check.js";
import { CHECKS, runCheck } from "../../src/doctor/run.js";
import { type Box, newBox } from "./box.js";

async function statusOf(id: string, box: Box): Promise<string | undefined> {
  const [check] = await runCheck(id, CHECKS[id] as CheckFunction, box.context);
  return check?.status;
}

const BITS = [0o040, 0o020, 0o010, 0o004, 0o002, 0o001];
const NAMED = BITS.map((bit) => [bit.toString(8).padStart(3, "0"), bit] as const);

/** A box with a key of this mode. */
type Arrange = (mode: number) => Promise<Box>;

const KEYS: readonly [id: string, bad: string, arrange: Arrange][] = [
  [
    "authority-key-mode",
    "problem",
    async (mode) => {
      const box = newBox();
      const { paths } = await box.authority();
      box.write(paths.rootKey, box.context.machine.read(paths.rootKey) ?? "", mode);
      return box;
    },
  ],
  [
    "leaf-mode",
    "problem",
    async (mode) => {
      const box = newBox();
      await box.authority();
      const { certificate, key } = await box.leaf();
      box.write(join(box.state, "leaves/leaf.pem"), certificate + key, mode);
      return box;
    },
  ],
  [
    "certificates-key-mode",
    "warning",
    async (mode) => {
      const box = newBox();
      await box.authority();
      const { certificate, key } = await box.leaf();
      box.write(join(box.cwd, "localhost.pem"), certificate);
      box.write(join(box.cwd, "localhost-key.pem"), key, mode);
      return box;
    },
  ],
];

describe.each(KEYS)("%s", (id, bad, arrange) => {
  it("is content with a key of the user alone", async () => {
    expect(await statusOf(id, await arrange(0o600))).toBe("ok");
  });

  it.each(NAMED)("sees the bit %s", async (_, bit) => {
    expect(await statusOf(id, await arrange(0o600 | bit))).toBe(bad);
  });
});
