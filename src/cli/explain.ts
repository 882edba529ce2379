/** `devtls explain`: a finding code in full. */
import type { Command } from "commander";
import { EXPLANATIONS } from "../diagnose/explanations.js";
import { FINDING_CODES, type FindingCode } from "../diagnose/finding.js";
import { FRAMEWORKS } from "../diagnose/frameworks/index.js";
import { settingsFor } from "../diagnose/frameworks/settings.js";
import { didYouMean, usage } from "./options.js";
import { paint, print, printJson, table } from "./output.js";
import { withExamples } from "./program.js";

export function define(program: Command): void {
  const command = program
    .command("explain")
    .description("Explain a finding: what it is, how it looks, why it happens, what ends it.")
    .argument("[code]", "a finding code; all of them are listed without it")
    .option("--json", "print as JSON")
    .action(explain);
  withExamples(
    command,
    `devtls explain
devtls explain redirect-loop`,
  );
}

function explain(code: string | undefined, { json }: { json?: boolean }): void {
  const chosen = code === undefined ? FINDING_CODES : [find(code)];
  if (json) printJson({ findings: chosen.map(inFull) });
  else if (code === undefined) print(table(chosen.map((each) => [each, EXPLANATIONS[each].what])));
  else for (const each of chosen) print(textOf(each));
}

function find(code: string): FindingCode {
  const found = FINDING_CODES.find((each) => each === code);
  if (found) return found;
  throw usage(
    `there is no finding '${code}' (${didYouMean(code, FINDING_CODES)})`,
    `One of: ${FINDING_CODES.join(", ")}`,
  );
}

/** The site that lines are filled in for. */
const EXAMPLE = "https://app.example/";

/** All of it, as `--json` has it. @throws DevtlsError "usage" for a code that there is not */
export function explainedIn(code: string): unknown {
  return inFull(find(code));
}

function inFull(code: FindingCode) {
  const { setting, ...explanation } = EXPLANATIONS[code];
  const frameworks = FRAMEWORKS.flatMap((framework) => {
    const { id, name, title } = framework;
    const fixes = setting ? settingsFor(setting.purpose, { framework }, { url: EXAMPLE }) : [];
    const fix = fixes.flatMap(({ lines }) => lines);
    return fix.length > 0 ? [{ id: id ?? name, title, fix, fixes }] : [];
  });
  return { code, ...explanation, frameworks };
}

function textOf(code: FindingCode): string {
  const { what, looks, why, fixes, frameworks } = inFull(code);
  const heading = (text: string): string => paint("bold", text);
  const settings = frameworks.flatMap(({ fixes }) =>
    fixes.flatMap(({ where, lines }) => [`  ${where}`, ...lines.map((line) => `    ${line}`)]),
  );
  const title = EXPLANATIONS[code].setting?.title ?? "";
  return [
    heading(code),
    what,
    "",
    heading("How it looks"),
    looks,
    "",
    heading("Why"),
    why,
    "",
    heading("What ends it"),
    ...fixes.map((line) => `  ${line}`),
    ...(settings.length > 0 ? ["", heading(title), ...settings] : []),
  ].join("\n");
}
