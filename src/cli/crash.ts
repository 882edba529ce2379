/**
 * What an error that nobody expected looks like: a report with positions in the source, by the maps
 * beside the bundles. Node itself would print a line of the bundle, which is a page long.
 */
import { readFileSync } from "node:fs";
import { SourceMap, type SourceMapPayload } from "node:module";
import { join, relative, resolve, sep } from "node:path";

/**
 * The text of a report, without what could be too long for a terminal.
 * @param outcome what became of devtls: "ended it"
 */
export function crashReport(error: unknown, outcome: string): string {
  const manifest = JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8"));
  const { name, message } = error instanceof Error ? error : { name: "thrown", message: error };
  const frames = error instanceof Error ? framesOf(error) : [];
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : undefined;
  return [
    `devtls: an unexpected error ${outcome}: ${name}: ${shortened(String(message))}`,
    `  devtls ${manifest.version}, Node ${process.version}, ${process.platform} ${process.arch}`,
    ...frames,
    ...(cause
      ? [`  caused by ${cause.name}: ${shortened(cause.message)}`, ...framesOf(cause)]
      : []),
    `  This is a defect of devtls. Please report it with these lines: ${manifest.bugs?.url ?? "see its README"}`,
    "",
  ].join("\n");
}

/** The built command line lies two folders below its package.json. */
const PACKAGE = resolve(__dirname, "../..");

/** An error of a parser may quote all that it was given. */
const MAX_MESSAGE = 400;

function shortened(text: string): string {
  return text.length > MAX_MESSAGE ? `${text.slice(0, MAX_MESSAGE)} …` : text;
}

function framesOf({ stack = "", message }: Error): string[] {
  const lines = stack.slice(stack.indexOf(message) + message.length).split("\n");
  return lines.filter((line) => /^\s+at /.test(line)).map((line) => `  ${mapped(line.trim())}`);
}

const POSITION = /(?:file:\/\/)?([^\s()]+):(\d+):(\d+)/;

/** A frame with its place in the source, where there is a map. */
function mapped(frame: string): string {
  return frame.replace(POSITION, (place, file: string, line: string, column: string) => {
    const entry = mapOf(file)?.findEntry(Number(line) - 1, Number(column) - 1);
    if (!entry || !("originalSource" in entry)) return place;
    const source = relative(PACKAGE, resolve(file, "..", entry.originalSource));
    return `${source.split(sep).join("/")}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
  });
}

const maps = new Map<string, SourceMap | undefined>();

function mapOf(file: string): SourceMap | undefined {
  if (!maps.has(file)) maps.set(file, readMap(file));
  return maps.get(file);
}

function readMap(file: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(`${file}.map`, "utf8")) as SourceMapPayload);
  } catch {
    return undefined;
  }
}
