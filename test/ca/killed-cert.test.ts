/** What a run that was killed leaves beside certificates: nothing after the next run. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { writeFiles } from "../../src/ca/files.js";
import { processMark } from "../../src/ca/running.js";
import { newSandbox } from "../cli/sandbox.js";
import { temporaryFolder } from "../support/cli.js";
import { list } from "./state.js";

const FAULTS = join(import.meta.dirname, "faults.cjs");
/** No process has this id. */
const OVER = processMark(0x3f_ff_fe);

it("`devtls cert` killed at any call leaves no key under another name after the next run", async () => {
  const box = newSandbox();
  await box.prepare(["cert", "localhost"]);
  let left = 0;
  for (let call = 1; ; call++) {
    const mark = join(temporaryFolder(), "mark");
    const env = {
      NODE_OPTIONS: `--require=${FAULTS}`,
      DEVTLS_FAULT: `kill:${call}`,
      DEVTLS_FAULT_MARK: mark,
    };
    await box.run(["cert", "localhost"], { env });
    if (!existsSync(mark)) break;
    if (list(box.cwd).some((name) => name.endsWith(".old"))) left++;
    await box.prepare(["cert", call % 2 ? "localhost" : "app.test"]);
    const names = list(box.cwd).filter((name) => !name.startsWith("app.test"));
    expect(names, `call ${call}`).toEqual(["localhost-key.pem", "localhost.pem"]);
  }
  expect(left).toBeGreaterThan(1); // or nothing was swept
}, 120_000);

it("What a process that runs, another program or a last copy has there stays", () => {
  const folder = temporaryFolder();
  const stays = [
    `.a.pem.${processMark()}0a1b2c.tmp`,
    `.a.pem.${processMark(1)}0a1b2c.old`,
    `.gone-key.pem.${OVER}0a1b2c.old`,
    `.notes.txt.${OVER}0a1b2c.tmp`,
    ".a.pem.swp",
  ];
  for (const name of [...stays, `.a.pem.${OVER}0a1b2c.old`, `.b-key.pem.${OVER}0a1b2c.tmp`]) {
    writeFileSync(join(folder, name), "x");
  }
  mkdirSync(join(folder, `.c.pem.${OVER}0a1b2c.tmp`));
  writeFiles([{ path: join(folder, "a.pem"), data: "new", mode: 0o644 }]);
  expect(list(folder)).toEqual([...stays, "a.pem", `.c.pem.${OVER}0a1b2c.tmp`].sort());
  expect(readFileSync(join(folder, "a.pem"), "utf8")).toBe("new");
});
