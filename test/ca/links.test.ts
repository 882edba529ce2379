/** Symbolic links where devtls writes: its user's are followed, those of others are not. */
import {
  chmodSync,
  chownSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { followOwnLinks } from "../../src/ca/ownership.js";
import { expectFailure, newSandbox } from "../cli/sandbox.js";
import { temporaryFolder } from "../support/cli.js";
import { describeUnless } from "../support/tools.js";
import { list } from "./state.js";

const STRANGER = 65_534;
const notRoot = process.getuid?.() === 0 ? undefined : "needs root, to give links to others";

describe("A path", () => {
  it("is followed through links of one's own, to what is there and what is not yet", () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "real"));
    symlinkSync("real", join(folder, "one"));
    symlinkSync("../one/new.pem", join(folder, "real", "two.pem"));
    expect(followOwnLinks(join(folder, "one", "two.pem"))).toBe(join(folder, "real", "new.pem"));
    expect(followOwnLinks(join(folder, "one", "..", "x.pem"))).toBe(join(folder, "x.pem"));
    expect(followOwnLinks("/")).toBe("/");
  });

  it("that leads in circles has no end that is looked for", () => {
    const folder = temporaryFolder();
    symlinkSync("b", join(folder, "a"));
    symlinkSync("a", join(folder, "b"));
    expect(() => followOwnLinks(join(folder, "a"))).toThrow("too many symbolic links");
  });
});

describeUnless(notRoot, "A link that another user planted", () => {
  /** A folder as /tmp is, with a link in it to a file that matters to the user. */
  function trap(name: string) {
    const box = newSandbox();
    const precious = join(box.home, "precious");
    writeFileSync(precious, "mine");
    symlinkSync(precious, box.path(name));
    lchownSync(box.path(name), STRANGER, STRANGER);
    chmodSync(box.cwd, 0o1777);
    return { box, precious };
  }

  it.each([
    ["localhost-key.pem", ["cert", "localhost"]],
    ["localhost.pem", ["cert", "localhost"]],
    ["localhost.p12", ["cert", "localhost", "--p12"]],
    ["root.crt", ["ca", "export", "--out", "root.crt"]],
  ])("at %s is not followed by devtls %j", async (name, args) => {
    const { box, precious } = trap(name);
    await box.prepare(["ca", "create"]);
    expectFailure(await box.run(args), {
      status: 1,
      message: `could not write ${box.path(name)}: ${box.path(name)} is a symbolic link that belongs to the user ${STRANGER}`,
      hint: /ls -ld /,
    });
    expect(readFileSync(precious, "utf8")).toBe("mine");
    expect(lstatSync(box.path(name)).isSymbolicLink()).toBe(true);
    expect(list(box.cwd)).toEqual([name]);
  });

  it("in place of a folder is not followed either", async () => {
    const box = newSandbox();
    const elsewhere = join(box.home, "elsewhere");
    mkdirSync(elsewhere);
    symlinkSync(elsewhere, box.path("certs"));
    lchownSync(box.path("certs"), STRANGER, STRANGER);
    const { status, stderr } = await box.run(["cert", "localhost", "--out-dir", "certs"]);
    expect(stderr).toContain("certs is a symbolic link that belongs to the user");
    expect(status).toBe(1);
    expect(list(elsewhere)).toEqual([]);
  });

  it("is followed where it is root's or the user's own", async () => {
    const box = newSandbox();
    chownSync(box.cwd, STRANGER, STRANGER);
    symlinkSync(join(box.home, "kept.pem"), box.path("localhost.pem"));
    await box.prepare(["cert", "localhost"]);
    expect(readFileSync(join(box.home, "kept.pem"), "utf8")).toContain("BEGIN CERTIFICATE");
  });
});
