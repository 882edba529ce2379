/** What `--verify browsers` makes of a browser, by programs that stand in for one. */
import { chmodSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { describeUnless, missing, which } from "../support/tools.js";
import { newSandbox, type Sandbox } from "./sandbox.js";

interface Shown {
  readonly status: number | null;
  readonly stderr: string;
  readonly chromium: { readonly state: string; readonly detail: string; readonly hint: unknown };
  readonly ids: readonly string[];
  /** The folder for temporary files, of its own. */
  readonly temporary: string;
}

/** The programs of a machine whose `chromium` is this shell script; the URL is its last argument. */
function programsWith(box: Sandbox, script?: string): string {
  const folder = join(box.home, "bin");
  mkdirSync(folder);
  for (const name of ["certutil", "mkdir", "tee", "curl", "sh"]) {
    symlinkSync(which(name) as string, join(folder, name));
  }
  if (script !== undefined) {
    const path = join(folder, "chromium");
    writeFileSync(path, `#!/bin/sh\nfor url do :; done\n${script}\n`);
    chmodSync(path, 0o755);
  }
  return folder;
}

async function asked(script: string | undefined, trust: boolean): Promise<Shown> {
  const box = newSandbox();
  const temporary = join(box.home, "tmp");
  mkdirSync(temporary);
  const env = { PATH: programsWith(box, script), TMPDIR: temporary };
  await box.prepare(["ca", "create"]);
  if (trust) expect((await box.run(["trust", "--yes", "--store", "nss"], { env })).status).toBe(0);
  const line = ["trust", "--check", "--store", "nss", "--verify", "browsers"];
  const { status, stdout } = await box.run([...line, "--json"], { env });
  const { stderr } = await box.run(line, { env });
  const clients: (Shown["chromium"] & { id: string })[] = JSON.parse(stdout).clients;
  for (const client of clients) {
    expect(Object.keys(client)).toEqual(["id", "name", "state", "detail", "hint"]);
  }
  const [chromium] = clients;
  if (!chromium) throw new Error("no browser was asked");
  return { status, stderr, chromium, ids: clients.map(({ id }) => id), temporary };
}

const SENDS = 'exec curl -sS --noproxy "*" --insecure "$url"';
const REFUSES = 'exec curl -sS --noproxy "*" "$url"';

describeUnless(missing(["certutil", "curl"]), "A browser", () => {
  it("that sends its request trusts, and --check ends with 0", async () => {
    const { status, chromium } = await asked(SENDS, true);
    expect(chromium).toMatchObject({ state: "trusts", hint: null });
    expect(status).toBe(0);
  });

  it("that refuses what its database does not trust is told to trust there", async () => {
    const { status, chromium } = await asked(REFUSES, false);
    expect(chromium).toMatchObject({ state: "refuses", hint: "devtls trust --store nss" });
    expect(status).toBe(3);
  });

  it("that refuses although its database trusts has --check end with 3, which is said", async () => {
    const { status, chromium, stderr } = await asked(REFUSES, true);
    expect(chromium.state).toBe("refuses");
    expect(chromium.detail).toMatch(/^although \S+nssdb trusts the authority$/);
    expect(stderr).toContain("Chromium refuses the authority although its store trusts it.");
    expect(status).toBe(3);
  });

  it("that does not start has failed, in its own words", async () => {
    const { chromium } = await asked("echo no display for you >&2; exit 1", true);
    expect(chromium).toMatchObject({ state: "failed", detail: "no display for you" });
  });

  it("that is not installed is absent, and so is the other one", async () => {
    const { status, chromium, ids } = await asked(undefined, true);
    expect(chromium.state).toBe("absent");
    expect(ids).toEqual(["chromium", "firefox"]);
    expect(status).toBe(0);
  });

  it("leaves nothing in the folder for temporary files", async () => {
    const { temporary } = await asked("echo much > $HOME/state; mkdir -p $HOME/cache/deep", true);
    expect(readdirSync(temporary)).toEqual([]);
  });
});

describe("--verify", () => {
  it("is refused for what it does not know, with the nearest", async () => {
    const { status, stderr } = await newSandbox().run(["trust", "--verify", "browser"]);
    expect(status).toBe(2);
    expect(stderr).toContain("browsers");
  });
});
