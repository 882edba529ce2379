/** Text and tables in terminals of 80 and 40 columns. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { tableLines, widthOf, wrap } from "../../src/cli/wrap.js";
import { freePort, LAUNCHER, runProgram } from "../support/cli.js";
import { curl, start } from "../support/programs.js";
import { describeWith } from "../support/tools.js";
import { newSandbox } from "./sandbox.js";

describe("Text", () => {
  it("is broken between words, and words are not broken", () => {
    expect(wrap("a bb ccc dddd", 6)).toEqual(["a bb", "ccc", "dddd"]);
    expect(wrap("a unbreakablyLong b", 6)).toEqual(["a", "unbreakablyLong", "b"]);
  });

  it("keeps its indentation, and hangs as told", () => {
    expect(wrap("  aa bb cc", 7, 4)).toEqual(["  aa bb", "    cc"]);
    expect(wrap("", 7)).toEqual([""]);
  });

  it("is as wide as it looks", () => {
    expect(widthOf("\x1b[31mred\x1b[0m")).toBe(3);
    expect(wrap("\x1b[31maa bb\x1b[0m", 5)).toEqual(["\x1b[31maa bb\x1b[0m"]);
  });
});

describe("A table", () => {
  const rows = [
    ["ok", "first", "a detail that has some words in it and more"],
    ["problem", "b", "short"],
  ];

  it("has aligned columns where there is room", () => {
    expect(tableLines(rows, "", 80)).toEqual([
      "ok       first  a detail that has some words in it and more",
      "problem  b      short",
    ]);
  });

  it("wraps its last column beside the others", () => {
    expect(tableLines(rows, "", 42)).toEqual([
      "ok       first  a detail that has some",
      "                words in it and more",
      "problem  b      short",
    ]);
  });

  it("or below them, where there is too little room beside", () => {
    expect(tableLines(rows, "", 30)).toEqual([
      "ok  first",
      "    a detail that has some",
      "    words in it and more",
      "problem  b      short",
    ]);
  });
});

describeWith(["script", "stty", "curl"], "On a terminal", () => {
  it.each([
    [80, "edges"],
    [40, "edges"],
    [80, "doctor"],
    [40, "doctor"],
    [80, "trust --check --verify none --store nss,system"],
    [40, "trust --check --verify none --store nss,system"],
    [40, "explain redirect-loop"],
  ])("of %d columns devtls %s breaks no word", async (columns, command) => {
    const box = newSandbox();
    await box.prepare(["ca", "create"]);
    const run = (line: string): Promise<{ stdout: string }> =>
      runProgram("script", ["-qec", line, "/dev/null"], {
        cwd: box.cwd,
        env: { ...box.env, TERM: "xterm", NODE: process.execPath, LAUNCHER },
      });
    const { stdout } = await run(`stty cols ${columns}; "$NODE" "$LAUNCHER" ${command}`);
    const lines = stdout.split(/\r?\n/).filter((line) => !line.startsWith("  "));
    const wide = lines.filter(
      (line) => widthOf(line) > columns && line.trim().split(" ").length > 2,
    );
    expect(lines.length).toBeGreaterThan(2);
    expect(wide).toEqual([]);
  });

  it.each([80, 40])(
    "of %d columns a finding breaks no word, and no line of its fix",
    async (columns) => {
      const box = newSandbox();
      await box.prepare(["ca", "create"]);
      const port = await freePort();
      const serve = `"$NODE" "$LAUNCHER" serve --demo --simulate none --port ${port}`;
      const run = start("script", ["-qec", `stty cols ${columns}; ${serve}`, "/dev/null"], {
        cwd: box.cwd,
        env: {
          HOME: box.home,
          DEVTLS_HOME: box.state,
          TERM: "xterm",
          NODE: process.execPath,
          LAUNCHER,
        },
      });
      await run.waitFor(/https:.* -> /);
      await curl(["--cacert", join(box.state, "rootCA.pem"), `https://localhost:${port}/`]);
      await run.waitFor(/redirect-loop: .*To fix it:.*\$scheme;/s);
      await run.stop("SIGINT");
      const [finding = ""] = /redirect-loop: .*To fix it:/s.exec(run.stdout()) ?? [];
      const wide = finding.split(/\r?\n/).filter((line) => widthOf(line) > columns);
      // A URL, or a path, is one word.
      expect(wide.filter((line) => line.trim().split(" ").length > 2)).toEqual([]);
      expect(finding.split("\n").length).toBeGreaterThan(columns === 40 ? 15 : 8);
      expect(run.stdout()).toContain("proxy_set_header X-Forwarded-Proto $scheme;");
    },
  );

  it("devtls doctor shows what is wrong first, and what is well with --all", async () => {
    const box = newSandbox();
    await box.prepare(["ca", "create"]);
    const run = async (more: string): Promise<string> => {
      const line = `stty cols 200; "$NODE" "$LAUNCHER" doctor ${more}`;
      const { stdout } = await runProgram("script", ["-qec", line, "/dev/null"], {
        cwd: box.cwd,
        env: { ...box.env, TERM: "xterm", NODE: process.execPath, LAUNCHER },
      });
      return stdout;
    };
    const short = await run("");
    expect(short).toMatch(/^(?:problem|warning) /m);
    expect(short).not.toMatch(/^ok {2}/m);
    expect(short).toMatch(/^ok: \d+ checks, listed with --all/m);
    const long = await run("--all");
    expect(long).toMatch(/^ok {2}/m);
    expect(long.search(/^ok /m)).toBeGreaterThan(long.search(/^(?:problem|warning) /m));
  });
});
