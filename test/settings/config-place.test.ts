/** Whose configuration is used: nobody's but the user's own and root's, and none above the project. */
import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import type { User } from "../../src/ca/ownership.js";
import { whyForeign } from "../../src/ca/ownership.js";
import { findConfig } from "../../src/settings/config.js";
import { placesFrom, thisViewer, type Viewer } from "../../src/settings/config-place.js";
import { devtls, runProgram, serve, temporaryFolder } from "../support/cli.js";
import { describeUnless, describeWith } from "../support/tools.js";
import { refusal } from "../x509/fixtures.js";

const CONFIG = "devtls.config.json";
const NOBODY = 65_534;
const notRoot = process.getuid?.() === 0 ? undefined : "needs root, to give files to others";

function tree(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder("devtls-place-");
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true, mode: 0o755 });
    writeFileSync(join(folder, name), text, { mode: 0o644 });
  }
  chmodSync(folder, 0o755);
  return folder;
}

const viewer = (more: Partial<Viewer> = {}): Viewer => ({ ...thisViewer({}), ...more });

describe("A configuration is looked for", () => {
  const above = { [CONFIG]: '{"target":1}' };

  it("up to the folder with .git", () => {
    const folder = tree({ ...above, "project/.git/HEAD": "", "project/src/app.js": "" });
    expect(findConfig(join(folder, "project/src"), viewer())).toBeUndefined();
    writeFileSync(join(folder, "project", CONFIG), '{"target":2}');
    expect(findConfig(join(folder, "project/src"), viewer())?.shared).toEqual({ target: 2 });
  });

  it("up to the folder with a .git file, as worktrees and submodules have", () => {
    const folder = tree({ ...above, "project/.git": "gitdir: elsewhere", "project/src/a.js": "" });
    expect(findConfig(join(folder, "project/src"), viewer())).toBeUndefined();
  });

  it.each([
    ["package.json", '{"workspaces":["packages/*"]}'],
    ["pnpm-workspace.yaml", "packages: [packages/*]"],
  ])("up to the root of a workspace: %s", (name, text) => {
    const folder = tree({
      ...above,
      [`project/${name}`]: text,
      "project/packages/a/package.json": "{}",
    });
    expect(findConfig(join(folder, "project/packages/a"), viewer())).toBeUndefined();
  });

  it("up to the home folder, that one too", () => {
    const folder = tree({ ...above, "home/app/a.js": "" });
    const home = join(folder, "home");
    expect(findConfig(join(home, "app"), viewer({ home }))).toBeUndefined();
    writeFileSync(join(home, CONFIG), '{"target":3}');
    expect(findConfig(join(home, "app"), viewer({ home }))?.shared).toEqual({ target: 3 });
  });

  it("to the top where there is none of them", () => {
    expect(placesFrom("/a/b", "/home/ada")).toEqual(["/a/b", "/a", "/"]);
  });
});

describe("What may be another's word", () => {
  const ada: User = { uid: 1000, sudoUid: undefined };
  const root: User = { uid: 0, sudoUid: undefined };
  it.each<[User, number, number, number, string | undefined]>([
    [ada, 1000, 1000, 0o644, undefined],
    [ada, 0, 0, 0o644, undefined],
    [ada, 0, 0, 0o664, undefined],
    [ada, 1000, 1000, 0o664, undefined], // her own group, as many systems have it
    [ada, 1000, 50, 0o664, "can be written by the group 50"],
    [ada, 1000, 1000, 0o666, "can be written by every user"],
    [ada, 0, 0, 0o1777, "can be written by every user"],
    [ada, 1001, 1001, 0o644, "belongs to the user 1001"],
    [root, 1000, 1000, 0o644, "belongs to the user 1000"],
    [{ uid: 0, sudoUid: 1000 }, 1000, 1000, 0o644, undefined],
    [{ uid: 1000, sudoUid: undefined }, 1001, 1000, 0o600, "belongs to the user 1001"],
    [{ uid: undefined, sudoUid: undefined }, 5, 5, 0o777, undefined],
  ])("%j, of %i:%i, mode %i: %s", (user, uid, gid, mode, reason) => {
    expect(whyForeign({ uid, gid, mode }, user)).toBe(reason);
  });

  it("who called sudo is believed of root alone", () => {
    expect(thisViewer({ SUDO_UID: "1000" }).sudoUid).toBe(notRoot ? undefined : 1000);
    expect(thisViewer({ SUDO_UID: "1000; rm" }).sudoUid).toBeUndefined();
  });
});

