/** Annotations of GitHub Actions: workflow commands, one a line, which a job prints. */
import { ACTIVE } from "../words.js";
import { type Case, fresh, type Report, type Result } from "./model.js";

/** GitHub shows ten errors and ten warnings of a step. */
const LEVELS = { error: "error", warning: "warning", note: "notice" } as const;

/** One annotation a finding, with the cases that show it. */
export function github(report: Report): string {
  const cases = new Map<string, { readonly result: Result; readonly names: string[] }>();
  for (const { name, results } of report.cases) {
    for (const result of fresh(results)) {
      const key = JSON.stringify([result.title, result.fix]);
      const entry = cases.get(key) ?? { result, names: [] };
      entry.names.push(name);
      cases.set(key, entry);
    }
  }
  const common = fresh(report.common).map((result) => annotation(result, []));
  const rest = [...cases.values()].map(({ result, names }) => annotation(result, names));
  return [...common, ...rest, ...report.cases.flatMap(bare)].map((line) => `${line}\n`).join("");
}

function annotation({ level, title, message, location, fix }: Result, names: readonly string[]) {
  const place =
    location === undefined ? "" : `file=${property(location.file)},line=${location.line ?? 1},`;
  const where = names.length === 0 ? "" : ` (${names.join(", ")})`;
  const text = [message, ...(fix.length === 0 ? [] : ["To fix it:", ...fix])].join("\n");
  return `::${LEVELS[level]} ${place}title=${property(title + where)}::${data(text)}`;
}

/** What failed without a finding. */
function bare({ name, status, detail, results }: Case): string[] {
  if (status !== "failed" || fresh(results).some(({ level }) => level === "error")) return [];
  return [`::error title=${property(name)}::${data(detail ?? "it failed")}`];
}

/** Everything that could end the command is encoded as the runner decodes it. */
function data(text: string): string {
  const encoded = text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
  return encoded.replace(ACTIVE, "\ufffd");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
