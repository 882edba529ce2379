/** Commands that are given as one option: taken apart into words and run, by no shell. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { DevtlsError, systemReason } from "../errors.js";
import { usage } from "./options.js";

/** One word: quoted parts and bare ones, side by side. */
const WORD = /(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|\\(.)|([^\s"'\\]+))/y;

/** @throws DevtlsError "usage" for no words, and for a quotation mark that is not closed */
export function wordsOf(option: string, text: string): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < text.length; ) {
    if (/\s/.test(text[at] as string)) {
      if (word !== undefined) words.push(word);
      word = undefined;
      at++;
      continue;
    }
    WORD.lastIndex = at;
    const match = WORD.exec(text);
    if (!match) throw usage(`${option} ${text}: a quotation mark is not closed`);
    const [whole, double, single, escaped, bare] = match;
    word = (word ?? "") + (double?.replace(/\\(.)/g, "$1") ?? single ?? escaped ?? bare ?? "");
    at += whole.length;
  }
  if (word !== undefined) words.push(word);
  if (words.length > 0) return words;
  throw usage(`${option}: a command is missing`, "What needs a shell: --apply-check \"sh -c '…'\"");
}

/** Runs it to its end. @throws DevtlsError "command-failed" */
export async function runWords(option: string, words: readonly string[]): Promise<void> {
  const [program = "", ...args] = words;
  const child = spawn(program, args, { stdio: ["inherit", 2, "inherit"] });
  const failed = (why: string, cause?: unknown): DevtlsError =>
    new DevtlsError("command-failed", `could not run ${words.join(" ")}: ${why}`, {
      hint: `It was given with ${option}. Run it by itself to see what it says.`,
      ...(cause !== undefined && { cause }),
    });
  const [status, signal] = await once(child, "close").catch((error: unknown) => {
    throw failed(systemReason(error), error);
  });
  if (status !== 0)
    throw failed(signal ? `it was ended by ${signal}` : `it ended with status ${status}`);
}
