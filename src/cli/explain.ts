/** `devtls explain`: a finding code in full. */
import type { Command } from "commander";
import { FAULTS, type Fault } from "../ca/fault-kinds.js";
import { type FindingCode, LOOP_CAUSES } from "../diagnose/finding.js";
import { FRAMEWORKS } from "../diagnose/frameworks/index.js";
import { settingsFor } from "../diagnose/frameworks/settings.js";
import { ALL_CODES, ALL_EXPLANATIONS, type RehearsalCode } from "../rehearse/explanations.js";
import { didYouMean, usage } from "./options.js";
import { columnsOf, paint, print, printJson, table } from "./output.js";
import { withExamples } from "./program.js";
import { VERDICTS } from "./topics/faults.js";
import { wrap } from "./wrap.js";

export function define(program: Command): void {
  const command = program
    .command("explain")
    .description("Explain a finding: what it is, how it looks, why it happens, what ends it.")
    .argument(
      "[code...]",
      "a finding code, or a certificate of serve --fault; all findings are listed without it",
    )
    .option("--json", "print as JSON")
    .action(explain);
  withExamples(
    command,
    `devtls explain
devtls explain redirect-loop
devtls explain faults           what clients say of the certificates of serve --fault`,
  );
}

function explain(words: readonly string[], { json }: { json?: boolean }): void {
  const [fault] = FAULTS.filter((each) => each === words[0]);
  if (fault !== undefined || words[0] === "faults") {
    explainFaults(fault === undefined ? FAULTS : [fault], json ?? false);
    return;
  }
  const code = meant(words);
  const chosen = code === undefined ? ALL_CODES : [find(code)];
  if (json) printJson({ findings: chosen.map(inFull) });
  else if (code === undefined)
    print(table(chosen.map((each) => [each, ALL_EXPLANATIONS[each].what])));
  else for (const each of chosen) print(textOf(each));
}

/** The certificates of `serve --fault`, and what clients say of them. */
function explainFaults(faults: readonly Fault[], json: boolean): void {
  const verdicts = faults.map((fault) => ({ fault, ...VERDICTS[fault] }));
  if (json) {
    printJson({ faults: verdicts });
    return;
  }
  for (const { fault, openssl, curl, node, chromium } of verdicts) {
    print(paint("bold", `--fault ${fault}`));
    const rows = [
      ["OpenSSL", openssl],
      ["curl", curl],
      ["Node", node],
      ["Chromium", chromium],
    ];
    print(table(rows, "  "));
  }
}

/**
 * A finding is printed as `redirect-loop: edge-sends-no-proto (proved)`, and is taken so, too.
 * "CODE", as help has it, stands for all of them.
 */
function meant(words: readonly string[]): string | undefined {
  const [first] = words.flatMap((word) => word.split(":")).filter((word) => word !== "");
  if (first === undefined || first === "CODE") return undefined;
  return CODE_OF_CAUSE.get(first) ?? first;
}

const CODE_OF_CAUSE: ReadonlyMap<string, FindingCode> = new Map(
  LOOP_CAUSES.map((cause) => [cause, "redirect-loop"]),
);

function find(code: string): RehearsalCode {
  const found = ALL_CODES.find((each) => each === code);
  if (found) return found;
  throw usage(
    `there is no finding '${code}' (${didYouMean(code, ALL_CODES)})`,
    `One of: ${ALL_CODES.join(", ")}`,
  );
}

/** The site that lines are filled in for. */
const EXAMPLE = "https://app.example/";

/** All of it, as `--json` has it. @throws DevtlsError "usage" for a code that there is not */
export function explainedIn(code: string): unknown {
  return inFull(find(code));
}

function inFull(code: RehearsalCode) {
  const { setting, ...explanation } = ALL_EXPLANATIONS[code];
  const frameworks = FRAMEWORKS.flatMap((framework) => {
    const { id, name, title } = framework;
    const fixes = setting ? settingsFor(setting.purpose, { framework }, { url: EXAMPLE }) : [];
    const fix = fixes.flatMap(({ lines }) => lines);
    return fix.length > 0 ? [{ id: id ?? name, title, fix, fixes }] : [];
  });
  return { code, ...explanation, frameworks };
}

function textOf(code: RehearsalCode): string {
  const { what, looks, why, fixes, frameworks } = inFull(code);
  const heading = (text: string): string => paint("bold", text);
  // What is made with a framework has its lines.
  const said = frameworks.flatMap(({ fixes }) =>
    fixes.map(({ where, lines }) =>
      [`  ${where}`, ...lines.map((line) => `    ${line}`)].join("\n"),
    ),
  );
  const settings = [...new Set(said)];
  const title = ALL_EXPLANATIONS[code].setting?.title ?? "";
  const wrapped = (text: string): string => wrap(text, columnsOf("stdout")).join("\n");
  return [
    heading(code),
    wrapped(what),
    "",
    heading("How it looks"),
    wrapped(looks),
    "",
    heading("Why"),
    wrapped(why),
    "",
    heading("What ends it"),
    ...fixes.map((line) => `  ${line}`),
    ...(settings.length > 0 ? ["", heading(title), ...settings] : []),
  ].join("\n");
}
