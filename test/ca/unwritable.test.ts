/** Folders and files that cannot be written or read: a report that names them, and no change. */
import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, cpSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { devtls, type Outcome, PROJECT, runProgram, temporaryFolder } from "../support/cli.js";
import { describeUnless } from "../support/tools.js";
import { makeRoot } from "../x509/fixtures.js";
import { filesOf, list, snapshot } from "./state.js";

/** nobody: who may write only where everybody may. */
const NOBODY = 65_534;

function whyNotAsNobody(): string | undefined {
  if (process.getuid?.() !== 0) return "needs root, to run devtls as another user";
  const { status } = spawnSync(process.execPath, ["--version"], { uid: NOBODY, gid: NOBODY });
  return status === 0 ? undefined : `other users may not run ${process.execPath}`;
}

/** The built command line where everybody may read it: a checkout may lie in a closed home. */
const everybodys = temporaryFolder();
beforeAll(() => {
  chmodSync(everybodys, 0o755);
  for (const part of ["bin", "dist", "package.json"]) {
    cpSync(join(PROJECT, part), join(everybodys, part), { recursive: true });
  }
});

/** A folder that nobody can enter, and owns when told so. */
function folder(owner: "root" | "nobody" = "root", mode = 0o755): string {
  const path = temporaryFolder();
  if (owner === "nobody") chownSync(path, NOBODY, NOBODY);
  chmodSync(path, mode);
  return path;
}

function asNobody(home: string, cwd: string, ...args: string[]): Promise<Outcome> {
  const launcher = join(everybodys, "bin/devtls.js");
  return runProgram(process.execPath, [launcher, "cert", "localhost", ...args], {
    cwd,
    env: { DEVTLS_HOME: home, HOME: "/nonexistent" },
    uid: NOBODY,
  });
}

/** What is said of state that the user may not read. */
const mending = (home: string): string =>
  `See whose it is: ls -la ${home}\n  If it was made under sudo: sudo chown -R "$(id -u)" ${home}`;

function expectReport(outcome: Outcome, message: string, hint: string): void {
  expect(outcome.stderr).toBe(`devtls: ${message}\n  ${hint}\n`);
  expect(outcome.stdout).toBe("");
  expect(outcome.status).toBe(1);
}

describeUnless(whyNotAsNobody(), "who may not write is told so", () => {
  it("where the state directory cannot be made", async () => {
    const parent = folder();
    const out = folder("nobody");
    const home = join(parent, "state");
    const outcome = await asNobody(home, out);
    const hint = `Check who may write there: ls -ld ${parent}`;
    expectReport(outcome, `could not write ${home}: permission denied`, hint);
    expect([list(parent), list(out)]).toEqual([[], []]);
  });

  it("where the state directory is another user's", async () => {
    const home = folder();
    const out = folder("nobody");
    const outcome = await asNobody(home, out);
    const key = join(home, "rootCA-key.pem");
    const hint = `Check who may write there: ls -ld ${home}`;
    expectReport(outcome, `could not write ${key}: permission denied`, hint);
    expect([list(home), list(out)]).toEqual([[], []]);
  });

  it("where the state directory is closed to them", async () => {
    const home = folder("root", 0o700);
    const out = folder("nobody");
    const outcome = await asNobody(home, out);
    const certificate = join(home, "rootCA.pem");
    expectReport(outcome, `could not read ${certificate}: permission denied`, mending(home));
    expect([list(home), list(out)]).toEqual([[], []]);
  });

  it("where the authority's key is another user's", async () => {
    const home = folder();
    const out = folder("nobody");
    for (const [name, text] of Object.entries(filesOf(makeRoot()))) {
      writeFileSync(join(home, name), text);
      chmodSync(join(home, name), name.includes("key") ? 0o400 : 0o644);
    }
    const before = snapshot(home);
    const outcome = await asNobody(home, out);
    const key = join(home, "rootCA-key.pem");
    expectReport(outcome, `could not read ${key}: permission denied`, mending(home));
    expect(snapshot(home)).toEqual(before);
    expect(list(out)).toEqual([]);
  });

  it("where the certificate would go into another user's folder", async () => {
    const home = join(folder("nobody"), "state");
    const out = folder();
    const outcome = await asNobody(home, out);
    const path = join(out, "localhost.pem");
    const hint = `Check who may write there: ls -ld ${out}`;
    expectReport(outcome, `could not write ${path}: permission denied`, hint);
    expect(list(out)).toEqual([]);
    expect(list(home)).toEqual(["rootCA-key.pem", "rootCA.pem"]); // whole, for the next run
  });

  it("where the folder for the certificate cannot be made", async () => {
    const home = join(folder("nobody"), "state");
    const out = folder();
    const outcome = await asNobody(home, folder("nobody"), "--out-dir", join(out, "certs"));
    const hint = `Check who may write there: ls -ld ${out}`;
    expectReport(outcome, `could not write ${join(out, "certs")}: permission denied`, hint);
    expect(list(out)).toEqual([]);
  });

  // As in /tmp: everybody may make files, and only replace their own.
  it("where the key would replace another user's, and their own certificate is put back", async () => {
    const home = join(folder("nobody"), "state");
    const out = folder("root", 0o1777);
    const cert = join(out, "localhost.pem");
    const key = join(out, "localhost-key.pem");
    writeFileSync(cert, "their certificate");
    chownSync(cert, NOBODY, NOBODY);
    writeFileSync(key, "another user's key", { mode: 0o600 });
    const before = snapshot(out);
    const outcome = await asNobody(home, out);
    const hint = `Check who may write there: ls -ld ${out}`;
    expectReport(outcome, `could not write ${key}: operation not permitted`, hint);
    // Without fs.protected_hardlinks the kernel gives another user's file a second name, hidden
    // here, and does not let it be removed again.
    expect(snapshot(out).filter((line) => !line.startsWith("."))).toEqual(before);
  });
});

