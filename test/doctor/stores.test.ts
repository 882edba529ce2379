/** The checks of devtls doctor that look into trust stores, on a real NSS database. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { checkStores, staleRoots } from "../../src/doctor/stores.js";
import { runProgram } from "../support/cli.js";
import { describeWith } from "../support/tools.js";
import { type Box, newBox } from "./box.js";

const UNTRUSTED = { id: "store-nss", status: "problem" };

/** A machine that has Chromium's database and no other store. */
async function newNssBox(): Promise<{ box: Box; directory: string }> {
  const box = newBox();
  const directory = join(box.home, ".pki/nssdb");
  mkdirSync(directory, { recursive: true });
  await certutil("-N", "-d", `sql:${directory}`, "--empty-password");
  const { which, list, exists } = box.context.machine;
  const isHere = (path: string): boolean =>
    [box.home, box.state].some((folder) => path.startsWith(folder));
  box.setMachine({
    platform: "linux",
    which: (command) => (command === "certutil" ? which(command) : undefined),
    list: (path) => (isHere(path) ? list(path) : []),
    exists: (path) => isHere(path) && exists(path),
  });
  return { box, directory };
}

async function certutil(...args: string[]): Promise<void> {
  const { status, stderr } = await runProgram("certutil", args);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
}

function add(directory: string, nickname: string, path: string, trust = "C,,"): Promise<void> {
  return certutil("-A", "-d", `sql:${directory}`, "-t", trust, "-n", nickname, "-i", path);
}

describeWith(["certutil"], "A store", () => {
  it("is a problem while it does not trust the authority, and ok once it does", async () => {
    const { box, directory } = await newNssBox();
    const { paths } = await box.authority();
    const before = (await checkStores(box.context)).find(({ id }) => id === "store-nss");
    expect(before).toMatchObject({ ...UNTRUSTED, fix: "devtls trust --store nss" });
    await add(directory, "devtls", paths.rootCertificate);
    const after = (await checkStores(box.context)).find(({ id }) => id === "store-nss");
    expect(after).toMatchObject({ id: "store-nss", status: "ok", fix: null });
  });

  it("is a warning when the program that changes it is missing", async () => {
    const { box } = await newNssBox();
    await box.authority();
    box.setMachine({ which: () => undefined });
    const checks = await checkStores(box.context);
    expect(checks).toContainEqual(
      expect.objectContaining({ id: "store-nss", status: "warning", detail: expect.any(String) }),
    );
  });

  it("is not looked at before there is an authority", async () => {
    const { box } = await newNssBox();
    expect(await checkStores(box.context)).toEqual([]);
  });
});

describeWith(["certutil"], "Roots that were left behind", () => {
  it("are a warning", async () => {
    const { box, directory } = await newNssBox();
    await box.authority();
    await add(directory, "earlier", (await box.stranger()).paths.rootCertificate);
    await add(directory, "own", box.context.paths.rootCertificate);
    expect(await staleRoots(box.context)).toEqual({
      status: "warning",
      detail: "1 root that nothing signs by any more, still trusted: devtls",
      fix: "devtls untrust --stale",
    });
  });

  it("are none when the only one is this authority", async () => {
    const { box, directory } = await newNssBox();
    await box.authority();
    await add(directory, "own", box.context.paths.rootCertificate);
    expect(await staleRoots(box.context)).toEqual({ status: "ok", detail: "none", fix: null });
  });
});
