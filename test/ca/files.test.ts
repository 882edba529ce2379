import { execFileSync } from "node:child_process";
import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  makeDirectory,
  type NewFile,
  readIfThere,
  readRequired,
  writeFiles,
  writeNewFiles,
} from "../../src/ca/files.js";
import { temporaryFolder } from "../support/cli.js";
import { refusal } from "../x509/fixtures.js";

const mode = (path: string): number => statSync(path).mode & 0o7777;

const before = process.umask();
afterEach(() => {
  process.umask(before);
});

describe("files that are written", () => {
  it.each([0o000, 0o022, 0o077, 0o777])("have exactly their modes under the umask %o", (mask) => {
    const folder = temporaryFolder();
    process.umask(mask);
    const modes = [0o400, 0o600, 0o644, 0o666];
    writeFiles(modes.map((bits) => ({ path: join(folder, String(bits)), data: "x", mode: bits })));
    expect(modes.map((bits) => mode(join(folder, String(bits))))).toEqual(modes);
  });

  it("take the place of older ones, with the new mode", () => {
    const path = join(temporaryFolder(), "a");
    writeFileSync(path, "a much longer old content", { mode: 0o666 });
    writeFiles([{ path, data: "new", mode: 0o600 }]);
    expect(readFileSync(path, "utf8")).toBe("new");
    expect(mode(path)).toBe(0o600);
  });

  it("take the place of read-only ones", () => {
    const path = join(temporaryFolder(), "a");
    writeFiles([{ path, data: "old", mode: 0o400 }]);
    writeFiles([{ path, data: "new", mode: 0o400 }]);
    expect(readFileSync(path, "utf8")).toBe("new");
  });

  it("hold octets as they were given", () => {
    const path = join(temporaryFolder(), "a");
    const data = Buffer.from([0, 255, 13, 10, 128]);
    writeFiles([{ path, data, mode: 0o600 }]);
    expect(readFileSync(path).equals(data)).toBe(true);
  });

  it("leave nothing else in the folder", () => {
    const folder = temporaryFolder();
    writeFiles([
      { path: join(folder, "a"), data: "1", mode: 0o600 },
      { path: join(folder, "b"), data: "2", mode: 0o600, durable: true },
    ]);
    expect(readdirSync(folder).sort()).toEqual(["a", "b"]);
  });

  it("are not written into: who has the old one open keeps it whole", () => {
    const path = join(temporaryFolder(), "a");
    writeFileSync(path, "old");
    const { ino } = statSync(path);
    writeFiles([{ path, data: "new", mode: 0o600 }]);
    expect(statSync(path).ino).not.toBe(ino);
  });
});

describe("a symbolic link", () => {
  it("stays one, and what it points to is written", () => {
    const folder = temporaryFolder();
    const target = join(folder, "real", "cert.pem");
    mkdirSync(join(folder, "real"));
    writeFileSync(target, "old");
    const link = join(folder, "link.pem");
    symlinkSync("real/cert.pem", link);
    writeFiles([{ path: link, data: "new", mode: 0o600 }]);
    expect(readlinkSync(link)).toBe("real/cert.pem");
    expect(readFileSync(target, "utf8")).toBe("new");
    expect(readdirSync(join(folder, "real"))).toEqual(["cert.pem"]);
  });

  it("stays one when what it points to does not exist yet", () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "real"));
    const link = join(folder, "link.pem");
    symlinkSync("real/cert.pem", link);
    writeFiles([{ path: link, data: "new", mode: 0o600 }]);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(folder, "real", "cert.pem"), "utf8")).toBe("new");
  });
});