describe("a state directory below a file", () => {
  it("is reported, and nothing is made", async () => {
    const parent = temporaryFolder();
    writeFileSync(join(parent, "file"), "mine");
    const before = snapshot(parent);
    const home = join(parent, "file", "state");
    const outcome = await devtls(["cert", "localhost"], {
      cwd: parent,
      env: { DEVTLS_HOME: home },
    });
    const certificate = join(home, "rootCA.pem");
    const message = `could not read ${certificate}: a part of the path is not a directory`;
    expectReport(outcome, message, `Check the file and its folder: ls -l ${certificate}`);
    expect(snapshot(parent)).toEqual(before);
  });

  it("that is the file itself is reported so too", async () => {
    const parent = temporaryFolder();
    const home = join(parent, "file");
    writeFileSync(home, "mine");
    const outcome = await devtls(["cert", "localhost"], {
      cwd: parent,
      env: { DEVTLS_HOME: home },
    });
    expect(outcome.stderr).toContain(`could not read ${join(home, "rootCA.pem")}`);
    expect(outcome.status).toBe(1);
    expect(list(parent)).toEqual(["file"]);
  });
});

describe("a certificate file", () => {
  it.each([
    ["below a file", "file/cert.pem", "a part of the path is not a directory"],
    ["in a folder that is missing", "missing/cert.pem", "no such file or directory"],
    ["that is a folder", "folder", "it is a directory"],
  ])("%s is reported, and its key is not written", async (_, path, reason) => {
    const out = temporaryFolder();
    writeFileSync(join(out, "file"), "mine");
    mkdirSync(join(out, "folder"));
    const before = snapshot(out);
    const outcome = await devtls(["cert", "localhost", "--cert-file", path], {
      cwd: out,
      env: { DEVTLS_HOME: join(temporaryFolder(), "state") },
    });
    const target = join(out, path);
    const hint = `Check who may write there: ls -ld ${dirname(target)}`;
    expectReport(outcome, `could not write ${target}: ${reason}`, hint);
    expect(snapshot(out)).toEqual(before);
  });

  it("stays when the key's path is a folder", async () => {
    const out = temporaryFolder();
    writeFileSync(join(out, "cert.pem"), "the old certificate");
    mkdirSync(join(out, "key.pem"));
    const before = snapshot(out);
    const args = ["cert", "localhost", "--cert-file", "cert.pem", "--key-file", "key.pem"];
    const env = { DEVTLS_HOME: join(temporaryFolder(), "state") };
    const { status, stderr } = await devtls(args, { cwd: out, env });
    expect(stderr).toContain(`could not write ${join(out, "key.pem")}: it is a directory`);
    expect(status).toBe(1);
    expect(snapshot(out)).toEqual(before);
  });
});

describeUnless(whyNotAsNobody(), "A user id without a name, as containers run under,", () => {
  const NAMELESS = 54_321;

  it.each([[undefined], [""]])(
    "and with HOME %j is served where DEVTLS_HOME says",
    async (HOME) => {
      const out = folder();
      chownSync(out, NAMELESS, NAMELESS);
      const launcher = join(everybodys, "bin/devtls.js");
      const { HOME: _, ...env } = process.env;
      const child = spawnSync(process.execPath, [launcher, "cert", "localhost"], {
        cwd: out,
        env: { ...env, ...(HOME !== undefined && { HOME }), DEVTLS_HOME: join(out, "state") },
        uid: NAMELESS,
        gid: NAMELESS,
        encoding: "utf8",
      });
      expect(child.status, child.stderr).toBe(0);
      expect(list(out)).toEqual(["localhost-key.pem", "localhost.pem", "state"]);
    },
  );
});
