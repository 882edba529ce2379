/** Questions. Without a terminal none is asked: the error says which option answers it. */
import { once } from "node:events";
import { createInterface } from "node:readline/promises";
import { DevtlsError } from "../errors.js";
import { note } from "./output.js";
import { shown } from "./terminal.js";

/** @throws DevtlsError "needs-consent" when the answer is no or nobody can give one */
export async function confirm(question: string, command: string): Promise<void> {
  requireTerminal(question, command);
  if (/^y(?:es)?$/i.test(await ask(`${question} [y/N] `))) return;
  throw new DevtlsError("needs-consent", "could not go on: the answer was no");
}

/** A line from the terminal, trimmed; empty when it is left by Ctrl-D or Ctrl-C. */
export async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    // Ctrl-D and Ctrl-C reject the question; a terminal that goes away leaves it open.
    const left = once(lines, "close").then(() => undefined);
    const asked = lines.question(shown(question)).catch(() => undefined);
    const answer = await Promise.race([asked, left]);
    if (answer === undefined) note("");
    return answer?.trim() ?? "";
  } finally {
    lines.close();
  }
}

/** For a caller that must not begin before it knows that it can ask. */
export function requireTerminal(question: string, command: string): void {
  if (process.stdin.isTTY) return;
  throw new DevtlsError(
    "needs-consent",
    `could not ask "${question}": there is no terminal to ask on`,
    { hint: `To answer yes: ${command} --yes` },
  );
}