describe("A configuration is refused", () => {
  it("that every user may write", () => {
    const folder = tree({ [CONFIG]: "{}" });
    const path = join(folder, CONFIG);
    chmodSync(path, 0o666);
    const { message, hint } = refusal("not-yours", () => findConfig(folder, viewer()));
    expect(message).toBe(`could not use ${path}: it can be written by every user`);
    expect(hint).toContain(`ls -ld ${path}`);
    expect(hint).toContain(`DEVTLS_SAFE_DIRECTORY=${folder}`);
  });

  it("in a folder that every user may write, sticky or not, as /tmp is", () => {
    const folder = tree({ [CONFIG]: "{}", "project/a.js": "" });
    for (const mode of [0o777, 0o1777]) {
      chmodSync(folder, mode);
      const { message } = refusal("not-yours", () => findConfig(join(folder, "project"), viewer()));
      expect(message).toContain(`${folder} can be written by every user`);
    }
  });

  it("above a folder that every user may write", () => {
    const folder = tree({ [CONFIG]: "{}", "project/src/a.js": "" });
    chmodSync(join(folder, "project"), 0o777);
    const { message } = refusal("not-yours", () =>
      findConfig(join(folder, "project/src"), viewer()),
    );
    expect(message).toContain(`${join(folder, "project")} can be written by every user`);
  });

  it("in package.json, where it has one; what has none is nobody's business", () => {
    const folder = tree({ "package.json": '{"devtls":{"target":1}}' });
    chmodSync(join(folder, "package.json"), 0o666);
    refusal("not-yours", () => findConfig(folder, viewer()));
    writeFileSync(join(folder, "package.json"), "{}");
    expect(findConfig(folder, viewer())).toBeUndefined();
  });

  it("that leads to what another user may write", () => {
    const folder = tree({ "elsewhere/a.json": "{}", "project/a.js": "" });
    chmodSync(join(folder, "elsewhere/a.json"), 0o666);
    symlinkSync(join(folder, "elsewhere/a.json"), join(folder, "project", CONFIG));
    refusal("not-yours", () => findConfig(join(folder, "project"), viewer()));
  });

  it("unless the environment says that its folder is safe", () => {
    const folder = tree({ [CONFIG]: '{"target":4}' });
    chmodSync(join(folder, CONFIG), 0o666);
    for (const safe of [folder, `${folder}/`, "*"]) {
      expect(findConfig(folder, viewer({ safe: ["/elsewhere", safe] }))?.shared).toEqual({
        target: 4,
      });
    }
  });
});

describeWith(["mkfifo"], "A pipe in its place", () => {
  it("is refused, and nobody waits for it", async () => {
    const folder = tree({});
    await runProgram("mkfifo", [join(folder, CONFIG)]);
    const { message } = refusal("file-unreadable", () => findConfig(folder, viewer()));
    expect(message).toContain("it is not a file");
  });

  it("of package.json holds nobody up either", async () => {
    const folder = tree({ "project/a.js": "" });
    await runProgram("mkfifo", [join(folder, "package.json")]);
    expect(findConfig(join(folder, "project"), viewer())).toBeUndefined();
  });
});

describeUnless(notRoot, "One that another user planted above", () => {
  const planted = JSON.stringify({ command: ["touch", "owned"], bind: ["0.0.0.0"] });

  function project(mode: number): { folder: string; cwd: string } {
    const folder = tree({ [CONFIG]: planted, "project/a.js": "" });
    chownSync(join(folder, CONFIG), NOBODY, NOBODY);
    chmodSync(folder, mode);
    return { folder, cwd: join(folder, "project") };
  }

  it.each([["serve"], ["serve", "--target", "8000"], ["config"]])(
    "runs nothing and changes nothing of `devtls %s %s %s`",
    async (...args) => {
      for (const mode of [0o755, 0o1777]) {
        const { folder, cwd } = project(mode);
        const env = { DEVTLS_HOME: join(temporaryFolder(), "state"), HOME: temporaryFolder() };
        const { status, stderr, stdout } = await devtls(args, { cwd, env });
        expect(stderr).toContain(
          `devtls: could not use ${join(folder, CONFIG)}: it belongs to the user ${NOBODY}`,
        );
        expect(status).toBe(1);
        expect(stdout).toBe("");
        const found = await runProgram("find", [folder, "-name", "owned"]);
        expect(found.stdout).toBe("");
      }
    },
  );
});

describe("The file that is used", () => {
  it("is said, also by --quiet", async () => {
    const folder = tree({ [CONFIG]: '{"target":9}', "src/a.js": "" });
    const env = { DEVTLS_HOME: join(temporaryFolder(), "state"), HOME: temporaryFolder() };
    const run = await serve(["--quiet"], { cwd: join(folder, "src"), env });
    expect(run.stderr()).toContain(`Configuration: ${join(folder, CONFIG)}\n`);
    await run.stop();
  });
});
