/** Markdown for a pull request's comment or a job's summary: a table, the fixes, the details. */
import { type Case, fresh, type Report, type Result, worstFirst } from "./model.js";

const MARKS = { passed: "✅", failed: "❌", skipped: "⚪" } as const;

/** GitHub cuts comments off at 65,536 characters; what is longer loses its details. */
const MAX_DETAILS = 50_000;

export function markdown(report: Report): string {
  return visible(textOf(report));
}

function textOf(report: Report): string {
  const head = [
    `## ${escapeText(report.command)}: ${escapeText(report.summary)}`,
    "",
    `${code(report.subject)}, devtls ${escapeText(report.version)}`,
    "",
    ...commonPart(report),
    `| | ${escapeText(report.unit)} | finding |`,
    "|---|---|---|",
    ...worstFirst(report.cases).map(row),
    "",
    ...fixPart(report),
  ].join("\n");
  const details = detailPart(report);
  const short =
    details.length > MAX_DETAILS ? "The details are too long to be shown here.\n" : details;
  return `${head}${short}`;
}

function commonPart({ common, unit }: Report): string[] {
  if (common.length === 0) return [];
  return [
    `Whatever the ${escapeText(unit)} is:`,
    "",
    ...common.map(
      ({ title, url }) => `- ${escapeText(title)}${url === undefined ? "" : ` at ${code(url)}`}`,
    ),
    "",
  ];
}

function row({ name, status, detail, results }: Case): string {
  const said = results.map(({ title, url, known }) =>
    [known ? "_known:_" : "", escapeText(title), url === undefined ? "" : code(pathOf(url))]
      .filter(Boolean)
      .join(" "),
  );
  const text = [...said, ...(detail === undefined ? [] : [escapeText(detail)])].join("<br>");
  return `| ${MARKS[status]} | ${escapeText(name)} | ${text} |`;
}

function fixPart({ fixes, unit }: Report): string[] {
  if (fixes.length === 0) return [];
  return [
    "### To fix it",
    "",
    ...fixes.flatMap(({ fix, framework, cures }) => [
      `${cures.length === 1 ? `1 ${unit}` : `${cures.length} ${unit}s`}${framework ? `, ${escapeText(framework)}` : ""}: ${escapeText(cures.join(", "))}`,
      "",
      fence(fix),
      "",
    ]),
  ];
}

function detailPart(report: Report): string {
  const seen = new Map<string, Result>();
  for (const { results } of report.cases) {
    for (const result of fresh(results)) seen.set(`${result.title} ${result.url ?? ""}`, result);
  }
  const all = [...fresh(report.common), ...seen.values()];
  if (all.length === 0) return "";
  const blocks = all.map(({ title, message, chain = [] }) =>
    [
      `**${escapeText(title)}**`,
      "",
      escapeText(message),
      "",
      ...(chain.length ? [fence(chain.join("\n")), ""] : []),
    ].join("\n"),
  );
  return `<details><summary>What happened</summary>\n\n${blocks.join("\n")}\n</details>\n`;
}

/** What no page shows and some terminals act on. */
function visible(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/g, "\ufffd");
}

function pathOf(url: string): string {
  return URL.canParse(url) ? new URL(url).pathname : url;
}

/** In a code span, delimited by more backticks than are in it (CommonMark 6.1). */
function code(text: string): string {
  const line = text.replace(/\s+/g, " ").replaceAll("|", "%7C");
  const ticks = "`".repeat(longestRun(line) + 1);
  const space = line.startsWith("`") || line.endsWith("`") ? " " : "";
  return `${ticks}${space}${line}${space}${ticks}`;
}

function fence(text: string): string {
  const ticks = "`".repeat(Math.max(3, longestRun(text) + 1));
  return `${ticks}\n${text}\n${ticks}`;
}

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
}

/** No markup, no mention of anybody, no line that ends a table's row. */
function escapeText(text: string): string {
  return text
    .replace(/\s+/g, " ")
    .replace(/[\\`*_[\]|#~$]/g, "\\$&")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replace(/@(?=\w)/g, "@\u200b");
}
