/** The formats of `--report FORMAT=FILE`, but for `json`, which is the command's own output. */
import { DevtlsError } from "../errors.js";
import { ARGUMENTS, didYouMean, inertJson } from "../words.js";
import { github } from "./github.js";
import { html } from "./html.js";
import { junit } from "./junit.js";
import { markdown } from "./markdown.js";
import type { Report } from "./model.js";
import { sarif } from "./sarif.js";

const WRITERS: Readonly<Record<string, (report: Report) => string>> = {
  junit,
  sarif: (report) => sarif(report),
  markdown,
  html,
  github,
};

const FORMATS: readonly string[] = [...Object.keys(WRITERS), "json"];

export interface Wanted {
  readonly format: string;
  readonly file: string;
}

/** Reads `junit=report.xml`. @throws DevtlsError "usage" */
export function parseWanted(text: string): Wanted {
  const at = text.indexOf("=");
  const format = at < 0 ? text : text.slice(0, at);
  const hint = `Write it as --report junit=report.xml. One of: ${FORMATS.join(", ")}`;
  if (!FORMATS.includes(format)) {
    throw new DevtlsError(
      "usage",
      `${ARGUMENTS}: --report ${text}: ${didYouMean(format, FORMATS)}`,
      { hint },
    );
  }
  const file = text.slice(at + 1);
  if (at < 0 || file === "") {
    throw new DevtlsError("usage", `${ARGUMENTS}: --report ${text}: the file is missing`, { hint });
  }
  return { format, file };
}

/**
 * The text of a report.
 * @param json what `--json` prints, for that format
 */
export function format(wanted: string, report: Report, json: unknown): string {
  const write = WRITERS[wanted];
  return write ? write(report) : `${inertJson(json, 2)}\n`;
}
