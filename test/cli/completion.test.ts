/** What shells complete, asked of the shells themselves. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { SUMMARIES } from "../../src/cli/commands.js";
import { FINDING_CODES } from "../../src/diagnose/finding.js";
import { PROFILES } from "../../src/edge/profiles/index.js";
import { devtls, runProgram, temporaryFolder } from "../support/cli.js";
import { describeWith } from "../support/tools.js";

const COMMANDS = Object.keys(SUMMARIES);
const EDGES = PROFILES.map(({ name }) => name);

/** A line as it was typed, and what must be offered for its last word. */
const LINES: readonly (readonly [typed: string, all: readonly string[]])[] = [
  ["devtls ", COMMANDS],
  ["devtls ser", ["serve"]],
  ["devtls serve --simulate ", EDGES],
  ["devtls serve --simulate hero", ["heroku"]],
  ["devtls serve --target 8000 --http ", ["redirect", "proxy", "deny"]],
  ["devtls serve --http-", ["--http-port"]],
  ["devtls serve --cook", ["--cookies"]],
  ["devtls serve --cookies ", ["pass", "strict", "secure", "insecure"]],
  ["devtls trust --store ", ["system", "nss", "java"]],
  ["devtls doc", ["doctor"]],
  ["devtls doctor --", ["--all", "--json", "--help"]],
  ["devtls untrust --stale --root d", ["devtls", "devcert", "dotnet"]],
  ["devtls edges aws-", EDGES.filter((name) => name.startsWith("aws-"))],
  ["devtls explain redirect-", FINDING_CODES.filter((code) => code.startsWith("redirect-"))],
  ["devtls ca ", ["create", "show", "path", "export", "import", "rotate", "delete"]],
  ["devtls ca export --format ", ["pem", "der"]],
  ["devtls completion ", ["bash", "zsh", "fish"]],
  ["devtls env --shell ", ["sh", "fish", "powershell"]],
];

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** How each shell is asked; what it prints is one word a line, more perhaps behind a tab. */
const ASK: Readonly<Record<string, (script: string, typed: string) => string[]>> = {
  bash: (script, typed) => {
    const words = typed.split(" ");
    const list = words.map(quote).join(" ");
    const code = `source ${quote(script)}; COMP_WORDS=(${list}); COMP_CWORD=${words.length - 1}; _devtls; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return ["--norc", "-c", code];
  },
  // compadd works within the line editor only; what it is given is what is offered.
  zsh: (script, typed) => {
    const words = typed.split(" ");
    const code = `compdef() { : }; source ${quote(script)}; compadd() { shift; print -l -- "$@" }; words=(${words.map(quote).join(" ")}); CURRENT=${words.length}; _devtls`;
    return ["-f", "-c", code];
  },
  fish: (script, typed) => [
    "--no-config",
    "-c",
    `source ${quote(script)}; complete -C ${quote(typed)}`,
  ],
};

describe.each(Object.keys(ASK))("%s", (shell) => {
  describeWith([shell], "completes", () => {
    let script: string;
    beforeAll(async () => {
      const { stdout, status, stderr } = await devtls(["completion", shell]);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      script = join(temporaryFolder(), `devtls.${shell}`);
      writeFileSync(script, stdout);
    });

    it.each(LINES)("%j", async (typed, expected) => {
      const { stdout, stderr } = await runProgram(shell, ASK[shell]?.(script, typed) ?? []);
      expect(stderr).toBe("");
      const offered = stdout
        .trim()
        .split("\n")
        .map((line) => line.split("\t")[0] ?? "");
      const last = typed.split(" ").at(-1) as string;
      const fitting = offered.filter(
        (word) => word.startsWith(last) && (last !== "" || !word.startsWith("-")),
      );
      expect(fitting.sort()).toEqual([...expected].sort());
    });
  });
});

describe("devtls completion", () => {
  it("knows three shells", async () => {
    const { status, stderr } = await devtls(["completion", "tcsh"]);
    expect(status).toBe(2);
    expect(stderr).toContain("bash, zsh, fish");
  });
});
