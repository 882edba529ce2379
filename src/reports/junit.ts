/** JUnit's XML as Jenkins, GitLab and GitHub's actions read it: a suite a run, a test a case. */
import { escapeXml } from "./escape.js";
import { type Case, fresh, type Report, type Result, worstFirst } from "./model.js";

export function junit(report: Report): string {
  const cases = worstFirst(report.cases);
  const count = (status: Case["status"]): number =>
    cases.filter((one) => one.status === status).length;
  const counts = { tests: cases.length, failures: count("failed"), errors: 0 };
  const skipped = count("skipped");
  const time = seconds(cases.reduce((sum, { milliseconds = 0 }) => sum + milliseconds, 0));
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    tag("testsuites", { name: report.command, ...counts, time }),
    indent(1, tag("testsuite", { name: report.command, ...counts, skipped, time })),
    indent(2, "<properties>"),
    indent(3, tag("property", { name: "devtls", value: report.version }, true)),
    indent(3, tag("property", { name: "subject", value: report.subject }, true)),
    indent(3, tag("property", { name: "summary", value: report.summary }, true)),
    indent(2, "</properties>"),
    ...cases.flatMap((one) => testCase(report, one)),
    ...common(report),
    indent(1, "</testsuite>"),
    "</testsuites>",
  ];
  return `${lines.join("\n")}\n`;
}

function testCase({ command }: Report, one: Case): string[] {
  const time = seconds(one.milliseconds ?? 0);
  const attributes = { name: one.name, classname: command.replaceAll(" ", "."), time };
  const content = contentOf(one);
  if (content.length === 0) return [indent(2, tag("testcase", attributes, true))];
  return [indent(2, tag("testcase", attributes)), ...content, indent(2, "</testcase>")];
}

/** At most one verdict a test: readers take the first one, and some refuse a second. */
function contentOf({ status, detail, results }: Case): string[] {
  if (status === "skipped") return [indent(3, tag("skipped", { message: detail ?? "" }, true))];
  const errors = fresh(results).filter(({ level }) => level === "error");
  const rest = results.filter((result) => !errors.includes(result));
  const output =
    rest.length === 0 ? [] : [element("system-out", {}, rest.map(describe).join("\n\n"))];
  if (status === "passed") return output;
  const [first] = errors;
  const message = first?.title ?? detail ?? "it failed";
  const text = errors.map(describe).join("\n\n");
  return [element("failure", { message, type: first?.rule ?? "failed" }, text), ...output];
}

function common({ common: results }: Report): string[] {
  if (results.length === 0) return [];
  return [element("system-out", {}, results.map(describe).join("\n\n"), 2)];
}

/** A result in full, as plain text. */
function describe({ title, message, url, chain = [], fix, known }: Result): string {
  return [
    `${title}${known ? " (in the baseline)" : ""}`,
    message,
    ...(url === undefined ? [] : [`at ${url}`]),
    ...chain.map((line) => `  ${line}`),
    ...(fix.length === 0 ? [] : ["To fix it:", ...fix.map((line) => `  ${line}`)]),
  ].join("\n");
}

type Attributes = Readonly<Record<string, string | number>>;

function element(name: string, attributes: Attributes, text: string, depth = 3): string {
  return indent(depth, `${tag(name, attributes)}${escapeXml(text)}</${name}>`);
}

function tag(name: string, attributes: Attributes, isEmpty = false): string {
  const pairs = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${escapeXml(String(value)).replace(/\s/g, " ")}"`,
  );
  return `<${name}${pairs.join("")}${isEmpty ? "/" : ""}>`;
}

function indent(depth: number, line: string): string {
  return "  ".repeat(depth) + line;
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(3);
}
