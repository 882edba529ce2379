/** SARIF 2.1.0 (OASIS), with what GitHub's code scanning reads of it. */
import { inertJson } from "../words.js";
import { HOME_PAGE, type Report, type Result } from "./model.js";

const SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json";

/** The name of the fingerprint, with the version of what goes into it (SARIF 3.27.17). */
const FINGERPRINT = "devtlsFinding/v1";

/** One result, and the cases that show it. */
interface Joined {
  readonly result: Result;
  readonly cases: readonly string[];
}

/**
 * @param fallback the file that results without a location are shown at: code scanning refuses
 *   results without one (relative to the project's folder)
 */
export function sarif(report: Report, fallback = "package.json"): string {
  const index = new Map(report.rules.map(({ id }, at) => [id, at]));
  const log = {
    $schema: SCHEMA,
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "devtls",
            version: report.version,
            informationUri: HOME_PAGE,
            rules: report.rules.map(({ id, description, help }) => ({
              id,
              shortDescription: { text: description },
              fullDescription: { text: help },
              help: { text: help },
              helpUri: HOME_PAGE,
            })),
          },
        },
        automationDetails: { id: `${report.command.replaceAll(" ", "-")}/` },
        invocations: [{ executionSuccessful: true }],
        // URLs and texts come from apps; columns count as in JavaScript.
        columnKind: "utf16CodeUnits",
        results: joined(report).map((one) => resultOf(report, one, index, fallback)),
      },
    ],
  };
  return `${inertJson(log, 2)}\n`;
}

/** The same result of twelve edges is one alert that names twelve edges. */
function joined({ common, cases }: Report): readonly Joined[] {
  const byText = new Map<string, Joined>();
  for (const { name, results } of cases) {
    for (const result of results) {
      const key = JSON.stringify([result.rule, result.title, result.url, result.fix, result.known]);
      const known = byText.get(key);
      byText.set(key, {
        result,
        cases: [...(known?.cases ?? []), name],
        ...(known && { result: known.result }),
      });
    }
  }
  return [...common.map((result) => ({ result, cases: [] })), ...byText.values()];
}

function resultOf(
  { unit }: Report,
  { result, cases }: Joined,
  index: ReadonlyMap<string, number>,
  fallback: string,
): object {
  const { rule, level, title, message, fix, url, location, fingerprint, known } = result;
  const where = cases.length === 0 ? "" : ` (${unit}: ${cases.join(", ")})`;
  const text = [`${title}${where}`, message, ...(fix.length === 0 ? [] : ["To fix it:", ...fix])];
  const at = index.get(rule);
  return {
    ruleId: rule,
    ...(at !== undefined && { ruleIndex: at }),
    level,
    message: { text: text.join("\n") },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: uriOf(location?.file ?? fallback), uriBaseId: "%SRCROOT%" },
          region: { startLine: location?.line ?? 1 },
        },
        ...(url !== undefined && {
          logicalLocations: [{ fullyQualifiedName: url, kind: "resource" }],
        }),
      },
    ],
    partialFingerprints: { [FINGERPRINT]: fingerprint },
    baselineState: known ? "unchanged" : "new",
    properties: { cases },
  };
}

/** A relative reference (RFC 3986): its first segment must not look like a scheme. */
function uriOf(file: string): string {
  return file.split("/").map(encodeURIComponent).join("/");
}