describe("all files are written or none", () => {
  const two = (folder: string, second: string): (() => void) => {
    const first = { path: join(folder, "first"), data: "new", mode: 0o600 };
    return () => writeFiles([first, { path: second, data: "new", mode: 0o600 }]);
  };

  it("when a folder is missing", () => {
    const folder = temporaryFolder();
    const path = join(folder, "missing", "second");
    const error = refusal("file-unwritable", two(folder, path));
    expect(error.message).toBe(`could not write ${path}: no such file or directory`);
    expect(error.hint).toBe(`Check who may write there: ls -ld ${join(folder, "missing")}`);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("when a folder is a file", () => {
    const folder = temporaryFolder();
    const path = join(folder, "file", "second");
    writeFileSync(join(folder, "file"), "");
    const error = refusal("file-unwritable", two(folder, path));
    expect(error.message).toBe(`could not write ${path}: a part of the path is not a directory`);
    expect(readdirSync(folder)).toEqual(["file"]);
  });

  it("when a path is a folder", () => {
    const folder = temporaryFolder();
    const path = join(folder, "second");
    mkdirSync(path);
    const error = refusal("file-unwritable", two(folder, path));
    expect(error.message).toBe(`could not write ${path}: it is a directory`);
    expect(readdirSync(folder)).toEqual(["second"]);
    expect(readdirSync(path)).toEqual([]);
  });

  it("and the older ones are still there when one cannot be replaced", () => {
    const folder = temporaryFolder();
    const first = join(folder, "first");
    writeFileSync(first, "old", { mode: 0o640 });
    mkdirSync(join(folder, "second"));
    refusal("file-unwritable", two(folder, join(folder, "second")));
    expect(readFileSync(first, "utf8")).toBe("old");
    expect(readdirSync(folder).sort()).toEqual(["first", "second"]);
  });
});

describe("new files", () => {
  const pair = (folder: string): NewFile[] => [
    { path: join(folder, "claim"), data: "1", mode: 0o400, durable: true },
    { path: join(folder, "second"), data: "2", mode: 0o644 },
  ];

  it("are written where there are none, with exactly their modes", () => {
    process.umask(0o077);
    const folder = temporaryFolder();
    expect(writeNewFiles(pair(folder))).toBe(true);
    expect(readFileSync(join(folder, "claim"), "utf8")).toBe("1");
    expect([mode(join(folder, "claim")), mode(join(folder, "second"))]).toEqual([0o400, 0o644]);
    expect(readdirSync(folder).sort()).toEqual(["claim", "second"]);
  });

  it("are not written when the first one's name is taken, and nothing is left behind", () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "claim"), "old");
    expect(writeNewFiles(pair(folder))).toBe(false);
    expect(readFileSync(join(folder, "claim"), "utf8")).toBe("old");
    expect(readdirSync(folder)).toEqual(["claim"]);
  });

  it("are not written when another one's name is taken, which is named", () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "second"), "old");
    const { message } = refusal("file-unwritable", () => writeNewFiles(pair(folder)));
    expect(message).toBe(`could not write ${folder}/second: it exists already`);
    expect(readFileSync(join(folder, "second"), "utf8")).toBe("old");
    expect(readdirSync(folder)).toEqual(["second"]);
  });

  it("have one name only when they are done", () => {
    const folder = temporaryFolder();
    writeNewFiles(pair(folder));
    expect(statSync(join(folder, "claim")).nlink).toBe(1);
  });
});

describe("a folder", () => {
  it.each([0o000, 0o077, 0o777])("is made with its mode under the umask %o", (mask) => {
    const parent = temporaryFolder();
    process.umask(mask);
    makeDirectory(join(parent, "state"), 0o700);
    expect(mode(join(parent, "state"))).toBe(0o700);
  });

  it("is made with its parents", () => {
    const path = join(temporaryFolder(), "a", "b", "c");
    makeDirectory(path, 0o755);
    expect(mode(path)).toBe(0o755);
  });

  it("that exists is left as it is", () => {
    const path = temporaryFolder();
    execFileSync("chmod", ["750", path]);
    makeDirectory(path, 0o700);
    expect(mode(path)).toBe(0o750);
  });

  it("that is a file is reported", () => {
    const path = join(temporaryFolder(), "file");
    writeFileSync(path, "");
    const { message } = refusal("file-unwritable", () => makeDirectory(path, 0o700));
    expect(message).toBe(`could not write ${path}: it exists already`);
    refusal("file-unwritable", () => makeDirectory(join(path, "below"), 0o700));
  });
});

describe("a file is read", () => {
  it("or reported as not there", () => {
    const folder = temporaryFolder();
    expect(readIfThere(join(folder, "a"))).toBeUndefined();
    writeFileSync(join(folder, "a"), "");
    expect(readIfThere(join(folder, "a"))?.length).toBe(0);
  });

  it("or refused, naming it and the reason", () => {
    const folder = temporaryFolder();
    const missing = refusal("file-unreadable", () => readRequired(join(folder, "a")));
    expect(missing.message).toBe(`could not read ${folder}/a: no such file or directory`);
    expect(missing.hint).toBe(`Check the file and its folder: ls -l ${folder}/a`);
    const directory = refusal("file-unreadable", () => readIfThere(folder));
    expect(directory.message).toBe(`could not read ${folder}: it is a directory`);
    expect(existsSync(join(folder, "a"))).toBe(false);
  });
});

const asRoot = process.getuid?.() === 0;

describe.skipIf(!asRoot)("Under sudo", () => {
  const USER = 65_534;
  afterEach(() => void vi.unstubAllEnvs());

  function asked(): void {
    vi.stubEnv("SUDO_UID", String(USER));
    vi.stubEnv("SUDO_GID", String(USER));
  }

  it("what is made in a folder of the user who asked is theirs", () => {
    const folder = temporaryFolder();
    chownSync(folder, USER, USER);
    asked();
    makeDirectory(join(folder, "a", "b"), 0o700);
    writeFiles([{ path: join(folder, "a", "b", "key.pem"), data: "key", mode: 0o600 }]);
    const made = ["a", "a/b", "a/b/key.pem"].map((name) => statSync(join(folder, name)));
    expect(made.map(({ uid, gid }) => [uid, gid])).toEqual(made.map(() => [USER, USER]));
    expect((made[2]?.mode ?? 0) & 0o777).toBe(0o600);
  });

  it("what is made in root's own folders stays root's", () => {
    const folder = temporaryFolder();
    asked();
    makeDirectory(join(folder, "a"), 0o700);
    writeFiles([{ path: join(folder, "a", "key.pem"), data: "key", mode: 0o600 }]);
    expect(["a", "a/key.pem"].map((name) => statSync(join(folder, name)).uid)).toEqual([0, 0]);
  });
});
