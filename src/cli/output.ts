/**
 * Printing. Results go to stdout; progress, notes, warnings and errors go to stderr, so that
 * `$(devtls …)` and pipes get results only.
 */
import { fstatSync, writeSync } from "node:fs";
import { DevtlsError, ERROR_CODES, systemCode } from "../errors.js";
import { inertJson } from "../words.js";
import { coloured, shown } from "./terminal.js";
import { tableLines, wrap } from "./wrap.js";

/** Exit statuses of the contract. */
export const EXIT = { ok: 0, failed: 1, usage: 2, problems: 3 } as const;

export type Output = "stdout" | "stderr";
const DESCRIPTOR = { stdout: 1, stderr: 2 } as const;

/** Outputs that were full once: what follows has to wait behind what their stream still holds. */
const queued = new Set<Output>();

/**
 * As it is, for help and certificates: what may hold another's words goes through the functions
 * below. Writes straight to the descriptor: setting up `process.stdout` costs a short command several
 * milliseconds. A pipe that is full takes the rest through the stream, which waits for it.
 */
export function write(output: Output, data: string | Uint8Array): void {
  let bytes = Buffer.from(data);
  try {
    while (bytes.length > 0 && !queued.has(output)) {
      bytes = bytes.subarray(writeSync(DESCRIPTOR[output], bytes));
    }
  } catch (error) {
    endUnlessFull(error);
    queued.add(output);
    process[output].on("error", endUnlessFull);
  }
  if (bytes.length > 0) process[output].write(bytes);
}

/** A reader that closes early (`devtls edges | head -1`) is no error. */
function endUnlessFull(error: unknown): void {
  if (systemCode(error) === "EPIPE") process.exit(EXIT.ok);
  if (systemCode(error) !== "EAGAIN") throw error;
}

export function print(text: string): void {
  write("stdout", `${shown(text)}\n`);
}

/** A result that programs take as it is: a path, lines for a shell. A terminal gets it as others. */
export function printExactly(text: string): void {
  if (isTerminal("stdout")) print(text);
  else write("stdout", `${text}\n`);
}

export function printJson(value: unknown): void {
  write("stdout", `${inertJson(value)}\n`);
}

/** Progress and notes. */
export function note(text: string): void {
  write("stderr", `${shown(text)}\n`);
}

/** What is being done, for who waits for it on a terminal. */
export function progress(text: string): void {
  if (isTerminal("stderr")) noteText(paint("dim", text, "stderr"));
}

export function warn(text: string): void {
  note(`${paint("yellow", "warning:", "stderr")} ${text}`);
}

/** `code`: light on dark, whatever the terminal's own colours are. */
const SGR = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36, code: "97;40" } as const;
export type Colour = keyof typeof SGR;

/** Colours text when the stream is a terminal; NO_COLOR and FORCE_COLOR have the last word. */
export function paint(colour: Colour, text: string, output: Output = "stdout"): string {
  return wantsColour(output) ? coloured(SGR[colour], text) : text;
}

function wantsColour(output: Output): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  if (NO_COLOR) return false;
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== "0" && FORCE_COLOR !== "false";
  return isTerminal(output) && TERM !== "dumb";
}

/** As good as isatty here, and node:tty would load node:net and the streams for it. */
export function isTerminal(output: Output): boolean {
  return fstatSync(DESCRIPTOR[output]).isCharacterDevice();
}

/** The columns of the terminal; what goes elsewhere has lines of any length. */
export function columnsOf(output: Output): number {
  return isTerminal(output) ? process[output].columns || 80 : Number.POSITIVE_INFINITY;
}

/** Rows with aligned columns; on a terminal the last column wraps between words. */
export function table(rows: readonly (readonly string[])[], indent = ""): string {
  return tableLines(rows, indent, columnsOf("stdout")).join("\n");
}

/** A note that wraps between words on a terminal. @param hang as in {@link wrap} */
export function noteText(text: string, hang = 0): void {
  note(wrap(text, columnsOf("stderr"), hang).join("\n"));
}

/**
 * Prints an error as the contract has it and returns the exit status that goes with it.
 * @param next the command to run next where the error itself knows none
 */
export async function reportError(error: unknown, next: string): Promise<number> {
  if (!(error instanceof DevtlsError)) {
    const { crashReport } = await import("./crash.js");
    note(crashReport(error, "ended it").trimEnd());
    return EXIT.failed;
  }
  note(`${paint("red", "devtls:", "stderr")} ${error.message}`);
  note((error.hint ?? next).replace(/^/gm, "  "));
  if (process.env.DEVTLS_DEBUG === "1") {
    note(String(error.stack));
    if (error.cause instanceof Error) note(`caused by ${error.cause.stack}`);
  }
  return ERROR_CODES[error.code];
}

/** What nobody caught ends the process, and with it every connection and the dev server. */
export function reportCrashes(): void {
  process.once("uncaughtException", (error) => {
    process.on("uncaughtException", () => undefined);
    void reportError(error, "").then((status) => process.exit(status));
  });
}
